// Broadcasting: a view in the machine; its transpose is a sum.

import { broadcastView } from '../compiler/view.js'
import type { Primitive } from '../core/primitive.js'
import { broadcastShapes, checkShape, insertAt, range, sameShape, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { typeError } from '../errors.js'
import { build, get, type Laws, values } from './laws.js'
import { sumAxes } from './reduce.js'
import { reshape } from './reshape.js'

interface BroadcastParams {
  shape: readonly number[]
  /** Dimension i of the operand becomes dimension axes[i], ascending. */
  axes: readonly number[]
}

export const broadcastPrimitive: Primitive<BroadcastParams> = {
  name: 'broadcast',
  type([{ shape, dtype }], params) {
    shape.forEach((length, i) => {
      if (length !== params.shape[params.axes[i]]) {
        throw typeError(`broadcast: ${showShape(shape)} does not fit ${showShape(params.shape)}`)
      }
    })
    return [{ shape: params.shape, dtype }]
  },
  jvp: (_primals, [tangent], _results, { shape, axes }) => [broadcastInDim(tangent!, shape, axes)],
  transpose: ([cotangent], _inputs, _types, { shape, axes }) => [
    cotangent &&
      sumAxes(
        cotangent,
        range(shape.length).filter(axis => !axes.includes(axis)),
      ),
  ],
  batch([input], [dim], { shape, axes }) {
    // The batch goes in front of the dimension that its neighbour becomes.
    const at = dim! < axes.length ? axes[dim!] : shape.length
    const size = input.shape[dim!]
    const shifted = axes.map(axis => (axis >= at ? axis + 1 : axis))
    return { results: [broadcastInDim(input, insertAt(shape, at, size), insertAt(shifted, dim!, at))], dims: [at] }
  },
  lower(lowering, { inputs, outputs }, { shape, axes }) {
    lowering.define(outputs[0], broadcastView(lowering.view(inputs[0]), shape, axes))
  },
  cheap: true,
}

/** Dimension i of `x` becomes dimension `axes[i]` of `shape`; lengths are equal. */
export function broadcastInDim(x: Tensor, shape: readonly number[], axes: readonly number[]): Tensor {
  if (sameShape(x.shape, shape)) return x
  return bind1(broadcastPrimitive, [x], { shape, axes })
}

/**
 * `x` broadcast to `shape` by NumPy's rules: aligned at the last dimension, lengths 1 repeated. Throws if the shapes do
 * not fit.
 * @example broadcastTo(tensor([1, 2]), [3, 2]) // [[1, 2], [1, 2], [1, 2]]
 */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  checkTensor('broadcastTo', x)
  checkShape('broadcastTo', shape)
  if (sameShape(x.shape, shape)) return x
  if (!sameShape(broadcastShapes('broadcastTo', [x.shape, shape]), shape)) {
    throw typeError(`broadcastTo: ${showShape(x.shape)} does not broadcast to ${showShape(shape)}`)
  }
  const lead = shape.length - x.rank
  const kept = range(x.rank).filter(axis => x.shape[axis] === shape[lead + axis])
  const squeezed =
    kept.length === x.rank
      ? x
      : reshape(
          x,
          kept.map(axis => x.shape[axis]),
        )
  return broadcastInDim(
    squeezed,
    shape,
    kept.map(axis => lead + axis),
  )
}

export const broadcastLaws: Laws<BroadcastParams> = {
  primitive: broadcastPrimitive,
  tolerance: 0,
  reference: ([x], { shape, axes }) => [
    build(shape, x.dtype, index =>
      get(
        x,
        axes.map(axis => index[axis]),
      ),
    ),
  ],
  draw(draw) {
    const shape = draw.shape()
    const axes = range(shape.length).filter(() => draw.integer(0, 1) === 1)
    const dtype = draw.pick(['float32', 'float32', 'int32', 'bool'] as const)
    return {
      inputs: [
        values(
          draw,
          axes.map(axis => shape[axis]),
          dtype,
        ),
      ],
      params: { shape, axes },
    }
  },
}
