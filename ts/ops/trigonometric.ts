// Sine and cosine.
import { MapOp } from '../../assembly/format.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { mul, neg } from './arithmetic.js'
import { elementwise } from './elementwise.js'
import { between, elementwiseLaws, SPECIAL } from './laws.js'
import { type Operand, toTensor } from './operand.js'

export const sinPrimitive = elementwise({
  name: 'sin',
  ops: { float32: MapOp.SinF },
  cheap: false,
  jvp: ([x], [tangent]) => [mul(tangent!, cos(x))],
})

export const cosPrimitive = elementwise({
  name: 'cos',
  ops: { float32: MapOp.CosF },
  cheap: false,
  jvp: ([x], [tangent]) => [neg(mul(tangent!, sin(x)))],
})

/** The sine of `x` in radians. */
export const sin = (x: Operand): Tensor => bind1(sinPrimitive, [toTensor('sin', x)], {})

/** The cosine of `x` in radians. */
export const cos = (x: Operand): Tensor => bind1(cosPrimitive, [toTensor('cos', x)], {})

export const sinLaws = elementwiseLaws(sinPrimitive, 1, (_, x) => Math.sin(x), {
  tolerance: 2,
  edges: SPECIAL,
  sample: between(-10, 10),
})

export const cosLaws = elementwiseLaws(cosPrimitive, 1, (_, x) => Math.cos(x), {
  tolerance: 2,
  edges: SPECIAL,
  sample: between(-10, 10),
})
