// What an optimiser is: two pure functions (Optax's shape). Optimisers are chains of small transformations of gradients.

import { describe, type Tensor } from '../core/tensor.js'
import { collectLeaves, flatten, type Leaf, showStructure, unflatten } from '../core/tree.js'
import { typeError } from '../errors.js'
import { add } from '../ops/arithmetic.js'

/**
 * A transformation of gradients. `S` is the type of its state, a tree: trees like the parameters' in it are `unknown`,
 * because one optimiser serves parameters of every type.
 */
export interface Optimizer<S = unknown> {
  /** The state before the first step. */
  init(params: unknown): S
  /** What to add to the parameters, and the next state. `params` is needed only where weights decay. */
  update<P>(gradients: P, state: S, params?: P): [P, S]
}

/** The state of an optimiser, for annotations. */
export type StateOf<O> = O extends Optimizer<infer S> ? S : never

/**
 * `params + updates`, leaf by leaf. Throws if the trees differ.
 * @example
 * const params = { w: tensor([1, -2]), b: tensor(0.5) }
 * applyUpdates(params, { w: tensor([-0.1, 0.1]), b: tensor(0) }) // { w: [0.9, -1.9], b: 0.5 }
 */
export const applyUpdates = <P>(params: P, updates: P): P => mapPairs(add, params, updates, 'applyUpdates: the updates')

/**
 * `f` of each parameter, or what is kept of it, and what is given for it. Throws, naming both trees, if what is given is of
 * other parameters.
 */
export function mapPairs<P>(
  f: (own: Tensor, given: Tensor) => Tensor,
  params: P,
  given: P,
  what = 'update: the gradients',
): P {
  const { leaves, structure } = flatten(params)
  const others: Leaf[] = []
  if (!collectLeaves(structure, given, others)) {
    const [own, other] = [structure, flatten(given, what).structure].map(showStructure)
    throw typeError(`${what} are of other parameters: ${other}, and not ${own}`)
  }
  return unflatten(
    structure,
    leaves.map((leaf, i) => f(leaf as Tensor, others[i] as Tensor)),
  ) as P
}

/**
 * Transformations one after the other; the state is the list of theirs. Throws for what is none.
 * @example
 * const optimizer = chain(clipByGlobalNorm(1), sgd(0.1))
 * const state = optimizer.init(zeros([2]))
 * optimizer.update(tensor([30, 40]), state)[0] // [-0.06, -0.08]
 */
export function chain<const S extends readonly unknown[]>(
  ...parts: { readonly [K in keyof S]: Optimizer<S[K]> }
): Optimizer<{ -readonly [K in keyof S]: S[K] }> {
  type States = { -readonly [K in keyof S]: S[K] }
  const links = parts as unknown as readonly Optimizer[]
  links.forEach((link, i) => {
    checkOptimizer('chain', link, `link ${i}`)
  })
  return {
    init: params => links.map(link => link.init(params)) as unknown as States,
    update(gradients, state, params) {
      checkState('chain', state, links.length)
      let updates = gradients
      const states = links.map((link, i) => {
        const [next, own] = link.update(updates, (state as readonly unknown[])[i], params)
        updates = next
        return own
      })
      return [updates, states as unknown as States]
    },
  }
}

/** Throws unless this is what optimisers are: the function that makes one, `adam` for instance, is none. */
export function checkOptimizer(operation: string, given: unknown, what = 'the optimizer'): void {
  const { init, update } = (given ?? {}) as Partial<Optimizer>
  if (typeof init === 'function' && typeof update === 'function') return
  throw typeError(`${operation}: ${what} is ${describe(given)}, not an optimizer as adam(0.1) returns it`)
}

function checkState(name: string, state: unknown, count: number): void {
  if (Array.isArray(state) && state.length === count) return
  throw typeError(
    `${name}: the state is ${showStructure(flatten(state).structure)}, expected the list of ${count} that init returns`,
  )
}
