// The sub-packages speak of the same tensor type, and their types compose.
import { grad, jit, type Tensor, valueAndGrad } from 'heddle'
import { dense, type ParamsOf } from 'heddle/nn'
import { applyUpdates, sgd } from 'heddle/optim'
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
is<typeof params>()(grad((q: typeof params) => layer.apply(q, x))(params))
