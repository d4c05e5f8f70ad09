// Products of tensors by name: special cases of dotGeneral and einsum.
import { normalizeAxis, range, showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { mul } from './arithmetic.js'
import { cast } from './cast.js'
import { dotGeneral } from './dot-general.js'
import { type Operand, sameDtype } from './operand.js'
import { reshape } from './reshape.js'

const floats = (operation: string, x: Operand, y: Operand): Tensor[] =>
  sameDtype(operation, [x, y]).map(operand => cast(operand, 'float32'))

/**
 * The sum of products over pairs of axes: the last `axes` (2) of `x` with the first of `y`, or two lists; the result has
 * the other axes of `x`, then those of `y`. Throws if paired lengths differ.
 * @example tensordot(ones([2, 3, 4]), ones([3, 4, 5])).shape // [2, 5]
 */
export function tensordot(
  x: Tensor,
  y: Tensor,
  axes: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor {
  const [a, b] = floats('tensordot', x, y)
  if (typeof axes === 'number' && !(Number.isInteger(axes) && axes >= 0 && axes <= Math.min(a.rank, b.rank))) {
    throw typeError(`tensordot: ${axes} axes of ${showShape(a.shape)} and ${showShape(b.shape)}`)
  }
  const pairs = typeof axes === 'number' ? [range(axes).map(axis => a.rank - axes + axis), range(axes)] : axes
  const [left, right] = [a, b].map(({ rank }, i) => pairs[i].map(axis => normalizeAxis('tensordot', axis, rank)))
  if (left.length !== right.length || left.some((axis, i) => a.shape[axis] !== b.shape[right[i]])) {
    throw typeError(
      `tensordot: lengths differ: ${showShape(a.shape)} x ${showShape(b.shape)} along [${left}] and [${right}]`,
    )
  }
  return dotGeneral(a, b, { contract: [left, right] })
}

/**
 * The sum of products over the last axes of both; of scalars the product. Throws if the last lengths differ.
 * @example inner(tensor([1, 2]), tensor([3, 4])) // 11
 */
export function inner(x: Tensor, y: Tensor): Tensor {
  const [a, b] = floats('inner', x, y)
  if (a.rank === 0 || b.rank === 0) return mul(a, b)
  if (a.shape.at(-1) !== b.shape.at(-1)) {
    throw typeError(`inner: last dimensions differ: ${showShape(a.shape)} x ${showShape(b.shape)}`)
  }
  return dotGeneral(a, b, { contract: [[a.rank - 1], [b.rank - 1]] })
}

/**
 * The sum of the products of all elements. Throws if the numbers of elements differ.
 * @example vdot(tensor([[1, 2], [3, 4]]), tensor([[1, 1], [1, 1]])) // 10
 */
export function vdot(x: Tensor, y: Tensor): Tensor {
  const [a, b] = floats('vdot', x, y)
  if (a.size !== b.size) throw typeError(`vdot: sizes differ: ${showShape(a.shape)} x ${showShape(b.shape)}`)
  return dotGeneral(reshape(a, [a.size]), reshape(b, [b.size]), { contract: [[0], [0]] })
}

/**
 * Kronecker's product: each element of `x` times `y`, as blocks.
 * @example kron(tensor([1, 2]), tensor([1, 10])) // [1, 10, 2, 20]
 */
export function kron(x: Operand, y: Operand): Tensor {
  const [a, b] = sameDtype('kron', [x, y])
  const rank = Math.max(a.rank, b.rank)
  const lengths = ({ shape }: Tensor) => [...new Array<number>(rank - shape.length).fill(1), ...shape]
  const [m, n] = [lengths(a), lengths(b)]
  const blocks = mul(
    reshape(
      a,
      m.flatMap(length => [length, 1]),
    ),
    reshape(
      b,
      n.flatMap(length => [1, length]),
    ),
  )
  return reshape(
    blocks,
    m.map((length, i) => length * n[i]),
  )
}
