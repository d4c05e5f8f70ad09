import { loadTensorFlow, toTensor } from '../lib/tfjs.mjs'
import { cases } from './shapes.mjs'

export async function prepare(only) {
  const tf = await loadTensorFlow()
  return cases(only, (_, a, b) => {
    const [left, right] = [a, b].map(toTensor(tf))
    return { run: () => tf.matMul(left, right).dispose(), read: () => tf.matMul(left, right).data() }
  })
}
