// As one writes it, but for the embeddings: tf.gather has no gradient on the wasm backend, so they are products with
// one-hot rows.
import { mapLeaves, translationModel } from '../lib/data.mjs'
import { adamStep, loadTensorFlow, toTensor } from '../lib/tfjs.mjs'

export async function prepare() {
  const tf = await loadTensorFlow()
  const model = translationModel()
  const { V, E, H, S, T, B } = model.sizes
  const params = mapLeaves(leaf => tf.variable(toTensor(tf)(leaf)), model.params)
  const { sourceTable, ex, eh, eb, targetTable, dx, dh, db, wq, wk, ba, v, wo, bo } = params
  const oneHot = ids => tf.oneHot(ids.flatten(), V).toFloat()
  const [x, y] = [model.x, model.y].map(toTensor(tf))
  const [read, given, wanted] = [x, y.slice([0, 0], [B, T]), y.slice([0, 1], [B, T])].map(oneHot)

  function cell(c, z) {
    const [i, f, g, o] = tf.split(z, 4, 1)
    const c1 = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()))
    return [o.sigmoid().mul(c1.tanh()), c1]
  }

  function loss() {
    let [h, c] = [tf.zeros([B, H]), tf.zeros([B, H])]
    const states = tf.unstack(read.matMul(sourceTable).reshape([B, S, E]), 1).map(x => {
      ;[h, c] = cell(c, x.matMul(ex).add(h.matMul(eh)).add(eb))
      return h
    })
    const keys = tf.stack(states, 1)
    const projected = keys
      .reshape([B * S, H])
      .matMul(wk)
      .reshape([B, S, H])
    const said = tf.unstack(given.matMul(targetTable).reshape([B, T, E]), 1).map(x => {
      const hidden = projected.add(h.matMul(wq).add(ba).expandDims(1)).tanh()
      const weights = tf.softmax(
        hidden
          .reshape([B * S, H])
          .matMul(v.expandDims(1))
          .reshape([B, S]),
      )
      const context = tf.matMul(weights.expandDims(1), keys).squeeze([1])
      ;[h, c] = cell(c, tf.concat([x, context], 1).matMul(dx).add(h.matMul(dh)).add(db))
      return tf.concat([h, context], 1)
    })
    const logits = tf
      .stack(said, 1)
      .reshape([B * T, 2 * H])
      .matMul(wo)
      .add(bo)
    return tf.losses.softmaxCrossEntropy(wanted, logits)
  }

  return [{ name: 'step', run: adamStep(tf, params, loss) }]
}
