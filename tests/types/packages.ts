// The sub-packages speak of the same tensor type, and their types compose.
import { grad, jit, type Tensor, valueAndGrad } from 'heddle'
import { sample } from 'heddle/decode'
import { restoreTree } from 'heddle/io'
import { dense, type ParamsOf } from 'heddle/nn'
import { applyUpdates, sgd } from 'heddle/optim'
import { profile } from 'heddle/profile'
import { fit } from 'heddle/train'
import { is } from './expect.js'

declare const key: Tensor
declare const x: Tensor

const layer = dense(4)
const params = layer.init(key, x)
is<ParamsOf<typeof layer>>()(params)
is<Tensor>()(layer.apply(params, x))

const optimizer = sgd(0.1)
const state = optimizer.init(params)
const step = jit((p: typeof params, s: typeof state, input: Tensor) => {
  const [loss, gradients] = valueAndGrad((q: typeof params) => layer.apply(q, input))(p)
  const [updates, next] = optimizer.update(gradients, s, p)
  return [applyUpdates(p, updates), next, loss]
})
is<[typeof params, typeof state, Tensor]>()(step(params, state, x))
is<typeof params>()(profile(grad((q: typeof params) => layer.apply(q, x)))(params).result)
is<typeof params>()(grad((q: typeof params) => layer.apply(q, x))(params))

interface Carry {
  h: Tensor
}
const [carry, tokens] = sample((c: Carry, token) => [c, token] as const, { h: x }, x, { length: 3, key })
is<Carry>()(carry)
is<Tensor>()(tokens)
is<Carry>()(restoreTree(carry, { h: x }))

const reports = fit(({ h }: Carry, number) => [{ h }, number] as const, carry, { steps: 3, onStep: ({ step }) => step })
for await (const { state, loss } of reports) {
  is<Carry>()(state)
  is<number>()(loss)
}
