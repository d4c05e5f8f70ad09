// What a layer is: a pair of pure functions over its parameters, written for one example; `vmap` makes it one of many.
import type { Tensor } from '../core/tensor.js'
import type { Spec } from '../transforms/eval-shape.js'

/** How a layer is run: an object of any names, of which a layer reads its own and passes over the others. */
export interface Mode {
  /** True while training: what differs then (dropout, batch statistics) does so. */
  train?: boolean | undefined
  /** The key of what is random while training. */
  key?: Tensor | undefined
  /**
   * How many steps of the sequence count (all), clamped to [0, T]: recurrent layers stop there; int32 [], under `vmap` each
   * its own.
   */
  length?: Tensor | number | undefined
  /** The state of a layer that has one: what `initState` gave, or `run` returned. */
  state?: unknown
}

/**
 * A layer over ONE example: `init` makes its parameters for inputs like `input` (a spec or a tensor), `apply` is the
 * layer itself.
 */
export interface Layer<P = unknown, X = Tensor, Y = Tensor> {
  /** Parameters from a key (uint32[2]) and what the input looks like. */
  init(key: Tensor, input: Spec): P
  /** The output for one example. */
  apply(params: P, x: X, mode?: Mode): Y
}

/**
 * A layer with a state beside its parameters, which no gradient moves but examples do while training (running statistics).
 * The state is a tree like the parameters; `apply` reads it from the mode, `run` also returns the next one. Where examples
 * share it, as they do the parameters, it leaves the batch's `vmap` with `outAxes` null.
 */
export interface StatefulLayer<P = unknown, S = unknown, X = Tensor, Y = Tensor> extends Layer<P, X, Y> {
  /** The state before any example, for inputs like `input`. */
  initState(input: Spec): S
  /** `[next state, output]` for one example; the state is what it was unless the mode says `train`. */
  run(params: P, x: X, mode: Mode & { state: S }): [S, Y]
}

/** The state of a layer, null for what has none. */
export type StateOf<L> = L extends {
  /** What makes it. */
  initState(input: Spec): infer S
}
  ? S
  : null

/** The parameters of a layer, a cell or anything else with `init`. */
export type ParamsOf<L> = L extends {
  /** What makes them. */
  init(key: Tensor, input: Spec): infer P
}
  ? P
  : null
