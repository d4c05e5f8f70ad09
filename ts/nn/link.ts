// What combinators are made of: layers with or without a state, and functions of one tensor.
import { describe, Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { foldIn } from '../ops/random.js'
import { evalShape, type Spec } from '../transforms/eval-shape.js'
import type { Layer, Mode, StatefulLayer } from './layer.js'

/** A layer, or a function of one tensor, which is a layer without parameters. */
// biome-ignore lint/suspicious/noExplicitAny: layers of all parameter types stand in one list
export type Link = Layer<any, any, any> | ((x: Tensor) => Tensor)

/** Throws unless this is a link. */
export function checkLink(what: string, link: unknown): void {
  const { init, apply } = (link ?? {}) as Layer
  if (typeof (link as { initialCarry?: unknown })?.initialCarry === 'function') {
    throw typeError(`${what} is a cell, one step of a sequence: recurrent(cell) is the layer`)
  }
  if (typeof link === 'function' || (typeof init === 'function' && typeof apply === 'function')) return
  throw typeError(`${what} is neither a layer ({ init, apply }) nor a function`)
}

const isStateful = (link: Link): link is StatefulLayer => 'initState' in link

export const initLink = (link: Link, key: Tensor, input: Spec): unknown =>
  typeof link === 'function' ? null : link.init(key, input)

/** The link's state before any example; null where it has none. */
export const initialState = (link: Link, input: Spec): unknown => (isStateful(link) ? link.initState(input) : null)

/** What a function made of a tensor. Throws unless it is one. */
function checkOutput(what: string, output: unknown): Tensor {
  if (output instanceof Tensor) return output
  const hint = typeof output === 'function' ? ': is it a layer that was not made yet (maxPool(2))?' : ''
  throw typeError(`${what} returns ${describe(output)}, not a tensor${hint}`)
}

/** `[next state, output]`; the state is null for a link without one. */
export function runLink(what: string, link: Link, params: unknown, x: Tensor, mode?: Mode): [unknown, Tensor] {
  if (typeof link === 'function') return [null, checkOutput(what, link(x))]
  // Without a state, what needs one says so.
  if (isStateful(link) && mode?.state != null) return link.run(params, x, mode as Mode & { state: unknown })
  return [null, link.apply(params, x, mode)]
}

/** What a link makes of an input like `spec`. */
export function outputSpec(what: string, link: Link, params: unknown, spec: Spec): Spec {
  const run = (own: unknown, x: Tensor) => {
    const state = initialState(link, spec)
    return runLink(what, link, own, x, state === null ? undefined : { state })[1]
  }
  const output = evalShape(run)(params as never, spec)
  if (!Array.isArray((output as Spec)?.shape)) throw typeError(`${what} does not return one tensor`)
  return output
}

/** Specs of a link's parameters. */
export const paramSpecs = (link: Link, input: Spec): unknown =>
  evalShape((key: Tensor) => initLink(link, key, input) as Tensor)({ shape: [2], dtype: 'uint32' })

/** The mode for the part number `i` of a whole: with a key of its own, where there is one. */
export const partMode = <M extends Mode | undefined>(mode: M, i: number): M =>
  mode?.key === undefined ? mode : { ...mode, key: foldIn(mode.key, i) }

/** The mode for part `i` of a layer: its key and its state in the place of the whole's. */
export function modeOf(mode: Mode | undefined, key: Tensor | undefined, state: unknown): Mode | undefined {
  if (mode === undefined) return undefined
  const { key: _key, state: _state, ...own } = mode
  return { ...own, ...(key === undefined ? {} : { key }), ...(state == null ? {} : { state }) }
}
