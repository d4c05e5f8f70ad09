// The functions that PyTorch's vectors were made with, written with heddle: weights in PyTorch's layout come in, so that
// gradients come back in it.
import {
  abs,
  add,
  at,
  div,
  erf,
  exp,
  expm1,
  log1p,
  logSoftmax,
  logsumexp,
  matmul,
  sigmoid,
  softmax,
  split,
  stack,
  type Tensor,
  tanh,
  transpose,
  unstack,
  vmap,
  zeros,
} from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'

export type Named<T> = Record<string, T>
// biome-ignore lint/suspicious/noExplicitAny: hyper-parameters and carries of every kind
type Free = any
type Attrs = Named<Free>

/** Activations by case name. */
export const activations: Named<(x: Tensor) => Tensor> = {
  relu: nn.relu,
  leaky_relu: x => nn.leakyRelu(x, 0.1),
  sigmoid,
  tanh,
  gelu_erf: x => nn.gelu(x),
  gelu_tanh: x => nn.gelu(x, { approximate: true }),
  silu: nn.silu,
  softplus: x => nn.softplus(x),
  softplus_beta2: x => nn.softplus(x, 2),
  elu: x => nn.elu(x),
  elu_alpha: x => nn.elu(x, 0.5),
  selu: nn.selu,
  hardsigmoid: nn.hardSigmoid,
  hardswish: nn.hardSwish,
  hardtanh: x => nn.hardTanh(x),
  softsign: nn.softsign,
  logsigmoid: nn.logSigmoid,
  mish: nn.mish,
  erf,
  exp: x => exp(div(x, 4)),
  log1p: x => log1p(abs(x)),
  expm1: x => expm1(div(x, 4)),
}

/** Functions along one axis by case name. */
export const alongAxis: Named<(x: Tensor, axis: number) => Tensor> = {
  softmax,
  log_softmax: logSoftmax,
  logsumexp: (x, axis) => logsumexp(x, { axis }),
}

type AnyCell = nn.Cell<Free, Free>

interface Weights {
  cell: AnyCell
  params: unknown
}

/** A carry from h and c, and back. */
export const isLstm = (kind: string) => kind.includes('lstm') || kind === 'peephole' || kind === 'coupled'
export const carryOf = (kind: string, h: Tensor, c: Tensor): unknown => (isLstm(kind) ? { h, c } : h)

/** PyTorch's weights for its own kinds of cell. */
export function torchCell(kind: string, p: Named<Tensor>, prefix: string, suffix: string): Weights {
  const [wx, wh] = [transpose(p[`${prefix}weight_ih${suffix}`]), transpose(p[`${prefix}weight_hh${suffix}`])]
  const zero = zeros([wx.shape[1]])
  const [bx, bh] = [p[`${prefix}bias_ih${suffix}`] ?? zero, p[`${prefix}bias_hh${suffix}`] ?? zero]
  const units = wh.shape[0]
  if (kind === 'lstm') return { cell: nn.lstmCell(units), params: { wx, wh, b: add(bx, bh) } }
  if (kind === 'gru') return { cell: nn.gruCell(units), params: { wx, wh, bx, bh } }
  const activation = kind === 'rnn_relu' ? nn.relu : tanh
  return { cell: nn.rnnCell(units, { activation }), params: { wx, wh, b: add(bx, bh) } }
}

/** Cells of the `cell` family. */
export function otherCell(kind: string, p: Named<Tensor>, activation?: string): Weights {
  const { bias: b } = p
  if (kind === 'elman') {
    const wh = transpose(p.V)
    return {
      cell: nn.rnnCell(wh.shape[0], { activation: activations[activation!] }),
      params: { wx: p.W, wh, b: p.b },
    }
  }
  const [wx, wh] = [transpose(p.weight_ih), transpose(p.weight_hh)]
  const units = wh.shape[0]
  if (kind === 'coupled') return { cell: nn.coupledLstmCell(units), params: { wx, wh, b } }
  if (kind === 'gru_cho') return { cell: nn.choGruCell(units), params: { wx, wh, b } }
  const [pi, pf, po] = unstack(p.peephole)
  return { cell: nn.peepholeLstmCell(units), params: { wx, wh, b, pi, pf, po } }
}

interface Run {
  reverse?: boolean
  /** [B]: steps past it leave the carry and give 0. */
  lengths?: Tensor
}

/** A cell over a batch of sequences [T, B, D] from carries [B, ...]: [last carry, outputs]. */
export function overBatch(
  { cell, params }: Weights,
  carry: unknown,
  xs: Tensor,
  { reverse, lengths }: Run = {},
): [Free, Tensor] {
  const { run } = nn.recurrent(cell, { reverse })
  const one = (start: unknown, x: Tensor, length?: Tensor) => run(params, x, { carry: start, length })
  if (lengths === undefined) return vmap((start: unknown, x: Tensor) => one(start, x), [0, 1], [0, 1])(carry, xs)
  return vmap(one, [0, 1, 0], [0, 1])(carry, xs, lengths)
}

/** A cell over a batch in both directions; weights, carries and lengths as in `overBatch`. */
export function bothWays([ahead, back]: Weights[], carries: Free[], xs: Tensor, lengths?: Tensor): [Free[], Tensor] {
  const { run } = nn.bidirectional(ahead.cell, { backward: back.cell })
  const params = { forward: ahead.params, backward: back.params }
  const one = (start: Free[], x: Tensor, length?: Tensor) => {
    const [last, ys] = run(params, x, { carry: { forward: start[0], backward: start[1] }, length })
    return [[last.forward, last.backward], ys] as [Free[], Tensor]
  }
  if (lengths === undefined) return vmap((start: Free[], x: Tensor) => one(start, x), [0, 1], [0, 1])(carries, xs)
  return vmap(one, [0, 1, 0], [0, 1])(carries, xs, lengths)
}

/** nn.RNN, nn.LSTM, nn.GRU: layers and directions, packed or not. */
export function torchRnn(v: Named<Tensor>, { kind, num_layers, bidirectional, batch_first }: Attrs): Named<Tensor> {
  let xs = batch_first ? transpose(v.x, [1, 0, 2]) : v.x
  const suffixes = bidirectional ? ['', '_reverse'] : ['']
  const ends: Free[] = []
  for (let layer = 0; layer < num_layers; layer++) {
    const weights = suffixes.map(suffix => torchCell(kind, v, '', `_l${layer}${suffix}`))
    const carries = suffixes.map((_, direction) => {
      const index = ends.length + direction
      const zero = zeros([xs.shape[1], v[`weight_hh_l${layer}`].shape[1]])
      return carryOf(kind, v.h0 ? at(v.h0, index) : zero, v.c0 ? at(v.c0, index) : zero)
    })
    const [last, ys] = bidirectional
      ? bothWays(weights, carries, xs, v.lengths)
      : overBatch(weights[0], carries[0], xs, { lengths: v.lengths })
    ends.push(...(bidirectional ? last : [last]))
    xs = ys
  }
  return {
    y: batch_first ? transpose(xs, [1, 0, 2]) : xs,
    hn: stack(ends.map(end => (isLstm(kind) ? end.h : end))),
    ...(isLstm(kind) ? { cn: stack(ends.map(({ c }) => c)) } : {}),
  }
}

export const linear = (p: Named<Tensor>, name: string, x: Tensor): Tensor => {
  const y = matmul(x, transpose(p[`${name}.weight`]))
  return p[`${name}.bias`] === undefined ? y : add(y, p[`${name}.bias`])
}

export const normalized = (p: Named<Tensor>, name: string, x: Tensor): Tensor =>
  nn.layerNorm().apply({ scale: p[`${name}.weight`], bias: p[`${name}.bias`] }, x)

/** Tokens and positions, one pre-norm block, final norm and head: logits [B, T, V]. */
export function gptBlock(p: Named<Tensor>, ids: Tensor, heads: number): Tensor {
  const [vocabulary, width] = p.tok.shape
  const model = nn.gpt({ vocabulary, width, heads, length: p.pos.shape[0], layers: 1, tied: false })
  const weight = (name: string) => transpose(p[`${name}.weight`])
  const norm = (name: string) => ({ scale: p[`${name}.weight`], bias: p[`${name}.bias`] })
  const [wq, wk, wv] = split(weight('qkv'), 3)
  const block = {
    norm1: norm('ln1'),
    attention: { wq, wk, wv, wo: weight('proj'), bo: p['proj.bias'] },
    norm2: norm('ln2'),
    feedForward: { w1: weight('fc1'), b1: p['fc1.bias'], w2: weight('fc2'), b2: p['fc2.bias'] },
  }
  const params = {
    tokens: p.tok,
    positions: { w: p.pos },
    blocks: [block],
    norm: norm('lnf'),
    head: weight('head'),
  }
  return vmap((tokens: Tensor) => model.apply(params, tokens))(ids)
}
