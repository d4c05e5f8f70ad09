import { loadTensorFlow } from '../lib/tfjs.mjs'

const tf = await loadTensorFlow('@tensorflow/tfjs-core')
const product = tf.matMul(
  tf.tensor2d([[1, 2]]),
  tf.tensor2d([
    [1, 2],
    [5, 6],
  ]),
)
console.log(JSON.stringify({ answers: [...product.dataSync()] }))
