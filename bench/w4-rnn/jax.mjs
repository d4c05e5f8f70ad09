import { jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import { mapLeaves, rnnModel } from '../lib/data.mjs'
import { crossEntropy, toArray } from '../lib/jax.mjs'

export function prepare() {
  const model = rnnModel()
  const { V, H, B, T } = model.sizes
  const [x, y] = [toArray(model.x), toArray(model.y)]

  function loss({ wxh, whh, bh, why, by }, x, y) {
    let h = np.zeros([B, H])
    let total = np.array(0)
    for (let t = 0; t < T; t++) {
      h = np.tanh(wxh.ref.slice(x.ref.slice([], t)).add(np.matmul(h, whh.ref)).add(bh.ref))
      const logits = np.matmul(h.ref, why.ref).add(by.ref)
      total = total.add(crossEntropy(logits, nn.oneHot(y.ref.slice([], t), V)))
    }
    for (const spent of [x, y, wxh, whh, bh, why, by, h]) spent.dispose()
    return total.div(T)
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
