// Which function each case of PyTorch's vectors is, family by family; and the reason for those that are left out.
import { add, arange, at, equal, expandDims, mul, stack, type Tensor, transpose, where, zeros } from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import { attentionOf, mhaOf, transformerOf } from './torch-attention.js'
import { cnnOf, convOf, poolOf } from './torch-conv.js'
import { type Handler, nameOf } from './torch-handler.js'
import { indexing } from './torch-indexing.js'
import { lossOf } from './torch-losses.js'
import {
  activations,
  alongAxis,
  carryOf,
  handWritten,
  isLstm,
  type Named,
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

const stacked: Handler = c => v => {
  let xs = v.x
  const hn: Tensor[] = []
  for (let i = 0; i < c.attrs.num_layers; i++) {
    const weights = torchCell(c.attrs.kind, v, `${i}.`, '')
    const zero = zeros([xs.shape[1], c.attrs.hidden_size])
    const [last, ys] = overBatch(weights, carryOf(c.attrs.kind, zero, zero), xs)
    hn.push(isLstm(c.attrs.kind) ? last.h : last)
    xs = i > 0 || c.attrs.residual_first ? add(ys, xs) : ys
  }
  return { y: xs, hn: stack(hn) }
}

const cell: Handler = c => v => {
  const kind = nameOf(c).match(/^(peephole|coupled|gru_cho|elman)/)![0]
  let xs = v.x
  const [hn, cn]: Tensor[][] = [[], []]
  for (let i = 0; i < c.attrs.num_layers; i++) {
    const prefix = c.attrs.num_layers > 1 ? `${i}.` : ''
    const own = Object.fromEntries(
      Object.entries(v).flatMap(([name, value]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
      ),
    )
    const apply = handWritten[kind](own, c.attrs.activation)
    const carry = carryOf(kind, at(v.h0, i), v.c0 ? at(v.c0, i) : v.h0)
    const options = { reverse: c.attrs.reverse, lengths: v.lengths }
    const [last, ys] = overBatch(
      { cell: { init: () => null, initialCarry: () => null, apply }, params: null },
      carry,
      xs,
      options,
    )
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
}

/** Why a case is not covered, or null. */
export function uncovered(c: Case): string | null {
  const name = nameOf(c)
  if (name.startsWith('batchnorm')) return 'batch normalisation is not there yet'
  if (c.family === 'index' && indexing[name] === undefined) return 'this operation is not there yet'
  return handlers[c.family] === undefined ? `nothing for the family ${c.family} yet` : null
}
