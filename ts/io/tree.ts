// Trees of tensors as lists of names, which is what files hold, and back.
import { showShape } from '../core/shape.js'
import { Tensor } from '../core/tensor.js'
import { flatten, leafPaths, type TreeDef, unflatten } from '../core/tree.js'

/** The leaves of a tree by name: the one at `.layers[0].w` is `layers.0.w`. Throws if two have one name. */
export function namedTensors(tree: unknown): Record<string, Tensor> {
  const { leaves, structure } = flatten(tree, 'the tree')
  const names = leafNames(structure)
  const tensors: Record<string, Tensor> = {}
  leaves.forEach((leaf, i) => {
    const name = names[i]
    if (!(leaf instanceof Tensor)) throw new TypeError(`${name || 'the tree'} is a number, expected a tensor`)
    if (Object.hasOwn(tensors, name)) throw new TypeError(`two tensors would have the name ${JSON.stringify(name)}`)
    tensors[name] = leaf
  })
  return tensors
}

/**
 * A tree like `like` with the tensors of these names. Throws if one is missing or left over, or has another shape or dtype.
 * @example const params = restoreTree(model.init(key, input), decodeSafetensors(bytes).tensors)
 */
export function restoreTree<T>(like: T, tensors: Readonly<Record<string, Tensor>>): T {
  const { leaves, structure } = flatten(like, 'the tree')
  const names = leafNames(structure)
  const left = Object.keys(tensors).filter(name => !names.includes(name))
  const missing = names.filter(name => !Object.hasOwn(tensors, name))
  if (missing.length > 0 || left.length > 0) {
    const list = (what: string, all: string[]) => (all.length === 0 ? [] : [`${what} ${all.join(', ')}`])
    throw new Error(`restoreTree: ${[...list('missing:', missing), ...list('not expected:', left)].join('; ')}`)
  }
  const restored = leaves.map((leaf, i) => {
    const { dtype, shape } = leaf as Tensor
    const found = tensors[names[i]]
    if (found.dtype !== dtype || showShape(found.shape) !== showShape(shape)) {
      throw new TypeError(
        `restoreTree: ${names[i]} is ${found.dtype}${showShape(found.shape)}, expected ${dtype}${showShape(shape)}`,
      )
    }
    return found
  })
  return unflatten(structure, restored) as T
}

/** The names of the leaves of a structure: `layers.0.w` for the one at `.layers[0].w`. */
export const leafNames = (structure: TreeDef): string[] =>
  leafPaths(structure).map(path => path.replace(/\[(\d+)\]/g, '.$1').replace(/^\./, ''))
