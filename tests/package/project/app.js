// What a user writes on the first day: a gradient, a layer and an optimiser, in whatever runs or bundles it.
import { grad, jit, mean, mul, random, square, sub, Tensor, tensor, treeLeaves, valueAndGrad, vmap } from 'heddle'
import { dense } from 'heddle/nn'
import { applyUpdates, sgd } from 'heddle/optim'

const x = tensor([
  [1, 2],
  [3, 4],
  [5, 6],
])
const y = tensor([[1], [2], [3]])
const layer = dense(1)
const optimizer = sgd(0.01)
const loss = (params, input, target) => mean(square(sub(vmap(layer.apply, [null, 0])(params, input), target)))
const step = jit((params, state, input, target) => {
  const [value, gradients] = valueAndGrad(loss)(params, input, target)
  const [updates, next] = optimizer.update(gradients, state, params)
  return [applyUpdates(params, updates), next, value]
})

let params = layer.init(random.key(0), { shape: [2], dtype: 'float32' })
let state = optimizer.init(params)
const losses = []
for (let i = 0; i < 5; i++) {
  const [nextParams, nextState, value] = step(params, state, x, y)
  params = nextParams
  state = nextState
  losses.push(value.item())
}

const result = {
  gradient: grad(v => mul(v, v))(tensor(3)).item(),
  learns: losses[4] < losses[0],
  // Sub-packages make and take the tensors of the core: one type, one memory.
  oneTensor: treeLeaves(params).every(leaf => leaf instanceof Tensor),
}
const text = JSON.stringify(result)
if (typeof document === 'undefined') console.log(text)
else {
  await fetch('/output', { method: 'POST', body: text })
  await fetch('/done', { method: 'POST' })
}
