// Division to whole numbers, rounding down as NumPy and Python do (`div` and `rem` of integers round towards zero).
import type { Tensor } from '../core/tensor.js'
import { add, div, rem, sub } from './arithmetic.js'
import { bitwiseAnd } from './bitwise.js'
import { cast } from './cast.js'
import { less, notEqual } from './compare.js'
import { align, type Operand, toFloat } from './operand.js'
import { round } from './rounding.js'
import { where } from './where.js'

/**
 * `1 / x`, element by element, correctly rounded.
 * @example reciprocal(tensor([2, 4])) // [0.5, 0.25]
 */
export const reciprocal = (x: Operand): Tensor => div(1, toFloat('reciprocal', x))

/** The remainder towards zero, and where it is on the wrong side of it. */
const parts = (x: Tensor, y: Tensor): [remainder: Tensor, isWrong: Tensor] => {
  const r = rem(x, y)
  return [r, bitwiseAnd(notEqual(r, 0), notEqual(less(r, 0), less(y, 0)))]
}

/**
 * The remainder of `x / y` with the sign of `y` (as `%` in Python), element by element; floats by 0 give NaN.
 * @example mod(tensor([-7, 7]), 3) // [2, 1]
 */
export function mod(x: Operand, y: Operand): Tensor {
  const [a, b] = align('mod', [x, y])
  const [r, isWrong] = parts(a, b)
  return where(isWrong, add(r, b), r)
}

/**
 * The largest whole number not above `x / y` (as `//` in Python), element by element, exactly `(x - mod(x, y)) / y`;
 * floats by 0 give NaN. Its derivative is zero.
 * @example floorDivide(tensor([-7, 7]), 2) // [-4, 3]
 */
export function floorDivide(x: Operand, y: Operand): Tensor {
  const [a, b] = align('floorDivide', [x, y])
  const [r, isWrong] = parts(a, b)
  return sub(round(div(sub(a, r), b)), cast(isWrong, a.dtype))
}
