// The laws of scan: its reference is a plain loop over the reference of the body.
import { newVar, type Program } from '../core/program.js'
import { tracePure } from '../core/trace.js'
import { add, mul, neg } from '../ops/arithmetic.js'
import { matmul } from '../ops/dot-general.js'
import { build, get, type Laws, type NdArray, values } from '../ops/laws.js'
import { sum } from '../ops/reduce.js'
import { sigmoid, tanh } from '../ops/sigmoidal.js'
import { cut, outputTypes } from './interpret.js'
import { type ScanParams, scanPrimitive } from './scan-primitive.js'

const loop: Laws<ScanParams>['reference'] = (inputs, { body, consts, carry, length, reverse, bounded }, run) => {
  const [fixed, start, xs] = cut(inputs, consts, carry)
  const steps = bounded ? Math.max(0, Math.min(inputs[0].data[0], length)) : length
  const ys = outputTypes(body)
    .slice(carry)
    .map(({ shape, dtype }) => build([length, ...shape], dtype, () => 0))
  let carried = start
  for (let i = 0; i < steps; i++) {
    const t = reverse ? steps - 1 - i : i
    const x = xs.map(leaf => build(leaf.shape.slice(1), leaf.dtype, index => get(leaf, [t, ...index])))
    const [next, y] = cut(run(body, [...fixed, ...carried, ...x]), carry)
    carried = next
    y.forEach((leaf, k) => {
      ys[k].data.set(leaf.data, t * leaf.data.length)
    })
  }
  return [...carried, ...ys]
}

interface Loop {
  consts: number
  carry: number
  body: Program
}

const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const })
const integer = { shape: [], dtype: 'int32' as const }

/** Loops over vectors of length n, each with another trait that a rule could get wrong. */
const loops: Record<string, (n: number) => Loop> = {
  recurrent: n => ({
    consts: 1,
    carry: 1,
    body: tracePure([float(n, n), float(n), float(n)], ([w, h, x]) => {
      const next = tanh(add(matmul(h, w), x))
      return [next, next]
    }),
  }),
  swapped: n => ({
    consts: 0,
    carry: 2,
    body: tracePure([float(n), float(n), float(n)], ([a, b, x]) => [b, tanh(add(a, mul(b, x))), a, b]),
  }),
  counted: n => ({
    consts: 1,
    carry: 2,
    body: tracePure([float(), integer, float(n), float(n)], ([decay, i, h, x]) => [
      add(i, 1),
      add(mul(h, decay), mul(x, sigmoid(h))),
      sum(mul(h, x)),
      i,
    ]),
  }),
  forgetful: n => ({
    consts: 1,
    carry: 1,
    body: tracePure([float(n), float(n), float(n)], ([c, , x]) => [mul(x, c), neg(x), c]),
  }),
  constant: n => ({
    consts: 0,
    carry: 2,
    body: tracePure([float(n), float(n), float(n)], ([a, b, x]) => [a, add(b, mul(a, x)), b]),
  }),
}

export const scanLaws: Laws<ScanParams> = {
  primitive: scanPrimitive,
  tolerance: 64,
  reference: loop,
  // Errors grow with the steps, along all terms of all steps.
  magnitude: (inputs, params, run) =>
    loop(inputs, params, run).map(({ shape, dtype, data }): NdArray => {
      const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
      return { shape, dtype, data: data.map(() => largest) }
    }),
  draw(draw) {
    const { body, consts, carry } = loops[draw.pick(Object.keys(loops))](draw.pick([1, 2, 3, 5]))
    const length = draw.integer(0, 5)
    const inputs = body.inputs.map(({ aval: { shape, dtype } }, i) =>
      values(draw, i < consts + carry ? shape : [length, ...shape], dtype, -1, 1),
    )
    const params: ScanParams = { body, consts, carry, length, reverse: draw.integer(0, 1) === 1 }
    if (draw.integer(0, 2) > 0) return { inputs, params }
    const bound = build([], 'int32', () => draw.integer(-1, length + 1))
    const counting = { ...body, inputs: [newVar(integer), ...body.inputs] }
    return { inputs: [bound, ...inputs], params: { ...params, body: counting, consts: consts + 1, bounded: true } }
  },
}
