// The training workloads that speed is judged on, as a user writes them: cells and blocks for one example, lifted over
// the batch by vmap. Tests check their first losses, benches time them. Those that step through time have a file of their own.

import {
  add,
  arange,
  argmax,
  conv2d,
  dynamicUpdateSlice,
  flatten,
  matmul,
  maxPool,
  mul,
  reshape,
  scaledDotProductAttention,
  scan,
  softmaxCrossEntropy,
  split,
  square,
  type Tensor,
  take,
  tanh,
  tensor,
  vmap,
  zeros,
} from '../ts/index.js'
import { relu, standardize } from '../ts/nn/index.js'
import { adam, sgd } from '../ts/optim/index.js'
import { drawer, trainStep } from './workload.js'

export {
  gruWorkload,
  type LstmSizes,
  lstmCell,
  lstmWorkload,
  rnnWorkload,
  type TranslationSizes,
  translationWorkload,
  W2_SIZES,
  W9_SIZES,
} from './recurrent-workloads.js'
export { mulberry32, train, type Workload } from './workload.js'

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

const layerNorm = (x: Tensor, gain: Tensor, bias: Tensor): Tensor => add(mul(standardize(x), gain), bias)

/** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
const gelu = (x: Tensor): Tensor =>
  mul(0.5, mul(x, add(1, tanh(mul(0.7978845608028654, add(x, mul(0.044715, mul(x, square(x)))))))))

/** Causal attention of one head: [T, d] each. */
const head = (q: Tensor, k: Tensor, v: Tensor): Tensor => scaledDotProductAttention(q, k, v, { causal: true })

/** A pre-norm Transformer block for one sequence [T, D], or one place of it [D]; `attend`: q, k, v [..., D] -> [..., D]. */
function block(p: Block, x: Tensor, attend: (q: Tensor, k: Tensor, v: Tensor) => Tensor): Tensor {
  const [q, k, v] = split(add(matmul(layerNorm(x, p.ln1g, p.ln1b), p.wqkv), p.bqkv), 3)
  const x1 = add(x, add(matmul(attend(q, k, v), p.wp), p.bp))
  return add(x1, add(matmul(gelu(add(matmul(layerNorm(x1, p.ln2g, p.ln2b), p.w1), p.b1)), p.w2), p.b2))
}

/** Causal attention of all heads over a sequence: [T, D] each. */
const attendCausal =
  (heads: number) =>
  (...qkv: Tensor[]): Tensor => {
    const [T, D] = qkv[0].shape
    const [q, k, v] = qkv.map(part => reshape(part, [T, heads, D / heads]))
    return reshape(vmap(head, [1, 1, 1], 1)(q, k, v), [T, D])
  }

interface Gpt {
  tok: Tensor
  pos: Tensor
  blocks: Block[]
  lnfg: Tensor
  lnfb: Tensor
  head: Tensor
}

const unembed = (p: Gpt, x: Tensor): Tensor => matmul(layerNorm(x, p.lnfg, p.lnfb), p.head)

/** The logits [T, V] of a sequence of ids [T]. */
export const gptLogits = (p: Gpt, ids: Tensor, heads = 4): Tensor =>
  unembed(
    p,
    p.blocks.reduce((x, own) => block(own, x, attendCausal(heads)), add(take(p.tok, ids), p.pos)),
  )

/** The ids that follow `first` (int32) greedily, as many as there are places: one scan over a cache of keys and values. */
export function gptGenerate(p: Gpt, first: Tensor, heads = 4): Tensor {
  const [T, D] = p.pos.shape
  const empty = zeros([heads, T, D / heads])
  type Carry = { caches: Tensor[][]; id: Tensor }
  const step = ({ caches, id }: Carry, { t, pos }: { t: Tensor; pos: Tensor }): [Carry, Tensor] => {
    const next: Tensor[][] = []
    const last = p.blocks.reduce(
      (x, own, layer) =>
        block(own, x, (...qkv) => {
          const [q, k, v] = qkv.map(part => reshape(part, [heads, 1, D / heads]))
          const cache = [k, v].map((part, i) => dynamicUpdateSlice(caches[layer][i], part, [0, t, 0]))
          next.push(cache)
          const seen = (q: Tensor, k: Tensor, v: Tensor) => scaledDotProductAttention(q, k, v, { keyLength: add(t, 1) })
          return reshape(vmap(seen)(q, cache[0], cache[1]), [D])
        }),
      add(take(p.tok, id), pos),
    )
    const chosen = argmax(unembed(p, last))
    return [{ caches: next, id: chosen }, chosen]
  }
  return scan(step, { caches: p.blocks.map(() => [empty, empty]), id: first }, { t: arange(T), pos: p.pos })[1]
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
  const exampleLoss = (p: Params, xs: Tensor, ys: Tensor): Tensor => softmaxCrossEntropy(gptLogits(p, xs, heads), ys)
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
