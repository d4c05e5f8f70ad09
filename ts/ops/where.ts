// Choosing element by element.

import { MapOp } from '../../assembly/format.js'
import { emitMap } from '../compiler/emit-map.js'
import type { Primitive } from '../core/primitive.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { typeError } from '../errors.js'
import { cast } from './cast.js'
import { batchElementwise, commonShape } from './elementwise.js'
import { build, get, type Laws, type NdArray, values } from './laws.js'
import { type Operand, sameDtype, sameShapes, toTensor } from './operand.js'

interface SelectParams {
  /** The last operand fills places that nobody reads: it has no gradient. */
  held?: boolean
}

export const selectPrimitive: Primitive<SelectParams> = {
  name: 'select',
  type(inputs) {
    const [condition, x, y] = inputs
    if (condition.dtype !== 'bool') throw typeError(`where: the condition has dtype ${condition.dtype}, not bool`)
    if (x.dtype !== y.dtype) throw typeError(`where: dtypes differ: ${x.dtype} and ${y.dtype}`)
    return [{ shape: commonShape('where', inputs), dtype: x.dtype }]
  },
  jvp: ([condition], [, dx, dy], _results, { held }) => [
    held && dx === null ? null : where(condition, dx ?? 0, held ? 0 : (dy ?? 0)),
  ],
  transpose: ([cotangent], [condition, x, y]) => [
    null,
    x === null ? cotangent && where(condition!, cotangent, 0) : null,
    y === null ? cotangent && where(condition!, 0, cotangent) : null,
  ],
  batch: (inputs, dims, params) => batchElementwise(inputs, dims, operands => bind1(selectPrimitive, operands, params)),
  lower(lowering, { inputs, outputs }) {
    const views = inputs.map(input => lowering.view(input))
    emitMap(lowering, MapOp.Select, views, lowering.output(outputs[0]))
  },
  cheap: true,
  elementwise: true,
  mapOp: () => MapOp.Select,
}

/**
 * `x` where `condition` is not zero, else `y`, element by element (NumPy broadcasting). Throws if the shapes do not
 * fit.
 * @example
 * const scores = tensor([[1, 2], [3, 4]])
 * where(tril(ones([2, 2])), scores, -Infinity) // [[1, -Infinity], [3, 4]]
 */
export function where(condition: Operand, x: Operand, y: Operand): Tensor {
  const flag = toTensor('where', condition, 'bool')
  const [a, b] = sameDtype('where', [x, y])
  return bind1(selectPrimitive, sameShapes('where', [flag.dtype === 'bool' ? flag : cast(flag, 'bool'), a, b]), {})
}

export const selectLaws: Laws<SelectParams> = {
  primitive: selectPrimitive,
  tolerance: 0,
  reference(inputs) {
    const [condition, x, y] = inputs
    const at = (operand: NdArray, index: number[]) => get(operand, operand.shape.length === 0 ? [] : index)
    return [build(commonShape('where', inputs), x.dtype, index => (at(condition, index) ? at(x, index) : at(y, index)))]
  },
  draw(draw) {
    const shape = draw.shape()
    const dtype = draw.pick(['float32', 'float32', 'int32', 'uint32', 'bool'] as const)
    const operand = (): NdArray => values(draw, draw.integer(0, 4) === 0 ? [] : shape, dtype)
    return { inputs: [values(draw, shape, 'bool'), operand(), operand()], params: {} }
  },
}
