// What a layer is: a pair of pure functions over its parameters, written for one example; `vmap` makes it one of many.
import type { Tensor } from '../core/tensor.js'
import type { Spec } from '../transforms/eval-shape.js'

/** How a layer is run. */
export interface Mode {
  /** True while training: what differs then (dropout, batch statistics) does so. */
  train?: boolean
  /** The key of what is random while training. */
  key?: Tensor
  /** How many steps of the sequence count (all): recurrent layers stop there; int32 [], under `vmap` each its own. */
  length?: Tensor | number
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

/** The parameters of a layer, a cell or anything else with `init`. */
export type ParamsOf<L> = L extends {
  /** What makes them. */
  init(key: Tensor, input: Spec): infer P
}
  ? P
  : null
