// The functions that PyTorch's vectors were made with, written with heddle: weights in PyTorch's layout come in, so that
// gradients come back in it.
import {
  abs,
  add,
  arange,
  at,
  concat,
  div,
  erf,
  exp,
  expandDims,
  expm1,
  less,
  lessEqual,
  log1p,
  logSoftmax,
  logsumexp,
  matmul,
  mul,
  reshape,
  scan,
  sigmoid,
  slice,
  softmax,
  split,
  stack,
  sub,
  type Tensor,
  take,
  tanh,
  transpose,
  treeMap,
  vmap,
  where,
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

/** Cells of the `cell` family, each written as its formula. */
export const handWritten: Named<(p: Named<Tensor>, activation?: string) => AnyCell['apply']> = {
  peephole:
    p =>
    (_params, { h, c }, x) => {
      const gates = add(matmul(x, transpose(p.weight_ih)), matmul(h, transpose(p.weight_hh)), p.bias)
      const [i, f, g, o] = split(gates, 4)
      const [pi, pf, po] = [0, 1, 2].map(row => at(p.peephole, row))
      const c1 = add(mul(sigmoid(add(f, mul(pf, c))), c), mul(sigmoid(add(i, mul(pi, c))), tanh(g)))
      const h1 = mul(sigmoid(add(o, mul(po, c1))), tanh(c1))
      return [{ h: h1, c: c1 }, h1]
    },
  coupled:
    p =>
    (_params, { h, c }, x) => {
      const gates = add(matmul(x, transpose(p.weight_ih)), matmul(h, transpose(p.weight_hh)), p.bias)
      const [zf, g, o] = split(gates, 3)
      const f = sigmoid(zf)
      const c1 = add(mul(f, c), mul(sub(1, f), tanh(g)))
      const h1 = mul(sigmoid(o), tanh(c1))
      return [{ h: h1, c: c1 }, h1]
    },
  gru_cho: p => (_params, h, x) => {
    const [xr, xz, xg] = split(add(matmul(x, transpose(p.weight_ih)), p.bias), 3)
    const [ur, uz, ug] = split(transpose(p.weight_hh), 3)
    const [r, z] = [sigmoid(add(xr, matmul(h, ur))), sigmoid(add(xz, matmul(h, uz)))]
    const g = tanh(add(xg, matmul(mul(r, h), ug)))
    const h1 = add(mul(z, h), mul(sub(1, z), g))
    return [h1, h1]
  },
  elman: (p, name) => (_params, h, x) => {
    const h1 = activations[name!](add(matmul(x, p.W), matmul(h, transpose(p.V)), p.b))
    return [h1, h1]
  },
}

interface Run {
  reverse?: boolean
  /** [B]: steps past it leave the carry and give 0. */
  lengths?: Tensor
}

/** A cell over one sequence [T, D]; steps past `length` leave the carry and give 0. */
export function overSteps(
  { cell, params }: Weights,
  start: unknown,
  xs: Tensor,
  { reverse = false, length }: { reverse?: boolean; length?: Tensor | null } = {},
): [unknown, Tensor] {
  return scan(
    (before: unknown, [input, t]): [unknown, Tensor] => {
      const [after, y] = cell.apply(params, before, input)
      if (length === null || length === undefined) return [after, y]
      const isOn = less(t, length)
      return [treeMap((next, last) => where(isOn, next, last), after, before), where(isOn, y, 0)]
    },
    start,
    [xs, arange(xs.shape[0])],
    { reverse },
  ) as [unknown, Tensor]
}

/** A cell over a batch of sequences [T, B, D] from carries [B, ...]: `vmap` of `scan` of the cell. */
export function overBatch(
  weights: Weights,
  carry: unknown,
  xs: Tensor,
  { reverse, lengths }: Run = {},
): [Free, Tensor] {
  const one = (start: unknown, x: Tensor, length: Tensor | null) => overSteps(weights, start, x, { reverse, length })
  return vmap(one, [0, 1, lengths === undefined ? null : 0], [0, 1])(carry, xs, lengths ?? null) as [Free, Tensor]
}

/** nn.RNN, nn.LSTM, nn.GRU: layers and directions, packed or not. */
export function torchRnn(v: Named<Tensor>, { kind, num_layers, bidirectional, batch_first }: Attrs): Named<Tensor> {
  let xs = batch_first ? transpose(v.x, [1, 0, 2]) : v.x
  const directions = bidirectional ? 2 : 1
  const [hn, cn]: Tensor[][] = [[], []]
  for (let layer = 0; layer < num_layers; layer++) {
    const outputs: Tensor[] = []
    for (let direction = 0; direction < directions; direction++) {
      const weights = torchCell(kind, v, '', `_l${layer}${direction ? '_reverse' : ''}`)
      const index = layer * directions + direction
      const zero = zeros([xs.shape[1], v[`weight_hh_l${layer}`].shape[1]])
      const [h0, c0] = [v.h0 ? at(v.h0, index) : zero, v.c0 ? at(v.c0, index) : zero]
      const options = { reverse: direction === 1, lengths: v.lengths }
      const [last, ys] = overBatch(weights, carryOf(kind, h0, c0), xs, options)
      outputs.push(ys)
      hn.push(isLstm(kind) ? last.h : last)
      if (isLstm(kind)) cn.push(last.c)
    }
    xs = concat(outputs, -1)
  }
  return {
    y: batch_first ? transpose(xs, [1, 0, 2]) : xs,
    hn: stack(hn),
    ...(isLstm(kind) ? { cn: stack(cn) } : {}),
  }
}

export const linear = (p: Named<Tensor>, name: string, x: Tensor): Tensor => {
  const y = matmul(x, transpose(p[`${name}.weight`]))
  return p[`${name}.bias`] === undefined ? y : add(y, p[`${name}.bias`])
}

export const normalized = (p: Named<Tensor>, name: string, x: Tensor): Tensor =>
  nn.layerNorm().apply({ scale: p[`${name}.weight`], bias: p[`${name}.bias`] }, x)

/** One head's causal attention over [T, D]. */
function causalHead(q: Tensor, k: Tensor, v: Tensor): Tensor {
  const positions = arange(q.shape[0])
  const isPast = lessEqual(positions, expandDims(positions, 1))
  const scores = div(matmul(q, transpose(k)), Math.sqrt(q.shape[1]))
  return matmul(softmax(where(isPast, scores, Number.NEGATIVE_INFINITY)), v)
}

/** Tokens and positions, one pre-norm block, final norm and head: logits [B, T, V]. */
export function gptBlock(p: Named<Tensor>, ids: Tensor, heads: number): Tensor {
  const one = (tokens: Tensor): Tensor => {
    const [length, size] = [tokens.shape[0], p.tok.shape[1]]
    let x = add(take(p.tok, tokens), slice(p.pos, [0], [length]))
    const parts = split(linear(p, 'qkv', normalized(p, 'ln1', x)), 3)
    const [q, k, v] = parts.map(y => reshape(y, [length, heads, size / heads]))
    const attended = reshape(vmap(causalHead, [1, 1, 1], 1)(q, k, v), [length, size])
    x = add(x, linear(p, 'proj', attended))
    const inner = nn.gelu(linear(p, 'fc1', normalized(p, 'ln2', x)), { approximate: true })
    x = add(x, linear(p, 'fc2', inner))
    return linear(p, 'head', normalized(p, 'lnf', x))
  }
  return vmap(one)(ids)
}
