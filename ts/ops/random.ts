// Random numbers from keys: threefry2x32 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), laid out as
// JAX lays it out with jax_threefry_partitionable (its default from 0.5 on), and made into numbers by the same formulas: one
// key gives the same bits there and here, and the same floats up to the rounding of log and erf.

import { broadcastShapes, checkShape, normalizeAxis, type Shape, sameShape, showShape, sizeOf } from '../core/shape.js'
import { checkTensor, storedTensor, Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { Storage } from '../runtime/storage.js'
import { argmax } from './argmax.js'
import { add, clip, div, maximum, mul, neg, rem, sub } from './arithmetic.js'
import { shiftRight } from './bitwise.js'
import { cast } from './cast.js'
import { greaterEqual, less } from './compare.js'
import { concat, split as splitParts } from './concat.js'
import { log, log1p, sqrt } from './exponential.js'
import { arange, zeros } from './full.js'
import { type Operand, toTensor } from './operand.js'
import { reshape } from './reshape.js'
import { erf } from './sigmoidal.js'
import { argsort } from './sort.js'
import { take } from './take.js'
import { tensor } from './tensor.js'
import { threefryPrimitive } from './threefry.js'
import { where } from './where.js'

/**
 * A key (uint32[2]) from an integer seed: its upper and its lower word, as JAX's for seeds of 32 bits. Everything random is a
 * function of a key.
 * @example random.key(42) // [0, 42]
 */
export function key(seed: number): Tensor {
  if (!Number.isSafeInteger(seed)) throw typeError(`random.key: the seed is an integer, not ${seed}`)
  return storedTensor(
    { shape: [2], dtype: 'uint32' },
    Storage.of(Uint32Array.of(Math.floor(seed / 4294967296), seed), 'random.key'),
  )
}

function checkKey(operation: string, from: Tensor): void {
  checkTensor(`random.${operation}`, from, 'the key')
  if (from.dtype !== 'uint32' || from.shape.length !== 1 || from.shape[0] !== 2) {
    throw typeError(
      `random.${operation}: a key is uint32[2] (see random.key), not ${from.dtype}${showShape(from.shape)}; vmap for many`,
    )
  }
}

/**
 * `count` (2) new keys from one, independent of it and of each other; never use a key twice.
 * @example
 * const [now, later] = random.split(random.key(42))
 * now // [1832780943, 270669613]
 */
export function split(from: Tensor, count = 2): Tensor[] {
  checkKey('split', from)
  if (!Number.isInteger(count) || count < 0)
    throw rangeError(`random.split: the count is a non-negative integer, not ${count}`)
  const keys = bind1(threefryPrimitive, [from], { count, pairs: true })
  return count === 0 ? [] : splitParts(keys, count, 0).map(part => reshape(part, [2]))
}

/**
 * A new key from one and an integer (taken as uint32), a step's number for instance: the same integer gives the same
 * key.
 * @example
 * const key = random.key(0)
 * random.normal(random.foldIn(key, 7), [2]) // [-0.0626, -1.4615]
 */
export function foldIn(from: Tensor, data: number | Tensor): Tensor {
  checkKey('foldIn', from)
  if (typeof data !== 'number') checkTensor('random.foldIn', data, 'the data')
  if (typeof data === 'number' ? !Number.isInteger(data) : data.size !== 1) {
    const given = typeof data === 'number' ? data : `${data.dtype}${showShape(data.shape)}`
    throw typeError(`random.foldIn: the data is one integer, not ${given}`)
  }
  const words =
    typeof data === 'number' ? tensor([data >>> 0], { dtype: 'uint32' }) : reshape(cast(data, 'uint32'), [1])
  const counted = concat([from, zeros([1], 'uint32'), words])
  return reshape(bind1(threefryPrimitive, [counted], { count: 1, pairs: true }), [2])
}

/**
 * Random 32-bit words (uint32) of `shape`.
 * @example random.bits(random.key(0), [2]) // [4070199207, 4202968722]
 */
export function bits(from: Tensor, shape: Shape = []): Tensor {
  checkKey('bits', from)
  checkShape('random.bits', shape)
  return reshape(bind1(threefryPrimitive, [from], { count: sizeOf(shape), pairs: false }), shape)
}

/** Refuses what is neither a number nor a tensor that broadcasts to `shape`. */
function checkFits(operation: string, shape: Shape, operands: Record<string, Operand>): void {
  checkShape(operation, shape)
  for (const [name, x] of Object.entries(operands)) {
    if (typeof x === 'number') continue
    checkTensor(operation, x, name)
    if (!sameShape(broadcastShapes(operation, [x.shape, shape]), shape))
      throw typeError(`${operation}: ${name} ${showShape(x.shape)} does not broadcast to ${showShape(shape)}`)
  }
}

/** What several operands broadcast to. */
const shapeOf = (operation: string, ...operands: Operand[]): Shape =>
  broadcastShapes(
    operation,
    operands.map(x => (x instanceof Tensor ? x.shape : [])),
  )

/**
 * Uniform floats of `shape` in [low, high) = [0, 1): multiples of 2^-23 of the range above `low`, which may be tensors
 * that broadcast to the shape. Where rounding gives `high` (never in [0, 1)) it is `low` instead.
 * @example
 * random.uniform(random.key(0), [3]) // [0.9477, 0.9786, 0.3323]
 * random.uniform(random.key(0), [2, 3], -1, tensor([1, 2, 3])).shape // [2, 3]
 */
export function uniform(from: Tensor, shape: Shape = [], low: Operand = 0, high: Operand = 1): Tensor {
  checkKey('uniform', from)
  checkFits('random.uniform', shape, { low, high })
  const unit = mul(cast(shiftRight(bits(from, shape), 9), 'float32'), 1.1920928955078125e-7) // 2^-23
  if (low === 0 && high === 1) return unit
  const isPlain = typeof low === 'number' && typeof high === 'number'
  const scaled = add(mul(unit, isPlain ? Math.fround(high) - Math.fround(low) : sub(high, low)), low)
  return where(greaterEqual(scaled, high), low, scaled)
}

/**
 * Uniform integers of `shape` in [low, high): int32 or uint32. The bounds are integers or tensors that broadcast to the
 * shape, their fractions cut off; where a range of tensors is empty, `low`. As in JAX the draw is a remainder of 64 random
 * bits, of 32 beyond a range of 2^16: a range R that is no power of 2 has numbers likelier by R / 2^64 or R / 2^32 of their
 * share. Throws if a range of numbers is empty or not one of the dtype.
 * @example random.randint(random.key(1), [5], 0, 10) // [6, 7, 0, 3, 8]
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

/** The float next to 1, below. */
const BELOW_1 = 1 - 2 ** -24

/**
 * Standard normal floats of `shape`: sqrt(2) erfinv(u), u uniform in (-1, 1); none is beyond 5.42.
 * @example
 * random.normal(random.key(0), [2]) // [1.6226, 2.0253]
 * std(random.normal(random.key(0), [100, 100])) // 1.012
 */
export function normal(from: Tensor, shape: Shape = []): Tensor {
  checkKey('normal', from)
  checkShape('random.normal', shape)
  return mul(erfinv(uniform(from, shape, -BELOW_1, 1)), Math.SQRT2)
}

/**
 * Standard normal floats of `shape` (that of the bounds if none is given) under the condition that they lie in [lower,
 * upper], which are numbers or tensors that broadcast to the shape. Beyond 5 float32 has no room between erf and 1:
 * draws there are coarse.
 * @example
 * const weights = random.truncatedNormal(random.key(0), -2, 2, [128, 64])
 * max(abs(weights)).item() < 2 // true
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
 * True with probability `probability` (a half), each of `shape` on its own; a tensor broadcasts to the shape, its own
 * if none is given.
 * @example
 * const kept = random.bernoulli(random.key(0), 0.9, [1000])
 * mean(kept) // 0.917
 * const dropped = where(kept, div(ones([1000]), 0.9), 0) // dropout
 */
export function bernoulli(from: Tensor, probability: number | Tensor = 0.5, shape?: readonly number[]): Tensor {
  checkKey('bernoulli', from)
  const own = shape ?? shapeOf('random.bernoulli', probability)
  checkFits('random.bernoulli', own, { 'the probability': probability })
  return less(uniform(from, own), probability)
}

/** The smallest normal float32, in place of a 0 that has no logarithm. */
const TINY = 1.1754943508222875e-38

/**
 * Standard Gumbel floats of `shape`: -log(-log(u)), u uniform in (0, 1); Gumbel 1954.
 * @example
 * const logits = tensor([0.1, 2, -1])
 * argmax(add(logits, random.gumbel(random.key(0), [3]))) // 1
 */
export function gumbel(from: Tensor, shape: Shape = []): Tensor {
  checkKey('gumbel', from)
  checkShape('random.gumbel', shape)
  return neg(log(neg(log(maximum(uniform(from, shape), TINY)))))
}

/**
 * An index along the last axis of `logits` [..., C], drawn with probability softmax(logits): int32 [...]. The largest
 * of logits plus Gumbel noise is such a draw (Maddison et al. 2014, section 2).
 * @example
 * const logits = log(tensor([0.1, 0.7, 0.2]))
 * random.categorical(random.key(0), broadcastTo(logits, [8, 3])) // [1, 1, 1, 1, 2, 1, 1, 0]
 */
export function categorical(from: Tensor, logits: Tensor): Tensor {
  checkKey('categorical', from)
  checkTensor('random.categorical', logits, 'logits')
  if (logits.dtype !== 'float32' || logits.rank === 0 || logits.shape[logits.rank - 1] === 0) {
    throw typeError(
      `random.categorical: logits are float32[..., classes], at least one class, not ${logits.dtype}${showShape(logits.shape)}`,
    )
  }
  return argmax(add(logits, gumbel(from, logits.shape)), -1)
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

/** The inverse of the error function on (-1, 1); Giles 2010, "Approximating the erfinv function", single precision. */
function erfinv(x: Tensor): Tensor {
  const w = neg(log1p(neg(mul(x, x))))
  const polynomial = (at: Tensor, coefficients: readonly Operand[]) =>
    coefficients.reduce((sum, coefficient) => add(mul(sum, at), coefficient))
  const central = polynomial(
    sub(w, 2.5),
    [
      2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
      0.246640727, 1.50140941,
    ],
  )
  const tail = polynomial(
    sub(sqrt(w), 3),
    [
      -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
      1.00167406, 2.83297682,
    ],
  )
  return mul(where(less(w, 5), central, tail), x)
}
