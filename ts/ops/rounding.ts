// Rounding and tests of floats: piecewise constant, so their derivatives are zero.
import { MapOp } from '../../assembly/format.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { elementwise, withoutTangent } from './elementwise.js'
import { type Operand, toTensor } from './operand.js'

const rounding = (name: string, op: MapOp) =>
  elementwise({ name, ops: { float32: op, int32: MapOp.Copy, uint32: MapOp.Copy }, jvp: withoutTangent })

export const floorPrimitive = rounding('floor', MapOp.FloorF)
export const ceilPrimitive = rounding('ceil', MapOp.CeilF)
export const roundPrimitive = rounding('round', MapOp.RoundF)
export const isFinitePrimitive = elementwise({
  name: 'isFinite',
  ops: { float32: MapOp.IsFiniteF },
  result: 'bool',
  jvp: withoutTangent,
})

/** The largest integer not above `x`. */
export const floor = (x: Operand): Tensor => bind1(floorPrimitive, [toTensor('floor', x)], {})

/** The smallest integer not below `x`. */
export const ceil = (x: Operand): Tensor => bind1(ceilPrimitive, [toTensor('ceil', x)], {})

/** The nearest integer, halves to the even one (NumPy). */
export const round = (x: Operand): Tensor => bind1(roundPrimitive, [toTensor('round', x)], {})

/** True where `x` is neither NaN nor infinite. */
const finite = (x: Operand): Tensor => bind1(isFinitePrimitive, [toTensor('isFinite', x)], {})

export { finite as isFinite }
