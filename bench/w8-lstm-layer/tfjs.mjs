// The inputs are given step by step, in its favour: every tf.slice and tf.split copies its whole operand.
import { mapLeaves } from '../lib/data.mjs'
import { loadTensorFlow, toTensor } from '../lib/tfjs.mjs'
import { cases } from './layer.mjs'

export async function prepare(only) {
  const tf = await loadTensorFlow()
  return cases(only, (B, weights, inputs) => {
    const { wx, wh, b } = mapLeaves(toTensor(tf), weights)
    const [H] = wh.shape
    const xs = tf.unstack(toTensor(tf)(inputs))
    const layer = () =>
      tf.tidy(() => {
        let h = tf.zeros([B, H])
        let c = tf.zeros([B, H])
        const hs = xs.map(x => {
          const [i, f, g, o] = tf.split(x.matMul(wx).add(b).add(h.matMul(wh)), 4, 1)
          c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()))
          h = o.sigmoid().mul(c.tanh())
          return h
        })
        return tf.concat(hs)
      })
    return { run: () => layer().dispose(), read: () => layer().data() }
  })
}
