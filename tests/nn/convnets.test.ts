// Networks with a name: their published numbers of parameters, and the course's network against the one by hand.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cnnWorkload } from '../../bench/workloads.js'
import {
  add,
  evalShape,
  jit,
  random,
  type Tensor,
  treeLeaves,
  treeMap,
  valueAndGrad,
  vmap,
  zeros,
} from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import { applyUpdates, sgd } from '../../ts/optim/index.js'

const key = random.key(7)
const keySpec = { shape: [2], dtype: 'uint32' } as const

/** How many parameters a network has; none is computed. */
const countOf = (model: nn.Network, shape: number[]): number => {
  const params = evalShape((own: Tensor) => model.init(own, { shape }))(keySpec)
  let total = 0
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return
    const { shape: own, dtype } = node as { shape?: number[]; dtype?: string }
    if (own !== undefined && dtype !== undefined) total += own.reduce((product, length) => product * length, 1)
    else Object.values(node).forEach(visit)
  }
  visit(params)
  return total
}

test('the published numbers of parameters', () => {
  assert.is(countOf(nn.leNet(10), [1, 28, 28]), 61706)
  assert.is(countOf(nn.alexNet(1000), [3, 227, 227]), 60965224)
  const large = [3, 224, 224]
  assert.is(countOf(nn.resNet(1000), large), 11689512)
  assert.is(countOf(nn.resNet(1000, { blocks: [3, 4, 6, 3] }), large), 21797672)
  assert.is(countOf(nn.resNet(1000, { blocks: [3, 4, 6, 3], bottleneck: true }), large), 25557032)
  assert.is(countOf(nn.resNet(10, { blocks: [3, 3, 3], filters: 16, large: false }), [3, 32, 32]), 272474)
})

test('they run: small ones of each, with states and keys where they have them', () => {
  const alex = nn.alexNet(5, { width: 1 / 32 })
  const params = alex.init(key, { shape: [3, 67, 67] })
  const each = (x: Tensor, own: Tensor) => alex.apply(params, x, { train: true, key: own })
  assert.equal(vmap(each)(zeros([2, 3, 67, 67]), random.bits(key, [2, 2])).shape, [2, 5])
  for (const bottleneck of [false, true]) {
    const net = nn.resNet(3, { blocks: [1, 2], filters: 4, bottleneck, large: bottleneck })
    const image = { shape: [2, 16, 16] }
    const [weights, state] = [net.init(key, image), net.initState(image)]
    const one = (x: Tensor) => net.run(weights, x, { train: true, state })
    const [next, logits] = vmap(one, [0], [null, 0], { axisName: 'batch' })(random.normal(key, [4, 2, 16, 16]))
    assert.equal(logits.shape, [4, 3])
    assert.is(treeLeaves(next).length, treeLeaves(state).length)
    assert.equal(vmap((x: Tensor) => net.apply(weights, x, { state: next }))(zeros([4, 2, 16, 16])).shape, [4, 3])
  }
})

test('wrong sizes are refused', () => {
  assert.throws(() => nn.leNet(0), /leNet: classes is a positive integer, not 0/)
  assert.throws(() => nn.alexNet(2, { width: 0 }), /alexNet: the width is a positive number, not 0/)
  assert.throws(() => nn.resNet(1.5), /resNet: classes is a positive integer, not 1.5/)
})

test('W6: the course’s network of layers has the known losses, in a program that is no longer', () => {
  const { params, state, step: byHand, x, y, losses } = cnnWorkload()
  const { c1w, c1b, c2w, c2b, fw, fb } = params
  const pool = nn.maxPool(2)
  const model = nn.leNet(10, { filters: [10, 20], padding: 0, units: [], activation: nn.relu, pool })
  const start = [{ w: c1w, b: c1b }, null, null, { w: c2w, b: c2b }, null, null, null, { w: fw, b: fb }]
  const optimizer = sgd(0.01)
  const loss = (p: typeof start, xs: Tensor, ys: Tensor) =>
    nn.crossEntropy(vmap((own: Tensor) => model.apply(p, own))(xs), ys)
  const step = jit((p: typeof start, s: ReturnType<typeof optimizer.init>, xs: Tensor, ys: Tensor) => {
    const [value, gradients] = valueAndGrad(loss)(p, xs, ys)
    const [updates, next] = optimizer.update(gradients, s)
    return [applyUpdates(p, updates), next, value] as [typeof start, typeof s, Tensor]
  })
  let p = start
  let s = optimizer.init(start)
  for (const known of losses) {
    const [nextParams, nextState, value] = step(p, s, x, y)
    ;[p, s] = [nextParams, nextState]
    assert.ok(Math.abs(value.item() - known) < 1e-5, `${value.item()}, known ${known}`)
  }
  const { instructions } = step.compile(start, s, x, y)
  const hand = jit(byHand).compile(
    treeMap(leaf => add(leaf, 0), params),
    state,
    x,
    y,
  )
  assert.ok(instructions <= hand.instructions, `${instructions} instructions, ${hand.instructions} by hand`)
})

test.run()
