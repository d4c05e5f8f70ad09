// Convolutions of any number of spatial dimensions: products with sliding windows, which nobody ever stores; and their
// transposes, which add windows up.

import { range, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { applyProgram, bind1, isTracing, traceProgram } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { add } from './arithmetic.js'
import { dotGeneral } from './dot-general.js'
import { reshape } from './reshape.js'
import { pad, slice } from './slice.js'
import { moveaxis } from './transpose.js'
import { checkFit, overlapAdd, type PerAxis, perAxis, windowsOf, windowsPrimitive } from './windows.js'

/** Zeros around each spatial dimension: a number, or for each a number or [before, after]. */
export type Padding = number | readonly (number | readonly [number, number])[]

export interface ConvOptions {
  /** Distance between neighbouring windows (1). */
  stride?: PerAxis
  /** Zeros added at both ends (0); 'same': as many as give ceil(length / stride) windows; 'valid': none. */
  padding?: Padding | 'same' | 'valid'
  /** Distance between neighbouring elements of a window (1). */
  dilation?: PerAxis
  /** Groups of channels that do not mix (1). */
  groups?: number
  /** Added to each output channel: [O]. */
  bias?: Tensor
}

export interface ConvTransposeOptions extends Omit<ConvOptions, 'padding'> {
  /** What is cut off at both ends (0). */
  padding?: Padding
  /** What is added at the end (0). */
  outputPadding?: PerAxis
}

/** [before, after] for each of `n` dimensions. */
export function paddingOf(operation: string, padding: unknown, n: number): [number, number][] {
  const list = Array.isArray(padding) ? padding : new Array(n).fill(padding)
  const pairs = list.map(each => (Array.isArray(each) ? each : [each, each]))
  if (list.length !== n || !pairs.every(pair => pair.length === 2 && pair.every(w => Number.isInteger(w) && w >= 0))) {
    throw rangeError(
      `${operation}: padding is a number of elements, or for each of ${n} dimensions one or [before, after], not ${JSON.stringify(padding)}`,
    )
  }
  return pairs as [number, number][]
}

/** What gives ceil(length / stride) windows, the odd element at the end (TensorFlow's SAME). */
export const samePadding = (length: number, extent: number, stride: number): [number, number] => {
  const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + extent - length)
  return [total >> 1, (total + 1) >> 1]
}

/** `f(inputs)`; as one program where no trace is open, so that views between its steps are never stored. */
export function asOne(inputs: readonly Tensor[], f: (inputs: readonly Tensor[]) => Tensor): Tensor {
  if (isTracing()) return f(inputs)
  const { program, captured } = traceProgram(inputs, own => [f(own)])
  return applyProgram(program, [...captured, ...inputs])[0]
}

/** Checks what all convolutions share; `inner` is the channel dimension of `w` that pairs with those of `x`. */
function checkOperands(operation: string, x: Tensor, w: Tensor, n: number, groups: number, inner: 0 | 1): void {
  checkTensor(operation, x, 'x')
  checkTensor(operation, w, 'w')
  if ((x.rank !== n + 1 && x.rank !== n + 2) || w.rank !== n + 2) {
    throw typeError(
      `${operation}: x has ${n + 1} dimensions, or ${n + 2} with a batch, and w ${n + 2}: ${showShape(x.shape)} and ${showShape(w.shape)}`,
    )
  }
  perAxis(operation, 'groups', groups, 1)
  const channels = x.shape[x.rank - n - 1]
  if (channels !== w.shape[inner] * (inner ? groups : 1) || w.shape[0] % groups > 0) {
    throw typeError(
      `${operation}: channels do not fit: x ${showShape(x.shape)}, w ${showShape(w.shape)}, ${groups} groups`,
    )
  }
}

/** The result [groups, O / groups, N?, ...space] of the product as [N?, O, ...space], with the bias. */
function asChannels(operation: string, product: Tensor, n: number, bias: Tensor | undefined): Tensor {
  const [g, o, ...rest] = product.shape
  const channels = reshape(product, [g * o, ...rest])
  const y = rest.length > n ? moveaxis(channels, 1, 0) : channels
  if (bias === undefined) return y
  checkTensor(operation, bias, 'bias')
  if (bias.rank !== 1 || bias.size !== g * o) {
    throw typeError(`${operation}: bias ${showShape(bias.shape)} does not fit ${g * o} output channels`)
  }
  return add(y, reshape(bias, [g * o, ...new Array<number>(n).fill(1)]))
}

/** `x` [N?, C, ...space] with its channels as [N?, groups, C / groups, ...space]. */
const grouped = (x: Tensor, n: number, groups: number): Tensor => {
  const at = x.rank - n - 1
  return reshape(x, [...x.shape.slice(0, at), groups, x.shape[at] / groups, ...x.shape.slice(at + 1)])
}

function convolve(operation: string, n: number, x: Tensor, w: Tensor, options: ConvOptions): Tensor {
  const { padding = 0, groups = 1, bias } = options
  checkOperands(operation, x, w, n, groups, 1)
  const params = windowsOf(operation, w.shape.slice(2), n, options)
  const lead = x.rank - n
  const widths =
    padding === 'same'
      ? range(n).map(i =>
          samePadding(x.shape[lead + i], (params.size[i] - 1) * params.dilation[i] + 1, params.stride[i]),
        )
      : paddingOf(operation, padding === 'valid' ? 0 : padding, n)
  checkFit(
    operation,
    widths.map(([low, high], i) => low + x.shape[lead + i] + high),
    params,
  )
  return asOne([x, w, ...(bias ? [bias] : [])], ([x, w, bias]) => {
    const padded = pad(grouped(x, n, groups), [...new Array(lead + 1).fill([0, 0]), ...widths])
    const all = bind1(windowsPrimitive, [padded], params)
    // [groups, C / groups, ...size, N?, ...counts]: the batch is with the counts, which are the columns of the product.
    const columns = lead > 1 ? moveaxis(all, 0, n + 2) : all
    const filters = reshape(w, [groups, w.shape[0] / groups, ...w.shape.slice(1)])
    const inner = range(n + 1)
    const contract = [inner.map(i => i + 2), inner.map(i => i + 1)] as const
    return asChannels(operation, dotGeneral(filters, columns, { contract, batch: [[0], [0]] }), n, bias)
  })
}

function convolveTranspose(operation: string, n: number, x: Tensor, w: Tensor, options: ConvTransposeOptions): Tensor {
  const { padding = 0, groups = 1, bias, outputPadding = 0 } = options
  checkOperands(operation, x, w, n, groups, 0)
  const params = windowsOf(operation, w.shape.slice(2), n, options)
  const widths = paddingOf(operation, padding, n)
  const more = perAxis(operation, 'outputPadding', outputPadding, n, 0)
  const lead = x.rank - n
  const counts = x.shape.slice(lead)
  // A dimension of length 0 has no windows, and neither a place for them.
  const space = counts.map((count, i) =>
    count === 0 ? 0 : (count - 1) * params.stride[i] + (params.size[i] - 1) * params.dilation[i] + 1,
  )
  const ends = space.map((length, i) => length + more[i] - widths[i][1])
  if (ends.some((end, i) => end <= widths[i][0])) {
    throw rangeError(`${operation}: padding ${JSON.stringify(padding)} leaves nothing of ${showShape(space)}`)
  }
  return asOne([x, w, ...(bias ? [bias] : [])], ([x, w, bias]) => {
    const filters = reshape(w, [groups, w.shape[0] / groups, ...w.shape.slice(1)])
    // [groups, O / groups, ...size, N?, ...counts]
    const products = dotGeneral(filters, grouped(x, n, groups), {
      contract: [[1], [lead]],
      batch: [[0], [lead - 1]],
    })
    const front = lead > 1 ? moveaxis(products, n + 2, 0) : products
    const full = overlapAdd(front, { ...params, space })
    const rest = new Array(lead + 1)
    const padded = pad(full, [
      ...rest.fill([0, 0]),
      ...ends.map((end, i): [number, number] => [0, Math.max(0, end - space[i])]),
    ])
    const cut = slice(
      padded,
      [...rest.fill(0), ...widths.map(([low]) => low)],
      [...padded.shape.slice(0, lead + 1), ...ends],
    )
    return asChannels(operation, lead > 1 ? moveaxis(cut, 0, 2) : cut, n, bias)
  })
}

/**
 * The cross-correlation of `x` [C, L] or [N, C, L] with filters `w` [O, C / groups, k]: [O, L'] or [N, O, L'].
 * Layouts and options are PyTorch's. Throws where channels or windows do not fit.
 * @example
 * import { conv1d, tensor } from 'heddle'
 * conv1d(tensor([[1, 2, 4]]), tensor([[[-1, 1]]])).toArray() // [[1, 2]]
 */
export const conv1d = (x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor => convolve('conv1d', 1, x, w, options)

/**
 * The cross-correlation of `x` [C, H, W] or [N, C, H, W] with filters `w` [O, C / groups, h, w]: [O, H', W'] or
 * [N, O, H', W'], where H' = floor((H + padding - (h - 1) dilation - 1) / stride) + 1. Layouts and options are PyTorch's.
 * Throws where channels or windows do not fit.
 * @example
 * import { conv2d, ones } from 'heddle'
 * conv2d(ones([3, 8, 8]), ones([16, 3, 5, 5]), { stride: 2, padding: 'same' }).shape // [16, 4, 4]
 */
export const conv2d = (x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor => convolve('conv2d', 2, x, w, options)

/**
 * The cross-correlation of `x` [C, D, H, W] or [N, C, D, H, W] with filters `w` [O, C / groups, d, h, w].
 * Layouts and options are PyTorch's. Throws where channels or windows do not fit.
 * @example
 * import { conv3d, ones } from 'heddle'
 * conv3d(ones([2, 4, 4, 4]), ones([1, 2, 3, 3, 3])).shape // [1, 2, 2, 2]
 */
export const conv3d = (x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor => convolve('conv3d', 3, x, w, options)

/**
 * The transpose of `conv1d` (its gradient for x): `x` [C, L] or [N, C, L] and `w` [C, O / groups, k] give
 * [O, L'] or [N, O, L'], L' = (L - 1) stride + (k - 1) dilation + 1 - padding + outputPadding (PyTorch's).
 * Throws where channels do not fit or nothing is left.
 * @example
 * import { convTranspose1d, tensor } from 'heddle'
 * convTranspose1d(tensor([[1, 2]]), tensor([[[1, 1, 1]]]), { stride: 2 }).toArray() // [[1, 1, 3, 2, 2]]
 */
export const convTranspose1d = (x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor =>
  convolveTranspose('convTranspose1d', 1, x, w, options)

/**
 * The transpose of `conv2d` (its gradient for x): `x` [C, H, W] or [N, C, H, W] and `w` [C, O / groups, h, w] give
 * [O, H', W'] or [N, O, H', W'], H' = (H - 1) stride + (h - 1) dilation + 1 - padding + outputPadding (PyTorch's).
 * Throws where channels do not fit or nothing is left.
 * @example
 * import { convTranspose2d, ones } from 'heddle'
 * convTranspose2d(ones([16, 7, 7]), ones([16, 8, 4, 4]), { stride: 2, padding: 1 }).shape // [8, 14, 14]
 */
export const convTranspose2d = (x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor =>
  convolveTranspose('convTranspose2d', 2, x, w, options)

/**
 * The transpose of `conv3d` (its gradient for x): `x` [C, D, H, W] or [N, C, D, H, W] and `w` [C, O / groups, d, h, w].
 * Throws where channels do not fit or nothing is left.
 * @example
 * import { convTranspose3d, ones } from 'heddle'
 * convTranspose3d(ones([1, 2, 2, 2]), ones([1, 1, 2, 2, 2]), { stride: 2 }).shape // [1, 4, 4, 4]
 */
export const convTranspose3d = (x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor =>
  convolveTranspose('convTranspose3d', 3, x, w, options)
