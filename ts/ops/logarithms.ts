// Powers and logarithms to other bases, and the logarithm of a sum of exponentials.
import { MapOp } from '../../assembly/format.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { useExtension } from '../runtime/extension.js'
import { add, div, mul, sub } from './arithmetic.js'
import { greater } from './compare.js'
import { elementwise } from './elementwise.js'
import { exp, log1p } from './exponential.js'
import { between, elementwiseLaws, SPECIAL } from './laws.js'
import { align, type Operand, toTensor } from './operand.js'
import { isFinite as finite } from './rounding.js'
import { where } from './where.js'

export const exp2Primitive = elementwise({
  name: 'exp2',
  ops: { float32: MapOp.Exp2F },
  load: useExtension,
  cheap: false,
  jvp: (_primals, [tangent], [y]) => [mul(tangent!, mul(y, Math.LN2))],
})

const logarithm = (name: string, op: MapOp, base: number) =>
  elementwise({
    name,
    ops: { float32: op },
    load: useExtension,
    cheap: false,
    jvp: ([x], [tangent]) => [div(tangent!, mul(x, base))],
  })

export const log2Primitive = logarithm('log2', MapOp.Log2F, Math.LN2)
export const log10Primitive = logarithm('log10', MapOp.Log10F, Math.LN10)

/**
 * The logarithm to base 2, exact at its powers; NaN below 0, -Infinity at 0.
 * @example log2(tensor([1, 8])) // [0, 3]
 */
export const log2 = (x: Operand): Tensor => bind1(log2Primitive, [toTensor('log2', x)], {})

/**
 * The logarithm to base 10, exact at its powers; NaN below 0, -Infinity at 0.
 * @example log10(tensor([1, 1000])) // [0, 3]
 */
export const log10 = (x: Operand): Tensor => bind1(log10Primitive, [toTensor('log10', x)], {})

/**
 * 2 to the power `x`, exact at whole numbers.
 * @example exp2(tensor([-1, 10])) // [0.5, 1024]
 */
export const exp2 = (x: Operand): Tensor => bind1(exp2Primitive, [toTensor('exp2', x)], {})

/**
 * `log(exp(x) + exp(y))` without overflow, element by element (NumPy broadcasting), float32.
 * @example logAddExp(tensor([1000]), 1000) // [1000.693]
 */
export function logAddExp(x: Operand, y: Operand): Tensor {
  const [a, b] = align('logAddExp', [x, y])
  const isLarger = greater(a, b)
  const high = where(isLarger, a, b)
  // Two infinities of one sign have no difference.
  return add(high, log1p(exp(where(finite(high), sub(where(isLarger, b, a), high), 0))))
}

export const exp2Laws = elementwiseLaws(exp2Primitive, 1, (_, x) => 2 ** x, { tolerance: 2, edges: SPECIAL })

export const log2Laws = elementwiseLaws(log2Primitive, 1, (_, x) => Math.log2(x), {
  tolerance: 2,
  edges: SPECIAL,
  sample: between(0.2, 5),
})

export const log10Laws = elementwiseLaws(log10Primitive, 1, (_, x) => Math.log10(x), {
  tolerance: 2,
  edges: SPECIAL,
  sample: between(0.2, 5),
})
