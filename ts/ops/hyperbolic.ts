// Hyperbolic functions and their inverses; the tangent is among the sigmoidal ones.
import { MapOp } from '../../assembly/format.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { useExtension } from '../runtime/extension.js'
import { add, div, mul, neg, sub } from './arithmetic.js'
import { elementwise } from './elementwise.js'
import { exp, expm1, log1p, sqrt } from './exponential.js'
import { elementwiseLaws, SPECIAL } from './laws.js'
import { type Operand, toFloat, toTensor } from './operand.js'
import { hypot } from './trigonometric.js'

export const asinhPrimitive = elementwise({
  name: 'asinh',
  ops: { float32: MapOp.AsinhF },
  load: useExtension,
  cheap: false,
  jvp: ([x], [tangent]) => [div(tangent!, hypot(x, 1))],
})

/**
 * The hyperbolic sine, within 3 ulp everywhere: (a^2 - b^2) / 2 of a = exp(x / 2), b = exp(-x / 2), which overflows only
 * where the sine does, as (a - b) (a + b) / 2 with `expm1`, which does not cancel.
 * @example sinh(tensor([0, 1])) // [0, 1.1752]
 */
export function sinh(x: Operand): Tensor {
  const half = mul(toFloat('sinh', x), 0.5)
  const [a, b] = [expm1(half), expm1(neg(half))]
  return mul(sub(a, b), add(1, mul(0.5, add(a, b))))
}

/**
 * The hyperbolic cosine, within 4 ulp everywhere: (a^2 + b^2) / 2 of a = exp(x / 2), b = exp(-x / 2).
 * @example cosh(tensor([0, 1])) // [1, 1.5431]
 */
export function cosh(x: Operand): Tensor {
  const half = mul(toFloat('cosh', x), 0.5)
  const [a, b] = [exp(half), exp(neg(half))]
  return add(mul(a, mul(0.5, a)), mul(b, mul(0.5, b)))
}

/**
 * The inverse of the hyperbolic sine.
 * @example asinh(1) // 0.8814
 */
export const asinh = (x: Operand): Tensor => bind1(asinhPrimitive, [toTensor('asinh', x)], {})

/**
 * The inverse of the hyperbolic cosine, as 2 asinh(sqrt((x - 1) / 2)): within 2 ulp; NaN below 1.
 * @example acosh(2) // 1.317
 */
export const acosh = (x: Operand): Tensor => mul(2, asinh(sqrt(mul(sub(toFloat('acosh', x), 1), 0.5))))

/**
 * The inverse of the hyperbolic tangent, as (log1p(x) - log1p(-x)) / 2: within 2 ulp; NaN outside [-1, 1], infinite at its ends.
 * @example atanh(0.5) // 0.5493
 */
export function atanh(x: Operand): Tensor {
  const a = toFloat('atanh', x)
  return mul(0.5, sub(log1p(a), log1p(neg(a))))
}

export const asinhLaws = elementwiseLaws(asinhPrimitive, 1, (_, x) => Math.asinh(x), { tolerance: 2, edges: SPECIAL })
