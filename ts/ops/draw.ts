// What all draws share (random.ts, distributions.ts): the checks of their arguments, and normal floats from uniform ones.
import { broadcastShapes, checkShape, type Shape, sameShape, showShape } from '../core/shape.js'
import { checkTensor, describe, Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { add, mul, neg, sub } from './arithmetic.js'
import { less } from './compare.js'
import { log1p, sqrt } from './exponential.js'
import type { Operand } from './operand.js'
import { where } from './where.js'

/** Refuses what is no key. */
export function checkKey(operation: string, from: Tensor): void {
  const isTensor = from instanceof Tensor
  if (isTensor && from.dtype === 'uint32' && sameShape(from.shape, [2])) return
  const found = isTensor ? from.dtype + showShape(from.shape) : describe(from)
  throw typeError(`random.${operation}: a key is uint32[2] (see random.key), not ${found}; vmap for many`)
}

/** Refuses what is neither a number nor a tensor that broadcasts to `shape`. */
export function checkFits(operation: string, shape: Shape, operands: Record<string, Operand>): void {
  checkShape(operation, shape)
  for (const [name, x] of Object.entries(operands)) {
    if (typeof x === 'number') continue
    checkTensor(operation, x, name)
    if (!sameShape(broadcastShapes(operation, [x.shape, shape]), shape))
      throw typeError(`${operation}: ${name} ${showShape(x.shape)} does not broadcast to ${showShape(shape)}`)
  }
}

/** What several operands broadcast to. */
export const shapeOf = (operation: string, ...operands: Operand[]): Shape =>
  broadcastShapes(
    operation,
    operands.map(x => (x instanceof Tensor ? x.shape : [])),
  )

/** The float next to 1, below. */
export const BELOW_1 = 1 - 2 ** -24

/** The inverse of the error function on (-1, 1); Giles 2010, "Approximating the erfinv function", single precision. */
export function erfinv(x: Tensor): Tensor {
  const w = neg(log1p(neg(mul(x, x))))
  const polynomial = (at: Tensor, coefficients: readonly Operand[]) =>
    coefficients.reduce((sum, coefficient) => add(mul(sum, at), coefficient))
  const central = polynomial(
    sub(w, 2.5),
    [
      2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
      0.246640727, 1.50140941,
    ],
  )
  const tail = polynomial(
    sub(sqrt(w), 3),
    [
      -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
      1.00167406, 2.83297682,
    ],
  )
  return mul(where(less(w, 5), central, tail), x)
}
