// Weights from elsewhere into one's own tree: their names changed on the way, their layout too where it differs.
import { checkOptions } from '../core/options.js'
import { describe, type Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { decodeSafetensors } from './safetensors.js'
import { fill, isNamed } from './tree.js'

/** How names meet, and what may be missing or left over. */
export interface LoadOptions {
  /**
   * The names in the file and what they are in the tree: whole names, or paths of which all names below are meant (the
   * longest that fits counts; null: leave out). Or a function from the one to the other. Names that are not in it stay.
   */
  rename?: Readonly<Record<string, string | null>> | ((name: string) => string | null)
  /** Changes a tensor, given its name in the tree: PyTorch's linear layers, for instance, hold their weights transposed. */
  convert?: (tensor: Tensor, name: string) => Tensor
  /** Leaves that the file does not have keep their values (false: they are refused). */
  partial?: boolean
  /** Tensors that the tree does not have are left out (false: they are refused). */
  ignoreUnexpected?: boolean
}

/**
 * A tree like `tree` with the tensors of a safetensors file (its bytes, or what `decodeSafetensors` found in it), by name.
 * Throws, naming all of them, if tensors are missing, unexpected or of another shape or dtype, if two get one name, or if
 * a name to be changed is not there.
 * @example
 * import { type Tensor, tensor, transpose, zeros } from 'heddle'
 * import { encodeSafetensors, loadInto } from 'heddle/io'
 * const bytes = encodeSafetensors({ fc: { weight: tensor([[1, 2]]), bias: tensor([3]) } })
 * const mine = { out: { w: zeros([2, 1]), b: zeros([1]) } }
 * const convert = (x: Tensor, name: string) => (name.endsWith('.w') ? transpose(x) : x)
 * loadInto(mine, bytes, { rename: { 'fc.weight': 'out.w', 'fc.bias': 'out.b' }, convert }) // { out: { w: [[1], [2]], b: [3] } }
 */
export function loadInto<T>(
  tree: T,
  source: Uint8Array | ArrayBuffer | Readonly<Record<string, Tensor>>,
  options: LoadOptions = {},
): T {
  checkOptions('loadInto', options, { rename: 1, convert: 1, partial: 1, ignoreUnexpected: 1 })
  const { rename = {}, convert = x => x, partial = false, ignoreUnexpected = false } = options
  const isFile = source instanceof Uint8Array || source instanceof ArrayBuffer
  if (!isFile && !isNamed(source)) {
    throw typeError(
      `loadInto: the source is a Uint8Array (await readFile(path)) or tensors by name, not ${describe(source)}`,
    )
  }
  const found = isFile ? decodeSafetensors(source).tensors : source
  const nameOf = typeof rename === 'function' ? rename : renamer(rename, Object.keys(found))
  const from: Record<string, string> = {}
  for (const name of Object.keys(found)) {
    const own = nameOf(name)
    if (own === null) continue
    if (Object.hasOwn(from, own)) throw typeError(`loadInto: both ${from[own]} and ${name} become ${own}`)
    from[own] = name
  }
  const tensors = Object.fromEntries(Object.entries(from).map(([own, name]) => [own, convert(found[name], own)]))
  return fill('loadInto', tree, tensors, { isPartial: partial, mayLeave: ignoreUnexpected })
}

/** The function that a record of names and paths means. Throws if one of them is in no name. */
function renamer(
  rename: Readonly<Record<string, string | null>>,
  names: readonly string[],
): (name: string) => string | null {
  const isBelow = (name: string, path: string) => name === path || name.startsWith(`${path}.`)
  const paths = Object.keys(rename).sort((a, b) => b.length - a.length)
  const unused = paths.filter(path => !names.some(name => isBelow(name, path)))
  if (unused.length > 0) {
    throw typeError(`loadInto: rename: there is no ${unused.join(', ')} among ${names.join(', ')}`)
  }
  return name => {
    const path = paths.find(prefix => isBelow(name, prefix))
    if (path === undefined) return name
    const to = rename[path]
    return to === null ? null : (to + name.slice(path.length)).replace(/^\./, '')
  }
}
