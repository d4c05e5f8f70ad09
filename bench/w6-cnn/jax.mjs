// Its own convolution; the pools as maxima over reshaped axes, which has a gradient and is faster than reduceWindow.
import { jit, lax, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import { cnnModel, mapLeaves } from '../lib/data.mjs'
import { crossEntropy, toArray } from '../lib/jax.mjs'

export function prepare() {
  const model = cnnModel()
  const [x, y] = [toArray(model.x), toArray(model.y)]

  const pool = h => {
    const [n, c, height, width] = h.shape
    return np.max(h.reshape([n, c, height / 2, 2, width / 2, 2]), [3, 5])
  }

  const layer = (h, w, b) => {
    const y = lax.conv(h, w, [1, 1], 'VALID').add(b.reshape([1, -1, 1, 1]))
    return pool(nn.relu(y))
  }

  function loss({ c1w, c1b, c2w, c2b, fw, fb }, x, y) {
    const h = layer(layer(x, c1w, c1b), c2w, c2b)
    return crossEntropy(np.matmul(h.reshape([h.shape[0], 320]), fw).add(fb), nn.oneHot(y, 10))
  }

  const step = jit((p, x, y) => {
    const [value, g] = valueAndGrad(loss)(tree.ref(p), x, y)
    return [tree.map((p, g) => p.sub(g.mul(0.01)), p, g), value]
  })

  let params = mapLeaves(toArray, model.params)
  return [
    {
      name: 'step',
      run: async () => {
        let value
        ;[params, value] = step(params, x.ref, y.ref)
        return (await value.data())[0]
      },
    },
  ]
}
