// Pooling: maxima, means and norms over sliding windows of the last dimensions.

import { Opcode, PoolKind } from '../../assembly/format.js'
import { emitExtended } from '../compiler/emit-extended.js'
import { type Lowering, read, write } from '../compiler/lowering.js'
import { collapse, elements, type View, type Windows } from '../compiler/view.js'
import { checkOptions, type OptionNames } from '../core/options.js'
import type { Primitive } from '../core/primitive.js'
import type { Aval } from '../core/program.js'
import { range, showShape, sizeOf } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind, bind1 } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { abs, add, div, mul, pow } from './arithmetic.js'
import { broadcastInDim } from './broadcast.js'
import { cast } from './cast.js'
import { type Padding, paddingOf } from './conv.js'
import { arange, ones } from './full.js'
import { absolute, build, type Draw, distinct, get, indices, type Laws, type NdArray, values } from './laws.js'
import { reshape } from './reshape.js'
import { slice } from './slice.js'
import { take } from './take.js'
import { moveaxis } from './transpose.js'
import { checkFit, drawWindows, overlapAdd, type PerAxis, placeOf, windowCounts, windowsOf } from './windows.js'

interface PoolParams extends Windows {
  /** Places around each dimension that hold nothing. */
  readonly padding: readonly (readonly [number, number])[]
}

/** The shape that windows slide over. */
const padded = (shape: readonly number[], padding: PoolParams['padding']): number[] =>
  shape.map((length, i) => {
    const around = padding[i - shape.length + padding.length]
    return around ? around[0] + length + around[1] : length
  })

/** The type of a pool: float32 [...lead, ...space] -> [...lead, ...counts]. */
function poolType(name: string, { shape, dtype }: Aval, params: PoolParams): Aval {
  if (dtype !== 'float32') throw typeError(`${name}: dtype ${dtype} is not accepted, only float32`)
  return {
    shape: [...shape.slice(0, -params.size.length), ...windowCounts(padded(shape, params.padding), params)],
    dtype,
  }
}

function emitPool(lowering: Lowering, kind: PoolKind, from: View, out: View, places: View, params: PoolParams): void {
  if (elements(out.shape) === 0) return
  const { size, stride, dilation, padding } = params
  const lead = from.shape.length - size.length
  const levels = collapse(from.shape.slice(0, lead).map((length, i) => ({ length, strides: [from.strides[i]] })))
  emitExtended(lowering, Opcode.Pool, [
    kind,
    levels.length,
    write(out),
    write(places),
    read(from),
    ...levels.flatMap(({ length, strides }) => [length, strides[0], 0, 0]),
    ...range(3 - size.length).flatMap(() => [1, 1, 0, 1, 1, 1, 0]),
    ...size.flatMap((own, i) => [
      out.shape[lead + i],
      from.shape[lead + i],
      from.strides[lead + i],
      own,
      stride[i],
      dilation[i],
      padding[i][0],
    ]),
  ])
}

/** A pool over examples is a pool: the batch is one more leading dimension. */
const batchPool =
  (primitive: () => Primitive<PoolParams>): Primitive<PoolParams>['batch'] =>
  ([input], [dim], params) => {
    const isLead = dim! < input.rank - params.size.length
    const results = bind(primitive(), [isLead ? input : moveaxis(input, dim!, 0)], params)
    return { results, dims: results.map(() => (isLead ? dim : 0)) }
  }

/** The largest element of each window, and the index (int32) of the first such in the flattened space. */
export const maxPoolPrimitive: Primitive<PoolParams> = {
  name: 'maxPool',
  type([x], params) {
    const result = poolType('maxPool', x, params)
    return [result, { ...result, dtype: 'int32' }]
  },
  jvp: ([{ shape }], [tangent], [, places], { size }) => {
    const lead = shape.slice(0, -size.length)
    const space = sizeOf(shape.slice(-size.length))
    const start = reshape(mul(arange(sizeOf(lead)), space), [...lead, ...size.map(() => 1)])
    return [take(reshape(tangent!, [sizeOf(shape)]), add(places, start)), null]
  },
  transpose: null,
  batch: batchPool(() => maxPoolPrimitive),
  lower(lowering, { inputs, outputs: [best, places] }, params) {
    const out = lowering.output(best)
    const isRead = lowering.useCount(places) > 0
    const indices = isRead ? lowering.output(places) : out
    emitPool(lowering, isRead ? PoolKind.Max : PoolKind.MaxOnly, lowering.view(inputs[0]), out, indices, params)
  },
}

/** The sum of each window. */
export const sumPoolPrimitive: Primitive<PoolParams> = {
  name: 'sumPool',
  type: ([x], params) => [poolType('sumPool', x, params)],
  jvp: (_primals, [tangent], _results, params) => [sumPool(tangent!, params)],
  transpose([cotangent], _inputs, [{ shape }], { padding, ...params }) {
    if (cotangent === null) return [null]
    const lead = shape.length - params.size.length
    const all = [...shape.slice(0, lead), ...params.size, ...cotangent.shape.slice(lead)]
    const axes = range(cotangent.rank).map(axis => (axis < lead ? axis : axis + params.size.length))
    const whole = padded(shape, padding)
    const sums = overlapAdd(broadcastInDim(cotangent, all, axes), { ...params, space: whole.slice(lead) })
    const start = shape.map((_, i) => padding[i - lead]?.[0] ?? 0)
    return [
      slice(
        sums,
        start,
        start.map((low, i) => low + shape[i]),
      ),
    ]
  },
  batch: batchPool(() => sumPoolPrimitive),
  lower(lowering, { inputs, outputs }, params) {
    const out = lowering.output(outputs[0])
    emitPool(lowering, PoolKind.Sum, lowering.view(inputs[0]), out, out, params)
  },
}

const sumPool = (x: Tensor, params: PoolParams): Tensor => bind1(sumPoolPrimitive, [x], params)

/** How the windows of pooling are laid. */
export interface PoolOptions {
  /** Distance between neighbouring windows (the size). */
  stride?: PerAxis
  /** Places added at both ends (0); 'same': as many as give ceil(length / stride) windows; 'valid': none. */
  padding?: Padding | 'same' | 'valid'
  /** Distance between neighbouring elements of a window (1). */
  dilation?: PerAxis
  /** Whether a last window may hang over the end (false). */
  ceil?: boolean
}

/** The names of the options of all pooling. */
export const POOL_NAMES: OptionNames<PoolOptions> = { stride: 1, padding: 1, dilation: 1, ceil: 1 }

/** The windows of a call; `over`: what `ceil` lets hang over the padded end, which `padding` includes. */
function poolOf(operation: string, x: Tensor, size: PerAxis, options: PoolOptions, names = POOL_NAMES) {
  checkTensor(operation, x)
  checkOptions(operation, options, names)
  const { stride = size, dilation, ceil } = options
  const n = Array.isArray(size) ? size.length : 2
  if (!(n >= 1 && n <= 3 && n <= x.rank)) {
    throw rangeError(`${operation}: ${n} window sizes do not fit shape ${showShape(x.shape)}`)
  }
  const params = windowsOf(operation, size, n, { stride, dilation })
  const around = paddingOf(operation, options.padding ?? 0, n, { lengths: x.shape.slice(-n), ...params })
  const extents = params.size.map((length, i) => (length - 1) * params.dilation[i] + 1)
  if (around.some(pair => Math.max(...pair) >= extents[around.indexOf(pair)])) {
    throw rangeError(`${operation}: padding ${JSON.stringify(around)} leaves windows of ${showShape(extents)} empty`)
  }
  const over = around.map(([low, high], i) => {
    const [step, length] = [params.stride[i], low + x.shape[x.rank - n + i]]
    const extent = extents[i]
    // A window that would start behind the elements is none.
    const count = Math.min(Math.ceil((length + high - extent) / step) + 1, Math.ceil(length / step))
    return ceil ? Math.max(0, (count - 1) * step + extent - length - high) : 0
  })
  const padding = around.map(([low, high], i): [number, number] => [low, high + over[i]])
  checkFit(operation, padded(x.shape, padding), params)
  return { params: { ...params, padding }, around, over }
}

/**
 * The largest element of each window of the last dimensions: [..., H, W] gives [..., H', W'] (PyTorch's max_pool). `size` is a
 * number (of the last two dimensions) or one for each of up to three. Padding never wins; NaN does; the gradient goes to
 * the first of equal elements. Throws where no window fits.
 * @example maxPool(reshape(arange(16), [4, 4]), 2) // [[5, 7], [13, 15]]
 */
export const maxPool = (x: Tensor, size: PerAxis, options: PoolOptions = {}): Tensor =>
  maxOf('maxPool', x, size, options)[0]

/**
 * Where `maxPool` finds the elements that it takes: their indices (int32) in the flattened last dimensions (PyTorch's
 * return_indices). Throws where no window fits.
 * @example argmaxPool(reshape(arange(16), [4, 4]), 2) // [[5, 7], [13, 15]]
 */
export const argmaxPool = (x: Tensor, size: PerAxis, options: PoolOptions = {}): Tensor =>
  maxOf('argmaxPool', x, size, options)[1]

const maxOf = (operation: string, x: Tensor, size: PerAxis, options: PoolOptions): Tensor[] => {
  const { params } = poolOf(operation, x, size, options)
  return bind(maxPoolPrimitive, [cast(x, 'float32')], params)
}

/** As for all pooling, and what counts. @inline */
export interface MeanPoolOptions extends PoolOptions {
  /** Whether zeros of the padding count as elements (true). */
  countPadding?: boolean
}

export const MEAN_POOL_NAMES: OptionNames<MeanPoolOptions> = { ...POOL_NAMES, countPadding: 1 }

/**
 * The mean of each window of the last dimensions: [..., H, W] gives [..., H', W'] (PyTorch's avg_pool). `size` is a number (of
 * the last two dimensions) or one for each of up to three. `countPadding` (true): zeros of the padding count as elements.
 * Throws where no window fits.
 * @example meanPool(reshape(arange(16), [4, 4]), 2) // [[2.5, 4.5], [10.5, 12.5]]
 */
export function meanPool(x: Tensor, size: PerAxis, options: MeanPoolOptions = {}): Tensor {
  const { params, around, over } = poolOf('meanPool', x, size, options, MEAN_POOL_NAMES)
  const { countPadding = true } = options
  const sums = sumPool(cast(x, 'float32'), params)
  if (over.every(width => width === 0) && (countPadding || around.flat().every(width => width === 0))) {
    return div(sums, sizeOf(params.size))
  }
  // What counts is summed as ones.
  const space = x.shape.slice(-over.length)
  const whole = countPadding ? padded(space, around) : space
  const padding = countPadding ? over.map(width => [0, width] as const) : params.padding
  return div(sums, sumPool(ones(whole), { ...params, padding }))
}

/** As for all pooling, and which norm it is. @inline */
export interface LpPoolOptions extends PoolOptions {
  /** The power of the sum of powers (2). */
  p?: number
}

const LP_NAMES: OptionNames<LpPoolOptions> = { ...POOL_NAMES, p: 1 }

/**
 * The p-norm of each window of the last dimensions, (sum |x|^p)^(1/p) (ONNX's LpPool). `size` is a number (of the last two
 * dimensions) or one for each of up to three. Throws where no window fits.
 * @example lpPool(tensor([[3, 4]]), [1, 2]) // [[5]]
 */
export function lpPool(x: Tensor, size: PerAxis, options: LpPoolOptions = {}): Tensor {
  const { params } = poolOf('lpPool', x, size, options, LP_NAMES)
  const { p = 2 } = options
  return pow(sumPool(pow(abs(cast(x, 'float32')), p), params), 1 / p)
}

/** Folds the elements of each window, in order. */
const fold = (
  x: NdArray,
  params: PoolParams,
  f: (sum: number, element: number, place: number) => number,
  start: number,
): NdArray => {
  const lead = x.shape.length - params.size.length
  const space = x.shape.slice(lead)
  return build(poolType('fold', x, params).shape, 'float32', index =>
    indices(params.size).reduce((sum, k) => {
      const at = placeOf([...index.slice(0, lead), ...k, ...index.slice(lead)], params).map(
        (i, axis) => i - (params.padding[axis - lead]?.[0] ?? 0),
      )
      if (at.some((i, axis) => i < 0 || i >= x.shape[axis])) return sum
      const place = at.slice(lead).reduce((flat, i, axis) => flat * space[axis] + i, 0)
      return f(sum, get(x, at), place)
    }, start),
  )
}

const larger = (a: number, b: number): boolean => b > a || (Number.isNaN(b) && !Number.isNaN(a))

/** Every window has an element. */
const drawPool = (draw: Draw): { params: PoolParams; shape: number[] } => {
  const { params, shape } = drawWindows(draw)
  const padding = params.size.map((size): [number, number] => [draw.integer(0, size - 1), draw.integer(0, size - 1)])
  return { params: { ...params, dilation: params.size.map(() => 1), padding }, shape }
}

export const maxPoolLaws: Laws<PoolParams> = {
  primitive: maxPoolPrimitive,
  tolerance: 0,
  reference([x], params) {
    const best = fold(x, params, (a, b) => (larger(a, b) ? b : a), -Infinity)
    let value = -Infinity
    const first = fold(
      x,
      params,
      (found, b, place) => {
        if (found >= 0 && !larger(value, b)) return found
        value = b
        return place
      },
      -1,
    )
    return [best, { ...first, dtype: 'int32' }]
  },
  draw(draw) {
    const { params, shape } = drawPool(draw)
    return { inputs: [distinct(draw, shape)], params }
  },
  edges: () =>
    [Number.NaN, Infinity, -Infinity, 0].map(special => ({
      inputs: [
        build([2, 4, 5], 'float32', ([i, j, k]) => (i === 1 && j > 1 && k > 2 ? special : Math.fround((j * k) % 3))),
      ],
      params: {
        size: [2, 3],
        stride: [1, 2],
        dilation: [2, 1],
        padding: [
          [1, 0],
          [2, 1],
        ],
      },
    })),
}

export const sumPoolLaws: Laws<PoolParams> = {
  primitive: sumPoolPrimitive,
  tolerance: 27,
  reference: ([x], params) => [fold(x, params, (a, b) => a + b, 0)],
  magnitude: ([x], params) => [fold(absolute(x), params, (a, b) => a + b, 0)],
  draw(draw) {
    const { params, shape } = drawPool(draw)
    const dilation = params.size.map(() => draw.integer(1, 2))
    const high = params.size.map((size, i): [number, number] => [params.padding[i][0], params.padding[i][1] + size - 1])
    return { inputs: [values(draw, shape)], params: { ...params, dilation, padding: high } }
  },
}
