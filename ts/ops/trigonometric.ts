// Angles: circular functions, their inverses, and a point's angle and distance.
import { MapOp } from '../../assembly/format.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { useExtension } from '../runtime/extension.js'
import { add, addTangents, div, maximum, mul, neg, sub } from './arithmetic.js'
import { elementwise } from './elementwise.js'
import { sqrt } from './exponential.js'
import { apart, between, elementwiseLaws, SPECIAL } from './laws.js'
import { align, type Operand, toFloat, toTensor } from './operand.js'

export const sinPrimitive = elementwise({
  name: 'sin',
  ops: { float32: MapOp.SinF },
  load: useExtension,
  cheap: false,
  jvp: ([x], [tangent]) => [mul(tangent!, cos(x))],
})

export const cosPrimitive = elementwise({
  name: 'cos',
  ops: { float32: MapOp.CosF },
  load: useExtension,
  cheap: false,
  jvp: ([x], [tangent]) => [neg(mul(tangent!, sin(x)))],
})

/** A distance to divide by: at the origin, where no direction is special, derivatives are 0. */
const radius = (r: Tensor): Tensor => maximum(r, 2 ** -126)

export const hypotPrimitive = elementwise({
  name: 'hypot',
  ops: { float32: MapOp.HypotF },
  load: useExtension,
  cheap: false,
  jvp: ([x, y], [dx, dy], [r]) => [addTangents(dx && mul(dx, div(x, radius(r))), dy && mul(dy, div(y, radius(r))))],
})

export const atan2Primitive = elementwise({
  name: 'atan2',
  ops: { float32: MapOp.Atan2F },
  load: useExtension,
  cheap: false,
  jvp([y, x], [dy, dx]) {
    const r = radius(hypot(x, y))
    return [addTangents(dy && mul(dy, div(div(x, r), r)), dx && neg(mul(dx, div(div(y, r), r))))]
  },
})

/**
 * The sine of `x` in radians, element by element.
 * @example
 * sin(tensor([0, Math.PI / 2])) // [0, 1]
 * grad((x: Tensor) => sin(x))(tensor(0)) // 1
 */
export const sin = (x: Operand): Tensor => bind1(sinPrimitive, [toTensor('sin', x)], {})

/**
 * The cosine of `x` in radians, element by element.
 * @example cos(tensor([0, Math.PI])) // [1, -1]
 */
export const cos = (x: Operand): Tensor => bind1(cosPrimitive, [toTensor('cos', x)], {})

/**
 * The tangent of `x` in radians, `sin(x) / cos(x)`: within 2 ulp everywhere.
 * @example tan(Math.PI / 4) // 1
 */
export function tan(x: Operand): Tensor {
  const a = toFloat('tan', x)
  return div(sin(a), cos(a))
}

/**
 * The distance `sqrt(x^2 + y^2)` of the point (x, y) from the origin, without overflow; its derivatives are 0 there. NaN if either is.
 * @example hypot(tensor([3e30]), 4e30) // [5e30]
 */
export const hypot = (x: Operand, y: Operand): Tensor => bind1(hypotPrimitive, align('hypot', [x, y]), {})

/**
 * The angle of the point (x, y) in [-pi, pi], element by element; its derivatives at the origin are 0.
 * @example atan2(tensor([1, -1]), tensor([0, -1])) // [1.5708, -2.3562]
 */
export const atan2 = (y: Operand, x: Operand): Tensor => bind1(atan2Primitive, align('atan2', [y, x]), {})

/**
 * The angle in [-pi / 2, pi / 2] whose tangent is `x`.
 * @example atan(tensor([1, Infinity])) // [0.7854, 1.5708]
 */
export const atan = (x: Operand): Tensor => bind1(atan2Primitive, align('atan', [x, 1]), {})

/** sqrt(1 - x^2), which does not cancel near 1. */
const chord = (x: Tensor): Tensor => sqrt(mul(sub(1, x), add(1, x)))

/**
 * The angle in [-pi / 2, pi / 2] whose sine is `x`, within 2 ulp; NaN outside [-1, 1].
 * @example asin(tensor([0.5, 1])) // [0.5236, 1.5708]
 */
export function asin(x: Operand): Tensor {
  const a = toFloat('asin', x)
  return bind1(atan2Primitive, [a, chord(a)], {})
}

/**
 * The angle in [0, pi] whose cosine is `x`, within 2 ulp; NaN outside [-1, 1].
 * @example acos(tensor([0.5, -1])) // [1.0472, 3.1416]
 */
export function acos(x: Operand): Tensor {
  const a = toFloat('acos', x)
  return bind1(atan2Primitive, [chord(a), a], {})
}

export const hypotLaws = elementwiseLaws(hypotPrimitive, 2, (_, x, y) => Math.sqrt(x * x + y * y), {
  edges: SPECIAL,
  sample: random => [...apart(0.2, 2)(random), ...apart(0.2, 2)(random)],
})

export const atan2Laws = elementwiseLaws(atan2Primitive, 2, (_, y, x) => Math.atan2(y, x), {
  tolerance: 2,
  edges: SPECIAL,
  // The angle jumps on the negative half of the axis.
  sample: random => [...apart(0.2, 2)(random), ...apart(0.2, 2)(random)],
})

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
