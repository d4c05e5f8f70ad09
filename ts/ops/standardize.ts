// Rows brought to mean 0 and variance 1 (layer normalisation), or to mean square 1 (RMS normalisation): primitives, because
// the derivative is a formula of the result alone (Ba et al. 2016) and its own transpose.

import { Opcode, Standardize } from '../../assembly/format.js'
import { emitExtended } from '../compiler/emit-extended.js'
import { type Field, floatBits, type Lowering, read, write } from '../compiler/lowering.js'
import { elements, type View } from '../compiler/view.js'
import type { MaybeZero, Primitive } from '../core/primitive.js'
import { range, sizeOf } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { bind, bind1 } from '../core/trace.js'
import { addTangents, mul, neg, sub } from './arithmetic.js'
import { batchLeading } from './batching.js'
import { cast } from './cast.js'
import { zerosLike } from './full.js'
import { build, get, type Laws, type NdArray, values } from './laws.js'
import { mean } from './reduce.js'
import { expandDims, reshape } from './reshape.js'
import { transpose } from './transpose.js'

interface StandardizeParams {
  readonly epsilon: number
  /** Whether the mean is taken off. */
  readonly centred: boolean
}

/** Of each row: like the row without its mean, as `centred` says. */
const without = (x: Tensor, { centred }: StandardizeParams): Tensor =>
  centred ? sub(x, mean(x, { axis: -1, keepDims: true })) : x

const meanProduct = (x: Tensor, y: Tensor): Tensor => mean(mul(x, y), { axis: -1, keepDims: true })

function emitRows(
  lowering: Lowering,
  { shape }: View,
  { epsilon, centred }: StandardizeParams,
  derivative: number,
  operands: Field[],
) {
  const length = shape[shape.length - 1]
  if (elements(shape) === 0) return
  const flags = derivative | (centred ? 0 : Standardize.Uncentred)
  emitExtended(lowering, Opcode.Standardize, [flags, elements(shape) / length, length, floatBits(epsilon), ...operands])
}

/** x [..., D] -> y [..., D], f [...]: y = (x - mean) f, f = 1 / sqrt(variance + epsilon). */
export const standardizePrimitive: Primitive<StandardizeParams> = {
  name: 'standardize',
  type: ([{ shape, dtype }]) => [
    { shape, dtype },
    { shape: shape.slice(0, -1), dtype },
  ],
  jvp(_primals, [tangent], [y, f], params) {
    const moved = bind1(standardizeTangentPrimitive, [y, f, tangent!], params)
    const squares = mean(mul(y, tangent!), { axis: -1 })
    return [moved, neg(mul(mul(f, f), squares))]
  },
  transpose: null,
  batch: (inputs, dims, params, size) => batchLeading(standardizePrimitive, inputs, dims, params, size),
  lower(lowering, { inputs, outputs }, params) {
    const from = lowering.contiguous(lowering.view(inputs[0]))
    const [y, f] = outputs.map(output => lowering.output(output))
    emitRows(lowering, from, params, 0, [write(y), write(f), read(from)])
  },
}

/** y, f, t -> (t - mean(t) - y mean(t y)) f, linear in t and symmetric. */
export const standardizeTangentPrimitive: Primitive<StandardizeParams> = {
  name: 'standardizeTangent',
  type: ([{ shape, dtype }]) => [{ shape, dtype }],
  jvp([y, f, t], [dy, df, dt], _results, params) {
    const column = expandDims(f, -1)
    const parts: MaybeZero[] = [
      dt && bind1(standardizeTangentPrimitive, [y, f, dt], params),
      df && mul(expandDims(df, -1), sub(without(t, params), mul(y, meanProduct(t, y)))),
      dy && neg(mul(column, addTangents(mul(dy, meanProduct(t, y)), mul(y, meanProduct(t, dy)))!)),
    ]
    return [parts.reduce(addTangents)]
  },
  transpose: ([cotangent], [y, f], _types, params) => [
    null,
    null,
    cotangent && bind1(standardizeTangentPrimitive, [y!, f!, cotangent], params),
  ],
  batch: (inputs, dims, params, size) => batchLeading(standardizeTangentPrimitive, inputs, dims, params, size),
  lower(lowering, { inputs, outputs }, params) {
    const [y, f, t] = inputs.map(input => lowering.contiguous(lowering.view(input)))
    const out = lowering.output(outputs[0])
    emitRows(lowering, t, params, Standardize.Derivative, [write(out), read(f), read(t), read(y)])
  },
}

/** `x` standardized over `axes` (already checked, ascending), with or without taking off the mean. */
export function standardizeOver(x: Tensor, axes: readonly number[], params: StandardizeParams): Tensor {
  const lead = range(x.rank).filter(axis => !axes.includes(axis))
  const order = [...lead, ...axes]
  const length = sizeOf(axes.map(axis => x.shape[axis]))
  const own = cast(x, 'float32')
  if (own.size === 0) return zerosLike(own)
  const moved = transpose(own, order)
  const rows = reshape(moved, [...lead.map(axis => x.shape[axis]), length])
  const [y] = bind(standardizePrimitive, [rows], params)
  return transpose(
    reshape(y, moved.shape),
    range(x.rank).map(axis => order.indexOf(axis)),
  )
}

/** The mean that is taken off a row, its variance about it. */
function momentsOf(x: NdArray, lead: readonly number[], centred: boolean) {
  const row = range(x.shape.at(-1)!).map(i => get(x, [...lead, i]))
  const average = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length
  const shift = centred ? average(row) : 0
  return { shift, variance: average(row.map(value => (value - shift) ** 2)) }
}

const drawRows: Laws<StandardizeParams>['draw'] = draw => {
  const shape = [...draw.shape({ maxRank: 2 }), draw.pick([2, 3, 4, 7, 18])]
  const x = values(draw, shape)
  return { inputs: [x], params: { epsilon: draw.pick([1, 0.125]), centred: draw.integer(0, 1) === 1 } }
}

export const standardizeLaws: Laws<StandardizeParams> = {
  primitive: standardizePrimitive,
  tolerance: 32,
  reference: ([x], { epsilon, centred }) => [
    build(x.shape, 'float32', index => {
      const { shift, variance } = momentsOf(x, index.slice(0, -1), centred)
      return (get(x, index) - shift) / Math.sqrt(variance + epsilon)
    }),
    build(x.shape.slice(0, -1), 'float32', index => 1 / Math.sqrt(momentsOf(x, index, centred).variance + epsilon)),
  ],
  magnitude: ([x]) => [x.shape, x.shape.slice(0, -1)].map(shape => build(shape, 'float32', () => 1)),
  draw: drawRows,
  edges: () =>
    [1, 1030, 2500].flatMap(length =>
      [true, false].map(centred => ({
        inputs: [build([2, length], 'float32', ([i, j]) => Math.fround(Math.sin(i + j * j) + 3 * i))],
        params: { epsilon: Math.fround(1e-3), centred },
      })),
    ),
}

export const standardizeTangentLaws: Laws<StandardizeParams> = {
  primitive: standardizeTangentPrimitive,
  tolerance: 32,
  reference: ([y, f, t], { centred }) => [
    build(t.shape, 'float32', index => {
      const lead = index.slice(0, -1)
      const length = t.shape.at(-1)!
      const { shift } = momentsOf(t, lead, centred)
      const slope = range(length).reduce((sum, i) => sum + get(t, [...lead, i]) * get(y, [...lead, i]), 0) / length
      return (get(t, index) - shift - get(y, index) * slope) * get(f, lead)
    }),
  ],
  // Up to 2 + 2 + 2 * 4, times up to 2.
  magnitude: ([, , t]) => [build(t.shape, 'float32', () => 12)],
  draw(draw) {
    const {
      inputs: [x],
      params,
    } = drawRows(draw)
    return { inputs: [x, values(draw, x.shape.slice(0, -1)), values(draw, x.shape)], params }
  },
}
