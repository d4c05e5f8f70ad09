// Trees of tensors as lists of names, which is what files hold, and back.
import { showShape } from '../core/shape.js'
import { describe, Tensor } from '../core/tensor.js'
import { flatten, isPlainObject, leafPaths, type TreeDef, unflatten } from '../core/tree.js'
import { typeError } from '../errors.js'

/**
 * The leaves of a tree by name: the one at `.layers[0].w` is `layers.0.w`. Throws if two have one name.
 * @example Object.keys(namedTensors({ layers: [{ w: ones([2]) }, { w: ones([3]) }] })) // ['layers.0.w', 'layers.1.w']
 */
export function namedTensors(tree: unknown): Record<string, Tensor> {
  const { leaves, structure } = flatten(tree, 'the tree')
  const names = leafNames(structure)
  const tensors: Record<string, Tensor> = {}
  leaves.forEach((leaf, i) => {
    const name = names[i]
    if (!(leaf instanceof Tensor)) throw typeError(`${name || 'the tree'} is a number, expected a tensor`)
    if (Object.hasOwn(tensors, name)) throw typeError(`two tensors would have the name ${JSON.stringify(name)}`)
    tensors[name] = leaf
  })
  return tensors
}

/**
 * A tree like `like` with the tensors of these names. Throws if one is missing or left over, or has another shape or
 * dtype.
 * @example
 * const model = chain(dense(4), tanh, dense(2))
 * const params = model.init(random.key(0), { shape: [3] })
 * const bytes = encodeSafetensors(params)
 * const restored = restoreTree(params, decodeSafetensors(bytes).tensors)
 * restored[2].w.shape // [4, 2]
 */
export function restoreTree<T>(like: T, tensors: Readonly<Record<string, Tensor>>): T {
  if (!isNamed(tensors)) {
    const meant = 'decodeSafetensors(await readFile(path)).tensors'
    throw typeError(`restoreTree: the tensors come by name, as ${meant} has them, not as ${describe(tensors)}`)
  }
  return fill('restoreTree', like, tensors, {})
}

/** Whether this is a plain object, as tensors by name are: neither bytes, a path nor a promise of them. */
export const isNamed = (value: unknown): value is Readonly<Record<string, Tensor>> => isPlainObject(value)

/**
 * A tree like `like` with the tensors of these names. Throws once, naming all of them, if leaves are missing (unless they
 * may keep their values), names are left over (unless they may be left out), or shapes or dtypes differ.
 */
export function fill<T>(
  operation: string,
  like: T,
  tensors: Readonly<Record<string, Tensor>>,
  { isPartial = false, mayLeave = false }: { isPartial?: boolean; mayLeave?: boolean },
): T {
  const { leaves, structure } = flatten(like, 'the tree')
  const names = leafNames(structure)
  const show = (leaf: unknown) => (leaf instanceof Tensor ? `${leaf.dtype}${showShape(leaf.shape)}` : describe(leaf))
  const isThere = (name: string) => Object.hasOwn(tensors, name)
  const missing = isPartial ? [] : names.filter(name => !isThere(name))
  const left = mayLeave ? [] : Object.keys(tensors).filter(name => !names.includes(name))
  const other = names.flatMap((name, i) => {
    if (!isThere(name)) return []
    const [found, expected] = [show(tensors[name]), show(leaves[i])]
    return found === expected ? [] : [`${name} is ${found}, expected ${expected}`]
  })
  const list = (what: string, all: string[]) => (all.length === 0 ? [] : [`${what}${all.join(', ')}`])
  const faults = [...list('missing: ', missing), ...list('not expected: ', left), ...list('', other)]
  if (faults.length > 0) throw typeError(`${operation}: ${faults.join('; ')}`)
  return unflatten(
    structure,
    names.map((name, i) => (isThere(name) ? tensors[name] : leaves[i])),
  ) as T
}

/** The names of the leaves of a structure: `layers.0.w` for the one at `.layers[0].w`. */
export const leafNames = (structure: TreeDef): string[] =>
  leafPaths(structure).map(path => path.replace(/\[(\d+)\]/g, '.$1').replace(/^\./, ''))
