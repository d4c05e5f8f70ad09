// The generic laws: what must hold for every primitive, from the record beside it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { optimize } from '../../ts/compiler/optimize.js'
import { hasPrograms } from '../../ts/compiler/passes/rewrite.js'
import { executeProgram } from '../../ts/core/execute.js'
import type { BatchDim } from '../../ts/core/primitive.js'
import { printProgram } from '../../ts/core/program.js'
import type { Tensor } from '../../ts/core/tensor.js'
import { bind, tracePure } from '../../ts/core/trace.js'
import { add, debug, grad, jit, jvp, makeProgram, mul, sum, vmap } from '../../ts/index.js'
import { type AnyLaws, build, type Case, type Draw, type NdArray, values } from '../../ts/ops/laws.js'
import { jvpProgram } from '../../ts/transforms/jvp.js'
import { linearizeProgram } from '../../ts/transforms/linearize.js'
import { transposeProgram } from '../../ts/transforms/transpose.js'
import { vmapProgram } from '../../ts/transforms/vmap.js'
import {
  centralDifference,
  checked,
  close,
  directions,
  entryOf,
  forAll,
  fromTensor,
  innerProduct,
  innerScale,
  moved,
  sameBits,
  sameWithin,
  stackArrays,
  toTensor,
} from '../comparing.js'
import { listFolder, repository } from '../platform.js'
import { interpret } from '../reference-interpreter.js'
import { allLaws } from './primitives.js'

const test = suite('laws')
debug.onPrint(() => {})
const UNIT = 2 ** -24

const isFloat = (x: { dtype: string }): boolean => x.dtype === 'float32'
const where = <T>(list: readonly T[], mask: readonly boolean[]): T[] => list.filter((_, i) => mask[i])

const programOf = ({ primitive }: AnyLaws, { inputs, params }: Case<unknown>) =>
  checked(tracePure(inputs, tensors => bind(primitive, tensors, params)))

const referenceOf =
  (laws: AnyLaws, { params }: Case<unknown>) =>
  (inputs: readonly NdArray[]): NdArray[] =>
    laws.reference(inputs, params, interpret)

/** The results are those of the reference, within the record's tolerance. */
function agrees(what: string, laws: AnyLaws, results: readonly NdArray[], inputs: readonly NdArray[], params: unknown) {
  const expected = laws.reference(inputs, params, interpret)
  const magnitude = laws.magnitude?.(inputs, params, interpret) ?? expected
  assert.is(results.length, expected.length, `${what}: number of results`)
  results.forEach((result, i) => {
    sameWithin(`${what}, result ${i}`, result, expected[i], isFloat(result) ? laws.tolerance * UNIT : 0, magnitude[i])
  })
}

/** A random subset of the float inputs, not empty where there is a float input. */
function drawMask(draw: Draw, inputs: readonly { dtype: string }[]): boolean[] {
  const mask = inputs.map(input => isFloat(input) && draw.integer(0, 3) > 0)
  if (!mask.includes(true)) mask[inputs.findIndex(isFloat)] = true
  return mask.slice(0, inputs.length)
}

const law: Record<
  string,
  {
    runs: number
    differentiable?: boolean
    reverse?: boolean
    batched?: boolean
    holds(laws: AnyLaws, draw: Draw): void
  }
> = {
  forward: {
    runs: 60,
    holds(laws, draw) {
      const { inputs, params } = laws.draw(draw)
      agrees('eager', laws, bind(laws.primitive, inputs.map(toTensor), params).map(fromTensor), inputs, params)
    },
  },

  'jit is eager, bit for bit': {
    runs: 16,
    holds(laws, draw) {
      const application = laws.draw(draw)
      const tensors = application.inputs.map(toTensor)
      const eager = bind(laws.primitive, tensors, application.params)
      const compiled = jit((...xs: Tensor[]) => bind(laws.primitive, xs, application.params))
      sameBits('jit', compiled(...tensors), eager)
      sameBits('again', compiled(...tensors), eager)
      sameBits('program', executeProgram(programOf(laws, application), tensors), eager)
    },
  },

  'jvp is the central difference': {
    runs: 30,
    differentiable: true,
    holds(laws, draw) {
      const application = laws.draw(draw)
      const { inputs } = application
      if (!inputs.some(isFloat)) return
      const nonzero = drawMask(draw, inputs)
      const along = directions(draw, inputs).map((direction, i) => (nonzero[i] ? direction : null))
      const forward = jvpProgram(programOf(laws, application), { nonzero })
      const tangents = where(along, nonzero) as NdArray[]
      const results = executeProgram(checked(forward.program), [...inputs, ...tangents].map(toTensor))
      const expected = centralDifference(referenceOf(laws, application), inputs, along)
      let next = forward.nonzero.length
      expected.forEach((difference, i) => {
        if (difference === null) assert.not(forward.nonzero[i], 'an integer has no tangent')
        else {
          const zero = build(difference.shape, 'float32', () => 0)
          close(`tangent ${i}`, forward.nonzero[i] ? fromTensor(results[next++]) : zero, difference)
        }
      })
    },
  },

  'vjp is the transpose of jvp': {
    runs: 30,
    differentiable: true,
    reverse: true,
    holds(laws, draw) {
      const application = laws.draw(draw)
      const { inputs } = application
      if (!inputs.some(isFloat)) return
      const mask = drawMask(draw, inputs)
      const program = programOf(laws, application)
      const tangents = where(directions(draw, inputs), mask) as NdArray[]
      const { split, nonzero } = linearizeProgram(program, mask)
      const known = executeProgram(checked(split.known), inputs.map(toTensor))
      sameBits(
        'linearize: value',
        known.slice(0, program.outputs.length),
        executeProgram(program, inputs.map(toTensor)),
      )
      const residuals = known.slice(program.outputs.length)
      const pushed = executeProgram(checked(split.unknown), [...residuals, ...tangents.map(toTensor)]).map(fromTensor)
      const forward = jvpProgram(program, { nonzero: mask })
      const outgoing = executeProgram(forward.program, [...inputs, ...tangents].map(toTensor)).slice(nonzero.length)
      pushed.forEach((tangent, i) => {
        close(`linearize: tangent ${i}`, tangent, fromTensor(outgoing[i]), 1e-5)
      })
      const chosen = pushed.map(() => draw.integer(0, 3) > 0)
      const cotangents = where(pushed, chosen).map(({ shape }) => values(draw, shape, 'float32', -1, 1))
      const linear = split.unknown.inputs.map((_, i) => i >= residuals.length)
      const back = transposeProgram(split.unknown, { linear, cotangents: chosen })
      const pulled = executeProgram(checked(back.program), [...residuals, ...cotangents.map(toTensor)]).map(fromTensor)
      const [a, b] = [where(tangents, back.nonzero), where(pushed, chosen)]
      const scale = innerScale(pulled, a) + innerScale(cotangents, b)
      const difference = Math.abs(innerProduct(pulled, a) - innerProduct(cotangents, b))
      assert.ok(difference <= 1e-5 * scale, `<vjp(ct), t> and <ct, jvp(t)> differ by ${difference} of ${scale}`)
    },
  },

  'vmap is a stack of singles': {
    runs: 40,
    batched: true,
    holds(laws, draw) {
      const application = laws.draw(draw)
      const { inputs, params } = application
      if (inputs.length === 0) return
      const size = draw.pick([0, 1, 2, 3])
      const dims = inputs.map(
        ({ shape }): BatchDim => (draw.integer(0, 2) === 0 ? null : draw.integer(0, shape.length)),
      )
      if (dims.findIndex(dim => dim !== null) < 0) dims[0] = draw.integer(0, inputs[0].shape.length)
      const singles = Array.from({ length: size }, () => shuffled(application, draw))
      const examples = singles.map(single => single.map((x, i) => (dims[i] === null ? inputs[i] : x)))
      const batch = inputs.map((x, i) =>
        dims[i] === null
          ? x
          : stackArrays(
              singles.map(single => single[i]),
              dims[i],
              x,
            ),
      )
      const program = programOf(laws, application)
      const batched = vmapProgram(program, { size, dims })
      const results = executeProgram(checked(batched.program), batch.map(toTensor)).map(fromTensor)
      examples.forEach((example, e) => {
        const own = results.map((result, i) => {
          const dim = batched.dims[i]
          return dim === null ? result : entryOf(result, dim, e)
        })
        agrees(`example ${e} of vmapProgram`, laws, own, example, params)
      })
      const outAxes = program.outputs.map(({ aval: { shape } }) => draw.integer(-shape.length - 1, shape.length))
      const inAxes = dims.map((dim, i) => (dim === null ? null : draw.pick([dim, dim - inputs[i].shape.length - 1])))
      const lifted = vmap(
        (...xs: Tensor[]) => bind(laws.primitive, xs, params),
        inAxes,
        outAxes,
      )(...batch.map(toTensor))
      lifted.forEach((result, i) => {
        const { shape, dtype } = program.outputs[i].aval
        const axis = outAxes[i] < 0 ? outAxes[i] + shape.length + 1 : outAxes[i]
        const full = [...shape.slice(0, axis), size, ...shape.slice(axis)]
        assert.equal([result.shape, result.dtype], [full, dtype])
      })
      examples.forEach((example, e) => {
        const own = lifted.map((result, i) =>
          entryOf(fromTensor(result), outAxes[i] < 0 ? outAxes[i] + result.rank : outAxes[i], e),
        )
        agrees(`example ${e} of vmap`, laws, own, example, params)
      })
    },
  },

  'second order is the difference of differences': {
    runs: 16,
    differentiable: true,
    reverse: true,
    holds(laws, draw) {
      const application = laws.draw(draw)
      const { inputs } = application
      if (!inputs.some(isFloat)) return
      const { loss, floats, weights } = projection(laws, application, draw)
      const mask = inputs.map(isFloat)
      const [u, v] = [directions(draw, inputs), directions(draw, inputs)]
      const [us, vs] = [where(u, mask), where(v, mask)].map(list => (list as NdArray[]).map(toTensor))
      const scalarLoss = (xs: readonly NdArray[]) => {
        const outputs = referenceOf(laws, application)(xs).filter(isFloat)
        return innerProduct(weights, outputs)
      }
      const step = 1e-3
      const corner = (a: number, b: number) =>
        scalarLoss(inputs.map((x, i) => moved(moved(x, u[i], a * step), v[i], b * step)))
      const expected = (corner(1, 1) - corner(1, -1) - corner(-1, 1) + corner(-1, -1)) / (4 * step * step)
      const projected = (gradient: readonly Tensor[]): number =>
        innerProduct(gradient.map(fromTensor), vs.map(fromTensor))
      const [, forwardOverReverse] = jvp(grad(loss), [floats], [us])
      const alongU = (xs: Tensor[]): Tensor =>
        grad(loss)(xs)
          .map((g, i) => sum(mul(g, us[i])))
          .reduce((a, b) => add(a, b))
      const reverseOverReverse = grad(alongU)(floats)
      checked(makeProgram(grad(alongU))(floats))
      checked(makeProgram((xs: Tensor[]) => jvp(grad(loss), [xs], [us]))(floats))
      const scale = Math.max(1, Math.abs(expected), innerScale(reverseOverReverse.map(fromTensor), vs.map(fromTensor)))
      for (const [name, found] of [
        ['jvp of grad', projected(forwardOverReverse)],
        ['grad of grad', projected(reverseOverReverse)],
      ] as const) {
        assert.ok(Math.abs(found - expected) <= 1e-3 * scale, `${name}: ${found}, expected ${expected}`)
      }
    },
  },

  'vmap of grad and grad of vmap': {
    runs: 16,
    differentiable: true,
    reverse: true,
    batched: true,
    holds(laws, draw) {
      const application = laws.draw(draw)
      const { inputs } = application
      if (!inputs.some(isFloat)) return
      const { lossOf, floats, others } = projection(laws, application, draw)
      const size = draw.pick([1, 2, 3])
      const examples = Array.from({ length: size }, () => {
        const fresh = shuffled(application, draw)
        return { floats: fresh.filter(isFloat), others: fresh.filter(x => !isFloat(x)) }
      })
      const isShared = floats.map((_, i) => i > 0 && draw.integer(0, 1) === 0)
      const single = examples.map(example => ({
        floats: example.floats.map((x, i) => (isShared[i] ? fromTensor(floats[i]) : x)),
        others: example.others,
      }))
      const gradients = single.map(({ floats: xs, others: rest }) =>
        grad(lossOf)(xs.map(toTensor), rest.map(toTensor)).map(fromTensor),
      )
      const axes = floats.map(({ shape }, i) => (isShared[i] ? null : draw.integer(0, shape.length)))
      const stack = (arrays: NdArray[][], places: BatchDim[]) =>
        arrays[0].map((first, i) => {
          const entries = arrays.map(list => list[i])
          return toTensor(places[i] === null ? first : stackArrays(entries, places[i], first))
        })
      const xs = stack(
        single.map(example => example.floats),
        axes,
      )
      const rest = stack(
        single.map(example => example.others),
        others.map(() => 0),
      )
      // Without other operands the second argument has no batch axis: it is left out.
      const lift = <B>(f: (list: Tensor[], others: Tensor[]) => B) =>
        others.length > 0 ? vmap(f, [axes, 0]) : (list: Tensor[]) => vmap((own: Tensor[]) => f(own, []), [axes])(list)
      const each = lift(grad(lossOf))(xs, rest)
      const together = grad((list: Tensor[]) => sum(lift(lossOf)(list, rest)))(xs)
      floats.forEach((x, i) => {
        const own = gradients.map(list => list[i])
        close(`vmap(grad), ${i}`, fromTensor(each[i]), stackArrays(own, 0, x), 1e-4)
        const total = build(x.shape, 'float32', () => 0)
        for (const { data } of own) for (let k = 0; k < data.length; k++) total.data[k] += data[k]
        const axis = axes[i]
        close(`grad(vmap), ${i}`, fromTensor(together[i]), axis === null ? total : stackArrays(own, axis, x), 1e-4)
      })
    },
  },
}

/** Another application of the same types: the same elements in another order, so that they keep away from kinks. */
function shuffled({ inputs }: Case<unknown>, draw: Draw): NdArray[] {
  const random = draw.random()
  const sizes = new Map<number, number[]>()
  return inputs.map(x => {
    let order = sizes.get(x.data.length)
    if (order === undefined) {
      order = Array.from(x.data, (_, i) => ({ i, key: random() }))
        .sort((a, b) => a.key - b.key)
        .map(({ i }) => i)
      sizes.set(x.data.length, order)
    }
    return { ...x, data: Float64Array.from(order, i => x.data[i]) }
  })
}

/** A scalar function of the float inputs: the results weighted and summed. */
function projection(laws: AnyLaws, application: Case<unknown>, draw: Draw) {
  const { inputs, params } = application
  const floats = inputs.filter(isFloat).map(toTensor)
  const others = inputs.filter(x => !isFloat(x)).map(toTensor)
  const types = laws.primitive.type(inputs, params).filter(isFloat)
  const weights = types.map(({ shape }) => values(draw, shape, 'float32', -1, 1))
  const weightTensors = weights.map(toTensor)
  const lossOf = (xs: Tensor[], rest: Tensor[]): Tensor => {
    let [nextFloat, nextOther] = [0, 0]
    const operands = inputs.map(x => (isFloat(x) ? xs[nextFloat++] : rest[nextOther++]))
    return bind(laws.primitive, operands, params)
      .filter(isFloat)
      .map((y, i) => sum(mul(y, weightTensors[i])))
      .reduce((a, b) => add(a, b), sum(mul(xs[0], 0)))
  }
  return { lossOf, loss: (xs: Tensor[]) => lossOf(xs, others), floats, others, weights }
}

test('no file of primitives is missing among the laws', async () => {
  for (const folder of ['ops', 'transforms']) {
    const at = new URL(`build/ts/${folder}/`, repository)
    for (const file of (await listFolder(at))!.filter(name => name.endsWith('.js'))) {
      const module: Record<string, unknown> = await import(new URL(file, at).href)
      for (const [name, value] of Object.entries(module)) {
        if (!name.endsWith('Primitive')) continue
        const primitive = value as AnyLaws['primitive']
        assert.is(allLaws.get(primitive.name)?.primitive, primitive, `${file}: ${name} has no laws`)
      }
    }
  }
})

test('no pass finds anything in one operation alone, but for stopGradient, which never is: so eager ones do without', () => {
  for (const [name, laws] of allLaws) {
    if (name === 'stopGradient') continue
    forAll(20, draw => {
      const program = programOf(laws, laws.draw(draw))
      if (!program.equations.some(hasPrograms)) assert.is(printProgram(optimize(program)), printProgram(program))
    })
  }
})

for (const [name, laws] of allLaws) {
  for (const [title, { runs, reverse, holds }] of Object.entries(law)) {
    if (reverse && laws.forwardOnly) continue
    test(`${name}: ${title}`, () => forAll(runs, draw => holds(laws, draw)))
  }
  const edges = laws.edges?.() ?? []
  if (edges.length === 0) continue
  test(`${name}: the ends of its domain`, () => {
    for (const { inputs, params } of edges) {
      agrees('eager', laws, bind(laws.primitive, inputs.map(toTensor), params).map(fromTensor), inputs, params)
    }
  })
}

test.run()
