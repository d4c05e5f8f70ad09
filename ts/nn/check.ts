// What layers ask of their sizes and inputs.

import { isInteger } from '../core/dtype.js'
import { showShape } from '../core/shape.js'
import { rangeError, typeError } from '../errors.js'
import { isSpec, type Spec } from '../transforms/eval-shape.js'

/** Throws unless `value` is a positive integer. */
export function checkCount(layer: string, name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw rangeError(`${layer}: ${name} is a positive integer, not ${String(value)}`)
  }
}

/** Throws unless `input` says what an input looks like. */
function checkSpec(layer: string, input: Spec): void {
  if (isSpec(input)) return
  throw typeError(`${layer}: init takes a key and what the input looks like: a tensor, or { shape: [...], dtype }`)
}

/** The length of the last dimension. */
export function lastLength(layer: string, input: Spec): number {
  checkSpec(layer, input)
  const { shape } = input
  if (shape.length === 0) throw typeError(`${layer}: the input is a scalar, expected shape [..., features]`)
  return shape[shape.length - 1]
}

/** Throws unless the input holds integers. */
export function checkIds(layer: string, input: Spec): void {
  checkSpec(layer, input)
  const { dtype = 'float32' } = input
  if (!isInteger(dtype)) {
    throw typeError(`${layer}: the input holds ids, so its dtype is int32 or uint32, not ${dtype}`)
  }
}

/** Throws unless the input is a sequence [T, ...]; returns what one step looks like. */
export function stepSpec(layer: string, input: Spec): Spec {
  checkSpec(layer, input)
  const { shape, dtype } = input
  if (shape.length === 0) throw typeError(`${layer}: the input is a scalar, expected a sequence [T, ...]`)
  if (shape.length === 1 && (dtype ?? 'float32') === 'float32') {
    throw typeError(`${layer}: the input has shape ${showShape(shape)}, expected a sequence of vectors [T, features]`)
  }
  return { shape: shape.slice(1), dtype }
}
