// Rewritten around the slow kernels, as w2-lstm/tfjs-expert.mjs is.
import { gruModel, mapLeaves } from '../lib/data.mjs'
import { adamStep, fastMatMul, loadTensorFlow, toTensor } from '../lib/tfjs.mjs'

export async function prepare() {
  const tf = await loadTensorFlow()
  const model = gruModel()
  const { V, H, B, T } = model.sizes
  const params = mapLeaves(leaf => tf.variable(toTensor(tf)(leaf)), model.params)
  const { emb, wx, wh, bx, bh, wo, bo } = params
  const [x, y] = [model.x, model.y].map(ids => tf.oneHot(toTensor(tf)(ids).transpose().flatten(), V).toFloat())
  const xs = tf.split(x, T)

  function cell(zx, zh, h) {
    const [rx, zx1, nx] = tf.split(zx, 3, 1)
    const [rh, zh1, nh] = tf.split(zh, 3, 1)
    const r = rx.add(rh).sigmoid()
    const z = zx1.add(zh1).sigmoid()
    const n = nx.add(r.mul(nh)).tanh()
    return n.add(z.mul(h.sub(n)))
  }

  function loss() {
    const projected = fastMatMul(tf, emb, wx).add(bx)
    const [projectedT, whT] = [tf.transpose(projected), tf.transpose(wh)]
    let h = tf.zeros([B, H])
    const hs = xs.map(x => {
      h = cell(fastMatMul(tf, x, projected, projectedT), fastMatMul(tf, h, wh, whT).add(bh), h)
      return h
    })
    const logits = fastMatMul(tf, tf.concat(hs), wo).add(bo)
    return tf.losses.softmaxCrossEntropy(y, logits)
  }

  return [{ name: 'step', run: adamStep(tf, params, loss, { clip: 5 }) }]
}
