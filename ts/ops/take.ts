// Rows by index, and their transpose: adding rows at indices. Indices outside are clamped, in eager and compiled code alike.

import { Opcode } from '../../assembly/format.js'
import { type Lowering, read, update, write } from '../compiler/lowering.js'
import { collapse, contiguousStrides, elements, ITEM_BYTES, type View } from '../compiler/view.js'
import { type DType, isInteger } from '../core/dtype.js'
import type { Primitive } from '../core/primitive.js'
import type { Aval } from '../core/program.js'
import { normalizeAxis, range, sameShape, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { add, clip, mul } from './arithmetic.js'
import { placeBatch } from './batching.js'
import { cast } from './cast.js'
import type { NoParams } from './elementwise.js'
import { arange, zeros, zerosLike } from './full.js'
import { absolute, indices as allIndices, build, get, type Laws, type NdArray, values } from './laws.js'
import { reshape } from './reshape.js'
import { moveaxis, transpose } from './transpose.js'

function checkIndices(operation: string, table: Aval, indices: Aval): void {
  if (indices.dtype !== 'int32') throw typeError(`${operation}: indices have dtype ${indices.dtype}, not int32`)
  if (table.shape.length === 0) throw typeError(`${operation}: a scalar has no rows`)
  if (table.shape[0] === 0 && elements(indices.shape) > 0) {
    throw rangeError(`${operation}: there is nothing to index in shape ${showShape(table.shape)}`)
  }
}

/** table [N, ...R], indices [...I] -> [...I, ...R]. */
export const takePrimitive: Primitive<NoParams> = {
  name: 'take',
  type([table, indices]) {
    checkIndices('take', table, indices)
    return [{ shape: [...indices.shape, ...table.shape.slice(1)], dtype: table.dtype }]
  },
  jvp: ([, indices], [tangent]) => [tangent && takeRows(tangent, indices)],
  transpose: ([cotangent], [, indices], [table]) => [
    cotangent && scatterAdd(zeros(table.shape, table.dtype), indices!, cotangent),
    null,
  ],
  batch([table, indices], [tableDim, indexDim], _params, size) {
    if (tableDim === null) return { results: [takeRows(table, indices)], dims: [indexDim] }
    const rank = indices.rank
    if (indexDim === null) return { results: [takeRows(moveaxis(table, tableDim, 1), indices)], dims: [rank] }
    const [rows, offsets] = flattenBatch(moveaxis(table, tableDim, 0), moveaxis(indices, indexDim, 0), size)
    return { results: [takeRows(rows, offsets)], dims: [0] }
  },
  lower(lowering, { inputs, outputs }) {
    const [table, indices] = inputs.map(input => lowering.view(input))
    const out = lowering.output(outputs[0])
    if (elements(out.shape) === 0) return
    const [rows, inner] = rowsOf(lowering, table)
    const [ids, idStride] = listOf(lowering, indices)
    lowering.emit(Opcode.Take, [
      elements(indices.shape),
      inner,
      table.shape[0],
      write(out),
      inner * ITEM_BYTES,
      read(rows),
      rows.strides[0],
      read(ids),
      idStride,
    ])
  },
}

/** What adding rows and setting them share: operand [N, ...R], indices [...I], updates [...I, ...R] -> operand's type. */
export function scatterRules(
  name: string,
  self: () => Primitive<NoParams>,
  kindOf: (dtype: DType) => number,
): Pick<Primitive<NoParams>, 'name' | 'type' | 'batch' | 'lower' | 'startsFrom'> {
  return {
    name,
    type([operand, indices, updates]) {
      checkIndices(name, operand, indices)
      const expected = [...indices.shape, ...operand.shape.slice(1)]
      if (!sameShape(updates.shape, expected)) {
        throw typeError(`${name}: updates have shape ${showShape(updates.shape)}, expected ${showShape(expected)}`)
      }
      if (operand.dtype !== updates.dtype)
        throw typeError(`${name}: dtypes ${operand.dtype} and ${updates.dtype} differ`)
      return [operand]
    },
    batch(inputs, dims, _params, size) {
      const front = inputs.map((input, i) => placeBatch(input, dims[i], 0, size))
      const [operand, indices, updates] = front
      const [rows, offsets] = flattenBatch(operand, indices, size)
      return { results: [reshape(bind1(self(), [rows, offsets, updates], {}), operand.shape)], dims: [0] }
    },
    lower(lowering, { inputs, outputs }) {
      const [operand, indices, updates] = inputs.map(input => lowering.view(input))
      const out = lowering.outputFrom(inputs[0], outputs[0])
      if (elements(out.shape) === 0 || elements(updates.shape) === 0) return
      const inner = elements(operand.shape.slice(1))
      const [ids, idStride] = listOf(lowering, indices)
      lowering.emit(Opcode.ScatterAdd, [
        kindOf(inputs[0].aval.dtype),
        elements(indices.shape),
        inner,
        operand.shape[0],
        update(out),
        inner * ITEM_BYTES,
        read(lowering.contiguous(updates)),
        inner * ITEM_BYTES,
        read(ids),
        idStride,
      ])
    },
    startsFrom: 0,
  }
}

const addition = scatterRules(
  'scatterAdd',
  () => scatterAddPrimitive,
  dtype => (dtype === 'float32' ? 0 : 1),
)

/** operand [N, ...R], indices [...I], updates [...I, ...R] -> operand with the updates added to its rows. */
export const scatterAddPrimitive: Primitive<NoParams> = {
  ...addition,
  type(inputs, params) {
    const [operand, , updates] = inputs
    if (operand.dtype !== updates.dtype || operand.dtype === 'bool') {
      throw typeError(`scatterAdd: dtypes ${operand.dtype} and ${updates.dtype} cannot be added`)
    }
    return addition.type(inputs, params)
  },
  jvp: ([operand, indices, updates], [dx, , du]) => [
    dx === null && du === null ? null : scatterAdd(dx ?? zerosLike(operand), indices, du ?? zerosLike(updates)),
  ],
  transpose: ([cotangent], [operand, indices, updates]) => [
    operand === null ? cotangent : null,
    null,
    updates === null ? cotangent && takeRows(cotangent, indices!) : null,
  ],
  accumulating: () => scatterAddPrimitive,
}

/** The table with contiguous rows, and their length. */
function rowsOf(lowering: Lowering, table: View): [View, number] {
  const inner = elements(table.shape.slice(1))
  const wanted = contiguousStrides(table.shape)
  const hasRows = table.shape.every((length, i) => i === 0 || length === 1 || table.strides[i] === wanted[i])
  return [hasRows ? table : lowering.contiguous(table), inner]
}

/** The indices as one list, and the stride between them. */
function listOf(lowering: Lowering, indices: View): [View, number] {
  const levels = collapse(indices.shape.map((length, i) => ({ length, strides: [indices.strides[i]] })))
  if (levels.length <= 1) return [indices, levels[0]?.strides[0] ?? ITEM_BYTES]
  return [lowering.contiguous(indices), ITEM_BYTES]
}

/** [B, N, ...R] and [B, ...I] as one table [B * N, ...R] and indices into it. */
function flattenBatch(table: Tensor, indices: Tensor, size: number): [Tensor, Tensor] {
  const [, n, ...rest] = table.shape
  const start = reshape(mul(arange(size), n), [size, ...indices.shape.slice(1).map(() => 1)])
  return [reshape(table, [size * n, ...rest]), add(clip(indices, 0, n - 1), start)]
}

export const takeRows = (table: Tensor, indices: Tensor): Tensor => bind1(takePrimitive, [table, indices], {})

/**
 * Entries of `x` along `axis` (0) at integer `indices` [...I], whose dimensions take the place of the axis; outside [0,
 * length) they are clamped, and the gradients of repeated ones add up. Throws if `indices` are not integers.
 * @example
 * const embedding = tensor([[0, 1], [2, 3], [4, 5]])
 * const ids = tensor([2, 0, 2], { dtype: 'int32' })
 * take(embedding, ids) // [[4, 5], [0, 1], [4, 5]]
 * grad((w: Tensor) => sum(take(w, ids)))(embedding) // [[1, 1], [0, 0], [2, 2]]
 */
export function take(x: Tensor, indices: Tensor, axis = 0): Tensor {
  checkTensor('take', x, 'x')
  checkTensor('take', indices, 'indices')
  const dim = normalizeAxis('take', axis, x.rank)
  const ids = isInteger(indices.dtype) ? cast(indices, 'int32') : indices
  const result = takeRows(moveaxis(x, dim, 0), ids)
  if (dim === 0) return result
  const [i, before] = [range(ids.rank), range(dim).map(d => ids.rank + d)]
  const after = range(x.rank - 1 - dim).map(d => ids.rank + dim + d)
  return transpose(result, [...before, ...i, ...after])
}

/**
 * `x` [N, ...R] with `updates` [...I, ...R] added to the rows that `indices` [...I] name, repeated ones adding up.
 * Indices outside [0, N) are clamped. Throws if the shapes do not fit or `indices` are not integers.
 * @example
 * const ids = tensor([1, 1, 3], { dtype: 'int32' })
 * scatterAdd(zeros([4]), ids, ones([3])) // [0, 2, 0, 1]
 */
export function scatterAdd(x: Tensor, indices: Tensor, updates: Tensor): Tensor {
  checkTensor('scatterAdd', x, 'x')
  checkTensor('scatterAdd', indices, 'indices')
  checkTensor('scatterAdd', updates, 'updates')
  return bind1(scatterAddPrimitive, [x, isInteger(indices.dtype) ? cast(indices, 'int32') : indices, updates], {})
}

/** Indices as int32; throws for others. */
export function indexList(operation: string, indices: Tensor): Tensor {
  checkTensor(operation, indices, 'indices')
  if (!isInteger(indices.dtype)) throw typeError(`${operation}: indices have dtype ${indices.dtype}, not int32`)
  return cast(indices, 'int32')
}

/** Indices along axis `dim`, for each position of the other axes, as indices into `x` flattened with that axis last. */
export function flatIndices(operation: string, x: Tensor, indices: Tensor, dim: number): Tensor {
  const own = indexList(operation, indices)
  if (indices.rank !== x.rank || indices.shape.some((length, i) => i !== dim && length !== x.shape[i])) {
    throw typeError(
      `${operation}: indices ${showShape(indices.shape)} do not fit ${showShape(x.shape)} along axis ${dim}`,
    )
  }
  const ids = moveaxis(own, dim, -1)
  const n = x.shape[dim]
  const lead = ids.shape.slice(0, -1)
  const start = reshape(mul(arange(elements(lead)), n), [...lead, 1])
  return add(clip(ids, 0, n - 1), start)
}

/**
 * The entries of `x` along `axis` (-1) that `indices` names for each position of the other axes (NumPy's
 * take_along_axis). `indices` has the rank of `x` and its shape besides `axis`. Indices outside are clamped. Throws if
 * the shapes do not fit or `indices` are not integers.
 * @example
 * const logits = tensor([[1, 5, 2], [7, 0, 3]])
 * const labels = tensor([[1], [2]], { dtype: 'int32' })
 * takeAlongAxis(logits, labels) // [[5], [3]]
 */
export function takeAlongAxis(x: Tensor, indices: Tensor, axis = -1): Tensor {
  checkTensor('takeAlongAxis', x, 'x')
  checkTensor('takeAlongAxis', indices, 'indices')
  const dim = normalizeAxis('takeAlongAxis', axis, x.rank)
  const flat = flatIndices('takeAlongAxis', x, indices, dim)
  return moveaxis(takeRows(reshape(moveaxis(x, dim, -1), [x.size]), flat), -1, dim)
}

export const clamp = (i: number, length: number): number => Math.min(Math.max(i, 0), length - 1)

/** Indices of which some lie outside of [0, length). */
export const drawIndices = (draw: Parameters<Laws<NoParams>['draw']>[0], shape: number[], length: number): NdArray => {
  const random = draw.random()
  return build(shape, 'int32', () => Math.floor(random() * (length + 2)) - 1)
}

export const takeLaws: Laws<NoParams> = {
  primitive: takePrimitive,
  tolerance: 0,
  reference: ([table, ids]) => [
    build([...ids.shape, ...table.shape.slice(1)], table.dtype, index => {
      const row = get(ids, index.slice(0, ids.shape.length))
      return get(table, [clamp(row, table.shape[0]), ...index.slice(ids.shape.length)])
    }),
  ],
  draw(draw) {
    const [n, ...rest] = draw.shape({ minRank: 1, maxRank: 3 })
    const table = values(draw, [Math.max(1, n), ...rest], draw.pick(['float32', 'float32', 'int32']))
    return { inputs: [table, drawIndices(draw, draw.shape({ maxRank: 2 }), table.shape[0])], params: {} }
  },
}

const addRows: Laws<NoParams>['reference'] = ([operand, ids, updates]) => {
  const result = build(operand.shape, operand.dtype, index => get(operand, index))
  const inner = operand.shape.slice(1).reduce((size, length) => size * length, 1)
  allIndices(ids.shape).forEach((index, i) => {
    const row = clamp(get(ids, index), operand.shape[0])
    for (let k = 0; k < inner; k++) result.data[row * inner + k] += updates.data[i * inner + k]
  })
  return [result]
}

export const scatterAddLaws: Laws<NoParams> = {
  primitive: scatterAddPrimitive,
  tolerance: 16,
  reference: addRows,
  magnitude: ([operand, ids, updates], params, run) =>
    addRows([absolute(operand), ids, absolute(updates)], params, run),
  draw(draw) {
    const [n, ...rest] = draw.shape({ minRank: 1, maxRank: 3 })
    const dtype = draw.pick(['float32', 'float32', 'int32'] as const)
    const operand = values(draw, [Math.max(1, n), ...rest], dtype)
    const ids = drawIndices(draw, draw.shape({ maxRank: 2 }), operand.shape[0])
    return { inputs: [operand, ids, values(draw, [...ids.shape, ...rest], dtype)], params: {} }
  },
}
