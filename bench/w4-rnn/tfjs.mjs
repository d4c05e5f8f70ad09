// As one writes it, but for the embedding: tf.gather has no gradient on the wasm backend, so it is a product with one-hot rows.
import { mapLeaves, rnnModel } from '../lib/data.mjs'
import { loadTensorFlow, toTensor } from '../lib/tfjs.mjs'

export async function prepare() {
  const tf = await loadTensorFlow()
  const model = rnnModel()
  const { V, H } = model.sizes
  const params = mapLeaves(leaf => tf.variable(toTensor(tf)(leaf)), model.params)
  const { wxh, whh, bh, why, by } = params
  const [x, y] = [model.x, model.y].map(ids => tf.oneHot(toTensor(tf)(ids).flatten(), V).toFloat())
  const optimizer = tf.train.sgd(0.1)

  function loss() {
    let h = tf.zeros([1, H])
    const hs = tf.split(x.matMul(wxh), model.sizes.T).map(x => {
      h = x.add(h.matMul(whh)).add(bh).tanh()
      return h
    })
    return tf.losses.softmaxCrossEntropy(y, tf.concat(hs).matMul(why).add(by))
  }

  const run = () => tf.tidy(() => optimizer.minimize(loss, true, Object.values(params)).dataSync()[0])
  return [{ name: 'step', run }]
}
