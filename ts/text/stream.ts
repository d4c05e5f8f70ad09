// A long stream of ids cut into lanes that are read side by side, window after window: what truncated backpropagation
// through time reads, carrying the state of each lane from one window to the next (Williams and Peng 1990).
import { checkOptions } from '../core/options.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { add, mul, rem } from '../ops/arithmetic.js'
import { cast } from '../ops/cast.js'
import { equal } from '../ops/compare.js'
import { arange } from '../ops/full.js'
import { reshape } from '../ops/reshape.js'
import { take } from '../ops/take.js'
import { tensor } from '../ops/tensor.js'

/** The size of one window. */
export interface StreamOptions {
  /** How many lanes are read side by side. */
  batch: number
  /** How many ids of each lane one window has. */
  length: number
}

/** One window of all lanes: what comes in and, one place further on, what is to be said; both [batch, length]. */
export interface Window {
  inputs: Tensor
  targets: Tensor
  /** Whether the lanes begin here (bool []): a state carried from the window before does not belong to this one. */
  isStart: Tensor
}

/** A stream of ids as windows. */
export interface Stream {
  /** Windows until all lanes are read; then they begin anew. */
  readonly count: number
  /** The window at a step: 0, 1, ...; count, count + 1, ... begin anew. Works on traced steps, so inside `jit` too. */
  at(step: number | Tensor): Window
}

/**
 * A stream of ids (int32 [N]) as windows: lane i is the i-th of `batch` equal parts, window j of a lane follows window
 * j - 1 without a gap. What does not fill a last window is left out. Throws if the stream is too short for one.
 * @example
 * const stream = streamWindows(arange(17), { batch: 2, length: 4 })
 * stream.count // 2
 * const { inputs, targets } = stream.at(1)
 * inputs // [[4, 5, 6, 7], [12, 13, 14, 15]]
 * targets // [[5, 6, 7, 8], [13, 14, 15, 16]]
 */
export function streamWindows(ids: Tensor, options: StreamOptions): Stream {
  checkOptions('streamWindows', options, { batch: 1, length: 1 })
  const { batch, length } = options
  for (const [name, value] of Object.entries({ batch, length })) {
    if (!Number.isInteger(value) || value < 1) {
      throw rangeError(`streamWindows: ${name} is a positive integer, not ${value}`)
    }
  }
  checkTensor('streamWindows', ids, 'the stream')
  if (ids.rank !== 1) throw typeError(`streamWindows: the stream has one dimension, not ${ids.rank}`)
  const lane = Math.floor((ids.size - 1) / batch)
  const count = Math.floor(lane / length)
  if (count < 1) {
    throw rangeError(
      `streamWindows: the stream has ${ids.size} ids, too few for a window: ` +
        `${batch} lanes of ${length} and the id after them need ${batch * length + 1}`,
    )
  }
  const starts = reshape(mul(arange(batch), lane), [batch, 1])
  return {
    count,
    at(step) {
      const window = rem(typeof step === 'number' ? tensor(step, { dtype: 'int32' }) : cast(step, 'int32'), count)
      const places = add(add(starts, mul(window, length)), arange(length))
      return { inputs: take(ids, places), targets: take(ids, add(places, 1)), isStart: equal(window, 0) }
    },
  }
}
