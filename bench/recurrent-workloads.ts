// The workloads that step through time: W2, W3 and W4 with cells as a user writes them, W9 of the library's layers.

import {
  add,
  matmul,
  mul,
  scan,
  sigmoid,
  slice,
  softmaxCrossEntropy,
  split,
  sub,
  type Tensor,
  take,
  tanh,
  zeros,
} from '../ts/index.js'
import {
  bahdanauAttention,
  bahdanauDecoder,
  dense,
  embedding,
  encoderDecoder,
  lstmCell as libraryLstmCell,
} from '../ts/nn/index.js'
import { adam, chain, clipByGlobalNorm, sgd } from '../ts/optim/index.js'
import { drawer, trainStep } from './workload.js'

// ---- W2: LSTM character model ----

type Pair = { h: Tensor; c: Tensor }

/** One LSTM step for one example: [E], [H] -> [H]; gates i f g o. */
export function lstmCell(
  { wx, wh, b }: { wx: Tensor; wh: Tensor; b: Tensor },
  { h, c }: Pair,
  x: Tensor,
): [Pair, Tensor] {
  const [i, f, g, o] = split(add(matmul(x, wx), matmul(h, wh), b), 4)
  const c1 = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)))
  const h1 = mul(sigmoid(o), tanh(c1))
  return [{ h: h1, c: c1 }, h1]
}

export interface LstmSizes {
  vocabulary: number
  embedding: number
  hidden: number
  batch: number
  length: number
}

export const W2_SIZES: LstmSizes = { vocabulary: 65, embedding: 128, hidden: 256, batch: 32, length: 64 }

/** The LSTM character model's training step: cross-entropy, BPTT, clipping at 5, Adam 1e-3. */
export function lstmWorkload(sizes: LstmSizes = W2_SIZES) {
  const { vocabulary: V, embedding: E, hidden: H, batch: B, length: T } = sizes
  const draw = drawer(2)
  const s = 1 / Math.sqrt(H)
  const params = {
    emb: draw.uniform([V, E], 0.5),
    wx: draw.uniform([E, 4 * H], s),
    wh: draw.uniform([H, 4 * H], s),
    b: draw.uniform([4 * H], s),
    wo: draw.uniform([H, V], s),
    bo: draw.uniform([V], s),
  }
  const x = draw.ids([B, T], V)
  const y = draw.ids([B, T], V)
  type Params = typeof params
  const exampleLoss = (p: Params, xs: Tensor, ys: Tensor): Tensor => {
    const start = { h: zeros([H]), c: zeros([H]) }
    const [, hs] = scan((carry: Pair, x: Tensor) => lstmCell(p, carry, x), start, take(p.emb, xs))
    return softmaxCrossEntropy(add(matmul(hs, p.wo), p.bo), ys)
  }
  const optimizer = chain(clipByGlobalNorm(5), adam(1e-3))
  const losses = [4.175531, 4.170994, 4.166457, 4.161842, 4.157064]
  return { params, state: optimizer.init(params), step: trainStep(exampleLoss, optimizer), x, y, losses }
}

// ---- W3: the same with a GRU ----

/** One GRU step for one example, reset after the product; gates r z n. */
function gruCell(p: { wx: Tensor; wh: Tensor; bx: Tensor; bh: Tensor }, h: Tensor, x: Tensor): [Tensor, Tensor] {
  const [rx, zx, nx] = split(add(matmul(x, p.wx), p.bx), 3)
  const [rh, zh, nh] = split(add(matmul(h, p.wh), p.bh), 3)
  const r = sigmoid(add(rx, rh))
  const z = sigmoid(add(zx, zh))
  const n = tanh(add(nx, mul(r, nh)))
  const h1 = add(mul(sub(1, z), n), mul(z, h))
  return [h1, h1]
}

export function gruWorkload(sizes: LstmSizes = W2_SIZES) {
  const { vocabulary: V, embedding: E, hidden: H, batch: B, length: T } = sizes
  const draw = drawer(3)
  const s = 1 / Math.sqrt(H)
  const params = {
    emb: draw.uniform([V, E], 0.5),
    wx: draw.uniform([E, 3 * H], s),
    wh: draw.uniform([H, 3 * H], s),
    bx: draw.uniform([3 * H], s),
    bh: draw.uniform([3 * H], s),
    wo: draw.uniform([H, V], s),
    bo: draw.uniform([V], s),
  }
  const x = draw.ids([B, T], V)
  const y = draw.ids([B, T], V)
  type Params = typeof params
  const exampleLoss = (p: Params, xs: Tensor, ys: Tensor): Tensor => {
    const [, hs] = scan((h: Tensor, x: Tensor) => gruCell(p, h, x), zeros([H]), take(p.emb, xs))
    return softmaxCrossEntropy(add(matmul(hs, p.wo), p.bo), ys)
  }
  const optimizer = chain(clipByGlobalNorm(5), adam(1e-3))
  const losses = [4.175397, 4.166465, 4.157688, 4.148929, 4.140102]
  return { params, state: optimizer.init(params), step: trainStep(exampleLoss, optimizer), x, y, losses }
}

// ---- W4: small vanilla RNN ----

export function rnnWorkload({ hidden: H = 64, length: T = 32, batch: B = 1, vocabulary: V = 65 } = {}) {
  const draw = drawer(4)
  const s = 1 / 8
  const params = {
    wxh: draw.uniform([V, H], s),
    whh: draw.uniform([H, H], s),
    bh: draw.uniform([H], s),
    why: draw.uniform([H, V], s),
    by: draw.uniform([V], s),
  }
  const x = draw.ids([B, T], V)
  const y = draw.ids([B, T], V)
  type Params = typeof params
  const exampleLoss = (p: Params, xs: Tensor, ys: Tensor): Tensor => {
    const cell = (h: Tensor, x: Tensor): [Tensor, Tensor] => {
      const h1 = tanh(add(x, matmul(h, p.whh), p.bh))
      return [h1, h1]
    }
    const [, hs] = scan(cell, zeros([H]), take(p.wxh, xs))
    return softmaxCrossEntropy(add(matmul(hs, p.why), p.by), ys)
  }
  const optimizer = sgd(0.1)
  const losses = [4.18524, 4.17648, 4.16774, 4.15901, 4.15028]
  return { params, state: optimizer.init(params), step: trainStep(exampleLoss, optimizer), x, y, losses }
}
// ---- W9: an encoder-decoder with attention, of the library's layers ----

export interface TranslationSizes {
  vocabulary: number
  embedding: number
  hidden: number
  source: number
  target: number
  batch: number
}

export const W9_SIZES: TranslationSizes = {
  vocabulary: 4000,
  embedding: 128,
  hidden: 256,
  source: 20,
  target: 20,
  batch: 32,
}

/** LSTM encoder and decoder, Bahdanau's attention, logits of [state; context], teacher forcing, Adam 1e-3. */
export function translationWorkload(sizes: TranslationSizes = W9_SIZES) {
  const { vocabulary: V, embedding: E, hidden: H, source: S, target: T, batch: B } = sizes
  const draw = drawer(9)
  const s = 1 / Math.sqrt(H)
  const cell = (inputs: number) => ({
    wx: draw.uniform([inputs, 4 * H], s),
    wh: draw.uniform([H, 4 * H], s),
    b: draw.uniform([4 * H], s),
  })
  const square = () => draw.uniform([H, H], s)
  const params = {
    source: { w: draw.uniform([V, E], 0.5) },
    encoder: cell(E),
    target: { w: draw.uniform([V, E], 0.5) },
    decoder: {
      cell: cell(E + H),
      bridge: null,
      attention: { wq: square(), wk: square(), b: draw.uniform([H], s), v: draw.uniform([H], s) },
    },
    head: { w: draw.uniform([2 * H, V], s), b: draw.uniform([V], s) },
  }
  const x = draw.ids([B, S], V)
  const y = draw.ids([B, T + 1], V)
  const model = encoderDecoder({
    source: embedding(V, E),
    encoder: libraryLstmCell(H),
    target: embedding(V, E),
    decoder: bahdanauDecoder(libraryLstmCell(H), bahdanauAttention(H)),
    head: dense(V),
  })
  type Params = typeof params
  const exampleLoss = (p: Params, source: Tensor, target: Tensor): Tensor =>
    softmaxCrossEntropy(model.apply(p, source, slice(target, [0], [-1])).logits, slice(target, [1]))
  const optimizer = adam(1e-3)
  const losses = [8.294511, 8.265758, 8.235577, 8.201301, 8.159292]
  return { params, state: optimizer.init(params), step: trainStep(exampleLoss, optimizer), x, y, losses }
}
