// jax-js has no scan: the loop over time is unrolled when it is traced. Of the ways tried the fastest: the embedding
// projected once and its rows gathered (gathering embeddings from a parameter has no gradient under jit), and the loss
// summed step by step, because stacking the states is slow in the backward pass.
import { nn, numpy as np } from '@jax-js/jax'
import { lstmModel, mapLeaves } from '../lib/data.mjs'
import { adamStep, crossEntropy, toArray } from '../lib/jax.mjs'

export function prepare() {
  const { params, x, y, sizes } = lstmModel()
  const { V, H, B, T } = sizes

  function cell(z, c) {
    const [i, f, g, o] = np.split(z, 4, -1)
    const c1 = nn
      .sigmoid(f)
      .mul(c)
      .add(nn.sigmoid(i).mul(np.tanh(g)))
    return [nn.sigmoid(o).mul(np.tanh(c1.ref)), c1]
  }

  function loss({ emb, wx, wh, b, wo, bo }, x, y) {
    const projected = np.matmul(emb, wx).add(b)
    let h = np.zeros([B, H])
    let c = np.zeros([B, H])
    let total = np.array(0)
    for (let t = 0; t < T; t++) {
      const z = projected.ref.slice(x.ref.slice([], t)).add(np.matmul(h, wh.ref))
      ;[h, c] = cell(z, c)
      const logits = np.matmul(h.ref, wo.ref).add(bo.ref)
      total = total.add(crossEntropy(logits, nn.oneHot(y.ref.slice([], t), V)))
    }
    for (const spent of [x, y, projected, wh, wo, bo, h, c]) spent.dispose()
    return total.div(T)
  }

  return [{ name: 'step', run: adamStep(mapLeaves(toArray, params), loss, [toArray(x), toArray(y)], { clip: 5 }) }]
}
