// Which function each case of PyTorch's vectors is, family by family; and the reason for those that are left out.
import { add, arange, at, equal, expandDims, mul, stack, type Tensor, transpose, vmap, where } from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import { attentionOf, mhaOf, transformerOf } from './torch-attention.js'
import { batchNormOf, cnnOf, convOf, poolOf } from './torch-conv.js'
import { decodeOf } from './torch-decode.js'
import { type Handler, nameOf, part } from './torch-handler.js'
import { indexing } from './torch-indexing.js'
import { ctcOf, lossOf } from './torch-losses.js'
import {
  activations,
  alongAxis,
  carryOf,
  isLstm,
  type Named,
  otherCell,
  overBatch,
  torchCell,
  torchRnn,
} from './torch-models.js'
import { realTime, second } from './torch-second.js'
import { clip, optimizers, train, truncated } from './torch-training.js'
import { type Case, toTensor } from './vectors.js'

const act: Handler = c => {
  const f = activations[nameOf(c).replace(/_(large|tiny)$/, '')]
  return ({ x }) => ({ y: f(x) })
}

const softmaxes: Handler = c => {
  const f = alongAxis[nameOf(c).match(/^(softmax|log_softmax|logsumexp)/)![0]]
  return ({ x }) => ({ y: f(x, c.attrs.dim) })
}

const layer: Handler = c => {
  const name = nameOf(c)
  if (name.startsWith('batchnorm')) return batchNormOf(c)
  if (name.startsWith('linear')) {
    const { apply } = nn.dense(1) as nn.Layer<{ w: Tensor; b?: Tensor }>
    return ({ weight, bias, x }) => ({ y: apply({ w: transpose(weight), b: bias }, x) })
  }
  if (name === 'embedding') return ({ weight, ids }) => ({ y: nn.embedding(1, 1).apply({ w: weight }, ids) })
  if (name === 'embedding_padding_idx') {
    // A row that is a constant of the function has no gradient.
    const frozen = toTensor(c.params.weight)
    return ({ weight, ids }) => {
      const isFrozen = equal(expandDims(arange(weight.shape[0]), 1), c.attrs.padding_idx)
      return { y: nn.embedding(1, 1).apply({ w: where(isFrozen, frozen, weight) }, ids) }
    }
  }
  const { eps: epsilon, normalized_shape } = c.attrs
  const axis = normalized_shape.map((_: number, i: number) => i - normalized_shape.length)
  return ({ weight, bias, x }) => {
    if (axis.length === 1 && weight !== undefined) {
      return { y: nn.layerNorm({ epsilon }).apply({ scale: weight, bias }, x) }
    }
    const y = nn.standardize(x, { axis, epsilon })
    return { y: weight === undefined ? y : add(mul(y, weight), bias) }
  }
}

const rnn: Handler = c => v => torchRnn(v, c.attrs)

// biome-ignore lint/suspicious/noExplicitAny: carries of every kind
type Carry = any

const stacked: Handler = c => v => {
  const { kind, num_layers, residual_first } = c.attrs
  const weights = Array.from({ length: num_layers }, (_, i) => torchCell(kind, v, `${i}.`, ''))
  const layer = nn.recurrent(
    nn.stacked(...weights.map(({ cell }, i) => (i > 0 || residual_first ? nn.residualCell(cell) : cell))),
  )
  const params = weights.map(own => own.params)
  const [last, y] = vmap((xs: Tensor) => layer.run(params, xs), [1], [0, 1])(v.x)
  return { y, hn: stack((last as Carry[]).map(carry => (isLstm(kind) ? carry.h : carry))) }
}

const cell: Handler = c => v => {
  const kind = nameOf(c).match(/^(peephole|coupled|gru_cho|elman)/)![0]
  const { num_layers, activation, reverse } = c.attrs
  let xs = v.x
  const [hn, cn]: Tensor[][] = [[], []]
  for (let i = 0; i < num_layers; i++) {
    const weights = otherCell(kind, num_layers > 1 ? part(v, `${i}.`) : v, activation)
    const carry = carryOf(kind, at(v.h0, i), v.c0 ? at(v.c0, i) : v.h0)
    const [last, ys] = overBatch(weights, carry, xs, { reverse, lengths: v.lengths })
    hn.push(isLstm(kind) ? last.h : last)
    if (isLstm(kind)) cn.push(last.c)
    xs = ys
  }
  return { y: xs, hn: stack(hn), ...(isLstm(kind) ? { cn: stack(cn) } : {}) }
}

export const handlers: Named<Handler> = {
  act,
  softmax: softmaxes,
  layer,
  rnn,
  stacked,
  cell,
  clip,
  optim: optimizers,
  second,
  train,
  loss: lossOf,
  mha: mhaOf,
  transformer: transformerOf,
  attention: attentionOf,
  conv: convOf,
  pool: poolOf,
  cnn: cnnOf,
  tbptt: truncated,
  rtrl: realTime,
  index: c => indexing[nameOf(c)],
  decode: decodeOf,
  ctc: ctcOf,
}

/** Why a case is not covered, or null. */
export function uncovered(c: Case): string | null {
  const name = nameOf(c)
  if (c.family === 'index' && indexing[name] === undefined) return 'this operation is not there yet'
  return handlers[c.family] === undefined ? `nothing for the family ${c.family} yet` : null
}
