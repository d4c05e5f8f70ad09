// Finding places by value: in a sorted vector, among classes, among what is not zero.

import type { DType } from '../core/dtype.js'
import { checkOptions } from '../core/options.js'
import { showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { add, sub } from './arithmetic.js'
import { logicalAnd, logicalOr } from './bitwise.js'
import { cast } from './cast.js'
import { equal, less, lessEqual, notEqual } from './compare.js'
import { arange, zeros } from './full.js'
import { type Operand, sameDtype } from './operand.js'
import { sum } from './reduce.js'
import { expandDims, reshape } from './reshape.js'
import { topK } from './sort.js'
import { indexList, take } from './take.js'
import { moveaxis } from './transpose.js'
import { where } from './where.js'

/**
 * Where `values` (any shape) belong in the ascending vector `sorted` (int32): before its equals, or with `side` 'right'
 * behind them. NaN belongs to the end.
 * @example searchsorted(tensor([1, 3, 5]), tensor([0, 3, 9])) // [0, 1, 3]
 */
export function searchsorted(sorted: Tensor, values: Operand, options: { side?: 'left' | 'right' } = {}): Tensor {
  checkTensor('searchsorted', sorted, 'sorted')
  checkOptions('searchsorted', options, { side: 1 })
  const { side = 'left' } = options
  if (side !== 'left' && side !== 'right') throw rangeError(`searchsorted: side is 'left' or 'right', not '${side}'`)
  const [list, wanted] = sameDtype('searchsorted', [sorted, values])
  if (list.rank !== 1) throw typeError(`searchsorted: sorted has shape ${showShape(list.shape)}, not one dimension`)
  const isNan = notEqual(wanted, wanted)
  let place = zeros(wanted.shape, 'int32')
  if (list.size === 0) return place
  // The places behind which the value lies grow by halves of the list.
  for (let step = 2 ** Math.floor(Math.log2(list.size)); step >= 1; step /= 2) {
    const next = add(place, step)
    const own = take(list, sub(next, 1))
    const isBefore =
      side === 'right'
        ? logicalOr(lessEqual(own, wanted), isNan)
        : logicalOr(less(own, wanted), logicalAnd(isNan, equal(own, own)))
    place = where(logicalAnd(lessEqual(next, list.size), isBefore), next, place)
  }
  return place
}

/**
 * A dimension of `classes` entries, 1 where its index is the element of `indices` and 0 elsewhere, as float32 or `dtype`;
 * it is the last one, or `axis` of the result. All are 0 for an index outside [0, classes).
 * @example oneHot(tensor([0, 2], { dtype: 'int32' }), 3) // [[1, 0, 0], [0, 0, 1]]
 */
export function oneHot(indices: Tensor, classes: number, options: { axis?: number; dtype?: DType } = {}): Tensor {
  const ids = indexList('oneHot', indices)
  checkOptions('oneHot', options, { axis: 1, dtype: 1 })
  const { axis = -1, dtype = 'float32' } = options
  if (!Number.isInteger(classes) || classes < 0) {
    throw rangeError(`oneHot: the number of classes is a non-negative integer, not ${classes}`)
  }
  return moveaxis(cast(equal(expandDims(ids, -1), arange(classes)), dtype), -1, axis)
}

/**
 * The first `size` indices into the flattened `x` (int32) of elements that are not zero, `fill` (0) behind them; the size
 * is fixed so that the function can be traced (JAX).
 * @example flatnonzero(tensor([0, 5, 0, 7]), 3) // [1, 3, 0]
 */
export function flatnonzero(x: Tensor, size: number, fill = 0): Tensor {
  checkTensor('flatnonzero', x)
  if (!Number.isInteger(size) || size < 0) {
    throw rangeError(`flatnonzero: the size is a non-negative integer, not ${size}`)
  }
  const isSet = cast(reshape(x, [x.size]), 'bool')
  const [, order] = topK(isSet, Math.min(size, x.size))
  const rank = arange(size)
  const found = x.size === 0 ? rank : take(order, rank)
  return where(less(rank, sum(isSet)), found, fill)
}
