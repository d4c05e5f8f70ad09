// The rest of random: what heddle/core leaves out.
import { checkShape, normalizeAxis, type Shape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { rangeError } from '../errors.js'
import { add, clip, div, mul, neg, rem, sub } from './arithmetic.js'
import { cast } from './cast.js'
import { less } from './compare.js'
import { BELOW_1, checkFits, checkKey, erfinv, shapeOf } from './draw.js'
import { log1p } from './exponential.js'
import { arange } from './full.js'
import { type Operand, toTensor } from './operand.js'
import { bits, split, uniform } from './random.js'
import { erf } from './sigmoidal.js'
import { argsort } from './sort.js'
import { take } from './take.js'
import { where } from './where.js'

export * from './random.js'

/**
 * Uniform integers of `shape` in [low, high): int32 or uint32. The bounds are integers or tensors that broadcast to the
 * shape, their fractions cut off; where a range of tensors is empty, `low`. As in JAX the draw is a remainder of 64 random
 * bits, of 32 beyond a range of 2^16: a range R that is no power of 2 has numbers likelier by R / 2^64 or R / 2^32 of their
 * share. Throws if a range of numbers is empty or not one of the dtype.
 * @example
 * import { random } from 'heddle'
 * random.randint(random.key(1), [5], 0, 10).toArray() // [6, 7, 0, 3, 8]
 */
export function randint(
  from: Tensor,
  shape: Shape,
  low: Operand,
  high: Operand,
  dtype: 'int32' | 'uint32' = 'int32',
): Tensor {
  checkKey('randint', from)
  checkFits('random.randint', shape, { low, high })
  const least = dtype === 'int32' ? -2147483648 : 0
  const numbers = [low, high].filter(x => typeof x === 'number')
  const isIn = (x: number): boolean => Number.isInteger(x) && x >= least && x <= least + 4294967296
  if (!numbers.every(isIn) || numbers[0] >= numbers[1])
    throw rangeError(`random.randint: [low, high) is a range of ${dtype}, not [${low}, ${high})`)
  const [first, last] = [low, high].map(x => cast(toTensor('random.randint', x, dtype), dtype))
  // 0 for all 2^32 numbers: a remainder by 0 leaves them as they are.
  const width = cast(sub(last, first), 'uint32')
  const span = numbers.length === 2 ? width : where(less(first, last), width, 1)
  const [upper, lower] = split(from).map(part => rem(bits(part, shape), span))
  // (2^32 upper + lower) mod span, where 2^32 mod span = (2^16 mod span)^2 mod span.
  const half = rem(65536, span)
  return add(cast(rem(add(mul(upper, rem(mul(half, half), span)), lower), span), dtype), first)
}

/**
 * Standard normal floats of `shape` (that of the bounds if none is given) under the condition that they lie in [lower,
 * upper], which are numbers or tensors that broadcast to the shape. Beyond 5 float32 has no room between erf and 1: draws
 * there are coarse.
 * @example
 * import { random } from 'heddle'
 * const weights = random.truncatedNormal(random.key(0), -2, 2, [128, 64])
 */
export function truncatedNormal(from: Tensor, lower: Operand, upper: Operand, shape?: Shape): Tensor {
  checkKey('truncatedNormal', from)
  const own = shape ?? shapeOf('random.truncatedNormal', lower, upper)
  checkFits('random.truncatedNormal', own, { lower, upper })
  const [a, b] = [lower, upper].map(bound => erf(div(bound, Math.SQRT2)))
  const draw = erfinv(clip(uniform(from, own, a, b), -BELOW_1, BELOW_1))
  return clip(mul(draw, Math.SQRT2), lower, upper)
}

/**
 * Exponential floats of `shape` with mean 1: -log(1 - u), u uniform in [0, 1).
 * @example
 * const waits = div(random.exponential(random.key(0), [1000]), 5) // five a second
 * mean(waits) // 0.1966
 */
export function exponential(from: Tensor, shape: Shape = []): Tensor {
  checkKey('exponential', from)
  checkShape('random.exponential', shape)
  return neg(log1p(neg(uniform(from, shape))))
}

/**
 * The numbers below `x` (int32), or the slices of a tensor `x` along `axis` (0), in random order, each order as likely as any
 * other: sorted by random words, once up to 1625 elements, twice up to 2.6 million, so that equal words hardly matter (as
 * JAX does it). Throws unless a number is a non-negative integer.
 * @example
 * import { random } from 'heddle'
 * random.permutation(random.key(3), 5).toArray() // [0, 4, 2, 1, 3]
 */
export function permutation(from: Tensor, x: number | Tensor, axis = 0): Tensor {
  checkKey('permutation', from)
  if (typeof x !== 'number') checkTensor('random.permutation', x)
  const length = typeof x === 'number' ? x : x.shape[normalizeAxis('random.permutation', axis, x.rank)]
  checkShape('random.permutation', [length])
  let order = arange(length)
  let rest = from
  for (let reach = length * length * length; reach > 1; reach /= 4294967295) {
    const [next, own] = split(rest)
    order = take(order, argsort(bits(own, [length])))
    rest = next
  }
  return typeof x === 'number' ? order : take(x, order, axis)
}
