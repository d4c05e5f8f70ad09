// Exponentials, logarithms and roots.
import { MapOp } from '../../assembly/format.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { add, div, mul } from './arithmetic.js'
import { elementwise } from './elementwise.js'
import { between, elementwiseLaws, SPECIAL } from './laws.js'
import { type Operand, toTensor } from './operand.js'

export const expPrimitive = elementwise({
  name: 'exp',
  ops: { float32: MapOp.ExpF },
  cheap: false,
  jvp: (_primals, [tangent], [y]) => [mul(tangent!, y)],
})

export const expm1Primitive = elementwise({
  name: 'expm1',
  ops: { float32: MapOp.Expm1F },
  cheap: false,
  jvp: (_primals, [tangent], [y]) => [mul(tangent!, add(y, 1))],
})

export const logPrimitive = elementwise({
  name: 'log',
  ops: { float32: MapOp.LogF },
  cheap: false,
  jvp: ([x], [tangent]) => [div(tangent!, x)],
})

export const log1pPrimitive = elementwise({
  name: 'log1p',
  ops: { float32: MapOp.Log1pF },
  cheap: false,
  jvp: ([x], [tangent]) => [div(tangent!, add(x, 1))],
})

export const sqrtPrimitive = elementwise({
  name: 'sqrt',
  ops: { float32: MapOp.SqrtF },
  jvp: (_primals, [tangent], [y]) => [div(tangent!, mul(y, 2))],
})

export const rsqrtPrimitive = elementwise({
  name: 'rsqrt',
  ops: { float32: MapOp.RsqrtF },
  jvp: ([x], [tangent], [y]) => [mul(tangent!, mul(-0.5, div(y, x)))],
})

/**
 * e to the power `x`, element by element; its derivative is itself.
 * @example exp(tensor([-Infinity, 0, 1])) // [0, 1, 2.7183]
 */
export const exp = (x: Operand): Tensor => bind1(expPrimitive, [toTensor('exp', x)], {})

/**
 * `exp(x) - 1`, element by element, exact near 0.
 * @example expm1(tensor([1e-6, 1])) // [1e-6, 1.7183]
 */
export const expm1 = (x: Operand): Tensor => bind1(expm1Primitive, [toTensor('expm1', x)], {})

/**
 * The natural logarithm, element by element; NaN below 0, -Infinity at 0.
 * @example log(tensor([0, 1, 10])) // [-Infinity, 0, 2.3026]
 */
export const log = (x: Operand): Tensor => bind1(logPrimitive, [toTensor('log', x)], {})

/**
 * `log(1 + x)`, element by element, exact near 0; NaN below -1.
 * @example log1p(tensor([1e-6, 1])) // [1e-6, 0.6931]
 */
export const log1p = (x: Operand): Tensor => bind1(log1pPrimitive, [toTensor('log1p', x)], {})

/**
 * The square root, element by element, correctly rounded; NaN below 0.
 * @example sqrt(tensor([0, 2, 9])) // [0, 1.4142, 3]
 */
export const sqrt = (x: Operand): Tensor => bind1(sqrtPrimitive, [toTensor('sqrt', x)], {})

/**
 * `1 / sqrt(x)`, element by element, correctly divided (no approximate instruction); Infinity at 0.
 * @example
 * const x = tensor([3, 4])
 * mul(x, rsqrt(sum(square(x)))) // [0.6, 0.8]
 */
export const rsqrt = (x: Operand): Tensor => bind1(rsqrtPrimitive, [toTensor('rsqrt', x)], {})

export const expLaws = elementwiseLaws(expPrimitive, 1, (_, x) => Math.exp(x), { tolerance: 3, edges: SPECIAL })

export const expm1Laws = elementwiseLaws(expm1Primitive, 1, (_, x) => Math.expm1(x), { tolerance: 2, edges: SPECIAL })

export const logLaws = elementwiseLaws(logPrimitive, 1, (_, x) => Math.log(x), {
  tolerance: 3,
  edges: SPECIAL,
  sample: between(0.2, 5),
})

export const log1pLaws = elementwiseLaws(log1pPrimitive, 1, (_, x) => Math.log1p(x), {
  tolerance: 2,
  edges: SPECIAL,
  sample: between(-0.8, 4),
})

export const sqrtLaws = elementwiseLaws(sqrtPrimitive, 1, (_, x) => Math.sqrt(x), {
  edges: SPECIAL,
  sample: between(0.2, 5),
})

export const rsqrtLaws = elementwiseLaws(rsqrtPrimitive, 1, (_, x) => 1 / Math.sqrt(x), {
  tolerance: 4,
  edges: SPECIAL,
  sample: between(0.2, 5),
})
