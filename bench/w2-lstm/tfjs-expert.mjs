// Rewritten around the slow kernels: products whose gradient has no transposed operand, the embedding projected once,
// its rows picked step by step with one-hot rows (unstacking is slow), transposes made once for all steps.
import { lstmModel, mapLeaves } from '../lib/data.mjs'
import { adamStep, fastMatMul, loadTensorFlow, toTensor } from '../lib/tfjs.mjs'

export async function prepare() {
  const tf = await loadTensorFlow()
  const model = lstmModel()
  const { V, H, B, T } = model.sizes
  const params = mapLeaves(leaf => tf.variable(toTensor(tf)(leaf)), model.params)
  const { emb, wx, wh, b, wo, bo } = params
  const [x, y] = [model.x, model.y].map(ids => tf.oneHot(toTensor(tf)(ids).transpose().flatten(), V).toFloat())
  const xs = tf.split(x, T)

  function cell(z, c) {
    const [i, f, g, o] = tf.split(z, 4, 1)
    const c1 = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()))
    return [o.sigmoid().mul(c1.tanh()), c1]
  }

  function loss() {
    const projected = fastMatMul(tf, emb, wx).add(b)
    const [projectedT, whT] = [tf.transpose(projected), tf.transpose(wh)]
    let h = tf.zeros([B, H])
    let c = tf.zeros([B, H])
    const hs = xs.map(x => {
      const z = fastMatMul(tf, x, projected, projectedT).add(fastMatMul(tf, h, wh, whT))
      ;[h, c] = cell(z, c)
      return h
    })
    const logits = fastMatMul(tf, tf.concat(hs), wo).add(bo)
    return tf.losses.softmaxCrossEntropy(y, logits)
  }

  return [{ name: 'step', run: adamStep(tf, params, loss, { clip: 5 }) }]
}
