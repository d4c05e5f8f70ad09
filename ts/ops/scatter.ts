// Setting rows by index, and the same along an axis. Of rows that meet the last one stays; the derivative goes to it alone.
import type { Primitive } from '../core/primitive.js'
import { normalizeAxis, range, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { typeError } from '../errors.js'
import { broadcastTo } from './broadcast.js'
import { equal } from './compare.js'
import type { NoParams } from './elementwise.js'
import { arange, full, zerosLike } from './full.js'
import { indices as allIndices, build, get, type Laws, values } from './laws.js'
import { type Operand, toTensor } from './operand.js'
import { reshape } from './reshape.js'
import { clamp, drawIndices, flatIndices, indexList, scatterAdd, scatterRules, takeRows } from './take.js'
import { moveaxis } from './transpose.js'
import { where } from './where.js'

/** operand [N, ...R], indices [...I], updates [...I, ...R] -> operand with its rows set to the updates. */
export const scatterPrimitive: Primitive<NoParams> = {
  ...scatterRules(
    'scatter',
    () => scatterPrimitive,
    () => 2,
  ),
  jvp: ([operand, indices, updates], [dx, , du]) => [
    bind1(scatterPrimitive, [dx ?? zerosLike(operand), indices, du ?? zerosLike(updates)], {}),
  ],
  transpose([cotangent], [operand, indices, updates], types) {
    if (cotangent === null) return [null, null, null]
    const ids = indices!
    return [
      operand === null ? bind1(scatterPrimitive, [cotangent, ids, zerosLike(types[2])], {}) : null,
      null,
      updates === null ? where(isLast(ids, types[0].shape[0], types[2].shape), takeRows(cotangent, ids), 0) : null,
    ]
  },
}

/** Whether each update is the last one of its row, for updates of `shape`. */
function isLast(ids: Tensor, rows: number, shape: readonly number[]): Tensor {
  const own = reshape(arange(ids.size), ids.shape)
  const last = bind1(scatterPrimitive, [full([rows], 0, 'int32'), ids, own], {})
  const stays = equal(own, takeRows(last, ids))
  return broadcastTo(reshape(stays, [...ids.shape, ...shape.slice(ids.rank).map(() => 1)]), shape)
}

/**
 * `x` [N, ...R] with the rows that `indices` [...I] name set to `updates` [...I, ...R], or to a number; of rows that meet
 * the last one stays. Indices outside [0, N) are clamped.
 * @example scatter(zeros([4]), tensor([1, 3], { dtype: 'int32' }), tensor([5, 6])) // [0, 5, 0, 6]
 */
export function scatter(x: Tensor, indices: Tensor, updates: Operand): Tensor {
  checkTensor('scatter', x, 'x')
  const ids = indexList('scatter', indices)
  const rows = updatesOf('scatter', x, updates, [...ids.shape, ...x.shape.slice(1)])
  return bind1(scatterPrimitive, [x, ids, rows], {})
}

/** The updates; a number is repeated. */
function updatesOf(name: string, x: Tensor, updates: Operand, shape: readonly number[]): Tensor {
  const rows = toTensor(name, updates, x.dtype)
  return rows.rank === 0 ? broadcastTo(rows, shape) : rows
}

function alongAxis(
  name: string,
  put: typeof scatterAdd,
  x: Tensor,
  indices: Tensor,
  updates: Operand,
  axis: number,
): Tensor {
  checkTensor(name, x, 'x')
  const dim = normalizeAxis(name, axis, x.rank)
  const flat = flatIndices(name, x, indices, dim)
  const order = moveaxis(x, dim, -1)
  const rows = updatesOf(name, x, updates, indices.shape)
  if (rows.rank !== x.rank || rows.shape.some((length, i) => length !== indices.shape[i])) {
    throw typeError(`${name}: updates have shape ${showShape(rows.shape)}, expected ${showShape(indices.shape)}`)
  }
  const result = put(reshape(order, [x.size]), flat, moveaxis(rows, dim, -1))
  return moveaxis(reshape(result, order.shape), -1, dim)
}

/**
 * `x` with the entries along `axis` (-1) that `indices` names for each position of the other axes set to `updates`, of
 * the shape of `indices`, or to a number (NumPy's put_along_axis); of entries that meet the last one stays.
 * @example putAlongAxis(zeros([2, 3]), tensor([[0], [2]], { dtype: 'int32' }), 1) // [[1, 0, 0], [0, 0, 1]]
 */
export const putAlongAxis = (x: Tensor, indices: Tensor, updates: Operand, axis = -1): Tensor =>
  alongAxis('putAlongAxis', scatter, x, indices, updates, axis)

/**
 * `x` with `updates`, of the shape of `indices`, or a number added to the entries along `axis` (-1) that `indices` names
 * for each position of the other axes; repeated ones add up (PyTorch's scatter_add).
 * @example addAlongAxis(zeros([1, 3]), tensor([[2, 2]], { dtype: 'int32' }), 1) // [[0, 0, 2]]
 */
export const addAlongAxis = (x: Tensor, indices: Tensor, updates: Operand, axis = -1): Tensor =>
  alongAxis('addAlongAxis', scatterAdd, x, indices, updates, axis)

export const scatterLaws: Laws<NoParams> = {
  primitive: scatterPrimitive,
  tolerance: 0,
  reference([operand, ids, updates]) {
    const result = build(operand.shape, operand.dtype, index => get(operand, index))
    const inner = operand.shape.slice(1).reduce((size, length) => size * length, 1)
    allIndices(ids.shape).forEach((index, i) => {
      const row = clamp(get(ids, index), operand.shape[0])
      for (const k of range(inner)) result.data[row * inner + k] = updates.data[i * inner + k]
    })
    return [result]
  },
  draw(draw) {
    const [n, ...rest] = draw.shape({ minRank: 1, maxRank: 3 })
    const dtype = draw.pick(['float32', 'float32', 'int32', 'bool'] as const)
    const operand = values(draw, [Math.max(1, n), ...rest], dtype)
    const ids = drawIndices(draw, draw.shape({ maxRank: 2 }), operand.shape[0])
    return { inputs: [operand, ids, values(draw, [...ids.shape, ...rest], dtype)], params: {} }
  },
}
