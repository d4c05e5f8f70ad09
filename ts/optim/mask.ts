// Optimisers for a part of the parameters: what is masked, what is frozen, and a different one for each group.
import { describe, type Tensor } from '../core/tensor.js'
import { flatten, isPlainObject } from '../core/tree.js'
import { typeError } from '../errors.js'
import { leafNames } from '../io/tree.js'
import { full } from '../ops/full.js'
import { graft, prune, type Selection, selected } from './select.js'
import { checkOptimizer, type Optimizer } from './transformation.js'

/** The optimiser on some leaves, `other` on the rest. It sees, and keeps a state for, only those. */
function partly<S>(
  operation: string,
  optimizer: Optimizer<S>,
  which: (tree: unknown) => boolean[],
  other?: (leaf: Tensor) => Tensor,
): Optimizer<S> {
  checkOptimizer(operation, optimizer)
  return {
    init: params => optimizer.init(prune(params, which(params))),
    update(gradients, state, params) {
      const isKept = which(gradients)
      const own = params === undefined ? undefined : prune(params, isKept)
      const [updates, next] = optimizer.update(prune(gradients, isKept), state, own)
      return [graft(gradients, isKept, updates, other), next]
    },
  }
}

/** What adding changes no bit: 0 would make -0 of a weight 0. */
const nothing = ({ shape }: Tensor): Tensor => full(shape, -0)

/**
 * The transformation on the selected leaves only; the gradients of all others pass unchanged (Optax's `masked`). Throws if
 * a path names nothing.
 * @example
 * import { tensor } from 'heddle'
 * import { masked, scale } from 'heddle/optim'
 * const gradients = { w: tensor([1, 2]), b: tensor([3]) }
 * const half = masked(scale(0.5), name => name.endsWith('w'))
 * half.update(gradients, half.init(gradients))[0] // { w: [0.5, 1], b: [3] }
 */
export const masked = <S>(optimizer: Optimizer<S>, selection: Selection): Optimizer<S> =>
  partly('masked', optimizer, tree => selected('masked', selection, tree))

/**
 * The optimiser without the selected leaves, which keep every bit: no state is kept for them, and compiled steps do not
 * compute their gradients. To unfreeze, go on with another `freeze` or none, from a new `init`. Throws if a path names nothing.
 * @example
 * import { tensor } from 'heddle'
 * import { applyUpdates, freeze, sgd } from 'heddle/optim'
 * const params = { encoder: { w: tensor([1]) }, head: { w: tensor([2]) } }
 * const optimizer = freeze(sgd(0.5), 'encoder')
 * applyUpdates(params, optimizer.update(params, optimizer.init(params))[0]) // { encoder: { w: [1] }, head: { w: [1] } }
 */
export const freeze = <S>(optimizer: Optimizer<S>, selection: Selection): Optimizer<S> =>
  partly('freeze', optimizer, tree => selected('freeze', selection, tree).map(isFrozen => !isFrozen), nothing)

/**
 * An optimiser for each group of leaves: `labelOf` gives a leaf's group from its name (`layers.0.w`) and value (Optax's
 * `multiTransform`). The state has one entry for each group. Throws if a label has no optimiser.
 * @example
 * import { multiTransform, sgd } from 'heddle/optim'
 * const optimizer = multiTransform({ body: sgd(0.01), head: sgd(0.1) }, name => (name.startsWith('head') ? 'head' : 'body'))
 */
export function multiTransform<const S extends Record<string, unknown>>(
  optimizers: { readonly [K in keyof S]: Optimizer<S[K]> },
  labelOf: (name: string, leaf: Tensor) => keyof S,
): Optimizer<S> {
  if (!isPlainObject(optimizers)) {
    throw typeError(`multiTransform: optimizers come by label, as { body: adam(0.1) }, not as ${describe(optimizers)}`)
  }
  const labels = Object.keys(optimizers)
  for (const label of labels) checkOptimizer('multiTransform', optimizers[label], label)
  if (typeof labelOf !== 'function') {
    throw typeError(`multiTransform: labelOf is ${describe(labelOf)}, not a function of a leaf's name and value`)
  }
  const members = (tree: unknown): Map<string, boolean[]> => {
    const { leaves, structure } = flatten(tree)
    const own = leafNames(structure).map((name, i) => {
      const label = labelOf(name, leaves[i] as Tensor) as string
      if (Object.hasOwn(optimizers, label)) return label
      throw typeError(
        `multiTransform: ${name} has the label ${JSON.stringify(label)}, and there are optimizers for ${labels.join(', ')}`,
      )
    })
    return new Map(labels.map(label => [label, own.map(other => other === label)]))
  }
  const one = (label: string, groups: Map<string, boolean[]>) =>
    partly('multiTransform', optimizers[label] as Optimizer, () => groups.get(label)!)
  return {
    init(params) {
      const groups = members(params)
      return Object.fromEntries(labels.map(label => [label, one(label, groups).init(params)])) as S
    },
    update(gradients, state, params) {
      const groups = members(gradients)
      let updates = gradients
      const next = labels.map(label => {
        const [changed, own] = one(label, groups).update(updates, state[label], params)
        updates = changed
        return [label, own]
      })
      return [updates, Object.fromEntries(next) as S]
    },
  }
}
