// Copies and new orders of what is there: compositions of views, so that only the result is written.
import { checkOptions } from '../core/options.js'
import { checkShape, insertAt, normalizeAxis, range, removeAt, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { broadcastInDim } from './broadcast.js'
import { concat, split } from './concat.js'
import { reshape } from './reshape.js'
import { slice } from './slice.js'
import { take } from './take.js'
import { tensor } from './tensor.js'

/** A number, or one for each entry of a list. */
const listOf = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T])

/** The counts as a list; throws unless they are non-negative integers. */
function countsOf(operation: string, counts: number | readonly number[]): readonly number[] {
  const list = listOf(counts)
  checkShape(operation, list)
  return list
}

/**
 * `x` repeated `counts[i]` times along dimension i, as a whole; a number counts for the last dimension, and missing leading
 * dimensions or counts are 1 (NumPy).
 * @example
 * tile(tensor([1, 2]), 2) // [1, 2, 1, 2]
 * tile(tensor([1, 2]), [2, 1]) // [[1, 2], [1, 2]]
 */
export function tile(x: Tensor, counts: number | readonly number[]): Tensor {
  checkTensor('tile', x)
  const list = countsOf('tile', counts)
  const rank = Math.max(x.rank, list.length)
  const lengths = [...new Array<number>(rank - x.rank).fill(1), ...x.shape]
  const times = [...new Array<number>(rank - list.length).fill(1), ...list]
  const wide = broadcastInDim(
    reshape(x, lengths),
    lengths.flatMap((length, i) => [times[i], length]),
    range(rank).map(i => 2 * i + 1),
  )
  return reshape(
    wide,
    lengths.map((length, i) => times[i] * length),
  )
}

/**
 * Each element along `axis` (or of the flattened tensor) repeated `counts` times: a number for all, or a list with one for
 * each.
 * @example
 * repeat(tensor([1, 2]), 2) // [1, 1, 2, 2]
 * repeat(tensor([1, 2]), [1, 3]) // [1, 2, 2, 2]
 */
export function repeat(x: Tensor, counts: number | readonly number[], axis?: number): Tensor {
  checkTensor('repeat', x)
  const list = countsOf('repeat', counts)
  const operand = axis === undefined ? reshape(x, [x.size]) : x
  const dim = normalizeAxis('repeat', axis ?? 0, operand.rank)
  const n = operand.shape[dim]
  if (list.length !== 1 && list.length !== n) {
    throw rangeError(
      `repeat: ${list.length} counts for the ${n} elements along axis ${dim} of ${showShape(operand.shape)}`,
    )
  }
  if (list.length === 1) {
    const wide = broadcastInDim(
      operand,
      insertAt(operand.shape, dim + 1, list[0]),
      range(operand.rank).map(i => (i > dim ? i + 1 : i)),
    )
    return reshape(wide, operand.shape.with(dim, n * list[0]))
  }
  return takeStatic(
    operand,
    list.flatMap((count, i) => new Array<number>(count).fill(i)),
    dim,
  )
}

/** Entries along an axis at indices that are known. */
export const takeStatic = (x: Tensor, indices: readonly number[], axis: number): Tensor =>
  take(x, tensor(Int32Array.from(indices)), axis)

/**
 * The elements moved by `shifts` along `axis`, those that leave at the end coming back at the start; of the flattened
 * tensor where no axis is given. Lists move along several axes.
 * @example roll(tensor([1, 2, 3, 4]), 1) // [4, 1, 2, 3]
 */
export function roll(x: Tensor, shifts: number | readonly number[], axis?: number | readonly number[]): Tensor {
  checkTensor('roll', x)
  const moves = listOf(shifts)
  const axes = listOf(axis ?? 0)
  if (!moves.every(Number.isInteger) || (moves.length !== axes.length && moves.length !== 1)) {
    throw typeError(`roll: shifts are integers, one for each axis, not ${JSON.stringify(shifts)}`)
  }
  const start = axis === undefined ? reshape(x, [x.size]) : x
  const moved = axes.reduce<Tensor>((y, own, i) => {
    const dim = normalizeAxis('roll', own, y.rank)
    const n = y.shape[dim]
    const by = n === 0 ? 0 : (((moves[i] ?? moves[0]) % n) + n) % n
    if (by === 0) return y
    const only = (value: number) => y.shape.map((length, d) => (d === dim ? value : length))
    const zeros = y.shape.map(() => 0)
    return concat([slice(y, zeros.with(dim, n - by)), slice(y, zeros, only(n - by))], dim)
  }, start)
  return reshape(moved, x.shape)
}

/**
 * The entries of `x` along `axis` (0), which they do not have, as a list: the inverse of `stack`.
 * @example
 * const [a, b] = unstack(tensor([[1, 2], [3, 4]]))
 * b // [3, 4]
 */
export function unstack(x: Tensor, axis = 0): Tensor[] {
  checkTensor('unstack', x)
  const dim = normalizeAxis('unstack', axis, x.rank)
  if (x.shape[dim] === 0) return []
  return split(x, x.shape[dim], dim).map(part => reshape(part, removeAt(x.shape, dim)))
}

/**
 * The coordinates of a grid: vector i repeated over the dimensions of all others, each result [N0, N1, ...]; with
 * `indexing` 'xy' (NumPy's default) the first two dimensions change places, with 'ij' they do not.
 * @example
 * const [x, y] = meshgrid([arange(3), arange(2)])
 * x // [[0, 1, 2], [0, 1, 2]]
 * y // [[0, 0, 0], [1, 1, 1]]
 */
export function meshgrid(vectors: readonly Tensor[], options: { indexing?: 'xy' | 'ij' } = {}): Tensor[] {
  if (!Array.isArray(vectors)) throw typeError('meshgrid: the first argument is a list of vectors')
  checkOptions('meshgrid', options, { indexing: 1 })
  const { indexing = 'xy' } = options
  if (indexing !== 'xy' && indexing !== 'ij') throw rangeError(`meshgrid: indexing is 'xy' or 'ij', not '${indexing}'`)
  for (const vector of vectors) {
    checkTensor('meshgrid', vector, 'a vector')
    if (vector.rank > 1) throw typeError(`meshgrid: a vector has shape ${showShape(vector.shape)}`)
  }
  const order = range(vectors.length)
  if (indexing === 'xy' && order.length > 1) order.splice(0, 2, 1, 0)
  const shape = order.map(i => vectors[i].size)
  return vectors.map((vector, i) => broadcastInDim(reshape(vector, [vector.size]), shape, [order.indexOf(i)]))
}
