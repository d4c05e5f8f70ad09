// Written for the whole batch; of the ways tried the fastest.
import { nn, numpy as np } from '@jax-js/jax'
import { gptModel, mapLeaves } from '../lib/data.mjs'
import { adamStep, crossEntropy, toArray } from '../lib/jax.mjs'

export function prepare() {
  const { params, x, y, sizes } = gptModel()
  const { V, D, T, B, heads } = sizes
  const size = D / heads

  function layerNorm(x, gain, bias) {
    const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }))
    const variance = np.mean(np.square(centred.ref), -1, { keepdims: true })
    return centred
      .div(np.sqrt(variance.add(1e-5)))
      .mul(gain)
      .add(bias)
  }

  /** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
  function gelu(x) {
    const inner = x.ref.add(np.square(x.ref).mul(x.ref).mul(0.044715)).mul(0.7978845608028654)
    return x.mul(0.5).mul(np.tanh(inner).add(1))
  }

  function attention(x, { wqkv, bqkv }) {
    const qkv = np.matmul(x, wqkv).add(bqkv).reshape([B, T, 3, heads, size])
    const [q, k, v] = [0, 1, 2].map(i => qkv.ref.slice([], [], i).transpose([0, 2, 1, 3]))
    qkv.dispose()
    const scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(size))
    const causal = np.tril(np.ones([T, T])).astype(np.bool)
    const weights = nn.softmax(np.where(causal, scores, -1e30), -1)
    return np
      .matmul(weights, v)
      .transpose([0, 2, 1, 3])
      .reshape([B * T, D])
  }

  function block(x, p) {
    const { wqkv, bqkv } = p
    const x1 = x.ref.add(np.matmul(attention(layerNorm(x, p.ln1g, p.ln1b), { wqkv, bqkv }), p.wp).add(p.bp))
    const hidden = gelu(np.matmul(layerNorm(x1.ref, p.ln2g, p.ln2b), p.w1).add(p.b1))
    return x1.add(np.matmul(hidden, p.w2).add(p.b2))
  }

  function loss(p, x, y) {
    const tokens = np.matmul(nn.oneHot(x.reshape([B * T]), V), p.tok).reshape([B, T, D])
    let h = tokens.add(p.pos).reshape([B * T, D])
    for (const own of p.blocks) h = block(h, own)
    const logits = np.matmul(layerNorm(h, p.lnfg, p.lnfb), p.head)
    return crossEntropy(logits, nn.oneHot(y.reshape([B * T]), V))
  }

  return [{ name: 'step', run: adamStep(mapLeaves(toArray, params), loss, [toArray(x), toArray(y)]) }]
}
