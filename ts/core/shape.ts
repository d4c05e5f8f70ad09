// Arithmetic of shapes and axes, and the messages for those that do not fit.
import { rangeError, typeError } from '../errors.js'

/** The lengths of a tensor's dimensions; `[]` for a scalar. */
export type Shape = readonly number[]

/** The shape of a scalar. */
export const SCALAR: Shape = Object.freeze([])

/** The shape as a list that nobody changes any more: a copy, unless it is such already. */
export const fixed = (shape: Shape): Shape => (Object.isFrozen(shape) ? shape : Object.freeze(shape.slice()))

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (const length of shape) size *= length
  return size
}

/** `[2, 3]` as users read it. */
export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`

/** True if both have the same lengths. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** The NumPy broadcast of several shapes. */
export function broadcastShapes(operation: string, shapes: readonly Shape[]): Shape {
  let rank = 0
  for (const shape of shapes) rank = Math.max(rank, shape.length)
  const result = new Array<number>(rank).fill(1)
  for (const shape of shapes) {
    const lead = rank - shape.length
    for (let i = 0; i < shape.length; i++) {
      if (shape[i] === 1 || shape[i] === result[lead + i]) continue
      if (result[lead + i] !== 1) {
        throw typeError(`${operation}: shapes do not broadcast: ${shapes.map(showShape).join(' and ')}`)
      }
      result[lead + i] = shape[i]
    }
  }
  return result
}

/** An axis in [0, rank), negative ones counted from the end. */
export function normalizeAxis(operation: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw rangeError(`${operation}: axis ${JSON.stringify(axis)} is out of range for rank ${rank}`)
  }
  return axis < 0 ? axis + rank : axis
}

/** Distinct axes in ascending order; undefined means all of them. */
export function normalizeAxes(operation: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return range(rank)
  const list = (Array.isArray(axes) ? axes : [axes]).map(axis => normalizeAxis(operation, axis, rank))
  const sorted = [...new Set(list)].sort((a, b) => a - b)
  if (sorted.length !== list.length) throw rangeError(`${operation}: an axis is given twice: [${list.join(', ')}]`)
  return sorted
}

/** [0, 1, ..., n - 1]. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** The shape without the given axes. */
export const dropAxes = (shape: Shape, axes: readonly number[]): number[] => shape.filter((_, i) => !axes.includes(i))

/** The list with `value` inserted at `index`. */
export function insertAt<T>(list: readonly T[], index: number, value: T): T[] {
  const result = list.slice()
  result.splice(index, 0, value)
  return result
}

/** The list without its element at `index`. */
export function removeAt<T>(list: readonly T[], index: number): T[] {
  const result = list.slice()
  result.splice(index, 1)
  return result
}

/** Throws unless every length is a non-negative integer. */
export function checkShape(operation: string, shape: Shape): void {
  if (!Array.isArray(shape) || !shape.every(length => Number.isInteger(length) && length >= 0)) {
    throw typeError(`${operation}: a shape is a list of non-negative integers, not ${JSON.stringify(shape)}`)
  }
}
