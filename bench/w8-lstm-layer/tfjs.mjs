// Inputs projected for all steps at once, as anyone who knows an LSTM does.
import { mapLeaves } from '../lib/data.mjs'
import { loadTensorFlow, toTensor } from '../lib/tfjs.mjs'
import { cases, T } from './layer.mjs'

export async function prepare(only) {
  const tf = await loadTensorFlow()
  return cases(only, (B, weights, inputs) => {
    const { wx, wh, b } = mapLeaves(toTensor(tf), weights)
    const [E, H] = [wx.shape[0], wh.shape[0]]
    const x = toTensor(tf)(inputs).reshape([T * B, E])
    const layer = () =>
      tf.tidy(() => {
        let h = tf.zeros([B, H])
        let c = tf.zeros([B, H])
        const hs = tf.split(tf.fused.matMul({ a: x, b: wx, bias: b }), T).map(projected => {
          const [i, f, g, o] = tf.split(projected.add(h.matMul(wh)), 4, 1)
          c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()))
          h = o.sigmoid().mul(c.tanh())
          return h
        })
        return tf.concat(hs)
      })
    return { run: () => layer().dispose(), read: () => layer().data() }
  })
}
