import { mapLeaves } from '../lib/data.mjs'
import { loadTensorFlow, toTensor } from '../lib/tfjs.mjs'
import { tokenCase, weights } from './token.mjs'

export async function prepare() {
  const tf = await loadTensorFlow()
  const { emb, wx, wh, b, wo, bo } = mapLeaves(toTensor(tf), weights)
  const H = wh.shape[0]
  let h = tf.zeros([1, H])
  let c = tf.zeros([1, H])
  const next = id =>
    tf.tidy(() => {
      const x = tf.gather(emb, tf.tensor1d([id], 'int32'))
      const z = x.matMul(wx).add(h.matMul(wh)).add(b)
      const [i, f, g, o] = tf.split(z, 4, 1)
      const c1 = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()))
      const h1 = o.sigmoid().mul(c1.tanh())
      return [h1, c1, h1.matMul(wo).add(bo)]
    })
  const step = id => {
    const [h1, c1, logits] = next(id)
    const values = logits.dataSync()
    tf.dispose([h, c, logits])
    h = h1
    c = c1
    return values
  }
  const reset = () => {
    tf.dispose([h, c])
    h = tf.zeros([1, H])
    c = tf.zeros([1, H])
  }
  return [tokenCase({ step, read: logits => logits, reset })]
}
