// Comparing tensors with numbers.
import * as assert from 'uvu/assert'
import { type Tensor, treeLeaves } from '../ts/index.js'

/** Fails unless every element is within `tolerance` of the expected number. */
export function close(got: Tensor, expected: unknown, tolerance = 1e-6): void {
  const numbers = [expected].flat(Number.POSITIVE_INFINITY) as number[]
  const values = [...got.data()]
  assert.is(values.length, numbers.length, `${values.length} elements, expected ${numbers.length}`)
  values.forEach((value, i) => {
    const isClose = Object.is(value, numbers[i]) || Math.abs(value - numbers[i]) <= tolerance
    assert.ok(isClose, `element ${i} is ${value}, expected ${numbers[i]}`)
  })
}

/** All numbers of a tree, for comparisons bit for bit. */
export const bits = (tree: unknown) => treeLeaves(tree).map(leaf => leaf.toArray())
