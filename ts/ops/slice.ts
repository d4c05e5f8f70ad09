// Slices (views), and padding, their transpose.

import { MapOp, Opcode } from '../../assembly/format.js'
import { emitCopy } from '../compiler/emit-copy.js'
import { emitMap } from '../compiler/emit-map.js'
import { write } from '../compiler/lowering.js'
import { elements, flipView, sliceView } from '../compiler/view.js'
import type { Primitive } from '../core/primitive.js'
import { insertAt, normalizeAxes, normalizeAxis, range, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1, scalar } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { sub } from './arithmetic.js'
import { broadcastInDim } from './broadcast.js'
import { zeros, zerosLike } from './full.js'
import { build, get, type Laws, values } from './laws.js'
import { spread, sumAxes } from './reduce.js'
import { reshape } from './reshape.js'
import { where } from './where.js'

interface SliceParams {
  start: readonly number[]
  limit: readonly number[]
  step: readonly number[]
}

interface PadParams {
  low: readonly number[]
  high: readonly number[]
  /** Elements between neighbours. */
  interior: readonly number[]
}

export const slicePrimitive: Primitive<SliceParams> = {
  name: 'slice',
  type: ([{ dtype }], { start, limit, step }) => [
    { shape: start.map((at, i) => Math.max(0, Math.ceil((limit[i] - at) / step[i]))), dtype },
  ],
  jvp: (_primals, [tangent], _results, params) => [bind1(slicePrimitive, [tangent!], params)],
  transpose([cotangent], _inputs, [{ shape }], { start, step }) {
    if (cotangent === null) return [null]
    const interior = step.map(distance => distance - 1)
    const taken = cotangent.shape.map((count, i) => (count === 0 ? 0 : (count - 1) * step[i] + 1))
    const high = shape.map((length, i) => length - start[i] - taken[i])
    return [padInterior(cotangent, 0, start, high, interior)]
  },
  batch: ([input], [dim], { start, limit, step }, size) => ({
    results: [
      bind1(slicePrimitive, [input], {
        start: insertAt(start, dim!, 0),
        limit: insertAt(limit, dim!, size),
        step: insertAt(step, dim!, 1),
      }),
    ],
    dims: [dim],
  }),
  lower(lowering, { inputs, outputs }, { start, limit, step }) {
    lowering.define(outputs[0], sliceView(lowering.view(inputs[0]), start, limit, step))
  },
  cheap: true,
}

/** Operands: what is padded, and the scalar that it is padded with. */
export const padPrimitive: Primitive<PadParams> = {
  name: 'pad',
  type: ([{ shape, dtype }], { low, high, interior }) => [
    { shape: shape.map((length, i) => low[i] + length + Math.max(0, length - 1) * interior[i] + high[i]), dtype },
  ],
  jvp: ([x], [dx, dvalue], [result], params) => [
    bind1(padPrimitive, [dx ?? zerosLike(x), dvalue ?? scalar(0, result.dtype)], params),
  ],
  transpose([cotangent], [x, value], [{ shape }], { low, interior }) {
    if (cotangent === null) return [null, null]
    const limit = shape.map((length, i) => low[i] + (length === 0 ? 0 : (length - 1) * (interior[i] + 1) + 1))
    const inside = bind1(slicePrimitive, [cotangent], { start: low, limit, step: interior.map(gap => gap + 1) })
    const every = cotangent.shape.map((_, i) => i)
    return [x === null ? inside : null, value === null ? sub(sumAxes(cotangent, every), sumAxes(inside, every)) : null]
  },
  batch([input, value], [dim, valueDim], { low, high, interior }, size) {
    const at = dim ?? 0
    const wide = { low: insertAt(low, at, 0), high: insertAt(high, at, 0), interior: insertAt(interior, at, 0) }
    if (valueDim === null) return { results: [bind1(padPrimitive, [input, value], wide)], dims: [at] }
    // Each example has its own value: chosen where an array of falses was padded with true.
    const x = dim === null ? spread(input, insertAt(input.shape, 0, size), [0]) : input
    const padded = bind1(padPrimitive, [x, scalar(0, x.dtype)], wide)
    const isAdded = bind1(padPrimitive, [zeros(x.shape, 'bool'), scalar(1, 'bool')], wide)
    return { results: [where(isAdded, broadcastInDim(value, padded.shape, [at]), padded)], dims: [at] }
  },
  lower(lowering, { inputs, outputs }, { low, interior }) {
    const out = lowering.output(outputs[0])
    if (elements(out.shape) === 0) return
    const [from, value] = inputs.map(input => lowering.view(input))
    const [, literal] = inputs
    if (literal.kind === 'literal' && Object.is(literal.value, 0))
      lowering.emit(Opcode.Fill, [elements(out.shape), 0, write(out)])
    else emitMap(lowering, MapOp.Copy, [value], out)
    const limit = from.shape.map((length, i) => low[i] + (length === 0 ? 0 : (length - 1) * (interior[i] + 1) + 1))
    emitCopy(
      lowering,
      from,
      sliceView(
        out,
        low,
        limit,
        interior.map(gap => gap + 1),
      ),
    )
  },
}

interface FlipParams {
  axes: readonly number[]
}

export const flipPrimitive: Primitive<FlipParams> = {
  name: 'flip',
  type: ([{ shape, dtype }]) => [{ shape, dtype }],
  jvp: (_primals, [tangent], _results, { axes }) => [flip(tangent!, axes)],
  transpose: ([cotangent], _inputs, _types, { axes }) => [cotangent && flip(cotangent, axes)],
  batch: ([input], [dim], { axes }) => ({
    results: [
      flip(
        input,
        axes.map(axis => (axis >= dim! ? axis + 1 : axis)),
      ),
    ],
    dims: [dim],
  }),
  lower(lowering, { inputs, outputs }, { axes }) {
    lowering.define(outputs[0], flipView(lowering.view(inputs[0]), axes))
  },
  cheap: true,
}

/**
 * `x` with the order of elements reversed along `axis` (all axes by default).
 * @example flip(tensor([[1, 2], [3, 4]]), 1) // [[2, 1], [4, 3]]
 */
export function flip(x: Tensor, axis?: number | readonly number[]): Tensor {
  checkTensor('flip', x)
  const axes = normalizeAxes('flip', axis, x.rank)
  return axes.length === 0 ? x : bind1(flipPrimitive, [x], { axes })
}

function checkBounds(...lists: readonly (readonly number[])[]): void {
  for (const list of lists) {
    if (Array.isArray(list) && list.every(value => value === undefined || Number.isInteger(value))) continue
    throw typeError(`slice: bounds and steps are lists of integers, not ${JSON.stringify(list)}`)
  }
}

/**
 * The elements from `start` up to but without `stop`, `step` apart, along each dimension; negative bounds count from
 * the end and bounds beyond the ends are the ends (NumPy's `x[start:stop:step]`). Missing dimensions are kept whole.
 * Throws for a step below 1.
 * @example
 * slice(arange(6), [1], [-1]) // [1, 2, 3, 4]
 * slice(tensor([[1, 2, 3], [4, 5, 6]]), [0, 1]) // [[2, 3], [5, 6]]
 * slice(arange(6), [0], [6], [2]) // [0, 2, 4]
 */
export function slice(
  x: Tensor,
  start: readonly number[],
  stop: readonly number[] = [],
  step: readonly number[] = [],
): Tensor {
  checkTensor('slice', x)
  checkBounds(start, stop, step)
  if (start.length > x.rank || stop.length > x.rank || step.length > x.rank) {
    throw rangeError(`slice: more bounds than dimensions: shape ${showShape(x.shape)}`)
  }
  const bound = (value: number | undefined, length: number, missing: number) =>
    value === undefined ? missing : Math.min(length, Math.max(0, value < 0 ? value + length : value))
  const steps = x.shape.map((_, i) => step[i] ?? 1)
  if (steps.some(distance => !Number.isInteger(distance) || distance < 1))
    throw rangeError(`slice: steps are positive integers: [${step}]`)
  const from = x.shape.map((length, i) => bound(start[i], length, 0))
  const to = x.shape.map((length, i) => Math.max(from[i], bound(stop[i], length, length)))
  if (from.every(at => at === 0) && to.every((at, i) => at === x.shape[i]) && steps.every(distance => distance === 1))
    return x
  return bind1(slicePrimitive, [x], { start: from, limit: to, step: steps })
}

/**
 * Entry `index` of dimension `axis` (0), which the result does not have; negative indices count from the end. Throws if
 * there is no such entry.
 * @example
 * const x = tensor([[1, 2, 3], [4, 5, 6]])
 * at(x, 0) // [1, 2, 3]
 * at(x, -1, 1) // [3, 6]
 */
export function at(x: Tensor, index: number, axis = 0): Tensor {
  checkTensor('at', x)
  const dim = normalizeAxis('at', axis, x.rank)
  const length = x.shape[dim]
  if (!Number.isInteger(index) || index < -length || index >= length) {
    throw rangeError(`at: index ${index} is out of range for axis ${dim} of ${showShape(x.shape)}`)
  }
  const entry = index < 0 ? index + length : index
  const bounds = (value: number, rest: readonly number[]) => rest.map((length, i) => (i === dim ? value : length))
  const part = slice(
    x,
    bounds(
      entry,
      x.shape.map(() => 0),
    ),
    bounds(entry + 1, x.shape),
  )
  return reshape(
    part,
    part.shape.filter((_, i) => i !== dim),
  )
}

/** `x` with elements of `value` before, after and between its own along each dimension. */
export const padInterior = (
  x: Tensor,
  value: number,
  low: readonly number[],
  high: readonly number[],
  interior: readonly number[],
): Tensor => bind1(padPrimitive, [x, scalar(value, x.dtype)], { low, high, interior })

export const sliceLaws: Laws<SliceParams> = {
  primitive: slicePrimitive,
  tolerance: 0,
  reference: ([x], { start, limit, step }) => [
    build(
      start.map((from, i) => range(limit[i]).filter(k => k >= from && (k - from) % step[i] === 0).length),
      x.dtype,
      index =>
        get(
          x,
          index.map((i, d) => start[d] + i * step[d]),
        ),
    ),
  ],
  draw(draw) {
    const shape = draw.shape()
    const start = shape.map(length => draw.integer(0, length))
    return {
      inputs: [values(draw, shape, draw.pick(['float32', 'float32', 'int32']))],
      params: {
        start,
        limit: shape.map((length, i) => draw.integer(start[i], length)),
        step: shape.map(() => draw.integer(1, 3)),
      },
    }
  },
}

export const padLaws: Laws<PadParams> = {
  primitive: padPrimitive,
  tolerance: 1,
  reference: ([x, value], { low, high, interior }) => {
    const at = (index: number[]) => index.map((i, d) => (i - low[d]) / (interior[d] + 1))
    const isInside = (places: number[]) => places.every((i, d) => Number.isInteger(i) && i >= 0 && i < x.shape[d])
    const shape = x.shape.map((n, d) => low[d] + n + Math.max(0, n - 1) * interior[d] + high[d])
    return [build(shape, x.dtype, index => (isInside(at(index)) ? get(x, at(index)) : value.data[0]))]
  },
  draw(draw) {
    const shape = draw.shape({ maxRank: 3 })
    const widths = () => shape.map(() => draw.integer(0, 2))
    return {
      inputs: [values(draw, shape), values(draw, [])],
      params: { low: widths(), high: widths(), interior: widths() },
    }
  },
}

export const flipLaws: Laws<FlipParams> = {
  primitive: flipPrimitive,
  tolerance: 0,
  reference: ([x], { axes }) => [
    build(x.shape, x.dtype, index =>
      get(
        x,
        index.map((i, d) => (axes.includes(d) ? x.shape[d] - 1 - i : i)),
      ),
    ),
  ],
  draw(draw) {
    const shape = draw.shape({ minRank: 1 })
    return {
      inputs: [values(draw, shape)],
      params: { axes: range(shape.length).filter(() => draw.integer(0, 1) === 1) },
    }
  },
}
