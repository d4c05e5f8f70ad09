// Rounding and tests of floats: piecewise constant, so their derivatives are zero.
import { MapOp } from '../../assembly/format.js'
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { abs } from './arithmetic.js'
import { cast } from './cast.js'
import { equal, greater, less, notEqual } from './compare.js'
import { elementwise, withoutTangent } from './elementwise.js'
import { elementwiseLaws, SPECIAL } from './laws.js'
import { type Operand, toFloat, toTensor } from './operand.js'
import { where } from './where.js'

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

/**
 * The largest integer not above `x`, element by element, in the dtype of `x`; its derivative is 0.
 * @example floor(tensor([-1.5, 1.5])) // [-2, 1]
 */
export const floor = (x: Operand): Tensor => bind1(floorPrimitive, [toTensor('floor', x)], {})

/**
 * The smallest integer not below `x`, element by element, in the dtype of `x`; its derivative is 0.
 * @example ceil(tensor([-1.5, 1.5])) // [-1, 2]
 */
export const ceil = (x: Operand): Tensor => bind1(ceilPrimitive, [toTensor('ceil', x)], {})

/**
 * The whole part: the next integer towards 0.
 * @example trunc(tensor([-1.5, 1.5])) // [-1, 1]
 */
export function trunc(x: Operand): Tensor {
  const a = toTensor('trunc', x)
  return where(less(a, 0), ceil(a), floor(a))
}

/**
 * The nearest integer, halves to the even one (NumPy), element by element, in the dtype of `x`; its derivative is 0.
 * @example round(tensor([0.5, 1.5, 2.4])) // [0, 2, 2]
 */
export const round = (x: Operand): Tensor => bind1(roundPrimitive, [toTensor('round', x)], {})

/**
 * True where `x` is neither NaN nor infinite, element by element.
 * @example isFinite(tensor([1, NaN, Infinity])) // [true, false, false]
 */
const finite = (x: Operand): Tensor => bind1(isFinitePrimitive, [toTensor('isFinite', x)], {})

export { finite as isFinite }

/**
 * True where `x` is NaN.
 * @example isNan(tensor([1, NaN])) // [false, true]
 */
export const isNan = (x: Operand): Tensor => {
  const a = toTensor('isNan', x)
  return notEqual(a, a)
}

/**
 * True where `x` is infinite.
 * @example isInf(tensor([1, -Infinity, NaN])) // [false, true, false]
 */
export const isInf = (x: Operand): Tensor => equal(abs(cast(toTensor('isInf', x), 'float32')), Infinity)

/** What takes the place of NaN (0) and of the infinities (the largest floats of either sign). */
export interface NanToNumOptions {
  /** In the place of NaN (0). */
  nan?: number
  /** In the place of Infinity (the largest float). */
  posinf?: number
  /** In the place of -Infinity (the smallest float). */
  neginf?: number
}

const LARGEST = 3.4028234663852886e38

/**
 * `x` with numbers in the place of NaN and infinities; their derivative is 0.
 * @example nanToNum(tensor([NaN, -Infinity, 1]), { neginf: -1 }) // [0, -1, 1]
 */
export const nanToNum = (x: Operand, options: NanToNumOptions = {}): Tensor => {
  checkOptions('nanToNum', options, { nan: 1, posinf: 1, neginf: 1 })
  const { nan = 0, posinf = LARGEST, neginf = -LARGEST } = options
  const a = toFloat('nanToNum', x)
  return where(finite(a), a, where(greater(a, 0), posinf, where(less(a, 0), neginf, nan)))
}

/** Floats away from halves and whole numbers, where these functions jump. */
const betweenSteps = (random: () => number): number[] => [Math.floor(random() * 10) / 2 - 2.5 + 0.05 + 0.4 * random()]

export const floorLaws = elementwiseLaws(floorPrimitive, 1, (_, x) => Math.floor(x), {
  tolerance: 0,
  edges: SPECIAL,
  sample: betweenSteps,
})

export const ceilLaws = elementwiseLaws(ceilPrimitive, 1, (_, x) => Math.ceil(x), {
  tolerance: 0,
  edges: SPECIAL,
  sample: betweenSteps,
})

/** Halves to the even neighbour. */
const nearest = (x: number): number => {
  const down = Math.floor(x)
  return x - down > 0.5 || (x - down === 0.5 && down % 2 !== 0) ? down + 1 : down
}

export const roundLaws = elementwiseLaws(roundPrimitive, 1, (_, x) => nearest(x), {
  tolerance: 0,
  edges: [...SPECIAL, 1.5, 2.5, -0.5, -1.5],
  sample: betweenSteps,
})

export const isFiniteLaws = elementwiseLaws(isFinitePrimitive, 1, (_, x) => Number(Number.isFinite(x)), {
  tolerance: 0,
  edges: SPECIAL,
  result: 'bool',
})
