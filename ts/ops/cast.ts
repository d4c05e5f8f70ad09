// Changing the dtype.
import { MapOp } from '../../assembly/format.js'
import { emitMap } from '../compiler/emit-map.js'
import { type DType, isDType, isFloat } from '../core/dtype.js'
import type { Primitive } from '../core/primitive.js'
import type { Tensor } from '../core/tensor.js'
import { bind1, scalar } from '../core/trace.js'

interface CastParams {
  dtype: DType
}

const OPS: Record<DType, Record<DType, MapOp>> = {
  float32: { float32: MapOp.Copy, int32: MapOp.F32ToI32, uint32: MapOp.F32ToU32, bool: MapOp.F32ToBool },
  int32: { float32: MapOp.I32ToF32, int32: MapOp.Copy, uint32: MapOp.Copy, bool: MapOp.I32ToBool },
  uint32: { float32: MapOp.U32ToF32, int32: MapOp.Copy, uint32: MapOp.Copy, bool: MapOp.I32ToBool },
  bool: { float32: MapOp.I32ToF32, int32: MapOp.Copy, uint32: MapOp.Copy, bool: MapOp.Copy },
}

export const castPrimitive: Primitive<CastParams> = {
  name: 'cast',
  type: ([{ shape }], { dtype }) => [{ shape, dtype }],
  // Only float32 has tangents, and a cast from float32 to itself is never recorded.
  jvp: () => [null],
  transpose: null,
  batch: ([input], [dim], { dtype }) => ({ results: [cast(input, dtype)], dims: [dim] }),
  lower(lowering, { inputs, outputs }, { dtype }) {
    emitMap(lowering, OPS[inputs[0].aval.dtype][dtype], [lowering.view(inputs[0])], lowering.output(outputs[0]))
  },
  cheap: true,
  elementwise: true,
  mapOp: ([from], { dtype }) => OPS[from.dtype][dtype],
}

/** `x` as `dtype`: floats truncate and saturate to integers (NaN gives 0), what is not zero is true. */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (!isDType(dtype))
    throw new TypeError(`cast: unknown dtype ${JSON.stringify(dtype)}; there are float32, int32, uint32, bool`)
  if (x.dtype === dtype) return x
  if (
    x.source.kind === 'literal' &&
    (isFloat(dtype) || dtype === 'int32') &&
    Number.isInteger(x.source.value) &&
    Math.abs(x.source.value) < 16777216
  ) {
    return scalar(x.source.value, dtype)
  }
  return bind1(castPrimitive, [x], { dtype })
}
