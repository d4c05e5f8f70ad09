// Where the extremes are.

import { Opcode } from '../../assembly/format.js'
import { read, write } from '../compiler/lowering.js'
import { elements, ITEM_BYTES } from '../compiler/view.js'
import type { Primitive } from '../core/primitive.js'
import { normalizeAxis, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { cast } from './cast.js'
import { equal } from './compare.js'
import { withoutTangent } from './elementwise.js'
import { arange } from './full.js'
import { build, distinct, get, type Laws } from './laws.js'
import { max, min } from './reduce.js'
import { reshape } from './reshape.js'
import { moveaxis } from './transpose.js'
import { where } from './where.js'

interface ArgParams {
  smallest: boolean
}

/** Along the last axis. */
export const argExtremePrimitive: Primitive<ArgParams> = {
  name: 'argExtreme',
  type([{ shape, dtype }]) {
    if (dtype !== 'float32') throw typeError(`argmax: dtype ${dtype} is not accepted, only float32`)
    if (shape.length === 0 || shape.at(-1) === 0)
      throw rangeError(`argmax: shape ${showShape(shape)} has nothing to compare`)
    return [{ shape: shape.slice(0, -1), dtype: 'int32' }]
  },
  jvp: withoutTangent,
  transpose: null,
  batch([input], [dim], params) {
    const isLast = dim === input.rank - 1
    return {
      results: [bind1(argExtremePrimitive, [isLast ? moveaxis(input, dim!, 0) : input], params)],
      dims: [isLast ? 0 : dim],
    }
  },
  lower(lowering, { inputs, outputs }, { smallest }) {
    const from = lowering.contiguous(lowering.view(inputs[0]))
    const out = lowering.output(outputs[0])
    if (elements(out.shape) === 0) return
    const length = from.shape.at(-1)!
    lowering.emit(Opcode.ArgReduce, [
      smallest ? 1 : 0,
      elements(out.shape),
      length,
      write(out),
      ITEM_BYTES,
      read(from),
      length * ITEM_BYTES,
      ITEM_BYTES,
    ])
  },
}

function argExtreme(name: string, x: Tensor, axis: number | undefined, smallest: boolean): Tensor {
  checkTensor(name, x)
  const length = axis === undefined ? x.size : x.shape[normalizeAxis(name, axis, x.rank)]
  if (length === 0) throw rangeError(`${name}: shape ${showShape(x.shape)} has nothing to compare`)
  const rows = axis === undefined ? reshape(x, [x.size]) : moveaxis(x, normalizeAxis(name, axis, x.rank), -1)
  if (x.dtype === 'float32' || x.dtype === 'bool')
    return bind1(argExtremePrimitive, [cast(rows, 'float32')], { smallest })
  // Not every integer is a float32: the first index at which the extreme stands.
  const extreme = (smallest ? min : max)(rows, { axis: -1, keepDims: true })
  return min(where(equal(rows, extreme), arange(length), length), { axis: -1 })
}

/**
 * The index (int32) of the first largest value along `axis`, which the result does not have, or in the flattened
 * tensor; the first NaN where there is one. Throws if there is nothing to compare.
 * @example argmax(tensor([[1, 5, 2], [7, 0, 3]]), 1) // [1, 0]
 */
export const argmax = (x: Tensor, axis?: number): Tensor => argExtreme('argmax', x, axis, false)

/**
 * The index (int32) of the first smallest value along `axis`, which the result does not have, or in the flattened
 * tensor; the first NaN where there is one. Throws if there is nothing to compare.
 * @example argmin(tensor([[1, 5, 2], [7, 0, 3]])) // 4
 */
export const argmin = (x: Tensor, axis?: number): Tensor => argExtreme('argmin', x, axis, true)

export const argExtremeLaws: Laws<ArgParams> = {
  primitive: argExtremePrimitive,
  tolerance: 0,
  reference: ([x], { smallest }) => [
    build(x.shape.slice(0, -1), 'int32', index => {
      const row = Array.from({ length: x.shape.at(-1)! }, (_, i) => get(x, [...index, i]))
      const nan = row.findIndex(Number.isNaN)
      return nan >= 0 ? nan : row.indexOf(smallest ? Math.min(...row) : Math.max(...row))
    }),
  ],
  draw(draw) {
    const shape = draw.shape({ minRank: 1 })
    return {
      inputs: [distinct(draw, [...shape.slice(0, -1), Math.max(1, shape.at(-1)!)])],
      params: { smallest: draw.integer(0, 1) === 1 },
    }
  },
  edges: () =>
    [true, false].flatMap(smallest =>
      [
        [1, 2, 2, 1, 2],
        [1, Number.NaN, 3, Number.NaN],
        [-Infinity, Infinity, -Infinity],
        [0, -0, 0],
      ].map(row => ({ inputs: [build([row.length], 'float32', ([i]) => row[i])], params: { smallest } })),
    ),
}
