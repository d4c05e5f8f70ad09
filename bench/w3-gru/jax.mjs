// The loop over time is unrolled; the embedding is projected once and its rows gathered; see w2-lstm/jax.mjs.
import { nn, numpy as np } from '@jax-js/jax'
import { gruModel, mapLeaves } from '../lib/data.mjs'
import { adamStep, crossEntropy, toArray } from '../lib/jax.mjs'

export function prepare() {
  const { params, x, y, sizes } = gruModel()
  const { V, H, B, T } = sizes

  function cell(zx, zh, h) {
    const [rx, zx1, nx] = np.split(zx, 3, -1)
    const [rh, zh1, nh] = np.split(zh, 3, -1)
    const r = nn.sigmoid(rx.add(rh))
    const z = nn.sigmoid(zx1.add(zh1))
    const n = np.tanh(nx.add(r.mul(nh)))
    return np.subtract(1, z.ref).mul(n).add(z.mul(h))
  }

  function loss({ emb, wx, wh, bx, bh, wo, bo }, x, y) {
    const projected = np.matmul(emb, wx).add(bx)
    let h = np.zeros([B, H])
    let total = np.array(0)
    for (let t = 0; t < T; t++) {
      const zx = projected.ref.slice(x.ref.slice([], t))
      const zh = np.matmul(h.ref, wh.ref).add(bh.ref)
      h = cell(zx, zh, h)
      const logits = np.matmul(h.ref, wo.ref).add(bo.ref)
      total = total.add(crossEntropy(logits, nn.oneHot(y.ref.slice([], t), V)))
    }
    for (const spent of [x, y, projected, wh, bh, wo, bo, h]) spent.dispose()
    return total.div(T)
  }

  return [{ name: 'step', run: adamStep(mapLeaves(toArray, params), loss, [toArray(x), toArray(y)], { clip: 5 }) }]
}
