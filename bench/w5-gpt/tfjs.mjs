// As one writes it, but for the embedding: tf.gather has no gradient on the wasm backend, so it is a product with one-hot rows.
import { gptModel, mapLeaves } from '../lib/data.mjs'
import { adamStep, loadTensorFlow, toTensor } from '../lib/tfjs.mjs'

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

  function layerNorm(x, gain, bias) {
    const { mean, variance } = tf.moments(x, -1, true)
    return x.sub(mean).div(variance.add(1e-5).sqrt()).mul(gain).add(bias)
  }

  /** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
  const gelu = x => x.mul(0.5).mul(x.add(x.mul(x).mul(x).mul(0.044715)).mul(0.7978845608028654).tanh().add(1))

  const headsOf = x => x.reshape([B, T, heads, D / heads]).transpose([0, 2, 1, 3])

  function attention(x, p) {
    const [q, k, v] = tf.split(x.matMul(p.wqkv).add(p.bqkv), 3, 1).map(headsOf)
    const scores = tf.matMul(q, k, false, true).mul(1 / Math.sqrt(D / heads))
    const weights = scores.add(masked).softmax()
    return weights
      .matMul(v)
      .transpose([0, 2, 1, 3])
      .reshape([B * T, D])
  }

  function block(x, p) {
    const x1 = x.add(
      attention(layerNorm(x, p.ln1g, p.ln1b), p)
        .matMul(p.wp)
        .add(p.bp),
    )
    const hidden = gelu(layerNorm(x1, p.ln2g, p.ln2b).matMul(p.w1).add(p.b1))
    return x1.add(hidden.matMul(p.w2).add(p.b2))
  }

  function loss() {
    const embedded = x.matMul(params.tok).reshape([B, T, D]).add(params.pos)
    const last = params.blocks.reduce(block, embedded.reshape([B * T, D]))
    return tf.losses.softmaxCrossEntropy(y, layerNorm(last, params.lnfg, params.lnfb).matMul(params.head))
  }

  return [{ name: 'step', run: adamStep(tf, variables, loss) }]
}
