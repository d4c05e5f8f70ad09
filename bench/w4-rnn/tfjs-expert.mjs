// Rewritten around the slow kernels: products whose gradient has no transposed operand, the bias added once for all steps.
import { mapLeaves, rnnModel } from '../lib/data.mjs'
import { fastMatMul, loadTensorFlow, toTensor } from '../lib/tfjs.mjs'

export async function prepare() {
  const tf = await loadTensorFlow()
  const model = rnnModel()
  const { V, H, T } = model.sizes
  const params = mapLeaves(leaf => tf.variable(toTensor(tf)(leaf)), model.params)
  const { wxh, whh, bh, why, by } = params
  const [x, y] = [model.x, model.y].map(ids => tf.oneHot(toTensor(tf)(ids).flatten(), V).toFloat())
  const optimizer = tf.train.sgd(0.1)

  function loss() {
    const whhT = tf.transpose(whh)
    let h = tf.zeros([1, H])
    const hs = tf.split(fastMatMul(tf, x, wxh).add(bh), T).map(x => {
      h = x.add(fastMatMul(tf, h, whh, whhT)).tanh()
      return h
    })
    return tf.losses.softmaxCrossEntropy(y, fastMatMul(tf, tf.concat(hs), why).add(by))
  }

  const run = () => tf.tidy(() => optimizer.minimize(loss, true, Object.values(params)).dataSync()[0])
  return [{ name: 'step', run }]
}
