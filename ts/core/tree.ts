// Trees: nested arrays and plain objects whose leaves are tensors. Every transform flattens its arguments, works on
// the list of leaves, and builds the same tree again. Missing optional fields (undefined, null) are part of the structure.
import { typeError } from '../errors.js'
import { Tensor } from './tensor.js'

/** The shape of a tree without its leaves. */
export type TreeDef =
  | { kind: 'leaf' }
  | { kind: 'empty'; value: null | undefined }
  | { kind: 'array'; children: TreeDef[] }
  | { kind: 'object'; keys: string[]; children: TreeDef[] }

/** What functions take and return. The empty tuple is a hint: with it TypeScript infers `[a, b]` as a pair, not as a list. */
// biome-ignore lint/complexity/noBannedTypes: everything there is, so that generic callers need no constraint of their own
export type Tree = {} | [] | null | undefined

export type Leaf = Tensor | number | boolean

const LEAF: TreeDef = { kind: 'leaf' }

/** The leaves from left to right (object keys in their own order, sorted) and the structure that holds them. */
export function flatten(tree: unknown, what = 'argument'): { leaves: Leaf[]; structure: TreeDef } {
  const leaves: Leaf[] = []
  // The way to the node at hand, written out only for a message.
  const path: (string | number)[] = []
  const child = (key: string | number, node: unknown): TreeDef => {
    path.push(key)
    const structure = walk(node)
    path.pop()
    return structure
  }
  const walk = (node: unknown): TreeDef => {
    if (node instanceof Tensor || typeof node === 'number' || typeof node === 'boolean') {
      leaves.push(node)
      return LEAF
    }
    if (node === null || node === undefined) return { kind: 'empty', value: node }
    if (Array.isArray(node)) return { kind: 'array', children: node.map((item, i) => child(i, item)) }
    if (isPlainObject(node)) {
      const keys = Object.keys(node).sort()
      return { kind: 'object', keys, children: keys.map(key => child(key, node[key])) }
    }
    const place = path.map(key => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
    throw typeError(
      `${what}${place} is ${describe(node)}: a tree holds tensors and numbers in arrays and plain objects`,
    )
  }
  return { structure: walk(tree), leaves }
}

/** Appends the leaves of a tree if it has this structure; false if it has another. Quicker than to flatten and compare. */
export function collectLeaves(structure: TreeDef, node: unknown, leaves: Leaf[]): boolean {
  switch (structure.kind) {
    case 'leaf':
      if (!(node instanceof Tensor) && typeof node !== 'number' && typeof node !== 'boolean') return false
      leaves.push(node)
      return true
    case 'empty':
      return node === structure.value
    case 'array': {
      const { children } = structure
      if (!Array.isArray(node) || node.length !== children.length) return false
      for (let i = 0; i < children.length; i++) if (!collectLeaves(children[i], node[i], leaves)) return false
      return true
    }
    case 'object': {
      const { keys, children } = structure
      if (!isPlainObject(node) || Object.keys(node).length !== keys.length) return false
      for (let i = 0; i < keys.length; i++) {
        if (!Object.hasOwn(node, keys[i]) || !collectLeaves(children[i], node[keys[i]], leaves)) return false
      }
      return true
    }
  }
}

/** The tree with this structure and these leaves; the inverse of `flatten`. */
export function unflatten(structure: TreeDef, leaves: readonly unknown[]): unknown {
  let at = 0
  const build = (node: TreeDef): unknown => {
    switch (node.kind) {
      case 'leaf':
        return leaves[at++]
      case 'empty':
        return node.value
      case 'array': {
        const list: unknown[] = []
        for (const child of node.children) list.push(build(child))
        return list
      }
      case 'object': {
        const { keys, children } = node
        // An own key of this name would set the prototype.
        if (keys.includes('__proto__')) return Object.fromEntries(keys.map((key, i) => [key, build(children[i])]))
        const object: Record<string, unknown> = {}
        for (let i = 0; i < keys.length; i++) object[keys[i]] = build(children[i])
        return object
      }
    }
  }
  return build(structure)
}

/** The structure as text, `*` for a leaf; equal texts mean equal structures. */
export function showStructure(node: TreeDef): string {
  switch (node.kind) {
    case 'leaf':
      return '*'
    case 'empty':
      return String(node.value)
    case 'array':
      return `[${node.children.map(showStructure).join(', ')}]`
    case 'object':
      return `{${node.keys.map((key, i) => `${JSON.stringify(key)}: ${showStructure(node.children[i])}`).join(', ')}}`
  }
}

/** Number of leaves. */
export function countLeaves(node: TreeDef): number {
  if (node.kind === 'leaf') return 1
  if (node.kind === 'empty') return 0
  return node.children.reduce((sum, child) => sum + countLeaves(child), 0)
}

/** Where each leaf stands, as users write it: `.layers[0].w`. */
export function leafPaths(node: TreeDef, path = ''): string[] {
  switch (node.kind) {
    case 'leaf':
      return [path]
    case 'empty':
      return []
    case 'array':
      return node.children.flatMap((child, i) => leafPaths(child, `${path}[${i}]`))
    case 'object':
      return node.children.flatMap((child, i) => leafPaths(child, `${path}.${node.keys[i]}`))
  }
}

/**
 * Applies `f` to corresponding leaves of trees of one structure and returns their tree. Throws if the structures
 * differ.
 * @example
 * const params = { w: tensor([1, 2]), b: tensor(3) }
 * const gradient = { w: tensor([10, 0]), b: tensor(-10) }
 * treeMap((p, g) => sub(p, mul(0.1, g)), params, gradient) // { w: [0, 2], b: 4 }
 */
export function treeMap<T>(f: (leaf: Tensor, ...rest: Tensor[]) => unknown, tree: T, ...rest: readonly unknown[]): T {
  const { leaves, structure } = flatten(tree)
  const others = rest.map((other, i) => {
    const own: Leaf[] = []
    if (collectLeaves(structure, other, own)) return own
    const [text, first] = [flatten(other).structure, structure].map(showStructure)
    throw typeError(`treeMap: tree ${i + 2} differs from the first: ${text} beside ${first}`)
  })
  const results = leaves.map((leaf, i) => f(leaf as Tensor, ...others.map(other => other[i] as Tensor)))
  return unflatten(structure, results) as T
}

/**
 * The leaves of a tree from left to right, object keys sorted.
 * @example
 * const params = { layers: [{ w: ones([3, 4]) }, { w: ones([4, 2]) }], b: zeros([2]) }
 * treeLeaves(params).map(leaf => leaf.size) // [2, 12, 8]
 */
export const treeLeaves = (tree: unknown): Tensor[] => flatten(tree).leaves as Tensor[]

/** True for what an object literal makes: no list, tensor or instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'object'}`
  return `a ${typeof value} (${String(value)})`
}
