// Refusals that several files here share.
import { describe, Tensor } from '../core/tensor.js'
import { flatten, leafPaths } from '../core/tree.js'
import { rangeError, typeError } from '../errors.js'

/** Throws unless every value is a positive integer. */
export function checkCounts(operation: string, counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isInteger(value) || value < 1)
      throw rangeError(`${operation}: ${name} is a positive integer, not ${value}`)
  }
}

/** Throws unless these are the bytes of a file. */
export function checkBytes(operation: string, bytes: unknown): void {
  if (bytes instanceof Uint8Array) return
  throw typeError(`${operation}: the bytes are a Uint8Array (await readFile(path)), not ${describe(bytes)}`)
}

/** How many examples a tree of tensors holds: the first dimension of every leaf. Throws if they differ. */
export function countExamples(operation: string, data: unknown): number {
  const { leaves, structure } = flatten(data, `${operation}: the data`)
  const counts = leaves.map((leaf, i) => {
    const place = leafPaths(structure)[i]
    if (!(leaf instanceof Tensor) || leaf.rank === 0) {
      throw typeError(`${operation}: the data${place} is no tensor with a dimension of examples`)
    }
    return leaf.shape[0]
  })
  if (counts.length === 0) throw typeError(`${operation}: the data hold no tensor`)
  if (counts.some(count => count !== counts[0])) {
    const list = leafPaths(structure).map((place, i) => `${place || 'it'} ${counts[i]}`)
    throw rangeError(`${operation}: the leaves hold different numbers of examples: ${list.join(', ')}`)
  }
  return counts[0]
}
