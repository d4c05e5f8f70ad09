// The loops over time are unrolled, as in w2-lstm/jax.mjs; but a table of 4000 rows is not projected for 640 tokens.
import { nn, numpy as np } from '@jax-js/jax'
import { mapLeaves, translationModel } from '../lib/data.mjs'
import { adamStep, crossEntropy, toArray } from '../lib/jax.mjs'

export function prepare() {
  const { params, x, y, sizes } = translationModel()
  const { V, E, H, S, T, B } = sizes

  function cell(z, c) {
    const [i, f, g, o] = np.split(z, 4, -1)
    const c1 = nn
      .sigmoid(f)
      .mul(c)
      .add(nn.sigmoid(i).mul(np.tanh(g)))
    return [nn.sigmoid(o).mul(np.tanh(c1.ref)), c1]
  }

  /** Rows of a table for ids [B, N], projected: [N, B, 4H]. Rows gathered from a parameter have no gradient under jit. */
  const projectedRows = (table, ids, w) => np.matmul(np.matmul(nn.oneHot(ids.transpose(), V), table), w)

  function loss(p, x, y) {
    const { sourceTable, ex, eh, eb, targetTable, dx, dh, db, wq, wk, ba, v, wo, bo } = p
    const read = projectedRows(sourceTable, x, ex)
    let h = np.zeros([B, H])
    let c = np.zeros([B, H])
    const states = []
    for (let t = 0; t < S; t++) {
      const z = read.ref.slice(t).add(np.matmul(h, eh.ref)).add(eb.ref)
      ;[h, c] = cell(z, c)
      states.push(h.ref)
    }
    const keys = np.stack(states, 1)
    const projected = np.matmul(keys.ref, wk)
    const given = projectedRows(targetTable, y.ref.slice([], [0, T]), dx.ref.slice([0, E]))
    const wc = dx.slice([E, E + H])
    let total = np.array(0)
    for (let t = 0; t < T; t++) {
      const query = np.matmul(h.ref, wq.ref).add(ba.ref).reshape([B, 1, H])
      const scores = np.matmul(np.tanh(projected.ref.add(query)), v.ref)
      const weights = nn.softmax(scores, -1)
      const context = np.matmul(weights.reshape([B, 1, S]), keys.ref).reshape([B, H])
      const z = given.ref.slice(t).add(np.matmul(context.ref, wc.ref)).add(np.matmul(h, dh.ref)).add(db.ref)
      ;[h, c] = cell(z, c)
      const logits = np.matmul(np.concatenate([h.ref, context], -1), wo.ref).add(bo.ref)
      total = total.add(crossEntropy(logits, nn.oneHot(y.ref.slice([], t + 1), V)))
    }
    for (const spent of [read, eh, eb, keys, projected, given, wc, wq, ba, v, dh, db, wo, bo, y, h, c]) spent.dispose()
    return total.div(T)
  }

  return [{ name: 'step', run: adamStep(mapLeaves(toArray, params), loss, [toArray(x), toArray(y)]) }]
}
