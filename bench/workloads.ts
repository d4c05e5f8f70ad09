// The training workloads that speed is judged on, as a user writes them: cells and blocks for one example, lifted over
// the batch by vmap. Tests check their first losses, benches time them.

import type { Tree } from '../ts/core/tree.js'
import {
  add,
  arange,
  conv2d,
  expandDims,
  flatten,
  greaterEqual,
  jit,
  matmul,
  maxPool,
  mean,
  mul,
  reshape,
  rsqrt,
  scan,
  sigmoid,
  slice,
  softmax,
  softmaxCrossEntropy,
  split,
  square,
  sub,
  type Tensor,
  take,
  tanh,
  tensor,
  transpose,
  valueAndGrad,
  variance,
  vmap,
  where,
  zeros,
} from '../ts/index.js'
import {
  bahdanauAttention,
  bahdanauDecoder,
  dense,
  embedding,
  encoderDecoder,
  lstmCell as libraryLstmCell,
  relu,
} from '../ts/nn/index.js'
import { adam, applyUpdates, chain, clipByGlobalNorm, type Optimizer, sgd } from '../ts/optim/index.js'

/** A stream of uniform numbers in [0, 1), the same in every system that runs a workload. */
export function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const numberOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)

/** Draws tensors and token ids from one stream, in the order of the calls. */
function drawer(seed: number) {
  const random = mulberry32(seed)
  return {
    uniform: (shape: readonly number[], scale: number): Tensor =>
      tensor(
        Float32Array.from({ length: numberOf(shape) }, () => (random() * 2 - 1) * scale),
        { shape },
      ),
    ids: (shape: readonly number[], below: number): Tensor =>
      tensor(
        Int32Array.from({ length: numberOf(shape) }, () => Math.floor(random() * below)),
        { shape },
      ),
  }
}

/** A training step ready to run: parameters, optimiser state and a function that gives the next ones and the loss. */
export interface Workload<P, S> {
  params: P
  state: S
  step: (params: P, state: S, x: Tensor, y: Tensor) => [P, S, Tensor]
  x: Tensor
  y: Tensor
  /** The losses of the first five steps. */
  losses: readonly number[]
}

/** A training step, given the loss of one example: its mean over the batch, differentiated, and the optimiser's update. */
function trainStep<P extends Tree, S extends Tree>(
  exampleLoss: (params: P, x: Tensor, y: Tensor) => Tensor,
  optimizer: Optimizer<S>,
) {
  const loss = (p: P, xs: Tensor, ys: Tensor) => mean(vmap(exampleLoss, [null, 0, 0])(p, xs, ys))
  return (params: P, state: S, x: Tensor, y: Tensor): [P, S, Tensor] => {
    const [value, gradient] = valueAndGrad(loss)(params, x, y)
    const [updates, next] = optimizer.update(gradient, state, params)
    return [applyUpdates(params, updates), next, value]
  }
}

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

// ---- W5: GPT ----

interface Block {
  ln1g: Tensor
  ln1b: Tensor
  wqkv: Tensor
  bqkv: Tensor
  wp: Tensor
  bp: Tensor
  ln2g: Tensor
  ln2b: Tensor
  w1: Tensor
  b1: Tensor
  w2: Tensor
  b2: Tensor
}

const layerNorm = (x: Tensor, gain: Tensor, bias: Tensor): Tensor => {
  const centred = sub(x, mean(x, { axis: -1, keepDims: true }))
  return add(mul(mul(centred, rsqrt(add(variance(x, { axis: -1, keepDims: true }), 1e-5))), gain), bias)
}

/** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
const gelu = (x: Tensor): Tensor =>
  mul(0.5, mul(x, add(1, tanh(mul(0.7978845608028654, add(x, mul(0.044715, mul(x, square(x)))))))))

/** Causal attention of one head: [T, d] each. */
function head(q: Tensor, k: Tensor, v: Tensor): Tensor {
  const [T, d] = q.shape
  const scores = mul(matmul(q, transpose(k)), 1 / Math.sqrt(d))
  const causal = greaterEqual(expandDims(arange(T), 1), arange(T))
  return matmul(softmax(where(causal, scores, Number.NEGATIVE_INFINITY)), v)
}

/** A pre-norm Transformer block for one sequence [T, D]. */
function block(p: Block, x: Tensor, heads: number): Tensor {
  const [T, D] = x.shape
  const qkv = add(matmul(layerNorm(x, p.ln1g, p.ln1b), p.wqkv), p.bqkv)
  const [q, k, v] = split(qkv, 3).map(part => reshape(part, [T, heads, D / heads]))
  const attended = reshape(vmap(head, [1, 1, 1], 1)(q, k, v), [T, D])
  const x1 = add(x, add(matmul(attended, p.wp), p.bp))
  return add(x1, add(matmul(gelu(add(matmul(layerNorm(x1, p.ln2g, p.ln2b), p.w1), p.b1)), p.w2), p.b2))
}

export interface GptSizes {
  layers: number
  width: number
  heads: number
  length: number
  batch: number
  vocabulary: number
}

export const W5_SIZES: GptSizes = { layers: 4, width: 128, heads: 4, length: 128, batch: 16, vocabulary: 65 }

export function gptWorkload(sizes: GptSizes = W5_SIZES) {
  const { layers, width: D, heads, length: T, batch: B, vocabulary: V } = sizes
  const F = 4 * D
  const draw = drawer(5)
  const fill = (length: number, value: number) => tensor(new Float32Array(length).fill(value))
  const tok = draw.uniform([V, D], 0.05)
  const pos = draw.uniform([T, D], 0.05)
  const blocks: Block[] = Array.from({ length: layers }, () => ({
    ln1g: fill(D, 1),
    ln1b: fill(D, 0),
    wqkv: draw.uniform([D, 3 * D], 0.08),
    bqkv: fill(3 * D, 0),
    wp: draw.uniform([D, D], 0.08),
    bp: fill(D, 0),
    ln2g: fill(D, 1),
    ln2b: fill(D, 0),
    w1: draw.uniform([D, F], 0.08),
    b1: fill(F, 0),
    w2: draw.uniform([F, D], 0.04),
    b2: fill(D, 0),
  }))
  const params = { tok, pos, blocks, lnfg: fill(D, 1), lnfb: fill(D, 0), head: draw.uniform([D, V], 0.08) }
  const x = draw.ids([B, T], V)
  const y = draw.ids([B, T], V)
  type Params = typeof params
  const exampleLoss = (p: Params, xs: Tensor, ys: Tensor): Tensor => {
    const embedded = add(take(p.tok, xs), p.pos)
    const last = p.blocks.reduce((h, own) => block(own, h, heads), embedded)
    return softmaxCrossEntropy(matmul(layerNorm(last, p.lnfg, p.lnfb), p.head), ys)
  }
  const optimizer = adam(1e-3)
  const losses = [4.307594, 4.2531, 4.134457, 4.108515, 4.072455]
  return { params, state: optimizer.init(params), step: trainStep(exampleLoss, optimizer), x, y, losses }
}

// ---- W6: a small convolutional network ----

export function cnnWorkload({ batch: B = 64 } = {}) {
  const draw = drawer(6)
  const [s2, sf] = [1 / Math.sqrt(250), 1 / Math.sqrt(320)]
  const params = {
    c1w: draw.uniform([10, 1, 5, 5], 0.2),
    c1b: draw.uniform([10], 0.2),
    c2w: draw.uniform([20, 10, 5, 5], s2),
    c2b: draw.uniform([20], s2),
    fw: draw.uniform([320, 10], sf),
    fb: draw.uniform([10], sf),
  }
  const x = draw.uniform([B, 1, 28, 28], 1)
  const y = draw.ids([B], 10)
  type Params = typeof params
  /** For one image [1, 28, 28]. */
  const exampleLoss = (p: Params, image: Tensor, label: Tensor): Tensor => {
    const h1 = maxPool(relu(conv2d(image, p.c1w, { bias: p.c1b })), 2)
    const h2 = maxPool(relu(conv2d(h1, p.c2w, { bias: p.c2b })), 2)
    return softmaxCrossEntropy(add(matmul(flatten(h2), p.fw), p.fb), label)
  }
  const optimizer = sgd(0.01)
  const losses = [2.341889, 2.335909, 2.33043, 2.325302, 2.32068]
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

/** Runs `count` jitted steps; the losses. */
export function train<P, S>(workload: Workload<P, S>, count: number): { losses: number[]; params: P } {
  const step = jit(workload.step, { donate: [0, 1] })
  let { params, state } = workload
  const losses: number[] = []
  for (let i = 0; i < count; i++) {
    const [p, s, loss] = step(params, state, workload.x, workload.y)
    params = p
    state = s
    losses.push(loss.item())
  }
  return { losses, params }
}
