// Trees of arguments as lists of tensors, and the messages for those that do not fit.

import { Tensor } from '../core/tensor.js'
import { scalar } from '../core/trace.js'
import { flatten, type Leaf, leafPaths, showStructure, type TreeDef } from '../core/tree.js'
import { typeError } from '../errors.js'

export interface Flat {
  leaves: Tensor[]
  structure: TreeDef
}

/** A leaf as a tensor: numbers become float32 scalars, booleans bool scalars. */
export const leafTensor = (leaf: Leaf): Tensor =>
  leaf instanceof Tensor ? leaf : typeof leaf === 'number' ? scalar(leaf, 'float32') : scalar(Number(leaf), 'bool')

/** The leaves of a tree as tensors, and its structure. */
export function flattenTensors(operation: string, tree: unknown, what: string): Flat {
  const { leaves, structure } = flatten(tree, `${operation}: ${what}`)
  return { leaves: leaves.map(leafTensor), structure }
}

/** Throws unless both trees have the same structure. */
export function sameTrees(operation: string, a: unknown, b: unknown): void {
  const [x, y] = [showStructure(flatten(a).structure), showStructure(flatten(b).structure)]
  if (x !== y) throw typeError(`${operation}: trees differ: ${x} and ${y}`)
}

/** Throws unless every leaf is a float32 tensor, naming the one that is not: only those have gradients. */
export function checkDifferentiable(operation: string, tree: unknown): void {
  const { leaves, structure } = flatten(tree, `${operation}: argument`)
  leaves.forEach((leaf, i) => {
    if (leaf instanceof Tensor && leaf.dtype === 'float32') return
    const path = leafPaths(structure)[i]
    const found = leaf instanceof Tensor ? `has dtype ${leaf.dtype}` : `is the ${typeof leaf} ${String(leaf)}`
    throw typeError(
      `${operation}: the first argument${path} ${found}; gradients are taken with respect to float32 tensors: make it one with tensor(...)`,
    )
  })
}
