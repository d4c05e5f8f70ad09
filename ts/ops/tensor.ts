// Making tensors from JavaScript's values.

import { type DType, isDType, isFloat, type TypedArray } from '../core/dtype.js'
import { checkOptions } from '../core/options.js'
import { checkShape, showShape, sizeOf } from '../core/shape.js'
import { type Nested, storedTensor, Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { Storage } from '../runtime/storage.js'

/** What `tensor` makes of the values it is given. @inline */
export interface TensorOptions {
  /** For typed arrays and flat lists; nested arrays have their own. */
  shape?: readonly number[]
  /** float32 for numbers, bool for booleans, the array's own for typed arrays, where left out. */
  dtype?: DType
}

/**
 * A tensor from nested arrays, numbers, booleans or a typed array; the values are copied. Throws for ragged arrays,
 * values that the dtype cannot hold, or a shape with another number of elements.
 * @example
 * tensor([[1, 2], [3, 4]]).shape // [2, 2]
 * tensor([1, 0, 2], { dtype: 'int32' }).dtype // 'int32'
 * tensor(new Float32Array(6), { shape: [2, 3] }) // [[0, 0, 0], [0, 0, 0]]
 */
export function tensor(data: Nested | TypedArray, options: TensorOptions = {}): Tensor {
  checkOptions('tensor', options, { shape: 1, dtype: 1 })
  const { shape, dtype } = options
  if (dtype !== undefined && !isDType(dtype)) throw typeError(`tensor: unknown dtype ${JSON.stringify(dtype)}`)
  if (data instanceof Tensor) throw typeError('tensor: the data is a tensor already; use cast or reshape')
  const flat = ArrayBuffer.isView(data)
    ? { values: data as TypedArray, shape: [data.length], dtype: dtypeOf(data) }
    : flattenNested(data)
  const finalShape = shape ?? flat.shape
  checkShape('tensor', finalShape)
  if (sizeOf(finalShape) !== flat.values.length) {
    throw typeError(`tensor: ${flat.values.length} values do not fill the shape ${showShape(finalShape)}`)
  }
  const kind = dtype ?? flat.dtype
  return storedTensor({ shape: finalShape, dtype: kind }, Storage.of(toWords(flat.values, kind), 'tensor'))
}

function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Int32Array) return 'int32'
  if (data instanceof Uint32Array) return 'uint32'
  if (data instanceof Uint8Array) return 'bool'
  throw typeError(
    `tensor: a ${(data as object).constructor.name} has no dtype here; use Float32Array, Int32Array or Uint32Array`,
  )
}

function flattenNested(data: Nested): { values: number[]; shape: number[]; dtype: DType } {
  const shape: number[] = []
  for (let node = data; Array.isArray(node); node = node[0]) shape.push(node.length)
  const values: number[] = []
  let booleans = 0
  const walk = (node: Nested, axis: number): void => {
    if (Array.isArray(node)) {
      if (axis >= shape.length || node.length !== shape[axis]) {
        throw typeError(`tensor: ragged data: a list of ${node.length} where the shape ${showShape(shape)} is expected`)
      }
      for (const child of node) walk(child, axis + 1)
      return
    }
    if (axis !== shape.length)
      throw typeError(`tensor: ragged data: ${String(node)} where a list of ${shape[axis]} is expected`)
    if (typeof node === 'boolean') booleans++
    else if (typeof node !== 'number')
      throw typeError(`tensor: ${String(node)} (${typeof node}) is not a number or a boolean`)
    values.push(Number(node))
  }
  walk(data, 0)
  return { values, shape, dtype: booleans > 0 && booleans === values.length ? 'bool' : 'float32' }
}

function toWords(values: ArrayLike<number>, dtype: DType): Uint32Array {
  if (ArrayBuffer.isView(values) && !(values instanceof Uint8Array) && dtypeOf(values as TypedArray) === dtype) {
    return new Uint32Array(values.buffer, values.byteOffset, (values as TypedArray).length)
  }
  if (isFloat(dtype)) return new Uint32Array(Float32Array.from(values).buffer)
  const [low, high] = dtype === 'int32' ? [-2147483648, 2147483647] : dtype === 'uint32' ? [0, 4294967295] : [0, 1]
  return Uint32Array.from(values, value => {
    if (!Number.isInteger(value) || value < low || value > high) {
      throw typeError(`tensor: ${value} is not a value of dtype ${dtype} (integers in [${low}, ${high}])`)
    }
    return value
  })
}
