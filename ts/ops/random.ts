// Random numbers from keys: threefry2x32 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), laid out as
// JAX's partitionable generator lays it out, so that one key gives the same bits there and here.

import { checkShape, showShape, sizeOf } from '../core/shape.js'
import { checkTensor, storedTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { Storage } from '../runtime/storage.js'
import { argmax } from './argmax.js'
import { add, maximum, mul, neg, sub } from './arithmetic.js'
import { shiftRight } from './bitwise.js'
import { cast } from './cast.js'
import { less } from './compare.js'
import { concat, split as splitParts } from './concat.js'
import { log, log1p, sqrt } from './exponential.js'
import { zeros } from './full.js'
import { reshape } from './reshape.js'
import { tensor } from './tensor.js'
import { threefryPrimitive } from './threefry.js'
import { where } from './where.js'

/** A key [2] (uint32) from an integer seed; everything random is a function of a key. */
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

/** `count` (2) new keys from one, independent of it and of each other; never use a key twice. */
export function split(from: Tensor, count = 2): Tensor[] {
  checkKey('split', from)
  if (!Number.isInteger(count) || count < 0)
    throw rangeError(`random.split: the count is a non-negative integer, not ${count}`)
  const keys = bind1(threefryPrimitive, [from], { count, pairs: true })
  return splitParts(keys, count, 0).map(part => reshape(part, [2]))
}

/**
 * A new key from one and an integer (taken as uint32), a step's number for instance: the same integer gives the same key.
 * @example const stepKey = random.foldIn(key, step)
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

/** Random 32-bit words (uint32) of `shape`. */
export function bits(from: Tensor, shape: readonly number[] = []): Tensor {
  checkKey('bits', from)
  checkShape('random.bits', shape)
  return reshape(bind1(threefryPrimitive, [from], { count: sizeOf(shape), pairs: false }), shape)
}

const TWO_TO_MINUS_23 = 1.1920928955078125e-7

/** Uniform floats of `shape` in [low, high) = [0, 1), multiples of 2^-23 of the range. */
export function uniform(from: Tensor, shape: readonly number[] = [], low = 0, high = 1): Tensor {
  checkKey('uniform', from)
  checkShape('random.uniform', shape)
  const unit = mul(cast(shiftRight(bits(from, shape), 9), 'float32'), TWO_TO_MINUS_23)
  return low === 0 && high === 1 ? unit : add(mul(unit, high - low), low)
}

/** Standard normal floats of `shape`: sqrt(2) erfinv(u), u uniform in (-1, 1). */
export function normal(from: Tensor, shape: readonly number[] = []): Tensor {
  checkKey('normal', from)
  checkShape('random.normal', shape)
  const unit = mul(cast(shiftRight(bits(from, shape), 9), 'float32'), TWO_TO_MINUS_23)
  // Odd multiples of 2^-23: symmetric about 0, and neither end is reached.
  const open = add(sub(mul(unit, 2), 1), TWO_TO_MINUS_23)
  return mul(erfinv(open), Math.SQRT2)
}

/** True with probability `probability` (a half), each of `shape` on its own; a tensor broadcasts to the shape, its own if none is given. */
export function bernoulli(from: Tensor, probability: number | Tensor = 0.5, shape?: readonly number[]): Tensor {
  checkKey('bernoulli', from)
  if (typeof probability !== 'number') checkTensor('random.bernoulli', probability, 'the probability')
  return less(uniform(from, shape ?? (typeof probability === 'number' ? [] : probability.shape)), probability)
}

/** The smallest normal float32, in place of a 0 that has no logarithm. */
const TINY = 1.1754943508222875e-38

/** Standard Gumbel floats of `shape`: -log(-log(u)), u uniform in (0, 1); Gumbel 1954. */
export function gumbel(from: Tensor, shape: readonly number[] = []): Tensor {
  checkKey('gumbel', from)
  checkShape('random.gumbel', shape)
  return neg(log(neg(log(maximum(uniform(from, shape), TINY)))))
}

/**
 * An index along the last axis of `logits` [..., C], drawn with probability softmax(logits): int32 [...]. The largest of
 * logits plus Gumbel noise is such a draw (Maddison et al. 2014, section 2).
 * @example const next = random.categorical(key, div(logits, temperature))
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

/** The inverse of the error function on (-1, 1); Giles 2010, "Approximating the erfinv function", single precision. */
function erfinv(x: Tensor): Tensor {
  const w = neg(log1p(neg(mul(x, x))))
  const polynomial = (at: Tensor, coefficients: readonly number[]) =>
    coefficients
      .slice(1)
      .reduce<Tensor>((sum, coefficient) => add(mul(sum, at), coefficient), add(mul(at, 0), coefficients[0]))
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
