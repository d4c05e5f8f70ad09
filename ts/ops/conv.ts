// Convolutions of any number of spatial dimensions: products with sliding windows, which nobody ever stores; and their
// transposes, which add windows up.

import type { Windows } from '../compiler/view.js'
import { checkOptions } from '../core/options.js'
import { range, showShape, sizeOf } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { applyProgram, bind1, isTracing, traceProgram } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { add } from './arithmetic.js'
import { cast } from './cast.js'
import { dotGeneral } from './dot-general.js'
import { pad } from './pad.js'
import { reshape } from './reshape.js'
import { slice } from './slice.js'
import { moveaxis } from './transpose.js'
import { checkFit, overlapAdd, type PerAxis, perAxis, windowsOf, windowsPrimitive } from './windows.js'

/** Zeros around each spatial dimension: a number, or for each a number or [before, after]. */
export type Padding = number | readonly (number | readonly [number, number])[]

/** How windows of a convolution are laid, and what is added to its result. */
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

/** The names of the options of all convolutions. */
export const CONV_NAMES = { stride: 1, padding: 1, dilation: 1, groups: 1, bias: 1 } as const

/** How windows of a transposed convolution are laid, and what is added to its result. */
export interface ConvTransposeOptions extends Omit<ConvOptions, 'padding'> {
  /** What is cut off at both ends (0). */
  padding?: Padding
  /** What is added at the end (0). */
  outputPadding?: PerAxis
}

/**
 * [before, after] for each of `n` dimensions. `same`: the lengths and the windows for which 'same' gives ceil(length /
 * stride) windows, the odd element at the end (TensorFlow's); without it only numbers are taken.
 */
export function paddingOf(
  operation: string,
  padding: unknown,
  n: number,
  same?: { lengths: readonly number[] } & Windows,
): [number, number][] {
  if (same && padding === 'same') {
    return same.lengths.map((length, i) => {
      const stride = same.stride[i]
      const extent = (same.size[i] - 1) * same.dilation[i] + 1
      const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + extent - length)
      return [total >> 1, (total + 1) >> 1]
    })
  }
  const plain = same && padding === 'valid' ? 0 : padding
  const list = Array.isArray(plain) ? plain : new Array(n).fill(plain)
  const pairs = list.map(each => (Array.isArray(each) ? each : [each, each]))
  if (list.length !== n || !pairs.every(pair => pair.length === 2 && pair.every(w => Number.isInteger(w) && w >= 0))) {
    throw rangeError(
      `${operation}: padding is a number of elements, or for each of ${n} dimensions one or [before, after], not ${JSON.stringify(padding)}`,
    )
  }
  return pairs as [number, number][]
}

/** `f` of the inputs as float32; as one program where no trace is open, so that views between its steps are never stored. */
function asOne(operands: readonly Tensor[], f: (inputs: readonly Tensor[]) => Tensor): Tensor {
  const inputs = operands.map(operand => cast(operand, 'float32'))
  if (isTracing()) return f(inputs)
  const { program, captured } = traceProgram(inputs, own => [f(own)])
  return applyProgram(program, [...captured, ...inputs])[0]
}

/** Checks what all convolutions share; `inner` is the dimension of `w` that pairs with the channels of `x`. */
function checkOperands(
  operation: string,
  x: Tensor,
  w: Tensor,
  n: number,
  { groups = 1, bias }: Pick<ConvOptions, 'groups' | 'bias'>,
  inner: 0 | 1,
): void {
  checkTensor(operation, x, 'x')
  checkTensor(operation, w, 'w')
  if ((x.rank !== n + 1 && x.rank !== n + 2) || w.rank !== n + 2) {
    throw typeError(
      `${operation}: x has ${n + 1} dimensions, or ${n + 2} with a batch, and w ${n + 2}: ${showShape(x.shape)} and ${showShape(w.shape)}`,
    )
  }
  perAxis(operation, 'groups', groups, 1)
  if (x.shape[x.rank - n - 1] !== w.shape[inner] * (inner ? groups : 1) || w.shape[0] % groups > 0) {
    throw typeError(
      `${operation}: channels do not fit: x ${showShape(x.shape)}, w ${showShape(w.shape)}, ${groups} groups`,
    )
  }
  if (bias === undefined) return
  checkTensor(operation, bias, 'bias')
  const channels = inner ? w.shape[0] : w.shape[1] * groups
  if (bias.rank !== 1 || bias.size !== channels) {
    throw typeError(`${operation}: bias ${showShape(bias.shape)} does not fit ${channels} output channels`)
  }
}

/** `x` with its dimension `axis` of channels as two, [groups, channels / groups]; as it is where there is one group. */
const grouped = (x: Tensor, axis: number, groups: number): Tensor =>
  groups === 1 ? x : reshape(x, [...x.shape.slice(0, axis), groups, x.shape[axis] / groups, ...x.shape.slice(axis + 1)])

/** A product [groups?, O / groups, N?, ...space] as [N?, O, ...space], with the bias. */
function asChannels(product: Tensor, n: number, isBatched: boolean, bias: Tensor | undefined): Tensor {
  const { shape } = product
  const space = shape.slice(isBatched ? -n - 1 : -n)
  const channels = sizeOf(shape.slice(0, shape.length - space.length))
  const joined = shape.length > space.length + 1 ? reshape(product, [channels, ...space]) : product
  const y = isBatched ? moveaxis(joined, 1, 0) : joined
  return bias ? add(y, reshape(bias, [bias.size, ...new Array<number>(n).fill(1)])) : y
}

function convolve(operation: string, n: number, x: Tensor, w: Tensor, options: ConvOptions): Tensor {
  checkOptions(operation, options, CONV_NAMES)
  const { padding = 0, groups = 1, bias } = options
  const g = groups > 1 ? 1 : 0
  checkOperands(operation, x, w, n, options, 1)
  const params = windowsOf(operation, w.shape.slice(2), n, options)
  const lead = x.rank - n
  const widths = paddingOf(operation, padding, n, { lengths: x.shape.slice(lead), ...params })
  checkFit(
    operation,
    widths.map(([low, high], i) => low + x.shape[lead + i] + high),
    params,
  )
  return asOne([x, w, ...(bias ? [bias] : [])], ([x, w, bias]) => {
    // [N?, groups?, C / groups, ...space], and with windows; the batch goes to their counts, the columns of the product.
    const padded = pad(grouped(x, lead - 1, groups), [...new Array(lead + g).fill([0, 0]), ...widths])
    const all = bind1(windowsPrimitive, [padded], params)
    const columns = lead > 1 ? moveaxis(all, 0, g + 1 + n) : all
    const inner = range(n + 1).map(i => i + g)
    const contract = [inner.map(i => i + 1), inner] as const
    const batch = [range(g), range(g)] as const
    return asChannels(dotGeneral(grouped(w, 0, groups), columns, { contract, batch }), n, lead > 1, bias)
  })
}

function convolveTranspose(operation: string, n: number, x: Tensor, w: Tensor, options: ConvTransposeOptions): Tensor {
  checkOptions(operation, options, { ...CONV_NAMES, outputPadding: 1 })
  const { padding = 0, groups = 1, bias, outputPadding = 0 } = options
  const g = groups > 1 ? 1 : 0
  checkOperands(operation, x, w, n, options, 0)
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
    // [groups?, O / groups, ...size, N?, ...counts]
    const products = dotGeneral(grouped(w, 0, groups), grouped(x, lead - 1, groups), {
      contract: [[g], [lead - 1 + g]],
      batch: [range(g), range(g).map(() => lead - 1)],
    })
    const front = lead > 1 ? moveaxis(products, g + 1 + n, 0) : products
    const full = overlapAdd(front, { ...params, space })
    const padded = pad(full, [
      ...new Array(lead + g).fill([0, 0]),
      ...ends.map((end, i): [number, number] => [0, Math.max(0, end - space[i])]),
    ])
    const cut = slice(
      padded,
      [...new Array(lead + g).fill(0), ...widths.map(([low]) => low)],
      [...padded.shape.slice(0, lead + g), ...ends],
    )
    return asChannels(lead > 1 ? moveaxis(cut, 0, g + 1) : cut, n, lead > 1, bias)
  })
}

/**
 * The cross-correlation of `x` [C, L] or [N, C, L] with filters `w` [O, C / groups, k] -> [O, L'] or [N, O, L'], where
 * L' = floor((L + padding - (k - 1) dilation - 1) / stride) + 1. Layouts and options are PyTorch's. Throws where
 * channels or windows do not fit.
 * @example conv1d(tensor([[1, 2, 4]]), tensor([[[-1, 1]]])) // [[1, 2]]
 */
export const conv1d = (x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor => convolve('conv1d', 1, x, w, options)

/**
 * The cross-correlation of `x` [C, H, W] or [N, C, H, W] with filters `w` [O, C / groups, h, w] -> [O, H', W'] or [N,
 * O, H', W'], where H' = floor((H + padding - (h - 1) dilation - 1) / stride) + 1. Layouts and options are PyTorch's.
 * Throws where channels or windows do not fit.
 * @example conv2d(ones([3, 8, 8]), ones([16, 3, 5, 5]), { stride: 2, padding: 'same' }).shape // [16, 4, 4]
 */
export const conv2d = (x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor => convolve('conv2d', 2, x, w, options)

/**
 * The cross-correlation of `x` [C, D, H, W] or [N, C, D, H, W] with filters `w` [O, C / groups, d, h, w] -> [O, D', H',
 * W'] or [N, O, D', H', W'], lengths as in `conv2d`. Layouts and options are PyTorch's. Throws where channels or
 * windows do not fit.
 * @example conv3d(ones([2, 4, 4, 4]), ones([1, 2, 3, 3, 3])).shape // [1, 2, 2, 2]
 */
export const conv3d = (x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor => convolve('conv3d', 3, x, w, options)

/**
 * The transpose of `conv1d` (its gradient for x): `x` [C, L] or [N, C, L] and `w` [C, O / groups, k] give
 * [O, L'] or [N, O, L'], L' = (L - 1) stride + (k - 1) dilation + 1 - padding + outputPadding (PyTorch's).
 * Throws where channels do not fit or nothing is left.
 * @example convTranspose1d(tensor([[1, 2]]), tensor([[[1, 1, 1]]]), { stride: 2 }) // [[1, 1, 3, 2, 2]]
 */
export const convTranspose1d = (x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor =>
  convolveTranspose('convTranspose1d', 1, x, w, options)

/**
 * The transpose of `conv2d` (its gradient for x): `x` [C, H, W] or [N, C, H, W] and `w` [C, O / groups, h, w] give
 * [O, H', W'] or [N, O, H', W'], H' = (H - 1) stride + (h - 1) dilation + 1 - padding + outputPadding (PyTorch's).
 * Throws where channels do not fit or nothing is left.
 * @example convTranspose2d(ones([16, 7, 7]), ones([16, 8, 4, 4]), { stride: 2, padding: 1 }).shape // [8, 14, 14]
 */
export const convTranspose2d = (x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor =>
  convolveTranspose('convTranspose2d', 2, x, w, options)

/**
 * The transpose of `conv3d` (its gradient for x): `x` [C, D, H, W] or [N, C, D, H, W] and `w` [C, O / groups, d, h, w].
 * Throws where channels do not fit or nothing is left.
 * @example convTranspose3d(ones([1, 2, 2, 2]), ones([1, 1, 2, 2, 2]), { stride: 2 }).shape // [1, 4, 4, 4]
 */
export const convTranspose3d = (x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor =>
  convolveTranspose('convTranspose3d', 3, x, w, options)
