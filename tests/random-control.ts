// Random control flow: choices between branches, and loops that end before their sequences do. What decides is an integer,
// or a comparison that no rounding can tip.
import type { Tensor } from '../ts/core/tensor.js'
import {
  add,
  at,
  bitwiseAnd,
  cast,
  cond,
  flatten,
  less,
  mul,
  scan,
  sub,
  switchCase,
  tanh,
  tensor,
} from '../ts/index.js'
import { anyFloat, type Choices, isFloat, range, type Step, same, tame, withShape } from './random-choices.js'

/** An integer in [-1, most + 1]: of the pool, or a constant; a value of the program, if `isTraced`. */
export function count(pool: readonly Tensor[], choices: Choices, most: number): Tensor {
  const integers = pool.filter(x => x.dtype === 'int32' && x.size > 0)
  if (integers.length > 0 && !choices.once(4)) {
    const x = choices.pick(integers)
    return sub(bitwiseAnd(at(flatten(x), choices.integer(0, x.size - 1)), most < 3 ? 3 : 7), 1)
  }
  const number = tensor(choices.integer(-1, most + 1), { dtype: 'int32' })
  const floats = pool.filter(x => isFloat(x) && x.size > 0)
  if (floats.length === 0 || choices.integer(0, 1) === 0) return number
  // Values are far from 1e9, so this adds a zero, of which the program knows nothing.
  return add(number, cast(less(1e9, at(flatten(choices.pick(floats)), 0)), 'int32'))
}

export const controlSteps: Record<string, Step> = {
  cond(pool, choices) {
    const x = anyFloat(pool, choices)
    const branches = range(choices.pick([2, 2, 3, 1])).map(() => {
      const f = choices.pick(tame)
      const kind = choices.integer(0, 4)
      const outside = withShape(pool, choices, x.shape)
      return (a: Tensor, b: Tensor): [Tensor, Tensor] => {
        if (kind === 0) return [a, b]
        if (kind === 1) return [f(add(a, b)), a]
        if (kind === 2) return [mul(f(a), b), f(b)]
        if (kind === 3) return [outside, mul(a, 0.5)]
        const [last] = scan((h: Tensor) => [tanh(add(mul(h, b), outside)), null], f(a), null, { length: 2 })
        return [last, last]
      }
    })
    const index = count(pool, choices, branches.length - 1)
    const operands = [x, withShape(pool, choices, x.shape)] as const
    const results =
      branches.length === 2 && choices.integer(0, 1) === 0
        ? cond(less(0, index), branches[1], branches[0], ...operands)
        : switchCase(index, branches as [(typeof branches)[0]], ...operands)
    // A branch that is taken at once may return what it was given; a result is a tensor of its own.
    return results.map(y => mul(y, 0.75))
  },
  ragged(pool, choices) {
    const batches = pool.filter(x => x.rank > 1 && isFloat(x) && x.shape[0] <= 6)
    if (batches.length === 0) return [tanh(anyFloat(pool, choices))]
    const xs = choices.pick(batches)
    const [length, size] = xs.shape
    const f = choices.pick(tame)
    const init = withShape(pool, choices, xs.shape.slice(1))
    const counts = pool.filter(x => x.dtype === 'int32' && same(x.shape, [size]))
    const lengths =
      counts.length > 0 && choices.integer(0, 1) === 0
        ? choices.pick(counts)
        : tensor(
            range(size).map(() => choices.integer(-1, length + 1)),
            { dtype: 'int32', shape: [size] },
          )
    const emitsCarry = choices.integer(0, 1) === 1
    const [last, ys] = scan(
      (h: Tensor, x: Tensor) => {
        const next = f(add(mul(h, 0.5), x))
        return [next, emitsCarry ? [h, next] : [mul(next, x)]]
      },
      init,
      xs,
      { lengths, reverse: choices.integer(0, 1) === 1 },
    )
    return [last, ...ys]
  },
}
