import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { add, grad, jit, matmul, mul, square, sum, type Tensor, tanh, tensor, treeLeaves } from '../../ts/index.js'
import * as optim from '../../ts/optim/index.js'

const params = { body: [{ w: tensor([1, -0]) }, { w: tensor([2]) }], head: { w: tensor([3]), b: tensor([4]) } }
const gradients = { body: [{ w: tensor([1, 1]) }, { w: tensor([1]) }], head: { w: tensor([1]), b: tensor([1]) } }
type Params = typeof params

const values = (tree: unknown) => treeLeaves(tree).map(leaf => leaf.toArray())

test('masked: the selected leaves are changed, the others pass; by path, paths and predicate', () => {
  const selections: [optim.Selection, unknown[]][] = [
    ['head', [[1, 1], [1], [2], [2]]],
    [
      ['body.0', 'head.b'],
      [[2, 2], [1], [2], [1]],
    ],
    [name => name.endsWith('w'), [[2, 2], [2], [1], [2]]],
    [(_, leaf) => leaf.size > 1, [[2, 2], [1], [1], [1]]],
  ]
  for (const [selection, expected] of selections) {
    const own = optim.masked(optim.scale(2), selection)
    // Leaves from left to right: body, body, head.b, head.w.
    assert.equal(values(own.update(gradients, own.init(params))[0]), expected)
  }
})

test('masked: the state is that of the selected leaves only', () => {
  const own = optim.masked(optim.trace(), 'head')
  const state = own.init(params)
  assert.equal(state.trace, { body: [{ w: null }, { w: null }], head: state.trace && (state.trace as Params).head })
  const [, next] = own.update(gradients, state)
  assert.equal(values(next), [[1], [1]])
})

test('freeze: what is frozen keeps every bit, also through weight decay and momentum', () => {
  const own = optim.freeze(optim.adamw(0.1, { weightDecay: 0.5 }), ['body', 'head.b'])
  let [current, state] = [params, own.init(params)]
  for (let i = 0; i < 3; i++) {
    const [updates, next] = own.update(gradients, state, current)
    current = optim.applyUpdates(current, updates)
    state = next
  }
  assert.equal(values(current.body), values(params.body))
  assert.is(Object.is(current.body[0].w.data()[1], -0), true)
  assert.equal(values(current.head.b), [[4]])
  assert.not.equal(values(current.head.w), [[3]])
  assert.is(treeLeaves(state).length, 3, 'the step, and a mean and a square for one leaf')
})

test('freeze: a compiled step does not compute the gradients that nobody uses', () => {
  const loss = (p: { body: Tensor; head: Tensor }, x: Tensor) => sum(square(matmul(tanh(matmul(x, p.body)), p.head)))
  const two = {
    body: tensor([
      [1, 2],
      [3, 4],
    ]),
    head: tensor([[1], [2]]),
  } // prettier-ignore
  const count = (optimizer: optim.Optimizer) => {
    const step = jit((p: typeof two, x: Tensor) => {
      const [updates] = optimizer.update(grad(loss)(p, x), optimizer.init(p))
      return optim.applyUpdates(p, updates)
    })
    return step.compile(two, tensor([[1, 1]])).instructions
  }
  const sgd = optim.sgd(0.1) as optim.Optimizer
  const [all, frozen] = [count(sgd), count(optim.freeze(sgd, 'body'))]
  assert.ok(frozen < all, `${frozen} instructions, ${all} without`)
})

test('layers thaw from the top: the next freeze begins from a new state', () => {
  const stages = [['body'], ['body.0'], []]
  let current = params
  const changed = stages.map(frozen => {
    const own = optim.freeze(optim.sgd(0.5, { momentum: 0.5 }), frozen)
    const before = values(current)
    current = optim.applyUpdates(current, own.update(gradients, own.init(current), current)[0])
    return values(current).map((leaf, i) => leaf?.toString() !== before[i]?.toString())
  })
  assert.equal(changed, [
    [false, false, true, true],
    [false, true, true, true],
    [true, true, true, true],
  ])
})

test('multiTransform: each group its own optimizer and state', () => {
  const optimizers = { body: optim.sgd(0.5), head: optim.adam(0.1), none: optim.scale(0) }
  const own = optim.multiTransform(optimizers, name =>
    name.startsWith('body') ? 'body' : name === 'head.w' ? 'head' : 'none',
  )
  const run = (g: Params, s: optim.StateOf<typeof own>) => own.update(g, s)
  for (const update of [run, jit(run)]) {
    const [updates, next] = update(gradients, own.init(params))
    assert.equal(values(updates.body), [[-0.5, -0.5], [-0.5]])
    assert.equal(values(updates.head.b), [[0]])
    assert.ok(Math.abs(updates.head.w.item() + 0.1) < 1e-7)
    assert.is(next.head[0].step.item(), 1)
  }
})

test('what is not there is refused, with what is', () => {
  assert.throws(
    () => optim.freeze(optim.sgd(1), 'encoder').init(params),
    /freeze: there is nothing at "encoder": the leaves are body.0.w, body.1.w, head.b, head.w/,
  )
  assert.throws(() => optim.masked(optim.sgd(1), ['head', 'bod']).init(params), /masked: there is nothing at "bod"/)
  const own = optim.multiTransform({ a: optim.sgd(1) }, () => 'b' as 'a')
  assert.throws(() => own.init(params), /multiTransform: body.0.w has the label "b", and there are optimizers for a/)
})

test('accumulate: one update from the mean of the gradients, compiled with donation too', () => {
  const own = optim.accumulate(3, optim.adam(0.1))
  const plain = optim.adam(0.1)
  const step = jit(
    (p: Tensor, s: optim.StateOf<typeof own>, g: Tensor) => {
      const [updates, next] = own.update(g, s, p)
      return [optim.applyUpdates(p, updates), next] as [Tensor, typeof next]
    },
    { donate: [0, 1] },
  )
  let [current, state] = [tensor([1, -0]), own.init(tensor([1, -0]))]
  let [expected, plainState] = [tensor([1, -0]), plain.init(tensor([1, -0]))]
  for (let i = 0; i < 6; i++) {
    ;[current, state] = step(current, state, tensor([i, -i]))
    if (i % 3 === 2) {
      const mean = mul(tensor([3 * i - 3, 3 - 3 * i]), 1 / 3)
      const [updates, next] = plain.update(mean, plainState)
      expected = optim.applyUpdates(expected, updates)
      plainState = next
    }
    assert.equal(current.toArray(), expected.toArray(), `step ${i}`)
  }
  assert.equal([state.count.item(), values(state.sum)], [0, [[0, 0]]])
  assert.throws(() => optim.accumulate(0, optim.sgd(1)), /0 is not a positive number of steps/)
})

test('applyIfFinite: broken gradients change nothing, unless there are too many in a row', () => {
  const own = optim.applyIfFinite(optim.adam(0.1), { maxInARow: 2 })
  const run = jit((g: Tensor, s: optim.StateOf<typeof own>) => own.update(g, s))
  let state = own.init(tensor([0]))
  const updates = [1, Number.NaN, Number.POSITIVE_INFINITY, 1, Number.NaN, Number.NaN, Number.NaN].map(value => {
    const [update, next] = run(tensor([value]), state)
    state = next
    return update.item()
  })
  assert.equal(updates.map(Number.isNaN), [false, false, false, false, false, false, true])
  assert.equal([updates[1], updates[2], updates[4]], [-0, -0, -0])
  assert.ok(updates[0] < 0 && updates[3] < 0)
  assert.equal([state.inARow.item(), state.total.item()], [3, 5])
  assert.throws(() => optim.applyIfFinite(optim.sgd(1), { maxInARow: -1 }), /-1 is not a number of steps/)
})

test('ema: the mean of the parameters so far, without the bias of its start', () => {
  const own = optim.ema(0.75)
  const plain = optim.ema(0.75, { debias: false })
  let [state, plainState] = [own.init(params.head), plain.init(params.head)]
  let [mean, weight] = [0, 0]
  for (const value of [5, 1, -2]) {
    const tree = { w: tensor([value]), b: add(tensor([value]), 1) }
    const [average, next] = own.update(tree, state)
    const [biased, plainNext] = plain.update(tree, plainState)
    ;[state, plainState] = [next, plainNext]
    mean = 0.75 * mean + 0.25 * value
    weight = 0.75 * weight + 0.25
    assert.ok(Math.abs(average.w.item() - mean / weight) < 1e-6)
    assert.ok(Math.abs(average.b.item() - mean / weight - 1) < 1e-6)
    assert.ok(Math.abs(biased.w.item() - mean) < 1e-6)
  }
})

test.run()
