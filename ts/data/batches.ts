// Mini-batches: examples cut into equal parts, in the order of a shuffle that is new in each epoch.
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { type Tree, treeMap } from '../core/tree.js'
import { rangeError } from '../errors.js'
import { add, mul, rem } from '../ops/arithmetic.js'
import { cast } from '../ops/cast.js'
import { less } from '../ops/compare.js'
import { floorDivide } from '../ops/division.js'
import { arange } from '../ops/full.js'
import { foldIn } from '../ops/random.js'
import { take } from '../ops/take.js'
import { tensor } from '../ops/tensor.js'
import { checkCounts, countExamples } from './check.js'
import { shuffledPlaces } from './shuffle.js'

/** How large batches are and in what order examples come. */
export interface BatchesOptions {
  /** Examples in a batch. */
  batch: number
  /** Shuffles, anew in each epoch (none: the order of the data). */
  key?: Tensor
  /**
   * What becomes of a rest that fills no batch: `'drop'` leaves it out (another one in each shuffled epoch), `'pad'` fills
   * it up with the first examples of the epoch, which `maskAt` tells apart.
   */
  last?: 'drop' | 'pad'
}

/** Batches of examples, epoch after epoch. */
export interface Batches<D> {
  /** Batches in an epoch. */
  readonly count: number
  /** Examples in all. */
  readonly examples: number
  /** The batch at a step 0, 1, ...: after `count` of them the next epoch begins. Works on traced steps, so inside `jit` too. */
  at(step: number | Tensor): D
  /** Which examples of that batch (bool [batch]) are not there only to fill it. */
  maskAt(step: number | Tensor): Tensor
}

/**
 * Mini-batches of `data`, a tree of tensors whose first dimension is that of the examples. A batch costs its own size, and
 * follows from its step and the key alone, so that training can be taken up at any step. Throws if the leaves differ in
 * their number of examples, or there are too few for one batch.
 * @example
 * import { arange, random } from 'heddle'
 * import { batches } from 'heddle/data'
 * const { count, at } = batches({ x: arange(10), y: arange(10) }, { batch: 4 })
 * count // 2
 * at(1) // { x: [4, 5, 6, 7], y: [4, 5, 6, 7] }
 * const shuffled = batches(arange(10), { batch: 4, key: random.key(0), last: 'pad' })
 */
export function batches<D extends Tree>(data: D, options: BatchesOptions): Batches<D> {
  checkOptions('batches', options, { batch: 1, key: 1, last: 1 })
  const { batch, key, last = 'drop' } = options
  checkCounts('batches', { batch })
  const examples = countExamples('batches', data)
  const count = last === 'drop' ? Math.floor(examples / batch) : Math.ceil(examples / batch)
  if (count < 1)
    throw rangeError(`batches: ${examples} examples do not fill a batch of ${batch}; last: 'pad' fills it up`)
  const stepOf = (step: number | Tensor) =>
    typeof step === 'number' ? tensor(step, { dtype: 'int32' }) : cast(step, 'int32')
  const positionsOf = (step: Tensor) => add(mul(rem(step, count), batch), arange(batch))
  return {
    count,
    examples,
    at(step) {
      const number = stepOf(step)
      const positions = rem(positionsOf(number), examples)
      const places =
        key === undefined ? positions : shuffledPlaces(foldIn(key, floorDivide(number, count)), examples, positions)
      return treeMap(leaf => take(leaf, places), data)
    },
    maskAt: step => less(positionsOf(stepOf(step)), examples),
  }
}
