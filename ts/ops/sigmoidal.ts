// The S-shaped functions: their derivatives are cheap functions of their values, so that a recurrence keeps one stack.
import { MapOp } from '../../assembly/format.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { mul, neg, square, sub } from './arithmetic.js'
import { elementwise } from './elementwise.js'
import { exp } from './exponential.js'
import { elementwiseLaws, SPECIAL } from './laws.js'
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

/**
 * The logistic function `1 / (1 + exp(-x))`, element by element, without overflow.
 * @example
 * sigmoid(tensor([-100, 0, 2])) // [0, 0.5, 0.8808]
 * vmap(grad((x: Tensor) => sigmoid(x)))(tensor([-1, 0, 1])) // [0.1966, 0.25, 0.1966]
 */
export const sigmoid = (x: Operand): Tensor => bind1(sigmoidPrimitive, [toTensor('sigmoid', x)], {})

/**
 * The hyperbolic tangent, element by element.
 * @example tanh(tensor([-1, 0, 100])) // [-0.7616, 0, 1]
 */
export const tanh = (x: Operand): Tensor => bind1(tanhPrimitive, [toTensor('tanh', x)], {})

/**
 * The error function `2 / sqrt(pi)` times the integral of `exp(-t^2)` from 0 to `x`, element by element.
 * @example erf(tensor([0, 0.5, 3])) // [0, 0.5205, 1]
 */
export const erf = (x: Operand): Tensor => bind1(erfPrimitive, [toTensor('erf', x)], {})

export const sigmoidLaws = elementwiseLaws(sigmoidPrimitive, 1, (_, x) => 1 / (1 + Math.exp(-x)), {
  tolerance: 6,
  edges: SPECIAL,
})

export const tanhLaws = elementwiseLaws(tanhPrimitive, 1, (_, x) => Math.tanh(x), { tolerance: 2, edges: SPECIAL })

/** 2 / sqrt(pi) x exp(-x^2) sum_n (2 x^2)^n / (1 3 5 ... (2n + 1)) (Abramowitz and Stegun, 7.1.6). */
function errorFunction(x: number): number {
  if (Number.isNaN(x)) return x
  if (Math.abs(x) > 5.9) return Math.sign(x)
  let term = x
  let sum = x
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}

export const erfLaws = elementwiseLaws(erfPrimitive, 1, (_, x) => errorFunction(x), { tolerance: 2, edges: SPECIAL })
