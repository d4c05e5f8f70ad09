// The same elements in row-major order under another shape: a view where strides allow it, else a copy.

import { emitCopy } from '../compiler/emit-copy.js'
import { reshapeView } from '../compiler/view.js'
import type { Primitive } from '../core/primitive.js'
import { checkShape, insertAt, normalizeAxes, removeAt, sameShape, showShape, sizeOf } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { typeError } from '../errors.js'
import { type Laws, values } from './laws.js'
import { moveaxis } from './transpose.js'

interface ReshapeParams {
  shape: readonly number[]
}

export const reshapePrimitive: Primitive<ReshapeParams> = {
  name: 'reshape',
  type([{ shape, dtype }], params) {
    if (sizeOf(shape) !== sizeOf(params.shape)) {
      throw typeError(
        `reshape: ${showShape(shape)} has ${sizeOf(shape)} elements, ${showShape(params.shape)} has ${sizeOf(params.shape)}`,
      )
    }
    return [{ shape: params.shape, dtype }]
  },
  jvp: (_primals, [tangent], _results, { shape }) => [reshape(tangent!, shape)],
  transpose: ([cotangent], _inputs, [{ shape }]) => [cotangent && reshape(cotangent, shape)],
  batch([input], [dim], { shape }, size) {
    // The batch stays where it is if the dimensions before it keep their number of elements.
    const before = sizeOf(input.shape.slice(0, dim!))
    let at = 0
    let product = 1
    while (at < shape.length && product < before) product *= shape[at++]
    if (product === before && (before > 0 || dim === 0))
      return { results: [reshape(input, insertAt(shape, at, size))], dims: [at] }
    return { results: [reshape(moveaxis(input, dim!, 0), [size, ...shape])], dims: [0] }
  },
  lower(lowering, { inputs, outputs }, { shape }) {
    const from = lowering.view(inputs[0])
    const view = reshapeView(from, shape)
    if (view !== null) return lowering.define(outputs[0], view)
    const out = lowering.output(outputs[0])
    // Copied under the old shape, read under the new one.
    emitCopy(lowering, from, reshapeView(out, from.shape)!)
  },
  cheap: true,
}

/**
 * The elements of `x` in row-major order as `shape`; one length may be -1 and is then computed. Throws if the number of
 * elements differs.
 * @example reshape(arange(6), [2, -1]) // [[0, 1, 2], [3, 4, 5]]
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  checkTensor('reshape', x)
  const target = inferLength(x, shape)
  return sameShape(x.shape, target) ? x : bind1(reshapePrimitive, [x], { shape: target })
}

function inferLength(x: Tensor, shape: readonly number[]): readonly number[] {
  if (!Array.isArray(shape)) checkShape('reshape', shape)
  const unknown = shape.indexOf(-1)
  if (unknown < 0) {
    checkShape('reshape', shape)
    return shape
  }
  const rest = removeAt(shape, unknown)
  checkShape('reshape', rest)
  const length = x.size / sizeOf(rest)
  if (!Number.isInteger(length)) throw typeError(`reshape: ${showShape(x.shape)} does not fit ${showShape(shape)}`)
  return shape.map((known, i) => (i === unknown ? length : known))
}

/**
 * `x` with a dimension of length 1 inserted at `axis` of the result; negative ones count from its end. Throws if there
 * is no such axis.
 * @example expandDims(tensor([1, 2]), 1) // [[1], [2]]
 */
export function expandDims(x: Tensor, axis: number): Tensor {
  checkTensor('expandDims', x)
  const [at] = normalizeAxes('expandDims', axis, x.rank + 1)
  return reshape(x, insertAt(x.shape, at, 1))
}

/**
 * `x` without its dimensions of length 1, or without the given ones. Throws if one of those is longer.
 * @example
 * squeeze(ones([1, 3, 1])).shape // [3]
 * squeeze(ones([1, 3, 1]), 0).shape // [3, 1]
 */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  checkTensor('squeeze', x)
  const dropped =
    axes === undefined
      ? x.shape.flatMap((length, i) => (length === 1 ? [i] : []))
      : normalizeAxes('squeeze', axes, x.rank)
  for (const axis of dropped) {
    if (x.shape[axis] !== 1)
      throw typeError(`squeeze: axis ${axis} of ${showShape(x.shape)} has length ${x.shape[axis]}, not 1`)
  }
  return reshape(
    x,
    x.shape.filter((_, i) => !dropped.includes(i)),
  )
}

/**
 * The elements of `x` in row-major order as one dimension [size].
 * @example flatten(tensor([[1, 2], [3, 4]])) // [1, 2, 3, 4]
 */
export function flatten(x: Tensor): Tensor {
  checkTensor('flatten', x)
  return reshape(x, [x.size])
}

export const reshapeLaws: Laws<ReshapeParams> = {
  primitive: reshapePrimitive,
  tolerance: 0,
  reference: ([{ dtype, data }], { shape }) => [{ shape, dtype, data }],
  draw(draw) {
    // The prime factors of a size, dealt to the dimensions of either shape.
    const factors = draw.pick([[], [0], [1], [2, 3], [2, 2, 3], [5, 2], [7], [2, 2, 2, 3], [0, 3]])
    const deal = () => {
      const shape = new Array<number>(factors.length === 0 ? draw.integer(0, 2) : draw.integer(1, 4)).fill(1)
      for (const factor of factors) shape[draw.integer(0, shape.length - 1)] *= factor
      return shape
    }
    return { inputs: [values(draw, deal(), draw.pick(['float32', 'float32', 'int32']))], params: { shape: deal() } }
  },
}
