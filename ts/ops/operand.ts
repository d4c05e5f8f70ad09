// What operations take, and how it becomes tensors of one dtype and one shape.

import { type DType, isFloat, promote } from '../core/dtype.js'
import { broadcastShapes, sameShape } from '../core/shape.js'
import { describe, Tensor } from '../core/tensor.js'
import { isTracing, scalar } from '../core/trace.js'
import { typeError } from '../errors.js'
import { broadcastTo } from './broadcast.js'
import { cast } from './cast.js'

/** What operations take: a tensor, or a number that takes the dtype of the tensor beside it. */
export type Operand = Tensor | number | boolean

/** The operand as a tensor; a number becomes a scalar of `dtype` (float32 where nothing says otherwise). */
export function toTensor(operation: string, operand: Operand, dtype?: DType): Tensor {
  if (operand instanceof Tensor) return operand
  if (typeof operand === 'boolean') return scalar(operand ? 1 : 0, dtype ?? 'bool')
  if (typeof operand !== 'number') {
    throw typeError(
      `${operation}: an argument is ${describe(operand)}, not a tensor or a number; make tensors with tensor(...)`,
    )
  }
  const kind = dtype ?? 'float32'
  if (!isFloat(kind) && !Number.isInteger(operand)) {
    throw typeError(
      `${operation}: the number ${operand} beside a tensor of dtype ${kind} is not an integer; cast the tensor to float32 first`,
    )
  }
  if (kind === 'bool' && operand !== 0 && operand !== 1) return scalar(operand, 'int32')
  return scalar(operand, kind)
}

/** The operand as a tensor of floats. */
export function toFloat(operation: string, operand: Operand): Tensor {
  const x = toTensor(operation, operand)
  if (!isFloat(x.dtype)) throw typeError(`${operation}: dtype ${x.dtype} is not accepted, only float32`)
  return x
}

/** The operands as tensors of one dtype: numbers take it from the tensors beside them, tensors are promoted. */
export function sameDtype(operation: string, operands: readonly Operand[]): Tensor[] {
  let dtype: DType | undefined
  for (const operand of operands) {
    if (operand instanceof Tensor) dtype = dtype === undefined ? operand.dtype : promote(dtype, operand.dtype)
  }
  const tensors = operands.map(operand => toTensor(operation, operand, dtype))
  const common = tensors.reduce((type, tensor) => promote(type, tensor.dtype), tensors[0].dtype)
  return tensors.map(tensor => (tensor.dtype === common ? tensor : cast(tensor, common)))
}

/** The tensors broadcast to one shape. Scalars stay where the primitives take them as they are. */
export function sameShapes(operation: string, tensors: readonly Tensor[]): Tensor[] {
  const shape = broadcastShapes(
    operation,
    tensors.map(tensor => tensor.shape),
  )
  return tensors.map(tensor => {
    if (sameShape(tensor.shape, shape)) return tensor
    if (tensor.rank === 0 && (tensor.source.kind === 'literal' || !isTracing())) return tensor
    return broadcastTo(tensor, shape)
  })
}

/** One dtype and one shape. */
export function align(operation: string, operands: readonly Operand[]): Tensor[] {
  const [x, y] = operands
  // Most calls need nothing: two tensors that fit, or a tensor beside a number.
  if (operands.length === 2 && x instanceof Tensor) {
    if (y instanceof Tensor && x.dtype === y.dtype && sameShape(x.shape, y.shape)) return [x, y]
    if (typeof y === 'number' && x.dtype === 'float32') return [x, scalar(y, 'float32')]
  }
  return sameShapes(operation, sameDtype(operation, operands))
}
