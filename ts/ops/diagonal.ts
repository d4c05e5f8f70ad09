// Diagonals and triangles of matrices, which are the last two dimensions or two that are named.
import { checkOptions } from '../core/options.js'
import { normalizeAxis, range, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1, scalar } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { add } from './arithmetic.js'
import { greaterEqual } from './compare.js'
import { arange } from './full.js'
import { sum } from './reduce.js'
import { expandDims, reshape } from './reshape.js'
import { padPrimitive, slice } from './slice.js'
import { transpose } from './transpose.js'
import { where } from './where.js'

/** Which diagonal (0; above it positive, below it negative) of which two axes (0 and 1). */
export interface DiagonalOptions {
  /** How far above the main diagonal, negative below it (0). */
  offset?: number
  /** The axis of rows (0). */
  axis1?: number
  /** The axis of columns (1). */
  axis2?: number
}

function checkOffset(operation: string, offset: number): void {
  if (!Number.isInteger(offset)) throw rangeError(`${operation}: the offset of a diagonal is an integer, not ${offset}`)
}

function diagonalOf(name: string, x: Tensor, options: DiagonalOptions): Tensor {
  checkTensor(name, x)
  checkOptions(name, options, { offset: 1, axis1: 1, axis2: 1 })
  const { offset = 0, axis1 = 0, axis2 = 1 } = options
  checkOffset(name, offset)
  const [i, j] = [axis1, axis2].map(axis => normalizeAxis(name, axis, x.rank))
  if (i === j) throw rangeError(`${name}: an axis of ${showShape(x.shape)} is given twice: ${i}`)
  const rest = range(x.rank).filter(axis => axis !== i && axis !== j)
  const lead = rest.map(axis => x.shape[axis])
  const [n, m] = [x.shape[i], x.shape[j]]
  const length = Math.max(0, Math.min(n + Math.min(offset, 0), m - Math.max(offset, 0)))
  const flat = reshape(transpose(x, [...rest, i, j]), [...lead, n * m])
  const start = length === 0 ? 0 : offset >= 0 ? offset : -offset * m
  const stop = length === 0 ? 0 : start + (length - 1) * (m + 1) + 1
  const zeros = lead.map(() => 0)
  return slice(flat, [...zeros, start], [...lead, stop], [...zeros.map(() => 1), m + 1])
}

/**
 * The elements x[i, i + offset] of two axes (0 and 1), as the last dimension of the result.
 * @example diagonal(tensor([[1, 2], [3, 4]])) // [1, 4]
 */
export const diagonal = (x: Tensor, options: DiagonalOptions = {}): Tensor => diagonalOf('diagonal', x, options)

/**
 * The sum of a diagonal of two axes (0 and 1).
 * @example trace(tensor([[1, 2], [3, 4]])) // 5
 */
export const trace = (x: Tensor, options: DiagonalOptions = {}): Tensor =>
  sum(diagonalOf('trace', x, options), { axis: -1 })

/**
 * The square matrix with vector `x` on its diagonal `offset` (0) and zeros elsewhere; of a matrix, that diagonal.
 * @example diag(tensor([1, 2])) // [[1, 0], [0, 2]]
 */
export function diag(x: Tensor, offset = 0): Tensor {
  checkTensor('diag', x)
  checkOffset('diag', offset)
  if (x.rank === 2) return diagonalOf('diag', x, { offset })
  if (x.rank !== 1) throw typeError(`diag: ${showShape(x.shape)} is neither a vector nor a matrix`)
  const n = x.size + Math.abs(offset)
  if (x.size === 0) return reshape(padded(x, n * n, 0, 0), [n, n])
  const start = offset >= 0 ? offset : -offset * n
  return reshape(padded(x, start, n, n * n - start - (x.size - 1) * (n + 1) - 1), [n, n])
}

const padded = (x: Tensor, low: number, interior: number, high: number): Tensor =>
  bind1(padPrimitive, [x, scalar(0, x.dtype)], { low: [low], interior: [interior], high: [high] })

function triangle(name: string, x: Tensor, offset: number, isLower: boolean): Tensor {
  checkTensor(name, x)
  checkOffset(name, offset)
  if (x.rank < 2) throw typeError(`${name}: ${showShape(x.shape)} is not a matrix`)
  const [n, m] = x.shape.slice(-2)
  const row = expandDims(add(arange(n), isLower ? offset : offset - 1), 1)
  const inside = greaterEqual(row, arange(m))
  return isLower ? where(inside, x, 0) : where(inside, 0, x)
}

/**
 * The lower triangle of the matrices in the last two dimensions: zero above diagonal `offset` (0).
 * @example tril(ones([2, 2])) // [[1, 0], [1, 1]]
 */
export const tril = (x: Tensor, offset = 0): Tensor => triangle('tril', x, offset, true)

/**
 * The upper triangle of the matrices in the last two dimensions: zero below diagonal `offset` (0).
 * @example triu(ones([2, 2])) // [[1, 1], [0, 1]]
 */
export const triu = (x: Tensor, offset = 0): Tensor => triangle('triu', x, offset, false)
