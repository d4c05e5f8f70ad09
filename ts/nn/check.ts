// What layers ask of their sizes and inputs.

import { isInteger } from '../core/dtype.js'
import { sameShape, showShape } from '../core/shape.js'
import { checkTensor, describe, Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { isSpec, type Spec } from '../transforms/eval-shape.js'
import type { Initializer } from './initializers.js'
import type { Mode } from './layer.js'

/** Throws unless `value` is a positive integer. */
export function checkCount(layer: string, name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw rangeError(`${layer}: ${name} is a positive integer, not ${String(value)}`)
  }
}

/** The parameters, in which these must be. */
export function checkParams<P>(layer: string, params: P, names: readonly (keyof P & string)[]): P {
  if (params instanceof Tensor) {
    throw typeError(`${layer}: a tensor is given in place of the parameters, which come first: apply(params, x)`)
  }
  const isObject = typeof params === 'object' && params !== null
  const missing = isObject ? names.find(name => params[name] === undefined) : describe(params)
  if (missing === undefined) return params
  throw typeError(
    `${layer}: the parameters are not what init returned: ${isObject ? `${missing} is missing` : `they are ${missing}`}`,
  )
}

/** What options that are functions may be. */
const FUNCTIONS = {
  init: 'initializers.zeros',
  recurrentInit: 'initializers.orthogonal',
  outputInit: 'initializers.zeros',
  biasInit: 'initializers.zeros',
  activation: 'tanh',
  gateActivation: 'sigmoid',
}

/** Throws where an initializer or an activation is given that is no function. */
export function checkFunctions(layer: string, options: object): void {
  for (const [name, example] of Object.entries(FUNCTIONS)) {
    const given = (options as Record<string, unknown>)[name]
    if (given === undefined || typeof given === 'function') continue
    throw typeError(`${layer}: ${name} is a function such as ${example}, not ${describe(given)}`)
  }
}

/** What an initializer gives. Throws unless it is a tensor of the shape. */
export function drawn(layer: string, init: Initializer, key: Tensor, shape: readonly number[]): Tensor {
  const value: unknown = init(key, shape)
  if (value instanceof Tensor && sameShape(value.shape, shape)) return value
  const given = value instanceof Tensor ? `shape ${showShape(value.shape)}` : describe(value)
  const hint = typeof value === 'function' ? ': is it one that was not made yet (initializers.normal())?' : ''
  throw typeError(`${layer}: an initializer returns ${given}, not a tensor of shape ${showShape(shape)}${hint}`)
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

/** Throws unless these are the ids of one sequence, of `limit` at most. */
export function checkText(layer: string, ids: Tensor, limit = Number.POSITIVE_INFINITY): void {
  checkTensor(layer, ids, 'the ids')
  checkIds(layer, ids)
  if (ids.rank !== 1) throw typeError(`${layer}: one sequence of ids [T] is expected, not ${showShape(ids.shape)}`)
  if (ids.size > limit) throw rangeError(`${layer}: the sequence has ${ids.size} ids, more than ${limit}`)
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

/** Throws unless the input has channels, and `n` spatial dimensions (any number where left out); returns how many channels. */
export function channelCount(layer: string, input: Spec, n?: number): number {
  checkSpec(layer, input)
  const { shape } = input
  if (n === undefined ? shape.length > 0 : shape.length === n + 1) return shape[0]
  const expected = n === undefined ? '[channels, ...]' : `[channels${', length'.repeat(n)}]`
  throw typeError(`${layer}: the input of an example has shape ${showShape(shape)}, expected ${expected}`)
}

/** Throws unless `rate` is a probability with which something is dropped. */
export function checkRate(operation: string, name: string, rate: unknown): void {
  if (typeof rate === 'number' && rate >= 0 && rate < 1) return
  throw rangeError(`${operation}: ${name} is a probability in [0, 1), not ${String(rate)}`)
}

/** Throws unless the mode is an object, or left out. */
export function checkMode(layer: string, mode: unknown): void {
  const isObject = typeof mode === 'object' && mode !== null && !Array.isArray(mode) && !(mode instanceof Tensor)
  if (isObject || mode === undefined) return
  throw typeError(`${layer}: the mode is an object such as { train, key }, not ${describe(mode)}`)
}

/** The key, without which nothing can be drawn. */
export function keyOf(operation: string, { train, key }: Mode): Tensor {
  if (typeof train === 'object') {
    throw typeError(
      `${operation}: train is a traced value, not true or false: let the function close over it, or name its argument in jit's static`,
    )
  }
  if (key !== undefined) return key
  throw typeError(`${operation}: training needs a key: apply(params, x, { train: true, key })`)
}
