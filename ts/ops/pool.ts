// Pooling: maxima, means and norms over sliding windows of the last dimensions.

import { Opcode, PoolKind } from '../../assembly/format.js'
import { type Lowering, read, write } from '../compiler/lowering.js'
import {
  collapse,
  contiguousStrides,
  elements,
  ITEM_BYTES,
  type View,
  type Windows,
  windowsView,
} from '../compiler/view.js'
import type { Primitive } from '../core/primitive.js'
import type { Aval } from '../core/program.js'
import { range, showShape, sizeOf } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind, bind1 } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { abs, add, div, mul, pow } from './arithmetic.js'
import { broadcastInDim } from './broadcast.js'
import { cast } from './cast.js'
import { asOne, type Padding, paddingOf } from './conv.js'
import { arange, ones } from './full.js'
import { absolute, build, distinct, get, indices, type Laws, type NdArray, values } from './laws.js'
import { reshape } from './reshape.js'
import { pad } from './slice.js'
import { take } from './take.js'
import { moveaxis } from './transpose.js'
import { checkFit, drawWindows, overlapAdd, type PerAxis, placeOf, windowCounts, windowsOf } from './windows.js'

/** The type of a pool: float32 [...lead, ...space] -> [...lead, ...counts]. */
function poolType(name: string, { shape, dtype }: Aval, params: Windows): Aval {
  if (dtype !== 'float32') throw typeError(`${name}: dtype ${dtype} is not accepted, only float32`)
  return { shape: [...shape.slice(0, -params.size.length), ...windowCounts(shape, params)], dtype }
}

function emitPool(lowering: Lowering, kind: PoolKind, from: View, out: View, indices: View, params: Windows): void {
  if (elements(out.shape) === 0) return
  const n = params.size.length
  const lead = from.shape.length - n
  const all = windowsView(from, params, out.shape.slice(lead))
  // The indices are those of the elements in one contiguous space.
  const space = from.shape.slice(lead)
  const places = windowsView(
    { ...from, shape: space, strides: contiguousStrides(space).map(bytes => bytes / ITEM_BYTES) },
    params,
    [],
  )
  const level = (axis: number, place: number, outStride: number) => ({
    length: all.shape[axis],
    strides: [outStride, all.strides[axis], place],
  })
  const window = collapse(range(n).map(i => level(lead + i, places.strides[i], 0)))
  const outer = collapse([
    ...range(lead).map(i => level(i, 0, out.strides[i])),
    ...range(n).map(i => level(lead + n + i, places.strides[n + i], out.strides[lead + i])),
  ])
  if (window.length === 0) window.push({ length: 1, strides: [0, 0, 0] })
  if (outer.length === 0) outer.push({ length: 1, strides: [ITEM_BYTES, ITEM_BYTES, 0] })
  lowering.emit(Opcode.Pool, [
    kind,
    outer.length | (window.length << 8),
    write(out),
    write(indices),
    read(from),
    ...[...outer, ...window].flatMap(({ length, strides }) => [length, ...strides]),
  ])
}

/** The largest element of each window, and the index (int32) of the first such in the flattened space. */
export const maxPoolPrimitive: Primitive<Windows> = {
  name: 'maxPool',
  type([x], params) {
    const result = poolType('maxPool', x, params)
    return [result, { ...result, dtype: 'int32' }]
  },
  jvp: ([{ shape }], [tangent], [, places], { size }) => {
    const space = sizeOf(shape.slice(-size.length))
    const count = sizeOf(shape) / space
    const start = reshape(mul(arange(count), space), [...shape.slice(0, -size.length), ...size.map(() => 1)])
    return [take(reshape(tangent!, [count * space]), add(places, start)), null]
  },
  transpose: null,
  batch([input], [dim], params) {
    const isLead = dim! < input.rank - params.size.length
    const at = isLead ? dim! : 0
    return { results: bind(maxPoolPrimitive, [isLead ? input : moveaxis(input, dim!, 0)], params), dims: [at, at] }
  },
  lower(lowering, { inputs, outputs: [best, places] }, params) {
    const out = lowering.output(best)
    const isRead = lowering.useCount(places) > 0
    const indices = isRead ? lowering.output(places) : out
    emitPool(lowering, isRead ? PoolKind.Max : PoolKind.MaxOnly, lowering.view(inputs[0]), out, indices, params)
  },
}

/** The sum of each window. */
export const sumPoolPrimitive: Primitive<Windows> = {
  name: 'sumPool',
  type: ([x], params) => [poolType('sumPool', x, params)],
  jvp: (_primals, [tangent], _results, params) => [sumPool(tangent!, params)],
  transpose([cotangent], _inputs, [{ shape }], params) {
    if (cotangent === null) return [null]
    const lead = shape.length - params.size.length
    const all = [...shape.slice(0, lead), ...params.size, ...cotangent.shape.slice(lead)]
    const axes = range(cotangent.rank).map(axis => (axis < lead ? axis : axis + params.size.length))
    return [overlapAdd(broadcastInDim(cotangent, all, axes), { ...params, space: shape.slice(lead) })]
  },
  batch([input], [dim], params) {
    const isLead = dim! < input.rank - params.size.length
    return { results: [sumPool(isLead ? input : moveaxis(input, dim!, 0), params)], dims: [isLead ? dim : 0] }
  },
  lower(lowering, { inputs, outputs }, params) {
    const out = lowering.output(outputs[0])
    emitPool(lowering, PoolKind.Sum, lowering.view(inputs[0]), out, out, params)
  },
}

const sumPool = (x: Tensor, params: Windows): Tensor => bind1(sumPoolPrimitive, [x], params)

export interface PoolOptions {
  /** Distance between neighbouring windows (the size). */
  stride?: PerAxis
  /** Elements added at both ends (0): a number, or for each dimension a number or [before, after]. */
  padding?: Padding
  /** Distance between neighbouring elements of a window (1). */
  dilation?: PerAxis
  /** Whether a last window may hang over the end (false). */
  ceil?: boolean
}

/** The windows of a call, and what is added around the last dimensions: the padding, and what `ceil` lets hang over. */
function poolOf(
  operation: string,
  x: Tensor,
  size: PerAxis,
  { stride = size, padding = 0, dilation, ceil }: PoolOptions,
) {
  checkTensor(operation, x)
  const n = typeof size === 'number' ? 2 : size.length
  if (n < 1 || n > 3 || n > x.rank) {
    throw rangeError(`${operation}: ${n} window sizes do not fit shape ${showShape(x.shape)}`)
  }
  const params = windowsOf(operation, size, n, { stride, dilation })
  const widths = paddingOf(operation, padding, n)
  const lead = x.rank - n
  const over = widths.map(([low, high], i) => {
    if (!ceil) return 0
    const [step, extent, length] = [params.stride[i], (params.size[i] - 1) * params.dilation[i] + 1, x.shape[lead + i]]
    // A window that would start behind the end is none.
    const count = Math.min(Math.ceil((low + length + high - extent) / step) + 1, Math.ceil((low + length) / step))
    return Math.max(0, (count - 1) * step + extent - low - length - high)
  })
  const none = new Array<[number, number]>(lead).fill([0, 0])
  const around = widths.map(([low, high], i): [number, number] => [low, high + over[i]])
  checkFit(
    operation,
    around.map(([low, high], i) => low + x.shape[lead + i] + high),
    params,
  )
  return { params, widths, over, lead, around: [...none, ...around] }
}

/**
 * The largest element of each window of the last dimensions: [..., H, W] gives [..., H', W'] (PyTorch's max_pool). `size` is a
 * number (of the last two dimensions) or one for each of up to three. Padding never wins; NaN does; the gradient goes to
 * the first of equal elements. Throws where no window fits.
 * @example
 * import { arange, maxPool, reshape } from 'heddle'
 * maxPool(reshape(arange(16), [4, 4]), 2).toArray() // [[5, 7], [13, 15]]
 */
export function maxPool(x: Tensor, size: PerAxis, options: PoolOptions = {}): Tensor {
  const { params, around } = poolOf('maxPool', x, size, options)
  return asOne(
    [x],
    ([x]) => bind(maxPoolPrimitive, [pad(cast(x, 'float32'), around, Number.NEGATIVE_INFINITY)], params)[0],
  )
}

/**
 * The mean of each window of the last dimensions: [..., H, W] gives [..., H', W'] (PyTorch's avg_pool). `size` is a number (of
 * the last two dimensions) or one for each of up to three. `countPadding` (true): zeros of the padding count as elements.
 * Throws where no window fits.
 * @example
 * import { arange, meanPool, reshape } from 'heddle'
 * meanPool(reshape(arange(16), [4, 4]), 2).toArray() // [[2.5, 4.5], [10.5, 12.5]]
 */
export function meanPool(x: Tensor, size: PerAxis, options: PoolOptions & { countPadding?: boolean } = {}): Tensor {
  const { params, around, widths, over, lead } = poolOf('meanPool', x, size, options)
  const { countPadding = true } = options
  return asOne([x], ([x]) => {
    const sums = sumPool(pad(cast(x, 'float32'), around), params)
    const isWhole = over.every(width => width === 0) && (countPadding || widths.flat().every(width => width === 0))
    if (isWhole) return div(sums, sizeOf(params.size))
    const counted = widths.map(([low, high], i) => x.shape[lead + i] + (countPadding ? low + high : 0))
    const rest = widths.map(([low, high], i): [number, number] => (countPadding ? [0, over[i]] : [low, high + over[i]]))
    return div(sums, sumPool(pad(ones(counted), rest), params))
  })
}

/**
 * The p-norm of each window of the last dimensions, (sum |x|^p)^(1/p) (ONNX's LpPool). `size` is a number (of the last two
 * dimensions) or one for each of up to three. Throws where no window fits.
 * @example
 * import { lpPool, tensor } from 'heddle'
 * lpPool(tensor([[3, 4]]), [1, 2]).toArray() // [[5]]
 */
export function lpPool(x: Tensor, size: PerAxis, options: PoolOptions & { p?: number } = {}): Tensor {
  const { params, around } = poolOf('lpPool', x, size, options)
  const { p = 2 } = options
  return asOne([x], ([x]) => pow(sumPool(pad(pow(abs(cast(x, 'float32')), p), around), params), 1 / p))
}

/** Folds the elements of each window, in order. */
const fold = (
  x: NdArray,
  params: Windows,
  f: (sum: number, element: number, place: number) => number,
  start: number,
): NdArray => {
  const lead = x.shape.length - params.size.length
  const space = x.shape.slice(lead)
  return build(poolType('fold', x, params).shape, 'float32', index =>
    indices(params.size).reduce((sum, k) => {
      const at = placeOf([...index.slice(0, lead), ...k, ...index.slice(lead)], params)
      const place = at.slice(lead).reduce((flat, i, axis) => flat * space[axis] + i, 0)
      return f(sum, get(x, at), place)
    }, start),
  )
}

const larger = (a: number, b: number): boolean => b > a || (Number.isNaN(b) && !Number.isNaN(a))

export const maxPoolLaws: Laws<Windows> = {
  primitive: maxPoolPrimitive,
  tolerance: 0,
  reference([x], params) {
    const best = fold(x, params, (a, b) => (larger(a, b) ? b : a), -Infinity)
    let value = -Infinity
    const first = fold(
      x,
      params,
      (found, b, place) => {
        const isFirst = found < 0
        if (!isFirst && !larger(value, b)) return found
        value = b
        return place
      },
      -1,
    )
    return [best, { ...first, dtype: 'int32' }]
  },
  draw(draw) {
    const { params, shape } = drawWindows(draw)
    return { inputs: [distinct(draw, shape)], params }
  },
  edges: () =>
    [Number.NaN, Infinity, -Infinity, 0].map(special => ({
      inputs: [
        build([2, 4, 5], 'float32', ([i, j, k]) => (i === 1 && j > 1 && k > 2 ? special : Math.fround((j * k) % 3))),
      ],
      params: { size: [2, 3], stride: [1, 2], dilation: [2, 1] },
    })),
}

export const sumPoolLaws: Laws<Windows> = {
  primitive: sumPoolPrimitive,
  tolerance: 27,
  reference: ([x], params) => [fold(x, params, (a, b) => a + b, 0)],
  magnitude: ([x], params) => [fold(absolute(x), params, (a, b) => a + b, 0)],
  draw(draw) {
    const { params, shape } = drawWindows(draw)
    return { inputs: [values(draw, shape)], params }
  },
}
