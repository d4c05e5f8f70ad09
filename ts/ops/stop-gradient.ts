// stopGradient: the identity whose derivative is said to be zero.
import type { Primitive } from '../core/primitive.js'
import { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { flatten, unflatten } from '../core/tree.js'
import { NO_PARAMS, type NoParams } from './elementwise.js'
import { elementwiseLaws, SPECIAL } from './laws.js'

export const stopGradientPrimitive: Primitive<NoParams> = {
  name: 'stopGradient',
  type: inputs => [inputs[0]],
  jvp: () => [null],
  transpose: null,
  batch: (inputs, dims) => ({ results: [bind1(stopGradientPrimitive, inputs, NO_PARAMS)], dims: dims.slice() }),
  lower: (lowering, { inputs, outputs }) => lowering.define(outputs[0], lowering.view(inputs[0])),
  cheap: true,
}

/**
 * The tree as it is, for differentiation a constant: tangents and cotangents do not pass. Costs nothing.
 * Throws if it holds something else than tensors and numbers.
 * @example grad((x: Tensor) => mul(x, stopGradient(x)))(tensor(3)) // 3
 */
export function stopGradient<T>(tree: T): T {
  const { leaves, structure } = flatten(tree, 'stopGradient: the argument')
  // What nobody traces has no derivative to stop.
  const stopped = leaves.map(leaf =>
    leaf instanceof Tensor && leaf.dtype === 'float32' && leaf.source.kind === 'traced'
      ? bind1(stopGradientPrimitive, [leaf], NO_PARAMS)
      : leaf,
  )
  return unflatten(structure, stopped) as T
}

const identity = elementwiseLaws(stopGradientPrimitive, 1, (_, x) => x, { tolerance: 0, edges: SPECIAL })

/** Drawn of integers: the derivative for floats is on purpose not that of the values. */
export const stopGradientLaws: typeof identity = {
  ...identity,
  draw(draw) {
    for (;;) {
      const drawn = identity.draw(draw)
      if (drawn.inputs[0].dtype !== 'float32') return drawn
    }
  },
}
