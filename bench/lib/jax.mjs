// What the training workloads share in jax-js: its arrays are owned, so every further use of one says `.ref`.
import { jit, numpy as np, tree, valueAndGrad } from '@jax-js/jax'

export const toArray = ({ data, shape }) =>
  np.array(data, { shape, dtype: data instanceof Int32Array ? np.int32 : np.float32 })

/** Mean cross-entropy of logits [N, V]; the labels are one-hot [N, V]. */
export function crossEntropy(logits, labels) {
  const high = np.max(logits.ref, -1, { keepdims: true })
  const shifted = logits.sub(high)
  const logNorm = np.log(np.exp(shifted.ref).sum(-1))
  return np.mean(logNorm.sub(shifted.mul(labels).sum(-1)))
}

function clipByGlobalNorm(gradient, maximum) {
  const norm = np.sqrt(
    tree
      .leaves(tree.ref(gradient))
      .map(g => np.square(g).sum())
      .reduce((a, b) => a.add(b)),
  )
  const factor = np.minimum(1, np.trueDivide(maximum, norm))
  const clipped = tree.map(g => g.mul(factor.ref), gradient)
  factor.dispose()
  return clipped
}

/** Adam 1e-3 as one jitted step over `loss(params, x, y)`; gives a function that runs a step and returns the loss. */
export function adamStep(params, loss, [x, y], { clip } = {}) {
  const step = jit((p, m, v, count, x, y) => {
    const [value, raw] = valueAndGrad(loss)(tree.ref(p), x, y)
    const g = clip === undefined ? raw : clipByGlobalNorm(raw, clip)
    const m1 = tree.map((m, g) => m.mul(0.9).add(g.ref.mul(0.1)), m, g)
    const v1 = tree.map((v, g) => v.mul(0.999).add(np.square(g).mul(0.001)), v, g)
    const next = count.add(1)
    const c1 = np.subtract(1, np.exp(next.ref.mul(Math.log(0.9))))
    const c2 = np.subtract(1, np.exp(next.ref.mul(Math.log(0.999))))
    const p1 = tree.map(
      (p, m, v) =>
        p.sub(
          m.ref
            .div(c1.ref)
            .div(np.sqrt(v.ref.div(c2.ref)).add(1e-8))
            .mul(1e-3),
        ),
      p,
      m1,
      v1,
    )
    c1.dispose()
    c2.dispose()
    return [p1, m1, v1, next, value]
  })
  let p = params
  let m = tree.map(leaf => np.zeros(leaf.shape), params)
  let v = tree.map(leaf => np.zeros(leaf.shape), params)
  let count = np.array(0, { dtype: np.float32 })
  return async () => {
    let value
    ;[p, m, v, count, value] = step(p, m, v, count, x.ref, y.ref)
    return (await value.data())[0]
  }
}
