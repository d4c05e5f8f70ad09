// The wasm backend has no gradient of convolutions with respect to filters (and none as one writes it): windows are taken
// apart into a matrix by hand, so that a convolution is a product; pools are maxima of four strided slices.
import { cnnModel, mapLeaves } from '../lib/data.mjs'
import { addBias, fastMatMul, loadTensorFlow, toTensor } from '../lib/tfjs.mjs'

export async function prepare() {
  const tf = await loadTensorFlow()
  const model = cnnModel()
  const B = model.sizes.B
  const params = mapLeaves(leaf => tf.variable(toTensor(tf)(leaf)), model.params)
  const { c1w, c1b, c2w, c2b, fw, fb } = params
  // Channels last, as its kernels have them.
  const x = toTensor(tf)(model.x).transpose([0, 2, 3, 1])
  const y = tf.oneHot(toTensor(tf)(model.y), 10).toFloat()
  const optimizer = tf.train.sgd(0.01)

  /** [N, H, W, C] -> [N, H', W', 25 C], the window's places before the channels. */
  function columns(h) {
    const [n, height, width, c] = h.shape
    const parts = []
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j < 5; j++) parts.push(tf.slice(h, [0, i, j, 0], [n, height - 4, width - 4, c]))
    }
    return tf.concat(parts, 3)
  }

  function layer(h, w, b) {
    const [out, inner] = w.shape
    const matrix = w.transpose([2, 3, 1, 0]).reshape([25 * inner, out])
    const all = columns(h)
    const [n, height, width] = all.shape
    const y = addBias(tf, fastMatMul(tf, all.reshape([n * height * width, 25 * inner]), matrix), b).relu()
    const cells = y.reshape([n, height / 2, 2, width / 2, 2, out])
    const quarters = [0, 1].flatMap(i =>
      [0, 1].map(j =>
        tf
          .slice(cells, [0, 0, i, 0, j, 0], [n, height / 2, 1, width / 2, 1, out])
          .reshape([n, height / 2, width / 2, out]),
      ),
    )
    return quarters.reduce((a, b) => tf.maximum(a, b))
  }

  function loss() {
    const h = layer(layer(x, c1w, c1b), c2w, c2b)
    const flat = h.transpose([0, 3, 1, 2]).reshape([B, 320])
    return tf.losses.softmaxCrossEntropy(y, addBias(tf, fastMatMul(tf, flat, fw), fb))
  }

  const run = () => tf.tidy(() => optimizer.minimize(loss, true, Object.values(params)).dataSync()[0])
  return [{ name: 'step', run }]
}
