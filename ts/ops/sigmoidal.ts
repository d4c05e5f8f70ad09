// The S-shaped functions: their derivatives are cheap functions of their values, so that a recurrence keeps one stack.
import { MapOp } from '../../assembly/format.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { mul, neg, square, sub } from './arithmetic.js'
import { elementwise } from './elementwise.js'
import { exp } from './exponential.js'
import { type Operand, toTensor } from './operand.js'

export const sigmoidPrimitive = elementwise({
  name: 'sigmoid',
  ops: { float32: MapOp.SigmoidF },
  cheap: false,
  jvp: (_primals, [tangent], [y]) => [mul(tangent!, mul(y, sub(1, y)))],
})

export const tanhPrimitive = elementwise({
  name: 'tanh',
  ops: { float32: MapOp.TanhF },
  cheap: false,
  jvp: (_primals, [tangent], [y]) => [mul(tangent!, sub(1, square(y)))],
})

const TWO_OVER_SQRT_PI = 1.1283791670955126

export const erfPrimitive = elementwise({
  name: 'erf',
  ops: { float32: MapOp.ErfF },
  cheap: false,
  jvp: ([x], [tangent]) => [mul(tangent!, mul(TWO_OVER_SQRT_PI, exp(neg(square(x)))))],
})

/** The logistic function `1 / (1 + exp(-x))`. */
export const sigmoid = (x: Operand): Tensor => bind1(sigmoidPrimitive, [toTensor('sigmoid', x)], {})

/** The hyperbolic tangent. */
export const tanh = (x: Operand): Tensor => bind1(tanhPrimitive, [toTensor('tanh', x)], {})

/** The error function. */
export const erf = (x: Operand): Tensor => bind1(erfPrimitive, [toTensor('erf', x)], {})
