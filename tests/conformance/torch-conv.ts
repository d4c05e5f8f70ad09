// The `conv`, `pool` and `cnn` families, and batch normalisation, by the layers of heddle/nn.
import { add, argmaxPool, mul, type Tensor, tanh, transpose, vmap } from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import { type Handler, nameOf } from './torch-handler.js'
import type { Named } from './torch-models.js'

/** By vmap over examples. */
const overExamples = (f: (x: Tensor) => Tensor, x: Tensor): Tensor => vmap(f)(x)

export const convOf: Handler = c => {
  const { pad_left: left, ...options } = c.attrs
  const own = { ...options, padding: left === undefined ? options.padding : [[left, 0]] }
  const conv = nameOf(c).startsWith('1d') ? nn.conv1d : nn.conv2d
  return ({ weight: w, bias, x }) => {
    const layer = conv(w.shape[0], w.shape.slice(2), own)
    const apply = (image: Tensor) => layer.apply({ w, b: bias }, image)
    // Half of each, so that both the operation's batch and vmap's are compared.
    return { y: mul(add(apply(x), overExamples(apply, x)), 0.5) }
  }
}

export const poolOf: Handler = c => {
  const { kernel, ceil_mode: ceil, count_include_pad: countPadding, ...options } = c.attrs
  const name = nameOf(c)
  if (name.startsWith('lrn')) {
    const { size, alpha, beta, k } = options
    const layer = nn.localResponseNorm(size, { alpha: name === 'lrn_paper' ? alpha * size : alpha, beta, k })
    return ({ x }) => ({ y: vmap(layer)(x) })
  }
  const own = { ...options, ceil }
  if (name.startsWith('avg')) return ({ x }) => ({ y: vmap(nn.meanPool(kernel, { ...own, countPadding }))(x) })
  return ({ x }) => ({ y: vmap(nn.maxPool(kernel, own))(x), indices: argmaxPool(x, kernel, own) })
}

type Norm = nn.StatefulLayer<nn.NormParams | null, nn.RunningStatistics>

/** Normalised over the batch; the statistics are shared by all examples. */
const overBatch = <P, S>(layer: nn.StatefulLayer<P, S>, params: P, state: S, x: Tensor, train = true): [S, Tensor] =>
  vmap((p: P, s: S, own: Tensor) => layer.run(p, own, { state: s, train }), [null, null, 0], [null, 0], {
    axisName: 'batch',
  })(params, state, x) as [S, Tensor]

const after = (prefix: string, { mean, variance }: nn.RunningStatistics): Named<Tensor> => ({
  [`${prefix}running_mean_after`]: mean,
  [`${prefix}running_var_after`]: variance,
})

export const batchNormOf: Handler = c => {
  const { momentum, eps: epsilon, training } = c.attrs
  return ({ weight: scale, bias, x, running_mean: mean, running_var: variance }) => {
    const layer = nn.batchNorm({ momentum, epsilon }) as Norm
    const [next, y] = overBatch(layer, scale && { scale, bias }, { mean, variance }, x, training)
    return { y, ...after('', next) }
  }
}

const normParams = (p: Named<Tensor>, name: string): nn.NormParams => ({
  scale: p[`${name}.weight`],
  bias: p[`${name}.bias`],
})

export const cnnOf: Handler = c => {
  if (nameOf(c).startsWith('lenet')) {
    const activation = c.attrs.activation === 'relu' ? nn.relu : tanh
    const named = (p: Named<Tensor>, name: string) => ({ w: p[`${name}.weight`], b: p[`${name}.bias`] })
    const dense = (p: Named<Tensor>, name: string) => ({ ...named(p, name), w: transpose(p[`${name}.weight`]) })
    const options = { filters: [4, 6], size: [5, 3], padding: 0, units: [10], activation, pool: nn.maxPool(2) }
    const model = nn.leNet(5, options)
    return p => {
      const [first, second] = [named(p, 'conv1'), named(p, 'conv2')]
      const params = [first, null, null, second, null, null, null, dense(p, 'fc1'), null, dense(p, 'fc2')]
      const logits = vmap((x: Tensor) => model.apply(params, x))(p.x)
      return { logits, ce: nn.crossEntropy(logits, p.labels) }
    }
  }
  const { stride, momentum, eps: epsilon } = c.attrs
  const norm = nn.batchNorm({ momentum, epsilon })
  const conv = (p: Named<Tensor>, name: string, size: number, step = 1) =>
    nn.conv2d(p[`${name}.weight`].shape[0], size, { stride: step, padding: size >> 1, bias: false })
  return p => {
    const body = nn.chain(conv(p, 'conv1', 3, stride), norm, nn.relu, conv(p, 'conv2', 3), norm)
    const weights = (name: string) => ({ w: p[`${name}.weight`] })
    const params = [
      weights('conv1'),
      normParams(p, 'bn1'),
      null,
      weights('conv2'),
      normParams(p, 'bn2'),
    ] as nn.ParamsOf<typeof body>
    const input = { shape: p.x.shape.slice(1) }
    if (p['down.weight'] === undefined) {
      const layer = nn.chain(nn.residual(body), nn.relu)
      const [next, y] = overBatch(layer, [{ body: params, shortcut: null }, null], layer.initState(input), p.x)
      return { y, ...after('bn1.', next[0].body[1]), ...after('bn2.', next[0].body[4]) }
    }
    const down = nn.chain(conv(p, 'down', 1, stride), norm)
    const layer = nn.chain(nn.residual(body, down), nn.relu)
    const around: nn.ParamsOf<typeof down> = [weights('down'), normParams(p, 'dbn')]
    const [next, y] = overBatch(layer, [{ body: params, shortcut: around }, null], layer.initState(input), p.x)
    return { y, ...after('bn1.', next[0].body[1]), ...after('bn2.', next[0].body[4]) }
  }
}
