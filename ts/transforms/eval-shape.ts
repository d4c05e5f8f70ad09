// Abstract evaluation: what a function would return, without computing anything. Layers infer their sizes with it.
import { type DType, isDType } from '../core/dtype.js'
import type { Shape } from '../core/shape.js'
import { checkShape } from '../core/shape.js'
import { Tensor } from '../core/tensor.js'
import { scalar } from '../core/trace.js'
import type { Tree } from '../core/tree.js'
import { closedFunction } from './function.js'

/** What stands for a tensor that is not there: its shape and dtype (float32 where left out). A tensor is a spec too. */
export interface Spec {
  /** The length of each dimension. */
  readonly shape: Shape
  /** The type of the elements (float32). */
  readonly dtype?: DType
}

/** A tree of tensors with a spec in the place of each. */
export type Specs<T> = T extends Tensor ? Spec : T extends object ? { [K in keyof T]: Specs<T[K]> } : T

/** What `evalShape` returns: specs that always name their dtype. */
export type Shapes<T> = T extends Tensor ? Required<Spec> : T extends object ? { [K in keyof T]: Shapes<T[K]> } : T

/** True for `{ shape }` and `{ shape, dtype }`. */
export const isSpec = (value: unknown): value is Spec =>
  value instanceof Tensor ||
  (typeof value === 'object' &&
    value !== null &&
    Array.isArray((value as Spec).shape) &&
    Object.keys(value).every(key => key === 'shape' || key === 'dtype') &&
    ((value as Spec).dtype === undefined || isDType((value as Spec).dtype)))

/** The tree with a leaf of that type for each spec; only the type of these leaves is ever read. */
function placeholders(node: unknown): unknown {
  if (node instanceof Tensor || typeof node !== 'object' || node === null) return node
  if (isSpec(node)) {
    checkShape('evalShape', node.shape)
    const dtype = node.dtype ?? 'float32'
    return Tensor.of(node.shape, dtype, scalar(0, dtype).source)
  }
  if (Array.isArray(node)) return node.map(placeholders)
  return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, placeholders(child)]))
}

/**
 * The shapes and dtypes of what `f` returns, without computing it: arguments are trees of specs `{ shape, dtype }`
 * (tensors are specs too), and so is the result. Throws what `f` throws for such arguments.
 * @example
 * evalShape(matmul)({ shape: [2, 3] }, { shape: [3, 4] }) // { shape: [2, 4], dtype: 'float32' }
 * const huge = { shape: [1e6, 1e6] }
 * evalShape((x: Tensor) => sum(x, { axis: 1 }))(huge).shape // [1000000]
 */
export function evalShape<A extends unknown[], B extends Tree>(
  f: (...args: A) => B,
): (...specs: Specs<A>) => Shapes<B> {
  return (...specs) => {
    const { program, build } = closedFunction('evalShape', f, (specs as unknown[]).map(placeholders))
    const types = program.outputs.map(({ aval }) => ({ shape: aval.shape, dtype: aval.dtype }))
    return build(types as unknown as Tensor[]) as Shapes<B>
  }
}
