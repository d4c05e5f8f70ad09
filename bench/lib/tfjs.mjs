// TensorFlow.js on its wasm backend: SIMD, one thread.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

/** Loads it, and says so when it is not the SIMD build that runs. The core alone starts faster but lacks `x.add(y)`. */
export async function loadTensorFlow(name = '@tensorflow/tfjs') {
  const quiet = console.warn
  console.warn = () => {}
  const tf = require(name)
  const wasm = require('@tensorflow/tfjs-backend-wasm')
  wasm.setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')), '/'))
  wasm.setThreadsCount(1)
  await tf.setBackend('wasm')
  await tf.ready()
  console.warn = quiet
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) throw new Error('TensorFlow.js runs without SIMD')
  return tf
}

export const toTensor = tf => leaf =>
  tf.tensor(leaf.data, leaf.shape, leaf.data instanceof Int32Array ? 'int32' : 'float32')

/** Adam 1e-3 on the variables of `params` over `loss()`; gives a function that runs a step and returns the loss. */
export function adamStep(tf, params, loss, { clip } = {}) {
  const optimizer = tf.train.adam(1e-3, 0.9, 0.999, 1e-8)
  const variables = Object.values(params)
  return () =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss, variables)
      optimizer.applyGradients(clip === undefined ? grads : clipByGlobalNorm(tf, grads, clip))
      return value.dataSync()[0]
    })
}

function clipByGlobalNorm(tf, grads, maximum) {
  const norm = tf.sqrt(tf.addN(Object.values(grads).map(g => tf.sum(tf.square(g)))))
  const factor = tf.minimum(1, tf.div(maximum, norm))
  return Object.fromEntries(Object.entries(grads).map(([name, g]) => [name, tf.mul(g, factor)]))
}

/** The transpose of the last two dimensions. */
export const swap = (tf, x) =>
  tf.transpose(x, x.rank === 2 ? [1, 0] : [...Array(x.rank - 2).keys(), x.rank - 1, x.rank - 2])

/**
 * a · b, whose gradient avoids TensorFlow.js' products with a transposed operand, which are plain loops and many times
 * slower: it transposes first. `bT` is b's transpose, when it is used more than once.
 */
export const fastMatMul = (tf, a, b, bT = swap(tf, b)) =>
  tf.customGrad((a, b, save) => {
    save([a, bT])
    const gradFunc = (dy, [a, bT]) => [tf.matMul(dy, bT), tf.matMul(swap(tf, a), dy)]
    return { value: tf.matMul(a, b), gradFunc }
  })(a, b)

/** Sums over rows as a product, which is faster than tf.sum: [N, D] -> [D]. */
const sumRows = (tf, x) => tf.matMul(tf.ones([1, x.shape[0]]), x).flatten()

/** x + bias for [N, D] and [D]. */
export const addBias = (tf, x, bias) =>
  tf.customGrad((x, bias) => ({ value: tf.add(x, bias), gradFunc: dy => [dy, sumRows(tf, dy)] }))(x, bias)

/** x * gain for [N, D] and [D]. */
export const scale = (tf, x, gain) =>
  tf.customGrad((x, gain, save) => {
    save([x, gain])
    const gradFunc = (dy, [x, gain]) => [tf.mul(dy, gain), sumRows(tf, tf.mul(dy, x))]
    return { value: tf.mul(x, gain), gradFunc }
  })(x, gain)
