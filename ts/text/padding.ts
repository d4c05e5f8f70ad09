// Texts of different lengths side by side (`padSequences` of heddle/data fills them up): which places count, and batches of
// like lengths.
import { isInteger } from '../core/dtype.js'
import { checkOptions } from '../core/options.js'
import { showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { less } from '../ops/compare.js'
import { permutation, split } from '../ops/distributions.js'
import { arange } from '../ops/full.js'
import { expandDims } from '../ops/reshape.js'
import { numbersOf } from './tokens.js'

/**
 * Which places count: bool [..., T], true before each of the lengths (int32 [...]). Throws if they are not integers.
 * @example
 * import { tensor } from 'heddle'
 * import { lengthMask } from 'heddle/text'
 * lengthMask(tensor([2, 0], { dtype: 'int32' }), 3).toArray() // [[true, true, false], [false, false, false]]
 */
export function lengthMask(lengths: Tensor, length: number): Tensor {
  if (!isInteger(lengths.dtype)) {
    throw typeError(`lengthMask: lengths are integers, not ${lengths.dtype}${showShape(lengths.shape)}`)
  }
  return less(arange(length), expandDims(lengths, -1))
}

/** How examples are put together. */
export interface BucketOptions {
  /** How many examples a batch has at most. */
  batch: number
  /** The lengths to which batches are filled up, ascending; what is longer than the last is left out (the longest of each batch). */
  boundaries?: readonly number[]
  /** The key of a random order; without it the shortest come first. */
  key?: Tensor
}

/** Examples that are filled up to one length. */
export interface Bucket {
  /** Their places in the list of lengths. */
  indices: number[]
  /** To what they are filled up. */
  length: number
}

/**
 * Batches of examples of like lengths, so that little is filled up; with `boundaries` few lengths come, and a compiled
 * function has few shapes. Each example is in one batch. Throws if the batch is no positive integer or the boundaries do
 * not ascend.
 * @example
 * import { bucketByLength } from 'heddle/text'
 * const buckets = bucketByLength([9, 2, 3, 8, 1], { batch: 2, boundaries: [4, 10] })
 * buckets.map(({ indices }) => indices) // [[4, 1], [2], [3, 0]]
 * buckets.map(({ length }) => length) // [4, 4, 10]
 */
export function bucketByLength(lengths: Tensor | ArrayLike<number>, options: BucketOptions): Bucket[] {
  checkOptions('bucketByLength', options, { batch: 1, boundaries: 1, key: 1 })
  const { batch, boundaries, key } = options
  const list = numbersOf('bucketByLength', lengths)
  if (!Number.isInteger(batch) || batch < 1)
    throw rangeError(`bucketByLength: batch is a positive integer, not ${batch}`)
  if (boundaries?.some((boundary, i) => i > 0 && boundary <= boundaries[i - 1])) {
    throw rangeError(`bucketByLength: boundaries ascend, unlike ${boundaries.join(', ')}`)
  }
  const [ofExamples, ofBatches] = key === undefined ? [] : split(key)
  const order = shuffled(
    list.map((_, i) => i),
    ofExamples,
  ).sort((a, b) => list[a] - list[b])
  const groups = boundaries?.map((boundary, i) => ({
    length: boundary,
    indices: order.filter(example => list[example] <= boundary && (i === 0 || list[example] > boundaries[i - 1])),
  })) ?? [{ length: undefined, indices: order }]
  const buckets = groups.flatMap(({ length, indices }) => {
    const own = length === undefined ? indices : shuffled(indices, ofExamples)
    return Array.from({ length: Math.ceil(own.length / batch) }, (_, i) => {
      const part = own.slice(i * batch, (i + 1) * batch)
      return { indices: part, length: length ?? list[part[part.length - 1]] }
    })
  })
  return shuffled(buckets, ofBatches)
}

/** The items in a random order, or as they are without a key. */
function shuffled<T>(items: readonly T[], key: Tensor | undefined): T[] {
  if (key === undefined || items.length === 0) return [...items]
  return Array.from(permutation(key, items.length).data(), place => items[place])
}
