// What the vmap rules of many primitives share: operands with the batch at one place.
import type { BatchDim, Primitive } from '../core/primitive.js'
import { insertAt, range, removeAt } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { bind } from '../core/trace.js'
import { broadcastInDim } from './broadcast.js'
import { moveaxis } from './transpose.js'

/** The value with its batch dimension at `want`, repeated over the batch if it has none. */
export function placeBatch(value: Tensor, place: BatchDim, want: number, size: number): Tensor {
  if (place !== null) return moveaxis(value, place, want)
  return broadcastInDim(value, insertAt(value.shape, want, size), removeAt(range(value.rank + 1), want))
}

/** The rule of a primitive that takes any number of leading dimensions: the batch is one more of them. */
export function batchLeading<P>(
  primitive: Primitive<P>,
  inputs: readonly Tensor[],
  dims: readonly BatchDim[],
  params: P,
  size: number,
): { results: Tensor[]; dims: BatchDim[] } {
  const results = bind(
    primitive,
    inputs.map((input, i) => placeBatch(input, dims[i], 0, size)),
    params,
  )
  return { results, dims: results.map(() => 0) }
}
