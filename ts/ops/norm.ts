// What is made of reductions.
import type { OptionNames } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { rangeError } from '../errors.js'
import { abs, pow, square } from './arithmetic.js'
import { cast } from './cast.js'
import { equal, notEqual } from './compare.js'
import { sqrt } from './exponential.js'
import { axesOf, max, min, REDUCE_NAMES, type ReduceOptions, sum } from './reduce.js'
import { where } from './where.js'

/**
 * How many values over `axis` (all axes by default) are not zero, int32.
 * @example countNonzero(tensor([0, 3, -1])) // 2
 */
export function countNonzero(x: Tensor, options: ReduceOptions = {}): Tensor {
  axesOf('countNonzero', x, options)
  return sum(notEqual(x, 0), options)
}

/** As for all reductions, and which norm it is. @inline */
export interface VectorNormOptions extends ReduceOptions {
  /** The power of the sum of powers (2). */
  order?: number
}

const NORM_NAMES: OptionNames<VectorNormOptions> = { ...REDUCE_NAMES, order: 1 }

/**
 * The norm of the vectors along `axis` (all axes by default as one vector): `(sum |x|^order)^(1 / order)`, order 2
 * if left out; 1 sums, Infinity and -Infinity are the extremes, 0 counts. The Euclidean norm's derivative at 0 is 0.
 * Throws a RangeError if the order is NaN.
 * @example norm(tensor([3, -4])) // 5
 * @example norm(tensor([[3, -4], [0, 1]]), { order: Infinity, axis: 1 }) // [4, 1]
 */
export function norm(x: Tensor, options: VectorNormOptions = {}): Tensor {
  axesOf('norm', x, options, NORM_NAMES)
  const { order = 2, ...reduced } = options
  if (Number.isNaN(order)) throw rangeError('norm: the order is NaN')
  const float = cast(x, 'float32')
  if (order === 0) return cast(countNonzero(float, reduced), 'float32')
  const size = abs(float)
  if (order === Infinity) return max(size, reduced)
  if (order === -Infinity) return min(size, reduced)
  if (order === 1) return sum(size, reduced)
  if (order !== 2) return pow(sum(pow(size, order), reduced), 1 / order)
  const total = sum(square(float), reduced)
  // No root is taken of a zero, where it has no derivative.
  const isZero = equal(total, 0)
  return where(isZero, 0, sqrt(where(isZero, 1, total)))
}
