// Changing the dtype.

import { MapOp } from '../../assembly/format.js'
import { emitMap } from '../compiler/emit-map.js'
import { type DType, isDType, isFloat } from '../core/dtype.js'
import type { Primitive } from '../core/primitive.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1, scalar } from '../core/trace.js'
import { typeError } from '../errors.js'
import { build, type Laws, values } from './laws.js'

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

/**
 * `x` as `dtype`: floats truncate and saturate to integers (NaN gives 0), what is not zero is true. Throws for other
 * names than the four dtypes.
 * @example cast(tensor([-1.7, 1.7, 3e10]), 'int32') // [-1, 1, 2147483647]
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  checkTensor('cast', x)
  if (!isDType(dtype))
    throw typeError(`cast: unknown dtype ${JSON.stringify(dtype)}; there are float32, int32, uint32, bool`)
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

const DTYPES: readonly DType[] = ['float32', 'int32', 'uint32', 'bool']

/** Truncated and saturated; NaN is 0. */
function convert(x: number, from: DType, to: DType): number {
  if (to === 'bool') return Number(x !== 0)
  if (to === 'float32') return Math.fround(x)
  if (from !== 'float32') return to === 'int32' ? x | 0 : x >>> 0
  const [low, high] = to === 'int32' ? [-2147483648, 2147483647] : [0, 4294967295]
  return Number.isNaN(x) ? 0 : Math.trunc(Math.min(high, Math.max(low, x)))
}

export const castLaws: Laws<CastParams> = {
  primitive: castPrimitive,
  tolerance: 0,
  reference: ([{ shape, dtype, data }], params) => [
    { shape, dtype: params.dtype, data: data.map(x => convert(x, dtype, params.dtype)) },
  ],
  draw(draw) {
    const from = draw.pick(DTYPES)
    return {
      inputs: [values(draw, draw.shape(), from, -1000, 1000)],
      params: { dtype: draw.pick(DTYPES.filter(dtype => dtype !== from)) },
    }
  },
  edges: () => {
    const floats = [0, -0, 0.9, -0.9, 1e-40, 2147483647, -2147483648, 3e9, -3e9, 5e9, Infinity, -Infinity, Number.NaN]
    const integers = [16777217, 2147483647, 0, 1]
    return DTYPES.flatMap(dtype => [
      ...(dtype === 'float32'
        ? []
        : [{ inputs: [build([floats.length], 'float32', ([i]) => Math.fround(floats[i]))], params: { dtype } }]),
      ...(dtype === 'int32' ? [] : [{ inputs: [build([4], 'int32', ([i]) => integers[i])], params: { dtype } }]),
      ...(dtype === 'uint32'
        ? []
        : [{ inputs: [build([4], 'uint32', ([i]) => integers[i] + 2147483648 * (i > 1 ? 1 : 0))], params: { dtype } }]),
    ])
  },
}
