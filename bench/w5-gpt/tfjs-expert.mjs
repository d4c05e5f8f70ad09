// Rewritten around the slow kernels: products with transposed operands, and sums over rows in the gradients of biases.
import { gptModel, mapLeaves } from '../lib/data.mjs'
import { adamStep, addBias, fastMatMul, loadTensorFlow, scale, swap, toTensor } from '../lib/tfjs.mjs'

export async function prepare() {
  const tf = await loadTensorFlow()
  const model = gptModel()
  const { V, D, T, B, heads } = model.sizes
  const variables = []
  const params = mapLeaves(leaf => {
    variables.push(tf.variable(toTensor(tf)(leaf)))
    return variables.at(-1)
  }, model.params)
  const [x, y] = [model.x, model.y].map(ids => tf.oneHot(toTensor(tf)(ids).flatten(), V).toFloat())
  const masked = tf.linalg
    .bandPart(tf.ones([T, T]), -1, 0)
    .sub(1)
    .mul(1e30)

  const product = (x, w) => fastMatMul(tf, x, w)
  const affine = (x, w, b) => addBias(tf, product(x, w), b)

  function layerNorm(x, gain, bias) {
    const { mean, variance } = tf.moments(x, -1, true)
    return addBias(tf, scale(tf, x.sub(mean).div(variance.add(1e-5).sqrt()), gain), bias)
  }

  /** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
  const gelu = x => x.mul(0.5).mul(x.add(x.mul(x).mul(x).mul(0.044715)).mul(0.7978845608028654).tanh().add(1))

  const headsOf = x => x.reshape([B, T, heads, D / heads]).transpose([0, 2, 1, 3])

  function attention(x, p) {
    const [q, k, v] = tf.split(affine(x, p.wqkv, p.bqkv), 3, 1).map(headsOf)
    const scores = product(q, swap(tf, k)).mul(1 / Math.sqrt(D / heads))
    const weights = scores.add(masked).softmax()
    return product(weights, v)
      .transpose([0, 2, 1, 3])
      .reshape([B * T, D])
  }

  function block(x, p) {
    const x1 = x.add(affine(attention(layerNorm(x, p.ln1g, p.ln1b), p), p.wp, p.bp))
    const hidden = gelu(affine(layerNorm(x1, p.ln2g, p.ln2b), p.w1, p.b1))
    return x1.add(affine(hidden, p.w2, p.b2))
  }

  function loss() {
    const embedded = product(x, params.tok).reshape([B, T, D]).add(params.pos)
    const last = params.blocks.reduce(block, embedded.reshape([B * T, D]))
    return tf.losses.softmaxCrossEntropy(y, product(layerNorm(last, params.lnfg, params.lnfb), params.head))
  }

  return [{ name: 'step', run: adamStep(tf, variables, loss) }]
}
