// Sequences of different lengths as one tensor.
import { checkOptions } from '../core/options.js'
import { describe, type Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { tensor } from '../ops/tensor.js'

/** To what length, and with what, sequences are filled up. */
export interface PadOptions {
  /** The length of all (that of the longest). */
  length?: number
  /** What fills them up (0). */
  value?: number
  dtype?: 'int32' | 'float32'
  /** Sequences that are too long lose their end (false: they are refused). */
  truncate?: boolean
  /** Where they are filled up, and cut ('right'): with 'left' all end together. */
  side?: 'left' | 'right'
}

/**
 * Sequences of numbers side by side, filled up at their ends, or before them: `values` [N, T] (int32) and `lengths` (int32 [N]), which `scan`
 * and masks take. Throws if one is longer than `length`, unless it may be truncated.
 * @example
 * import { padSequences } from 'heddle/data'
 * padSequences([[5, 6, 7], [8]]) // { values: [[5, 6, 7], [8, 0, 0]], lengths: [3, 1] }
 */
export function padSequences(
  sequences: readonly (ArrayLike<number> | Tensor)[],
  options: PadOptions = {},
): { values: Tensor; lengths: Tensor } {
  checkOptions('padSequences', options, { length: 1, value: 1, dtype: 1, truncate: 1, side: 1 })
  const { length, value = 0, dtype = 'int32', truncate = false, side = 'right' } = options
  if (!Array.isArray(sequences as unknown)) {
    throw typeError(`padSequences: the sequences are a list of lists of numbers, not ${describe(sequences)}`)
  }
  for (const [i, list] of sequences.entries()) {
    if (typeof list === 'object' && list !== null) continue
    throw typeError(`padSequences: sequence ${i} is ${describe(list)}, not a list of numbers or a tensor`)
  }
  const lists = sequences.map(list =>
    'data' in list && typeof list.data === 'function' ? list.data() : (list as ArrayLike<number>),
  )
  const longest = lists.reduce((most, list) => Math.max(most, list.length), 0)
  const width = length ?? longest
  if (longest > width && !truncate) {
    const index = lists.findIndex(list => list.length > width)
    throw rangeError(`padSequences: sequence ${index} has ${lists[index].length} elements, more than ${width}`)
  }
  const values = new Float64Array(lists.length * width).fill(value)
  for (const [i, list] of lists.entries()) {
    const start = side === 'left' ? Math.max(0, list.length - width) : 0
    const kept = Array.from(list).slice(start, start + width)
    values.set(kept, i * width + (side === 'left' ? width - kept.length : 0))
  }
  return {
    values: tensor(dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values), {
      shape: [lists.length, width],
    }),
    lengths: tensor(Int32Array.from(lists, list => Math.min(list.length, width))),
  }
}
