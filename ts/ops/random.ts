// Random numbers from keys: threefry2x32 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), laid out as
// JAX lays it out with jax_threefry_partitionable (its default from 0.5 on), and made into numbers by the same formulas: one
// key gives the same bits there and here, and the same floats up to the rounding of log and erf. Here stands the part of
// `random` that heddle/core has; distributions.ts has the rest.

import { checkShape, type Shape, showShape, sizeOf } from '../core/shape.js'
import { checkTensor, storedTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { Storage } from '../runtime/storage.js'
import { argmax } from './argmax.js'
import { add, maximum, mul, neg, sub } from './arithmetic.js'
import { shiftRight } from './bitwise.js'
import { cast } from './cast.js'
import { greaterEqual, less } from './compare.js'
import { concat, split as splitParts } from './concat.js'
import { BELOW_1, checkFits, checkKey, erfinv, shapeOf } from './draw.js'
import { log } from './exponential.js'
import { zeros } from './full.js'
import type { Operand } from './operand.js'
import { reshape } from './reshape.js'
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

/**
 * `count` (2) new keys from one, independent of it and of each other; never use a key twice. For the examples of a `vmap`
 * one tensor is a key for each: `random.bits(key, [count, 2])`.
 * @example
 * const [now, later] = random.split(random.key(42))
 * now // [1832780943, 270669613]
 * const noise = vmap((x: Tensor, key: Tensor) => add(x, random.normal(key, [3])))
 * noise(zeros([8, 3]), random.bits(later, [8, 2])).shape // [8, 3]
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
