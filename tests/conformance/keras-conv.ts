// Keras' convolutional and pooling layers (channels last): for each layer a function of one example, its weights and its
// attributes.
import { moveaxis, pad, reshape, sigmoid, slice, stack, type Tensor, tanh, transpose } from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'

// biome-ignore lint/suspicious/noExplicitAny: attributes of any kind
type Attributes = Record<string, any>
type KerasLayer = (x: Tensor, weights: readonly Tensor[], attributes: Attributes) => Tensor

/** `f` with channels first. */
const channelsFirst = (x: Tensor, f: (x: Tensor) => Tensor, { data_format: format }: Attributes = {}): Tensor =>
  format === 'channels_first' ? f(x) : moveaxis(f(moveaxis(x, -1, 0)), 0, -1)

const convolution =
  (conv: typeof nn.conv1d): KerasLayer =>
  (x, [w, bias], a) => {
    // [...size, in, out] -> [out, in, ...size]
    const n = w.rank - 2
    const filters = transpose(w, [n + 1, n, ...w.shape.map((_, i) => i).slice(0, n)])
    const options = { stride: a.strides, padding: a.padding, dilation: a.dilation_rate }
    const layer = conv(w.shape[n + 1], w.shape.slice(0, n), options)
    return channelsFirst(x, own => layer.apply({ w: filters, b: bias }, own), a)
  }

/** [h, w, in, multiplier] over each channel by itself, then [1, 1, in * multiplier, out]. */
const separable: KerasLayer = (x, [depthwise, pointwise, bias], a) => {
  const [h, w, inner, multiplier] = depthwise.shape
  const each = reshape(transpose(depthwise, [2, 3, 0, 1]), [inner * multiplier, 1, h, w])
  const deep = nn.conv2d(each.shape[0], [h, w], { stride: a.strides, padding: a.padding, groups: inner, bias: false })
  const layer = nn.chain(deep, nn.conv2d(pointwise.shape[3], 1))
  const params = [{ w: each }, { w: transpose(pointwise, [3, 2, 0, 1]), b: bias }] as nn.ParamsOf<typeof layer>
  return channelsFirst(x, own => layer.apply(params, own), a)
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
  const layer = nn.convTranspose2d(filters.shape[1], w.shape.slice(0, 2), { stride: a.strides, padding, outputPadding })
  return channelsFirst(x, own => layer.apply({ w: filters, b: bias }, own), a)
}

const pooling =
  (pool: (size: number[], options: object) => (x: Tensor) => Tensor): KerasLayer =>
  (x, _weights, a) => {
    const size = [a.pool_size].flat()
    return channelsFirst(x, pool(size, { stride: a.strides ?? size, padding: a.padding }), a)
  }

const meanPool = (size: number[], options: object) => nn.meanPool(size, { ...options, countPadding: false })

const flatStride =
  (layer: KerasLayer): KerasLayer =>
  (x, weights, a) =>
    layer(x, weights, { ...a, strides: a.strides === null ? null : [a.strides].flat() })

const globalPool = (pool: (x: Tensor) => Tensor, x: Tensor): Tensor => pool(moveaxis(x, -1, 0))

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

const activations: Record<string, (x: Tensor) => Tensor> = { linear: x => x, relu: nn.relu, sigmoid, tanh }

const activated =
  (layer: KerasLayer): KerasLayer =>
  (x, weights, a) =>
    activations[a.activation](layer(x, weights, a))

/** By package and layer. */
export const convolutional: Record<string, KerasLayer> = {
  'convolutional.Conv1D': activated(convolution(nn.conv1d)),
  'convolutional.Conv2D': activated(convolution(nn.conv2d)),
  'convolutional.SeparableConv2D': activated(separable),
  'convolutional.Conv2DTranspose': activated(transposed),
  'convolutional.Cropping1D': cropping,
  'convolutional.Cropping2D': cropping,
  'convolutional.ZeroPadding1D': zeroPadding,
  'convolutional.ZeroPadding2D': zeroPadding,
  'convolutional.UpSampling1D': upSampling,
  'convolutional.UpSampling2D': upSampling,
  'pooling.MaxPooling1D': flatStride(pooling(nn.maxPool)),
  'pooling.MaxPooling2D': pooling(nn.maxPool),
  'pooling.AveragePooling1D': flatStride(pooling(meanPool)),
  'pooling.AveragePooling2D': pooling(meanPool),
  'pooling.GlobalMaxPooling1D': x => globalPool(nn.globalMaxPool, x),
  'pooling.GlobalMaxPooling2D': x => globalPool(nn.globalMaxPool, x),
  'pooling.GlobalAveragePooling1D': x => globalPool(nn.globalMeanPool, x),
  'pooling.GlobalAveragePooling2D': x => globalPool(nn.globalMeanPool, x),
}
