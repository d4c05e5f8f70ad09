// As one writes it, but for the embedding: tf.gather has no gradient on the wasm backend, so it is a product with one-hot rows.
import { lstmModel, mapLeaves } from '../lib/data.mjs'
import { adamStep, loadTensorFlow, toTensor } from '../lib/tfjs.mjs'

export async function prepare() {
  const tf = await loadTensorFlow()
  const model = lstmModel()
  const { V, E, H, B, T } = model.sizes
  const params = mapLeaves(leaf => tf.variable(toTensor(tf)(leaf)), model.params)
  const { emb, wx, wh, b, wo, bo } = params
  const [x, y] = [model.x, model.y].map(ids => tf.oneHot(toTensor(tf)(ids).flatten(), V).toFloat())

  function cell(h, c, x) {
    const z = x.matMul(wx).add(h.matMul(wh)).add(b)
    const [i, f, g, o] = tf.split(z, 4, 1)
    const c1 = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()))
    return [o.sigmoid().mul(c1.tanh()), c1]
  }

  function loss() {
    const xs = tf.unstack(x.matMul(emb).reshape([B, T, E]), 1)
    let h = tf.zeros([B, H])
    let c = tf.zeros([B, H])
    const hs = xs.map(x => {
      ;[h, c] = cell(h, c, x)
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
