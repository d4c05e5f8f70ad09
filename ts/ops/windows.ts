// Sliding windows: a view whose strides overlap, which products read where it lies; and its transpose, which adds the
// windows back into what they were taken from.

import { Opcode } from '../../assembly/format.js'
import { emitExtended } from '../compiler/emit-extended.js'
import { emitGemmViews } from '../compiler/emit-gemm-views.js'
import { read, update, write } from '../compiler/lowering.js'
import { collapse, elements, type Windows, windowsView } from '../compiler/view.js'
import { checkOptions } from '../core/options.js'
import type { Primitive } from '../core/primitive.js'
import { normalizeAxes, range, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { absolute, build, type Draw, get, indices, type Laws, type NdArray, values } from './laws.js'
import { moveaxis, transpose } from './transpose.js'

/** How many windows fit, for each of the last dimensions of `shape`. */
export const windowCounts = (shape: readonly number[], { size, stride, dilation }: Windows): number[] =>
  size.map((length, i) => {
    const space = shape[shape.length - size.length + i] - (length - 1) * dilation[i] - 1
    return space < 0 ? 0 : Math.floor(space / stride[i]) + 1
  })

/** Programs with windows have products of them, or of what is added back, whose indices walk by many strides. */
const productsOfViews: Primitive<Windows>['aim'] = lowering => {
  lowering.emitViews = emitGemmViews
}

/** [...lead, ...space] -> [...lead, ...size, ...counts]. */
export const windowsPrimitive: Primitive<Windows> = {
  name: 'windows',
  type: ([{ shape, dtype }], params) => [
    { shape: [...shape.slice(0, -params.size.length), ...params.size, ...windowCounts(shape, params)], dtype },
  ],
  jvp: (_primals, [tangent], _results, params) => [bind1(windowsPrimitive, [tangent!], params)],
  transpose: ([cotangent], _inputs, [{ shape }], params) => [
    cotangent && overlapAdd(cotangent, { ...params, space: shape.slice(-params.size.length) }),
  ],
  batch([input], [dim], params) {
    const n = params.size.length
    const isLead = dim! < input.rank - n
    const windows = bind1(windowsPrimitive, [isLead ? input : moveaxis(input, dim!, 0)], params)
    // The batch goes before the counts: with them it makes the columns of a product.
    const at = windows.rank - n - 1
    return { results: [moveaxis(windows, isLead ? dim! : 0, at)], dims: [at] }
  },
  lower(lowering, { inputs, outputs }, params) {
    const view = lowering.view(inputs[0])
    lowering.define(outputs[0], windowsView(view, params, windowCounts(view.shape, params)))
  },
  aim: productsOfViews,
  cheap: true,
}

interface OverlapParams extends Windows {
  /** The lengths of the dimensions that the windows slide over. */
  readonly space: readonly number[]
}

/** [...lead, ...size, ...counts] -> [...lead, ...space]: the transpose of windows. */
export const overlapAddPrimitive: Primitive<OverlapParams> = {
  name: 'overlapAdd',
  type([{ shape, dtype }], { size, space }) {
    if (dtype !== 'float32') throw typeError(`overlapAdd: dtype ${dtype} is not accepted, only float32`)
    return [{ shape: [...shape.slice(0, shape.length - 2 * size.length), ...space], dtype }]
  },
  jvp: (_primals, [tangent], _results, params) => [overlapAdd(tangent!, params)],
  transpose: ([cotangent], _inputs, _types, { space: _, ...params }) => [
    cotangent && bind1(windowsPrimitive, [cotangent], params),
  ],
  batch([input], [dim], params) {
    const isLead = dim! < input.rank - 2 * params.size.length
    return {
      results: [overlapAdd(isLead ? input : moveaxis(input, dim!, 0), params)],
      dims: [isLead ? dim : 0],
    }
  },
  aim: productsOfViews,
  lower(lowering, { inputs, outputs }, params) {
    const out = lowering.output(outputs[0])
    if (elements(out.shape) === 0) return
    const from = lowering.view(inputs[0])
    lowering.emit(Opcode.Fill, [elements(out.shape), 0, write(out)])
    if (elements(from.shape) === 0) return
    const n = params.size.length
    const lead = out.shape.length - n
    const target = windowsView(out, params, from.shape.slice(lead + n))
    const levels = (start: number, end: number) =>
      collapse(
        range(end - start).map(i => ({
          length: from.shape[start + i],
          strides: [target.strides[start + i], from.strides[start + i]],
        })),
      )
    const parts = [levels(0, lead), levels(lead, lead + n), levels(lead + n, lead + 2 * n)]
    if (parts[2].length === 0) parts[2].push({ length: 1, strides: [4, 4] })
    emitExtended(lowering, Opcode.OverlapAdd, [
      parts[0].length | (parts[1].length << 8) | (parts[2].length << 16),
      update(out),
      read(from),
      ...parts.flat().flatMap(({ length, strides }) => [length, ...strides]),
    ])
  },
}

/** The transpose of windows: each element of [...lead, ...size, ...counts] added to where it came from in [...lead, ...space]. */
export const overlapAdd = (x: Tensor, params: OverlapParams): Tensor => bind1(overlapAddPrimitive, [x], params)

/** One number for all of `n` dimensions, or one for each. */
export type PerAxis = number | readonly number[]

/** `value` as `n` integers of at least `low`. */
export function perAxis(operation: string, what: string, value: PerAxis, n: number, low = 1): number[] {
  const list = typeof value === 'number' ? new Array<number>(n).fill(value) : value
  if (!Array.isArray(list) || list.length !== n || !list.every(each => Number.isInteger(each) && each >= low)) {
    throw rangeError(
      `${operation}: ${what} is an integer of at least ${low}, or ${n} of them, not ${JSON.stringify(value)}`,
    )
  }
  return list
}

/** Over which axes windows slide, and how. @inline */
export interface WindowsOptions {
  /** The axis or axes (the last ones). */
  axis?: number | readonly number[]
  /** Distance between neighbouring windows (1). */
  stride?: PerAxis
  /** Distance between neighbouring elements of a window (1). */
  dilation?: PerAxis
}

/**
 * The windows that slide over some axes of `x`: [..., H, W] gives [..., H', W', h, w], where H' = floor((H - (h - 1)
 * dilation - 1) / stride) + 1 (NumPy's sliding_window_view, with strides). A view: nothing is copied. `axis` is the last
 * `size.length` axes by default. Throws for sizes, strides and dilations below 1, and where no window fits.
 * @example windows(arange(5), 3) // [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
 */
export function windows(x: Tensor, size: PerAxis, options: WindowsOptions = {}): Tensor {
  checkTensor('windows', x)
  checkOptions('windows', options, { axis: 1, stride: 1, dilation: 1 })
  const count = Array.isArray(size) ? size.length : 1
  const axes = normalizeAxes('windows', options.axis ?? range(count).map(i => i - count), x.rank)
  const n = axes.length
  const params = windowsOf('windows', size, n, options)
  const rest = range(x.rank).filter(axis => !axes.includes(axis))
  const front = transpose(x, [...rest, ...axes])
  checkFit('windows', front.shape, params)
  const all = bind1(windowsPrimitive, [front], params)
  // [rest, size, counts] -> counts in the places of their axes, sizes last.
  const order = range(x.rank).map(axis => {
    const i = axes.indexOf(axis)
    return i < 0 ? rest.indexOf(axis) : rest.length + n + i
  })
  return transpose(all, [...order, ...range(n).map(i => rest.length + i)])
}

/** Sizes, strides and dilations as lists. */
export const windowsOf = (
  operation: string,
  size: PerAxis,
  n: number,
  { stride = 1, dilation = 1 }: { stride?: PerAxis; dilation?: PerAxis },
): Windows => ({
  size: perAxis(operation, 'size', size, n),
  stride: perAxis(operation, 'stride', stride, n),
  dilation: perAxis(operation, 'dilation', dilation, n),
})

/** Throws unless a window fits into the last dimensions of `shape`. */
export function checkFit(operation: string, shape: readonly number[], params: Windows): void {
  if (windowCounts(shape, params).includes(0)) {
    throw rangeError(
      `${operation}: windows of ${showShape(params.size)} (dilation ${params.dilation}) do not fit into ${showShape(shape)}`,
    )
  }
}

/** For laws: the index in [...lead, ...space] of an element of [...lead, ...size, ...counts]. */
export const placeOf = (index: readonly number[], { size, stride, dilation }: Windows): number[] => {
  const n = size.length
  const lead = index.length - 2 * n
  return [
    ...index.slice(0, lead),
    ...size.map((_, i) => index[lead + i] * dilation[i] + index[lead + n + i] * stride[i]),
  ]
}

/** For laws: windows and a shape that they fit into. */
export const drawWindows = (draw: Draw): { params: Windows; shape: number[] } => {
  const lead = range(draw.integer(0, 2)).map(() => draw.pick([0, 1, 2, 3]))
  const each = range(draw.integer(1, 3)).map(() => {
    const [size, stride, dilation] = [draw.integer(1, 3), draw.integer(1, 3), draw.integer(1, 2)]
    return { size, stride, dilation, length: (size - 1) * dilation + 1 + draw.integer(0, 5) }
  })
  const params = {
    size: each.map(({ size }) => size),
    stride: each.map(({ stride }) => stride),
    dilation: each.map(({ dilation }) => dilation),
  }
  return { params, shape: [...lead, ...each.map(({ length }) => length)] }
}

export const windowsLaws: Laws<Windows> = {
  primitive: windowsPrimitive,
  tolerance: 0,
  reference: ([x], params) => [
    build(windowsPrimitive.type([x], params)[0].shape, x.dtype, index => get(x, placeOf(index, params))),
  ],
  draw(draw) {
    const { params, shape } = drawWindows(draw)
    return { inputs: [values(draw, shape, draw.pick(['float32', 'float32', 'int32']))], params }
  },
}

const overlap = (x: NdArray, params: OverlapParams): NdArray => {
  const result = build(overlapAddPrimitive.type([x], params)[0].shape, 'float32', () => 0)
  for (const index of indices(x.shape)) {
    const at = placeOf(index, params).reduce((flat, i, axis) => flat * result.shape[axis] + i, 0)
    result.data[at] += get(x, index)
  }
  return result
}

export const overlapAddLaws: Laws<OverlapParams> = {
  primitive: overlapAddPrimitive,
  tolerance: 27,
  reference: ([x], params) => [overlap(x, params)],
  magnitude: ([x], params) => [overlap(absolute(x), params)],
  draw(draw) {
    const { params, shape } = drawWindows(draw)
    const space = shape.slice(shape.length - params.size.length)
    const [{ shape: full }] = windowsPrimitive.type([{ shape, dtype: 'float32' }], params)
    return { inputs: [values(draw, full)], params: { ...params, space } }
  },
}
