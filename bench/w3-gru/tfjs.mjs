// As one writes it, but for the embedding: tf.gather has no gradient on the wasm backend, so it is a product with one-hot rows.
import { gruModel, mapLeaves } from '../lib/data.mjs'
import { adamStep, loadTensorFlow, toTensor } from '../lib/tfjs.mjs'

export async function prepare() {
  const tf = await loadTensorFlow()
  const model = gruModel()
  const { V, E, H, B, T } = model.sizes
  const params = mapLeaves(leaf => tf.variable(toTensor(tf)(leaf)), model.params)
  const { emb, wx, wh, bx, bh, wo, bo } = params
  const [x, y] = [model.x, model.y].map(ids => tf.oneHot(toTensor(tf)(ids).flatten(), V).toFloat())

  function cell(h, x) {
    const [rx, zx, nx] = tf.split(x.matMul(wx).add(bx), 3, 1)
    const [rh, zh, nh] = tf.split(h.matMul(wh).add(bh), 3, 1)
    const r = rx.add(rh).sigmoid()
    const z = zx.add(zh).sigmoid()
    const n = nx.add(r.mul(nh)).tanh()
    return tf.sub(1, z).mul(n).add(z.mul(h))
  }

  function loss() {
    const xs = tf.unstack(x.matMul(emb).reshape([B, T, E]), 1)
    let h = tf.zeros([B, H])
    const hs = xs.map(x => {
      h = cell(h, x)
      return h
    })
    const logits = tf
      .stack(hs, 1)
      .reshape([B * T, H])
      .matMul(wo)
      .add(bo)
    return tf.losses.softmaxCrossEntropy(y, logits)
  }

  return [{ name: 'step', run: adamStep(tf, params, loss, { clip: 5 }) }]
}
