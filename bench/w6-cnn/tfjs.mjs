// As one writes it. The wasm backend lacks the kernel for the filters' gradient: it says so, and is listed as refused.
import { cnnModel, mapLeaves } from '../lib/data.mjs'
import { loadTensorFlow, toTensor } from '../lib/tfjs.mjs'

export async function prepare() {
  const tf = await loadTensorFlow()
  const model = cnnModel()
  const params = mapLeaves(leaf => tf.variable(toTensor(tf)(leaf)), model.params)
  const { c1w, c1b, c2w, c2b, fw, fb } = params
  const x = toTensor(tf)(model.x).transpose([0, 2, 3, 1])
  const y = tf.oneHot(toTensor(tf)(model.y), 10).toFloat()
  const optimizer = tf.train.sgd(0.01)

  const layer = (h, w, b) =>
    tf
      .conv2d(h, w.transpose([2, 3, 1, 0]), 1, 'valid')
      .add(b)
      .relu()
      .maxPool(2, 2, 'valid')

  function loss() {
    const h = layer(layer(x, c1w, c1b), c2w, c2b)
    const flat = h.transpose([0, 3, 1, 2]).reshape([model.sizes.B, 320])
    return tf.losses.softmaxCrossEntropy(y, flat.matMul(fw).add(fb))
  }

  const run = () => tf.tidy(() => optimizer.minimize(loss, true, Object.values(params)).dataSync()[0])
  return [{ name: 'step', run }]
}
