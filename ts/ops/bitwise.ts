// Logic on bools and bits of integers.
import { MapOp } from '../../assembly/format.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { cast } from './cast.js'
import { elementwise, type MapOps, withoutTangent } from './elementwise.js'
import { elementwiseLaws } from './laws.js'
import { align, type Operand, toTensor } from './operand.js'

const bits = (name: string, ops: MapOps) => elementwise({ name, ops, jvp: withoutTangent })

export const andPrimitive = bits('bitwiseAnd', { bool: MapOp.AndI, int32: MapOp.AndI, uint32: MapOp.AndI })
export const orPrimitive = bits('bitwiseOr', { bool: MapOp.OrI, int32: MapOp.OrI, uint32: MapOp.OrI })
export const xorPrimitive = bits('bitwiseXor', { bool: MapOp.XorI, int32: MapOp.XorI, uint32: MapOp.XorI })
export const notPrimitive = bits('bitwiseNot', { bool: MapOp.NotB, int32: MapOp.NotI, uint32: MapOp.NotI })
export const shiftLeftPrimitive = bits('shiftLeft', { int32: MapOp.ShlI, uint32: MapOp.ShlI })
export const shiftRightPrimitive = bits('shiftRight', { int32: MapOp.ShrI, uint32: MapOp.ShrU })

/**
 * Bitwise and of integers, element by element (NumPy broadcasting); logical for `bool`. Throws for floats.
 * @example
 * const ids = tensor([5, 6, 7], { dtype: 'int32' })
 * bitwiseAnd(ids, 1) // [1, 0, 1]
 */
export const bitwiseAnd = (x: Operand, y: Operand): Tensor => bind1(andPrimitive, align('bitwiseAnd', [x, y]), {})

/**
 * Bitwise or of integers, element by element (NumPy broadcasting); logical for `bool`. Throws for floats.
 * @example bitwiseOr(tensor([1, 2], { dtype: 'int32' }), 4) // [5, 6]
 */
export const bitwiseOr = (x: Operand, y: Operand): Tensor => bind1(orPrimitive, align('bitwiseOr', [x, y]), {})

/**
 * Bitwise exclusive or of integers, element by element (NumPy broadcasting); logical for `bool`. Throws for floats.
 * @example bitwiseXor(tensor([true, true]), tensor([true, false])) // [false, true]
 */
export const bitwiseXor = (x: Operand, y: Operand): Tensor => bind1(xorPrimitive, align('bitwiseXor', [x, y]), {})

/**
 * Bitwise complement of integers, element by element; logical for `bool`. Throws for floats.
 * @example bitwiseNot(tensor([0, 5], { dtype: 'int32' })) // [-1, -6]
 */
export const bitwiseNot = (x: Operand): Tensor => bind1(notPrimitive, [toTensor('bitwiseNot', x)], {})

/**
 * `x << y` of integers, element by element (NumPy broadcasting); 0 where `y` is 32 or more. Throws for floats.
 * @example shiftLeft(1, arange(4)) // [1, 2, 4, 8]
 */
export const shiftLeft = (x: Operand, y: Operand): Tensor => bind1(shiftLeftPrimitive, align('shiftLeft', [x, y]), {})

/**
 * `x >> y` of integers, element by element (NumPy broadcasting): keeps the sign of `int32`, fills with zeros for
 * `uint32`. Throws for floats.
 * @example shiftRight(tensor([-8, 8], { dtype: 'int32' }), 1) // [-4, 4]
 */
export const shiftRight = (x: Operand, y: Operand): Tensor =>
  bind1(shiftRightPrimitive, align('shiftRight', [x, y]), {})

/**
 * `x and y` of what is not zero, as `bool`, element by element (NumPy broadcasting).
 * @example
 * const x = tensor([-1, 0.5, 3])
 * logicalAnd(greater(x, 0), less(x, 1)) // [false, true, false]
 */
export const logicalAnd = (x: Operand, y: Operand): Tensor =>
  bitwiseAnd(cast(toTensor('logicalAnd', x), 'bool'), cast(toTensor('logicalAnd', y), 'bool'))

/**
 * `x or y` of what is not zero, as `bool`, element by element (NumPy broadcasting).
 * @example logicalOr(tensor([true, false]), tensor([0, 0])) // [true, false]
 */
export const logicalOr = (x: Operand, y: Operand): Tensor =>
  bitwiseOr(cast(toTensor('logicalOr', x), 'bool'), cast(toTensor('logicalOr', y), 'bool'))

/**
 * True where `x` is zero, element by element.
 * @example logicalNot(tensor([0, 1, 2])) // [true, false, false]
 */
export const logicalNot = (x: Operand): Tensor => bitwiseNot(cast(toTensor('logicalNot', x), 'bool'))

/** Any 32 bits. */
const anyBits = (random: () => number): number => Math.floor(random() * 4294967296)

const pair = { integers: (random: () => number) => [anyBits(random), anyBits(random)] }
const shift = { integers: (random: () => number) => [anyBits(random), Math.floor(random() * 40)] }

export const andLaws = elementwiseLaws(andPrimitive, 2, (_, x, y) => x & y, pair)
export const orLaws = elementwiseLaws(orPrimitive, 2, (_, x, y) => x | y, pair)
export const xorLaws = elementwiseLaws(xorPrimitive, 2, (_, x, y) => x ^ y, pair)
export const notLaws = elementwiseLaws(notPrimitive, 1, (dtype, x) => (dtype === 'bool' ? 1 - x : ~x), {
  integers: random => [anyBits(random)],
})
export const shiftLeftLaws = elementwiseLaws(shiftLeftPrimitive, 2, (_, x, y) => (y > 31 ? 0 : x << y), shift)
export const shiftRightLaws = elementwiseLaws(
  shiftRightPrimitive,
  2,
  (dtype, x, y) => (dtype === 'int32' ? x >> Math.min(y, 31) : y > 31 ? 0 : x >>> y),
  shift,
)
