// Which leaves of the parameters something applies to: by name, or by a function of name and value.
import type { Tensor } from '../core/tensor.js'
import { flatten, unflatten } from '../core/tree.js'
import { rangeError } from '../errors.js'
import { leafNames } from '../io/tree.js'

/**
 * Leaves of a tree: those at or below a path (`'encoder'` has `encoder.0.w` in it; several in a list), or those of which a
 * function of name and value is true. Names are those of files: the leaf at `.layers[0].w` is `layers.0.w`.
 */
export type Selection = string | readonly string[] | ((name: string, leaf: Tensor) => boolean)

/** Whether each leaf, from left to right, is selected. Throws if a path names none. */
export function selected(operation: string, selection: Selection, tree: unknown): boolean[] {
  const { leaves, structure } = flatten(tree)
  const names = leafNames(structure)
  if (typeof selection === 'function') return names.map((name, i) => selection(name, leaves[i] as Tensor))
  const paths = typeof selection === 'string' ? [selection] : selection
  const isBelow = (name: string, path: string) => name === path || name.startsWith(`${path}.`)
  for (const path of paths) {
    if (names.some(name => isBelow(name, path))) continue
    throw rangeError(`${operation}: there is nothing at ${JSON.stringify(path)}: the leaves are ${names.join(', ')}`)
  }
  return names.map(name => paths.some(path => isBelow(name, path)))
}

/** The tree without the leaves that are not kept: null stands in their places. */
export function prune<T>(tree: T, isKept: readonly boolean[]): T {
  const { leaves, structure } = flatten(tree)
  return unflatten(
    structure,
    leaves.map((leaf, i) => (isKept[i] ? leaf : null)),
  ) as T
}

/** The tree with the leaves of a pruned one where they were kept, and `other` of its own elsewhere. */
export function graft<T>(tree: T, isKept: readonly boolean[], pruned: T, other: (leaf: Tensor) => Tensor = x => x): T {
  const { leaves, structure } = flatten(tree)
  const own = flatten(pruned).leaves
  let at = 0
  return unflatten(
    structure,
    leaves.map((leaf, i) => (isKept[i] ? own[at++] : other(leaf as Tensor))),
  ) as T
}
