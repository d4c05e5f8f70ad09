import { jit, nn, numpy as np, tree } from '@jax-js/jax'
import { mapLeaves } from '../lib/data.mjs'
import { toArray } from '../lib/jax.mjs'
import { tokenCase, weights } from './token.mjs'

export function prepare() {
  const p = mapLeaves(toArray, weights)
  const H = weights.wh.shape[0]
  const next = jit(({ emb, wx, wh, b, wo, bo }, h, c, id) => {
    const z = np.matmul(emb.slice(id), wx).add(np.matmul(h, wh)).add(b)
    const [i, f, g, o] = np.split(z, 4, -1)
    const c1 = nn
      .sigmoid(f)
      .mul(c)
      .add(nn.sigmoid(i).mul(np.tanh(g)))
    const h1 = nn.sigmoid(o).mul(np.tanh(c1.ref))
    return [h1.ref, c1, np.matmul(h1, wo).add(bo)]
  })
  let h = np.zeros([H])
  let c = np.zeros([H])
  const step = async id => {
    let logits
    ;[h, c, logits] = next(tree.ref(p), h, c, np.array(id, { dtype: np.int32 }))
    return logits.data()
  }
  const reset = () => {
    for (const spent of [h, c]) spent.dispose()
    h = np.zeros([H])
    c = np.zeros([H])
  }
  return [tokenCase({ step, read: logits => logits, reset })]
}
