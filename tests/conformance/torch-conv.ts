// The `conv`, `pool` and `cnn` families.
import {
  add,
  argmaxPool,
  conv1d,
  conv2d,
  div,
  expandDims,
  flatten,
  matmul,
  maxPool,
  mean,
  meanPool,
  mul,
  pad,
  pow,
  rsqrt,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  transpose,
  variance,
  vmap,
  windows,
} from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import { type Handler, nameOf } from './torch-handler.js'
import type { Named } from './torch-models.js'

/** The batch as one more dimension, or by vmap over examples: both must agree. */
const overExamples = (f: (x: Tensor) => Tensor, x: Tensor): Tensor => vmap(f)(x)

export const convOf: Handler = c => {
  const { pad_left: left, ...options } = c.attrs
  const padding = left === undefined ? options.padding : [[left, 0]]
  const conv = nameOf(c).startsWith('1d') ? conv1d : conv2d
  return ({ weight, bias, x }) => {
    const apply = (own: Tensor) => conv(own, weight, { ...options, padding, bias })
    // Half of each, so that both the layers' batch and vmap's are compared.
    return { y: mul(add(apply(x), overExamples(apply, x)), 0.5) }
  }
}

/** x / (k + alpha * sum over the channels around of x^2)^beta */
const localResponse = (x: Tensor, { size, alpha, beta, k }: Named<number>, divisor: number): Tensor => {
  const before = Math.floor(size / 2)
  const around = pad(square(x), [
    [0, 0],
    [before, size - 1 - before],
    [0, 0],
    [0, 0],
  ])
  const energy = sum(windows(around, size, { axis: 1 }), { axis: -1 })
  return div(x, pow(add(mul(energy, alpha / divisor), k), beta))
}

export const poolOf: Handler = c => {
  const { kernel, ceil_mode: ceil, count_include_pad: countPadding, ...options } = c.attrs
  const name = nameOf(c)
  if (name.startsWith('lrn')) {
    const divisor = name === 'lrn_paper' ? 1 : options.size
    return ({ x }) => ({ y: localResponse(x, options, divisor) })
  }
  if (name.startsWith('avg')) return ({ x }) => ({ y: meanPool(x, kernel, { ...options, ceil, countPadding }) })
  return ({ x }) => ({
    y: maxPool(x, kernel, { ...options, ceil }),
    indices: argmaxPool(x, kernel, { ...options, ceil }),
  })
}

const linear = (p: Named<Tensor>, name: string, x: Tensor): Tensor =>
  add(matmul(x, transpose(p[`${name}.weight`])), p[`${name}.bias`])

/** Batch normalisation of [N, C, H, W] in training: the result, and the running statistics after one step from 0 and 1. */
function batchNorm(
  p: Named<Tensor>,
  name: string,
  x: Tensor,
  { momentum, eps }: Named<number>,
): [Tensor, Named<Tensor>] {
  const axis = [0, 2, 3]
  const channels = (v: Tensor) => expandDims(expandDims(v, 1), 2)
  const [centre, spread] = [mean(x, { axis }), variance(x, { axis })]
  const normal = mul(sub(x, channels(centre)), channels(rsqrt(add(spread, eps))))
  const y = add(mul(normal, channels(p[`${name}.weight`])), channels(p[`${name}.bias`]))
  const unbiased = variance(x, { axis, correction: 1 })
  return [
    y,
    {
      [`${name}.running_mean_after`]: mul(centre, momentum),
      [`${name}.running_var_after`]: add(mul(unbiased, momentum), 1 - momentum),
    },
  ]
}

export const cnnOf: Handler = c => {
  if (nameOf(c).startsWith('lenet')) {
    const act = c.attrs.activation === 'relu' ? nn.relu : tanh
    return p => {
      const layer = (h: Tensor, name: string) =>
        maxPool(act(conv2d(h, p[`${name}.weight`], { bias: p[`${name}.bias`] })), 2)
      const h = vmap(flatten)(layer(layer(p.x, 'conv1'), 'conv2'))
      const logits = linear(p, 'fc2', act(linear(p, 'fc1', h)))
      return { logits, ce: nn.crossEntropy(logits, p.labels) }
    }
  }
  const { stride } = c.attrs
  return p => {
    const [h1, running1] = batchNorm(p, 'bn1', conv2d(p.x, p['conv1.weight'], { stride, padding: 1 }), c.attrs)
    const [h2, running2] = batchNorm(p, 'bn2', conv2d(nn.relu(h1), p['conv2.weight'], { padding: 1 }), c.attrs)
    const shortcut =
      p['down.weight'] === undefined ? p.x : batchNorm(p, 'dbn', conv2d(p.x, p['down.weight'], { stride }), c.attrs)[0]
    return { y: nn.relu(add(h2, shortcut)), ...running1, ...running2 }
  }
}
