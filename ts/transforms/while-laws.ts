// The laws of whileLoop: its reference is a plain loop over the references of condition and body.
import type { Program } from '../core/program.js'
import { tracePure } from '../core/trace.js'
import { add, mul } from '../ops/arithmetic.js'
import { less } from '../ops/compare.js'
import { matmul } from '../ops/dot-general.js'
import { build, type Laws, type NdArray, values } from '../ops/laws.js'
import { tanh } from '../ops/sigmoidal.js'
import { at } from '../ops/slice.js'
import { cut } from './interpret.js'
import { type WhileParams, whilePrimitive } from './while-primitive.js'

const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const })
const integers = (...shape: number[]) => ({ shape, dtype: 'int32' as const })

/** Bodies [w, counters, a, b] -> [counters, a, b]. */
const bodies: Record<string, (n: number) => Program> = {
  recurrent: n =>
    tracePure([float(n, n), integers(n), float(n), float(n)], ([w, i, a, b]) => [add(i, 1), tanh(matmul(a, w)), b]),
  swapped: n =>
    tracePure([float(n, n), integers(n), float(n), float(n)], ([w, i, a, b]) => [
      add(i, 1),
      tanh(add(b, at(w, 0))),
      mul(a, 0.5),
    ]),
}

export const whileLaws: Laws<WhileParams> = {
  primitive: whilePrimitive,
  tolerance: 64,
  forwardOnly: true,
  reference(inputs, { condition, body, conditionConsts, bodyConsts }, run) {
    const [asked, fixed, start] = cut(inputs, conditionConsts, bodyConsts)
    let carry: NdArray[] = start
    while (run(condition, [...asked, ...carry])[0].data[0] !== 0) carry = run(body, [...fixed, ...carry])
    return carry
  },
  magnitude: inputs => inputs.slice(2).map(({ shape, dtype }) => build(shape, dtype, () => 1)),
  draw(draw) {
    const n = draw.pick([1, 2, 3, 5])
    const body = bodies[draw.pick(Object.keys(bodies))](n)
    // The first counter decides: in a batch each example has another.
    const condition = tracePure([integers(), ...body.inputs.slice(1).map(({ aval }) => aval)], ([limit, i]) => [
      less(at(i, 0), limit),
    ])
    const [w, , a, b] = body.inputs.map(({ aval }) => values(draw, aval.shape, 'float32', -1, 1))
    const counters = build([n], 'int32', () => draw.integer(-2, 4))
    return {
      inputs: [build([], 'int32', () => draw.integer(0, 3)), w, counters, a, b],
      params: { condition, body, conditionConsts: 1, bodyConsts: 1 },
    }
  },
}
