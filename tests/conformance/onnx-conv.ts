// ONNX's convolutions, pools and local response normalisation.
import {
  add,
  arange,
  argmaxPool,
  cast,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  lpPool,
  maxPool,
  meanPool,
  mul,
  reshape,
  round,
  sub,
  type Tensor,
  vmap,
} from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import type { Attrs, Operator, Operators } from './onnx-operator.js'

const convolutions = [conv1d, conv2d, conv3d]
const transposed = [convTranspose1d, convTranspose2d, convTranspose3d]

/** [before..., after...] as pairs. */
const pairs = (list: readonly number[]): [number, number][] =>
  list.slice(0, list.length / 2).map((low, i) => [low, list[i + list.length / 2]])

/** The padding of a window operator over `space`. */
function paddingOf(space: readonly number[], size: readonly number[], a: Attrs): [number, number][] {
  const { auto_pad: auto = 'NOTSET', strides = [], dilations = [] } = a
  if (auto === 'NOTSET' || auto === 'VALID') return pairs(a.pads ?? new Array(2 * space.length).fill(0))
  return space.map((length, i) => {
    const stride = strides[i] ?? 1
    const extent = (size[i] - 1) * (dilations[i] ?? 1) + 1
    const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + extent - length)
    const [less, more] = [total >> 1, (total + 1) >> 1]
    return auto === 'SAME_LOWER' ? [more, less] : [less, more]
  })
}

const float = (x: Tensor): Tensor => cast(x, 'float32')

const poolOptions = (x: Tensor, a: Attrs) => ({
  stride: a.strides ?? 1,
  dilation: a.dilations ?? 1,
  ceil: a.ceil_mode === 1,
  padding: paddingOf(x.shape.slice(2), a.kernel_shape, a),
})

const convolution = ([x, w, bias]: readonly Tensor[], a: Attrs): Tensor => {
  const n = x.rank - 2
  const padding = paddingOf(x.shape.slice(2), w.shape.slice(2), a)
  return convolutions[n - 1](x, w, { padding, stride: a.strides, dilation: a.dilations, groups: a.group, bias })
}

const convTranspose: Operator = ([x, w, bias], a) => {
  const n = x.rank - 2
  const space = x.shape.slice(2)
  const wanted: number[] | undefined = a.output_shape
  let outputPadding: number[] = a.output_padding ?? new Array(n).fill(0)
  let padding = pairs(a.pads ?? new Array(2 * n).fill(0))
  const stride: number[] = a.strides ?? new Array(n).fill(1)
  if (wanted !== undefined || a.auto_pad?.startsWith('SAME')) {
    const more = space.map((length, i) => {
      const extent = (w.shape[2 + i] - 1) * (a.dilations?.[i] ?? 1) + 1
      const full = (length - 1) * stride[i] + extent + outputPadding[i]
      return full - (wanted?.[i - n + wanted.length] ?? length * stride[i])
    })
    outputPadding = outputPadding.map((own, i) => own + Math.max(0, -more[i]))
    padding = more.map(total => {
      const [less, rest] = [Math.max(0, total) >> 1, (Math.max(0, total) + 1) >> 1]
      return a.auto_pad === 'SAME_UPPER' ? [less, rest] : [rest, less]
    })
  }
  const options = { padding, outputPadding, stride, dilation: a.dilations, groups: a.group, bias }
  return transposed[n - 1](x, w, options)
}

/** Integers are exact in float32 below 2^24. */
const convInteger: Operator = ([x, w, xZero, wZero], a) => {
  const from = (value: Tensor, zero: Tensor | undefined) =>
    zero === undefined ? float(value) : sub(float(value), float(zero))
  return cast(round(convolution([from(x, xZero), from(w, wZero)], a)), 'int32')
}

/** Indices count over the whole tensor [N, C, ...]. */
const maxima: Operator = ([x], a) => {
  const options = poolOptions(x, a)
  const places = argmaxPool(float(x), a.kernel_shape, options)
  const [n, c, ...space] = x.shape
  const plane = reshape(arange(n * c), [n, c, ...space.map(() => 1)])
  const size = space.reduce((product, length) => product * length, 1)
  return [cast(maxPool(float(x), a.kernel_shape, options), x.dtype), add(places, mul(plane, size))]
}

/** Over all spatial dimensions, which stay with length 1. */
const overSpace =
  (pool: (x: Tensor) => Tensor): Operator =>
  ([x]) => {
    const [n, c, ...space] = x.shape
    return reshape(vmap(pool)(x), [n, c, ...space.map(() => 1)])
  }

const localResponse: Operator = ([x], { size, alpha, beta, bias }) =>
  vmap(nn.localResponseNorm(size, { alpha, beta, k: bias }))(x)

export const onnxConvolutions: Operators = {
  Conv: convolution,
  ConvInteger: convInteger,
  ConvTranspose: convTranspose,
  MaxPool: maxima,
  AveragePool: ([x], a) => [
    meanPool(x, a.kernel_shape, { ...poolOptions(x, a), countPadding: a.count_include_pad === 1 }),
  ],
  LpPool: ([x], a) => [lpPool(x, a.kernel_shape, { ...poolOptions(x, a), p: a.p })],
  GlobalAveragePool: overSpace(nn.globalMeanPool),
  GlobalMaxPool: overSpace(nn.globalMaxPool),
  LRN: localResponse,
  GlobalLpPool: ([x], { p = 2 }) => [lpPool(x, x.shape.slice(2), { p })],
}
