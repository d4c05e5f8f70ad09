// Keras' convolutional and pooling layers (channels last): for each layer a function of one example, its weights and its
// attributes. Activations are the caller's.
import {
  conv1d,
  conv2d,
  convTranspose2d,
  max,
  maxPool,
  mean,
  meanPool,
  moveaxis,
  pad,
  reshape,
  slice,
  stack,
  type Tensor,
  transpose,
} from '../../ts/index.js'

// biome-ignore lint/suspicious/noExplicitAny: attributes of any kind
type Attributes = Record<string, any>
export type KerasLayer = (x: Tensor, weights: readonly Tensor[], attributes: Attributes) => Tensor

/** `f` with channels first. */
const channelsFirst = (x: Tensor, f: (x: Tensor) => Tensor, { data_format: format }: Attributes = {}): Tensor =>
  format === 'channels_first' ? f(x) : moveaxis(f(moveaxis(x, -1, 0)), 0, -1)

const convolution =
  (conv: typeof conv1d): KerasLayer =>
  (x, [w, bias], a) => {
    // [...size, in, out] -> [out, in, ...size]
    const n = w.rank - 2
    const filters = transpose(w, [n + 1, n, ...w.shape.map((_, i) => i).slice(0, n)])
    const options = { stride: a.strides, padding: a.padding, dilation: a.dilation_rate, bias }
    return channelsFirst(x, own => conv(own, filters, options), a)
  }

/** [h, w, in, multiplier] over each channel by itself, then [1, 1, in * multiplier, out]. */
const separable: KerasLayer = (x, [depthwise, pointwise, bias], a) => {
  const [h, w, inner, multiplier] = depthwise.shape
  const each = reshape(transpose(depthwise, [2, 3, 0, 1]), [inner * multiplier, 1, h, w])
  return channelsFirst(
    x,
    own => {
      const deep = conv2d(own, each, { stride: a.strides, padding: a.padding, groups: inner })
      return conv2d(deep, transpose(pointwise, [3, 2, 0, 1]), { bias })
    },
    a,
  )
}

/** 'same' gives length * stride. */
const transposed: KerasLayer = (x, [w, bias], a) => {
  const more = w.shape.slice(0, 2).map((size, i) => (a.padding === 'same' ? size - a.strides[i] : 0))
  const padding = more.map((total): [number, number] => {
    const whole = Math.max(0, total)
    return [whole >> 1, (whole + 1) >> 1]
  })
  const outputPadding = more.map(total => Math.max(0, -total))
  const filters = transpose(w, [3, 2, 0, 1])
  return channelsFirst(x, own => convTranspose2d(own, filters, { stride: a.strides, padding, outputPadding, bias }), a)
}

const pooling =
  (pool: (x: Tensor, size: number[], options: object) => Tensor): KerasLayer =>
  (x, _weights, a) => {
    const size = [a.pool_size].flat()
    const options = { stride: a.strides ?? size, padding: a.padding, countPadding: false }
    return channelsFirst(x, own => pool(own, size, options), a)
  }

const flatStride =
  (layer: KerasLayer): KerasLayer =>
  (x, weights, a) =>
    layer(x, weights, { ...a, strides: a.strides === null ? null : [a.strides].flat() })

const overSpace =
  (reduce: (x: Tensor, options: { axis: number[] }) => Tensor): KerasLayer =>
  x =>
    reduce(x, { axis: x.shape.map((_, i) => i).slice(0, -1) })

/** [before, after] of each spatial dimension. */
const widths = (value: unknown, n: number): [number, number][] => {
  if (typeof value === 'number') return new Array(n).fill([value, value])
  const list = value as (number | [number, number])[]
  if (n === 1) return [list as [number, number]]
  return list.map(each => (typeof each === 'number' ? [each, each] : each))
}

const cropping: KerasLayer = (x, _weights, { cropping: value }) => {
  const cuts = widths(value, x.rank - 1)
  return slice(
    x,
    cuts.map(([low]) => low),
    cuts.map(([, high], i) => x.shape[i] - high),
  )
}

const zeroPadding: KerasLayer = (x, _weights, { padding }) => pad(x, [...widths(padding, x.rank - 1), [0, 0]])

const upSampling: KerasLayer = (x, _weights, { size = 2 } = {}) => {
  const sizes = typeof size === 'number' ? x.shape.slice(1).map(() => size) : size
  return x.shape.slice(0, -1).reduce(
    (y, _, axis) =>
      reshape(
        stack(new Array(sizes[axis]).fill(y), axis + 1),
        y.shape.map((length, i) => (i === axis ? length * sizes[axis] : length)),
      ),
    x,
  )
}

export const convolutional: Record<string, KerasLayer> = {
  Conv1D: convolution(conv1d),
  Conv2D: convolution(conv2d),
  SeparableConv2D: separable,
  Conv2DTranspose: transposed,
  MaxPooling1D: flatStride(pooling(maxPool)),
  MaxPooling2D: pooling(maxPool),
  AveragePooling1D: flatStride(pooling(meanPool)),
  AveragePooling2D: pooling(meanPool),
  GlobalMaxPooling1D: overSpace(max),
  GlobalMaxPooling2D: overSpace(max),
  GlobalAveragePooling1D: overSpace(mean),
  GlobalAveragePooling2D: overSpace(mean),
  Cropping1D: cropping,
  Cropping2D: cropping,
  ZeroPadding1D: zeroPadding,
  ZeroPadding2D: zeroPadding,
  UpSampling1D: upSampling,
  UpSampling2D: upSampling,
}
