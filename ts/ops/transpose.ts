// Reordering dimensions: always a view.

import { permuteView } from '../compiler/view.js'
import type { Primitive } from '../core/primitive.js'
import { insertAt, normalizeAxis, range, showShape } from '../core/shape.js'
import { checkTensor, describe, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { build, get, type Laws, values } from './laws.js'

interface TransposeParams {
  /** Dimension i of the result is dimension permutation[i] of the operand. */
  permutation: readonly number[]
}

export const transposePrimitive: Primitive<TransposeParams> = {
  name: 'transpose',
  type: ([{ shape, dtype }], { permutation }) => [{ shape: permutation.map(axis => shape[axis]), dtype }],
  jvp: (_primals, [tangent], _results, { permutation }) => [transpose(tangent!, permutation)],
  transpose: ([cotangent], _inputs, _types, { permutation }) => [
    cotangent && transpose(cotangent, invert(permutation)),
  ],
  batch([input], [dim], { permutation }) {
    // The batch dimension takes the place of the dimension that stood behind it.
    const shifted = permutation.map(axis => (axis >= dim! ? axis + 1 : axis))
    const at = shifted.findIndex(axis => axis > dim!)
    const place = at < 0 ? permutation.length : at
    return { results: [transpose(input, insertAt(shifted, place, dim!))], dims: [place] }
  },
  lower(lowering, { inputs, outputs }, { permutation }) {
    lowering.define(outputs[0], permuteView(lowering.view(inputs[0]), permutation))
  },
  cheap: true,
}

const invert = (permutation: readonly number[]): number[] =>
  range(permutation.length).map(axis => permutation.indexOf(axis))

/**
 * `x` with its dimensions reordered: dimension i of the result is dimension `permutation[i]` of `x`; reversed by
 * default. Throws unless `permutation` names every axis once.
 * @example
 * transpose(tensor([[1, 2, 3], [4, 5, 6]])) // [[1, 4], [2, 5], [3, 6]]
 * transpose(ones([8, 10, 16]), [1, 0, 2]).shape // [10, 8, 16]
 */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  checkTensor('transpose', x)
  if (permutation !== undefined && !Array.isArray(permutation)) {
    throw typeError(`transpose: the permutation is a list of axes, not ${describe(permutation)}`)
  }
  const axes = (permutation ?? range(x.rank).reverse()).map(axis => normalizeAxis('transpose', axis, x.rank))
  if (axes.length !== x.rank || new Set(axes).size !== x.rank) {
    throw rangeError(
      `transpose: [${permutation?.join(', ')}] is not a permutation of the axes of ${showShape(x.shape)}`,
    )
  }
  if (axes.every((axis, i) => axis === i)) return x
  return bind1(transposePrimitive, [x], { permutation: axes })
}

/**
 * `x` with dimension `source` moved to `destination`, the others in their order; negative axes count from the end.
 * Throws if there is no such axis.
 * @example moveaxis(ones([8, 10, 16]), 0, -1).shape // [10, 16, 8]
 */
export function moveaxis(x: Tensor, source: number, destination: number): Tensor {
  checkTensor('moveaxis', x)
  const from = normalizeAxis('moveaxis', source, x.rank)
  const to = normalizeAxis('moveaxis', destination, x.rank)
  const rest = range(x.rank).filter(axis => axis !== from)
  return transpose(x, insertAt(rest, to, from))
}

/**
 * `x` with two dimensions exchanged; negative axes count from the end. Throws if there is no such axis.
 * @example swapaxes(ones([8, 10, 16]), -1, -2).shape // [8, 16, 10]
 */
export function swapaxes(x: Tensor, a: number, b: number): Tensor {
  checkTensor('swapaxes', x)
  const [i, j] = [normalizeAxis('swapaxes', a, x.rank), normalizeAxis('swapaxes', b, x.rank)]
  return transpose(
    x,
    range(x.rank).map(axis => (axis === i ? j : axis === j ? i : axis)),
  )
}

export const transposeLaws: Laws<TransposeParams> = {
  primitive: transposePrimitive,
  tolerance: 0,
  reference: ([x], { permutation }) => [
    build(
      permutation.map(axis => x.shape[axis]),
      x.dtype,
      index =>
        get(
          x,
          invert(permutation).map(axis => index[axis]),
        ),
    ),
  ],
  draw(draw) {
    const shape = draw.shape({ maxRank: 4 })
    const left = range(shape.length)
    const permutation = shape.map(() => left.splice(draw.integer(0, left.length - 1), 1)[0])
    return { inputs: [values(draw, shape, draw.pick(['float32', 'float32', 'uint32']))], params: { permutation } }
  },
}
