// jax-js has no scan: the loop over time is unrolled when it is traced. Inputs are projected for all steps at once.
import { jit, nn, numpy as np } from '@jax-js/jax'
import { mapLeaves } from '../lib/data.mjs'
import { toArray } from '../lib/jax.mjs'
import { cases, T } from './layer.mjs'

export const prepare = only =>
  cases(only, (B, weights, inputs) => {
    const H = weights.wh.shape[0]
    const layer = jit(({ wx, wh, b }, xs) => {
      const projected = np.matmul(xs, wx).add(b)
      let h = np.zeros([B, H])
      let c = np.zeros([B, H])
      const hs = []
      for (let t = 0; t < T; t++) {
        const [i, f, g, o] = np.split(projected.ref.slice(t).add(np.matmul(h, wh.ref)), 4, -1)
        c = nn
          .sigmoid(f)
          .mul(c)
          .add(nn.sigmoid(i).mul(np.tanh(g)))
        h = nn.sigmoid(o).mul(np.tanh(c.ref))
        hs.push(h.ref)
      }
      for (const spent of [projected, wh, h, c]) spent.dispose()
      return np.stack(hs)
    })
    const p = mapLeaves(toArray, weights)
    const xs = toArray(inputs)
    const forward = () => layer({ wx: p.wx.ref, wh: p.wh.ref, b: p.b.ref }, xs.ref)
    return {
      run: async () => {
        const hs = forward()
        await hs.blockUntilReady()
        hs.dispose()
      },
      read: () => forward().data(),
    }
  })
