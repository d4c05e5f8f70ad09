// The laws of cond: its reference is the reference of the program that was chosen.
import type { Program } from '../core/program.js'
import { scalar, tracePure } from '../core/trace.js'
import { add, mul, neg } from '../ops/arithmetic.js'
import { broadcastInDim } from '../ops/broadcast.js'
import { matmul } from '../ops/dot-general.js'
import { build, type Laws, values } from '../ops/laws.js'
import { sum } from '../ops/reduce.js'
import { sigmoid, tanh } from '../ops/sigmoidal.js'
import { bindCond, type CondParams, condPrimitive } from './cond-primitive.js'

const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const })
const flag = { shape: [], dtype: 'bool' as const }
const integer = { shape: [], dtype: 'int32' as const }

/** Choices between functions of vectors, each with another trait that a rule could get wrong. */
const choices: Record<string, (n: number) => Program[]> = {
  nonlinear: n =>
    [tanh, sigmoid].map(f =>
      tracePure([float(n, n), float(n)], ([w, x]) => {
        const y = f(matmul(x, w))
        return [mul(y, y), sum(x)]
      }),
    ),
  passed: n => [
    tracePure([float(n), float(n), integer], ([x, y, i]) => [x, y, x, add(i, 1)]),
    tracePure([float(n), float(n), integer], ([x, y, i]) => [mul(x, y), x, neg(y), i]),
    tracePure([float(n), float(n), integer], ([x, , i]) => [x, broadcastInDim(scalar(2, 'float32'), [n], []), x, i]),
  ],
  single: n => [tracePure([float(n)], ([x]) => [tanh(mul(x, x)), x])],
  nested: n => {
    const inner = choices.nonlinear(n)
    const outer = (sign: number) =>
      tracePure([float(n, n), float(n), flag], ([w, x, isInner]) => {
        const [y, total] = bindCond(inner, [isInner, w, mul(x, sign)])
        return [add(y, x), total]
      })
    return [outer(1), outer(-1)]
  },
}

export const condLaws: Laws<CondParams> = {
  primitive: condPrimitive,
  tolerance: 16,
  reference(inputs, params, run) {
    const branches: Program[] = Object.values(params)
    const index = Math.max(0, Math.min(inputs[0].data[0], branches.length - 1))
    return run(branches[index], inputs.slice(1))
  },
  // Errors are of the size of what was multiplied and added on the way.
  magnitude: (inputs, params, run) =>
    condLaws.reference(inputs, params, run).map(({ shape, dtype }) => build(shape, dtype, () => 1)),
  draw(draw) {
    const branches = choices[draw.pick(Object.keys(choices))](draw.pick([1, 2, 3, 5]))
    const isFlag = branches.length === 2 && draw.integer(0, 1) === 0
    const last = branches.length - 1
    const index = build([], isFlag ? 'bool' : 'int32', () => (isFlag ? draw.integer(0, 1) : draw.integer(-1, last + 1)))
    const inputs = branches[0].inputs.map(({ aval: { shape, dtype } }) => values(draw, shape, dtype, -1, 1))
    return { inputs: [index, ...inputs], params: { ...branches } }
  },
}
