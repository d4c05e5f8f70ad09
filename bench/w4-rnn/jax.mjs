import { jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import { mapLeaves, rnnModel } from '../lib/data.mjs'
import { crossEntropy, toArray } from '../lib/jax.mjs'

export function prepare() {
  const model = rnnModel()
  const { V, H, B, T } = model.sizes
  const [x, y] = [toArray(model.x), toArray(model.y)]

  function loss({ wxh, whh, bh, why, by }, x, y) {
    const xs = np.matmul(nn.oneHot(x, V), wxh).add(bh)
    let h = np.zeros([B, H])
    const hs = []
    for (let t = 0; t < T; t++) {
      h = np.tanh(xs.ref.slice([], t).add(np.matmul(h, whh.ref)))
      hs.push(h.ref)
    }
    for (const spent of [xs, whh, h]) spent.dispose()
    const logits = np.matmul(np.stack(hs, 1), why).add(by)
    return crossEntropy(logits, nn.oneHot(y, V))
  }

  const step = jit((p, x, y) => {
    const [value, g] = valueAndGrad(loss)(tree.ref(p), x, y)
    return [tree.map((p, g) => p.sub(g.mul(0.1)), p, g), value]
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
