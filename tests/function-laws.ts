// What must hold for any function of tensors that has a reference in float64: its values, both modes of differentiation,
// second order and vectorisation, compiled and not, with and without the passes.
import * as assert from 'uvu/assert'
import { type PassName, passNames, reorderingPasses, withoutPasses } from '../ts/compiler/optimize.js'
import { checkProgram } from '../ts/core/program.js'
import type { Tensor } from '../ts/core/tensor.js'
import { add, grad, jit, jvp, linearize, makeProgram, mul, sum, vjp, vmap } from '../ts/index.js'
import { build, type Draw, type NdArray, values } from '../ts/ops/laws.js'
import {
  centralDifference,
  close,
  entryOf,
  fromTensor,
  innerProduct,
  innerScale,
  moved,
  sameBits,
  stackArrays,
  toTensor,
} from './comparing.js'

export interface Subject {
  f(inputs: Tensor[]): Tensor[]
  reference(inputs: readonly NdArray[]): NdArray[]
  readonly inputs: readonly NdArray[]
  /** Allowed errors of values, relative to the largest one or 1; derivatives get some times as much. */
  readonly tolerance?: number
}

const isFloat = (x: { dtype: string }): boolean => x.dtype === 'float32'

/** The same function, of its float inputs alone. */
function ofFloats({ f, reference, inputs, tolerance = 1e-4 }: Subject) {
  const merge = <T>(floats: readonly T[], others: readonly T[]): T[] => {
    let [nextFloat, nextOther] = [0, 0]
    return inputs.map(x => (isFloat(x) ? floats[nextFloat++] : others[nextOther++]))
  }
  const others = inputs.filter(x => !isFloat(x))
  const otherTensors = others.map(toTensor)
  return {
    tolerance,
    floats: inputs.filter(isFloat),
    f: (floats: Tensor[]): Tensor[] => f(merge(floats, otherTensors)).filter(isFloat),
    reference: (floats: readonly NdArray[]): NdArray[] => reference(merge(floats, others)).filter(isFloat),
  }
}

/** A scalar: the float results weighted and summed; and the same by the reference. */
function projected(subject: Subject, draw: Draw) {
  const { f, reference, floats, tolerance } = ofFloats(subject)
  const weights = reference(floats).map(({ shape }) => values(draw, shape, 'float32', -1, 1))
  const weightTensors = weights.map(toTensor)
  return {
    floats,
    tolerance,
    loss: (xs: Tensor[]): Tensor =>
      f(xs)
        .map((y, i) => sum(mul(y, weightTensors[i])))
        .reduce((a, b) => add(a, b)),
    lossOf: (xs: readonly NdArray[]): number => innerProduct(weights, reference(xs)),
  }
}

const random = (draw: Draw, arrays: readonly NdArray[]): NdArray[] =>
  arrays.map(({ shape }) => values(draw, shape, 'float32', -1, 1))

function near(what: string, found: number, expected: number, tolerance: number, scale = 1): void {
  const allowed = tolerance * Math.max(1, Math.abs(expected), scale)
  assert.ok(Math.abs(found - expected) <= allowed, `${what}: ${found}, expected ${expected} within ${allowed}`)
}

const closeAll = (what: string, actual: readonly Tensor[], expected: readonly NdArray[], tolerance: number): void => {
  assert.is(actual.length, expected.length, `${what}: number of results`)
  actual.forEach((y, i) => {
    close(`${what}, result ${i}`, fromTensor(y), expected[i], tolerance)
  })
}

/** Each pass alone, and a random choice of them. */
const subsets = (draw: Draw): PassName[][] => [
  ...passNames.map(name => [name]),
  passNames.filter(() => draw.integer(0, 1) === 1),
]

export const functionLaws: Record<string, (subject: Subject, draw: Draw) => void> = {
  'values: eager, jit, without each pass; bit for bit the same where sums keep their order'(
    { f, reference, inputs, tolerance = 1e-4 },
    draw,
  ) {
    const tensors = inputs.map(toTensor)
    const expected = reference(inputs)
    const eager = f(tensors)
    closeAll('eager', eager, expected, tolerance)
    closeAll('jit', jit(f)(tensors), expected, tolerance)
    checkProgram(makeProgram(f)(tensors))
    const ordered = withoutPasses(reorderingPasses, () => jit(f)(tensors))
    withoutPasses(reorderingPasses, () => sameBits('eager, sums in order', f(tensors), ordered))
    withoutPasses(passNames, () => sameBits('without passes', jit(f)(tensors), ordered))
    for (const off of subsets(draw))
      closeAll(
        `without ${off}`,
        withoutPasses(off, () => jit(f)(tensors)),
        expected,
        tolerance,
      )
  },

  'jvp and linearize are central differences'(subject, draw) {
    const { f, reference, floats, tolerance } = ofFloats(subject)
    const [tensors, along] = [floats.map(toTensor), random(draw, floats)]
    const tangents = along.map(toTensor)
    const expected = centralDifference(reference, floats, along) as NdArray[]
    const forward = (xs: Tensor[], ts: Tensor[]) => jvp(f, [xs], [ts])
    checkProgram(makeProgram(forward)(tensors, tangents))
    closeAll('jvp', forward(tensors, tangents)[1], expected, 2 * tolerance)
    closeAll('jit of jvp', jit(forward)(tensors, tangents)[1], expected, 2 * tolerance)
    const [value, push] = linearize(f, tensors)
    closeAll('linearize: value', value, reference(floats), tolerance)
    closeAll('linearize: tangent', push(tangents), expected, 2 * tolerance)
  },

  'vjp is the transpose, grad its value at 1'(subject, draw) {
    const { f, reference, floats, tolerance } = ofFloats(subject)
    const tensors = floats.map(toTensor)
    const along = random(draw, floats)
    const cotangents = random(draw, reference(floats))
    const [value, pull] = vjp(f, tensors)
    closeAll('vjp: value', value, reference(floats), tolerance)
    const [pulled] = pull(cotangents.map(toTensor))
    const pushed = centralDifference(reference, floats, along) as NdArray[]
    const scale = innerScale(pulled.map(fromTensor), along)
    near('vjp', innerProduct(pulled.map(fromTensor), along), innerProduct(cotangents, pushed), 2 * tolerance, scale)
    const { loss, lossOf } = projected(subject, draw)
    const [difference] = centralDifference(xs => [build([], 'float32', () => lossOf(xs))], floats, along)
    checkProgram(makeProgram(grad(loss))(tensors))
    for (const [name, gradient] of [
      ['grad', grad(loss)(tensors)],
      ['jit of grad', jit(grad(loss))(tensors)],
      ['grad of jit', grad(jit(loss))(tensors)],
      ...[passNames, ...subsets(draw)].map(
        off => [`without ${off}`, withoutPasses(off, () => grad(loss)(tensors))] as const,
      ),
    ] as const) {
      near(name, innerProduct(gradient.map(fromTensor), along), difference!.data[0], 2 * tolerance, scale)
    }
  },

  'second order is a difference of differences'(subject, draw) {
    const { floats, loss, lossOf, tolerance } = projected(subject, draw)
    const tensors = floats.map(toTensor)
    const [u, v] = [random(draw, floats), random(draw, floats)]
    const [us, vs] = [u.map(toTensor), v.map(toTensor)]
    const step = 1e-3
    const corner = (a: number, b: number) =>
      lossOf(floats.map((x, i) => moved(moved(x, u[i], a * step), v[i], b * step)))
    const expected = (corner(1, 1) - corner(1, -1) - corner(-1, 1) + corner(-1, -1)) / (4 * step * step)
    const alongU = (xs: Tensor[]): Tensor =>
      grad(loss)(xs)
        .map((g, i) => sum(mul(g, us[i])))
        .reduce((a, b) => add(a, b))
    const forwardOverReverse = (xs: Tensor[]) => jvp(grad(loss), [xs], [us])[1]
    const reverseOverForward = grad((xs: Tensor[]) => jvp(loss, [xs], [us])[1])
    checkProgram(makeProgram(grad(alongU))(tensors))
    checkProgram(makeProgram(forwardOverReverse)(tensors))
    const scale = innerScale(grad(alongU)(tensors).map(fromTensor), v)
    for (const [name, second] of [
      ['grad of grad', grad(alongU)(tensors)],
      ['jit of grad of grad', jit(grad(alongU))(tensors)],
      ['jvp of grad', forwardOverReverse(tensors)],
      ['grad of jvp', reverseOverForward(tensors)],
    ] as const) {
      near(name, innerProduct(second.map(fromTensor), vs.map(fromTensor)), expected, 5 * tolerance, scale)
    }
  },

  'vmap is a stack of singles, of values and of gradients'(subject, draw) {
    const { f, reference, floats, tolerance } = ofFloats(subject)
    const { loss } = projected(subject, draw)
    const size = draw.pick([1, 2, 3])
    const axes = floats.map(({ shape }, i) =>
      i > 0 && draw.integer(0, 2) === 0 ? null : draw.integer(0, shape.length),
    )
    const fresh = Array.from({ length: size }, () =>
      floats.map((x, i) => (axes[i] === null ? x : moved(x, random(draw, [x])[0], 0.1))),
    ).map(list => list.map(x => ({ ...x, data: x.data.map(Math.fround) })))
    const batch = floats.map((x, i) => {
      const axis = axes[i]
      return toTensor(
        axis === null
          ? x
          : stackArrays(
              fresh.map(list => list[i]),
              axis,
              x,
            ),
      )
    })
    const single = fresh.map(reference)
    const outAxes = single[0].map(({ shape }) => draw.integer(0, shape.length))
    const lifted = vmap(f, [axes], outAxes)
    checkProgram(makeProgram(lifted)(batch))
    for (const results of [lifted(batch), jit(lifted)(batch)]) {
      single.forEach((expected, e) => {
        const own = results.map((y, i) => toTensor(entryOf(fromTensor(y), outAxes[i], e)))
        closeAll(`example ${e}`, own, expected, tolerance)
      })
    }
    const gradients = fresh.map(list => grad(loss)(list.map(toTensor)).map(fromTensor))
    const gradientsOfBatch = vmap(grad(loss), [axes])(batch)
    gradients.forEach((expected, e) => {
      const own = gradientsOfBatch.map(y => toTensor(entryOf(fromTensor(y), 0, e)))
      closeAll(`gradient of example ${e}`, own, expected, tolerance)
    })
    const together = grad((xs: Tensor[]) => sum(vmap(loss, [axes])(xs)))(batch)
    together.forEach((y, i) => {
      const axis = axes[i]
      const list = gradients.map(gradient => gradient[i])
      const total = build(floats[i].shape, 'float32', () => 0)
      for (const { data } of list) for (let k = 0; k < data.length; k++) total.data[k] += data[k]
      const expected = axis === null ? total : stackArrays(list, axis, floats[i])
      close(`gradient of the batch, ${i}`, fromTensor(y), expected, 2 * tolerance)
    })
  },
}
