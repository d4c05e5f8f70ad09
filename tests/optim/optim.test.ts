import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  cast,
  div,
  grad,
  jit,
  mul,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  treeLeaves,
  zeros,
} from '../../ts/index.js'
import * as optim from '../../ts/optim/index.js'
import { close } from '../close.js'
import { ownLine } from '../own-line.js'

interface Params {
  w: Tensor
  rest: [Tensor, { b: Tensor }]
}

const params: Params = { w: tensor([1, -2]), rest: [tensor([[3]]), { b: tensor(4) }] }
const target: Params = { w: tensor([0, 1]), rest: [tensor([[1]]), { b: tensor(-1) }] }
const loss = (p: Params): Tensor =>
  treeLeaves(p).reduce((total, leaf, i) => add(total, sum(square(sub(leaf, treeLeaves(target)[i])))), zeros([]))

const optimizers: Record<string, optim.Optimizer> = {
  sgd: optim.sgd(0.1),
  momentum: optim.sgd(0.02, { momentum: 0.9 }),
  nesterov: optim.sgd(0.02, { momentum: 0.9, nesterov: true }),
  adam: optim.adam(0.3),
  adamw: optim.adamw(0.3, { weightDecay: 1e-4 }),
  rmsprop: optim.rmsprop(0.1, { momentum: 0.5, centered: true }),
  dampened: optim.sgd(0.05, { momentum: 0.9, dampening: 0.5 }),
  nadam: optim.nadam(0.3),
  lion: optim.lion(optim.exponentialDecay(0.3, { steps: 20, rate: 0.5 }), { b2: 0.9 }),
  adagrad: optim.adagrad(1),
  adadelta: optim.adadelta(0.3, { decay: 0.5, eps: 1 }),
  'a chain': optim.chain(
    optim.clipByGlobalNorm(5),
    optim.clipByValue(4),
    optim.scale(0.5),
    optim.adam(step => div(0.6, add(1, mul(cast(step, 'float32'), 0.01)))),
  ),
} as Record<string, optim.Optimizer>

for (const [name, optimizer] of Object.entries(optimizers)) {
  const step = (p: Params, state: unknown): [Params, unknown] => {
    const [updates, next] = optimizer.update(grad(loss)(p), state, p)
    return [optim.applyUpdates(p, updates), next]
  }

  test(`${name} reaches the minimum of a quadratic, compiled with donation`, () => {
    const compiled = jit(step, { donate: [0, 1] })
    let current: Params = { w: add(params.w, 0), rest: [add(params.rest[0], 0), { b: add(params.rest[1].b, 0) }] }
    let state = optimizer.init(current)
    for (let i = 0; i < 200; i++) [current, state] = compiled(current, state)
    assert.ok(loss(current).item() < 1e-2, `loss ${loss(current).item()}`)
    assert.is(compiled.compile(current, state).instructions > 0, true)
  })

  test(`${name}: eager and compiled agree`, () => {
    const compiled = jit(step)
    let [eager, fast] = [params, params]
    let [eagerState, fastState] = [optimizer.init(params), optimizer.init(params)]
    for (let i = 0; i < 3; i++) {
      ;[eager, eagerState] = step(eager, eagerState)
      ;[fast, fastState] = compiled(fast, fastState)
    }
    treeLeaves(eager).forEach((leaf, i) => {
      close(treeLeaves(fast)[i], leaf.toArray(), 1e-5)
    })
  })
}

test('the bias correction of Adam is that of float64, at the first step and far away', () => {
  const { update } = optim.scaleByAdam({ b1: 0.9, b2: 0.999, eps: 0 })
  for (const steps of [1, 2, 10, 1000, 100000]) {
    const state = { step: tensor(steps - 1, { dtype: 'int32' }), mean: tensor([0.5]), square: tensor([0.25]) }
    const [direction] = update(tensor([1]), state)
    const mean = (0.9 * 0.5 + 0.1) / (1 - 0.9 ** steps)
    const expected = mean / Math.sqrt((0.999 * 0.25 + 0.001) / (1 - 0.999 ** steps))
    assert.ok(
      Math.abs(direction.item() / expected - 1) < 5e-7,
      `step ${steps}: ${direction.item()}, expected ${expected}`,
    )
  }
})

test('the first step of Adam has the length of the learning rate, however large the gradient', () => {
  const adam = optim.adam(0.01)
  for (const size of [1e-3, 1, 1e6]) {
    const [updates] = adam.update(tensor([size, -size]), adam.init(tensor([0, 0])))
    close(updates, [-0.01, 0.01], 1e-6)
  }
})

test('momentum and nesterov by hand', () => {
  const own = optim.sgd(1, { momentum: 0.5, nesterov: true })
  const [first, state] = own.update(tensor([2]), own.init(tensor([0])))
  assert.equal(first.toArray(), [-3])
  assert.equal(own.update(tensor([4]), state)[0].toArray(), [-6.5])
})

test('a schedule sees the step, from 0; a learning rate may be traced', () => {
  const own = optim.sgd(step => add(cast(step, 'float32'), 1))
  const [first, state] = own.update(tensor([1]), own.init(null))
  const [second] = own.update(tensor([1]), state)
  assert.equal([first.toArray(), second.toArray()], [[-1], [-2]])
  let traces = 0
  const run = jit((rate: Tensor, gradient: Tensor) => {
    traces++
    const sgd = optim.sgd(rate)
    return sgd.update(gradient, sgd.init(gradient))[0]
  })
  assert.equal(run(0.5 as unknown as Tensor, tensor([2])).toArray(), [-1])
  assert.equal(run(0.25 as unknown as Tensor, tensor([2])).toArray(), [-0.5])
  assert.is(traces, 1)
})

test('clipByGlobalNorm: large ones shrink to the norm, small ones pass bit for bit, zeros stay', () => {
  const gradients = { a: tensor([3, 0]), b: tensor([[4]]) }
  assert.is(optim.globalNorm(gradients).item(), 5)
  const [clipped] = optim.clipByGlobalNorm(1).update(gradients, null)
  close(optim.globalNorm(clipped), 1)
  const small = { a: tensor([0.1, 0.7]) }
  assert.equal(optim.clipByGlobalNorm(1).update(small, null)[0].a.toArray(), small.a.toArray())
  assert.equal(
    optim
      .clipByGlobalNorm(1)
      .update(tensor([0, 0]), null)[0]
      .toArray(),
    [0, 0],
  )
  const [broken] = optim.clipByGlobalNorm(1).update(tensor([Number.NaN, 1]), null)
  assert.ok(broken.data().every(Number.isNaN))
})

test('norms of other orders; an empty leaf adds nothing; clipping by value moves what is beyond and keeps NaN', () => {
  const gradients = { a: tensor([3, 0]), b: tensor([[-4]]), none: zeros([0]) }
  assert.is(optim.globalNorm(gradients, 1).item(), 7)
  assert.is(optim.globalNorm(gradients, Number.POSITIVE_INFINITY).item(), 4)
  const [clipped] = optim.clipByGlobalNorm(2, { order: Number.POSITIVE_INFINITY }).update(gradients, null)
  assert.equal(clipped.a.toArray(), [1.5, 0])
  assert.equal(
    optim
      .clipByValue(1)
      .update(tensor([-2, 0.5, Number.NaN]), null)[0]
      .toArray(),
    [-1, 0.5, Number.NaN],
  )
  assert.throws(() => optim.globalNorm(gradients, 3), /the order is 1, 2 or Infinity, not 3/)
})

test('NAdam by hand: the mean one step ahead, corrected as the next step will be', () => {
  const { init, update } = optim.scaleByAdam({ b1: 0.5, b2: 0.5, eps: 0, nesterov: true })
  const [first, state] = update(tensor([2]), init(tensor([0])))
  // 0.5 * 1 / 0.75 + 0.5 * 2 / 0.5 over the root of 2 / 0.5.
  close(first, [(2 / 3 + 2) / 2])
  // mean 2.5, squares 9: 0.5 * 2.5 / 0.875 + 0.5 * 4 / 0.75 over the root of 9 / 0.75.
  close(update(tensor([4]), state)[0], [(1.25 / 0.875 + 2 / 0.75) / Math.sqrt(12)])
})

test('Adadelta by hand', () => {
  const own = optim.adadelta(1, { decay: 0.5, eps: 1 })
  const [first, state] = own.update(tensor([2]), own.init(tensor([0])))
  const delta = 2 / Math.sqrt(3)
  close(first, [-delta])
  close(own.update(tensor([2]), state)[0], [-2 * Math.sqrt((0.5 * delta ** 2 + 1) / 4)])
})

test('Lion by hand: signs of the mean that has seen the gradient, and weights decay', () => {
  const own = optim.lion(0.1, { b1: 0.5, b2: 0.75, weightDecay: 0.5 })
  const [first, state] = own.update(tensor([2, 0]), own.init(tensor([0, 0])), tensor([2, 4]))
  close(first, [-0.2, -0.2])
  // The mean is 0.5; half of it and half of -0.4 are 0.05, of -0.6 they are -0.05.
  close(own.update(tensor([-0.4, 0]), state, tensor([0, 0]))[0], [-0.1, 0])
  close(own.update(tensor([-0.6, 0]), state, tensor([0, 0]))[0], [0.1, 0])
})

test('weight decay: decoupled after Adam, part of the gradient before it', () => {
  const decay = optim.addDecayedWeights(0.1)
  assert.equal(decay.update(tensor([1]), null, tensor([10]))[0].toArray(), [2])
  assert.throws(() => decay.update(tensor([1]), null), /needs the parameters/)
  const matrices = optim.addDecayedWeights(0.1, { mask: (_, leaf) => leaf.rank > 1 })
  const weights = { w: tensor([[10]]), b: tensor([10]) }
  const [updates] = matrices.update({ w: tensor([[1]]), b: tensor([1]) }, null, weights)
  assert.equal([updates.w.toArray(), updates.b.toArray()], [[[2]], [1]])
})

test('types: updates are like the gradients, states like init’s', () => {
  const optimizer = optim.chain(optim.clipByGlobalNorm(1), optim.adam(0.1))
  const state = optimizer.init(params)
  const [updates, next] = optimizer.update(params, state, params)
  const b: Tensor = updates.rest[1].b
  const step: Tensor = next[1][0].step
  assert.is(step.item(), 1)
  assert.equal(b.shape, [])
  const typed: optim.StateOf<typeof optimizer> = next
  assert.is(typed.length, 2)
})

test('gradients of other parameters than the state’s are told, with both trees', () => {
  const given = { a: tensor([1]) }
  const other = { b: tensor([1]) } as unknown as typeof given
  const keeping = {
    accumulate: optim.accumulate(2, optim.sgd(0.1)),
    adadelta: optim.adadelta(),
    adagrad: optim.adagrad(0.1),
    adam: optim.adam(0.1),
    adamw: optim.adamw(0.1),
    addDecayedWeights: optim.addDecayedWeights(0.1),
    ema: optim.ema(0.9),
    lion: optim.lion(0.1),
    momentum: optim.sgd(0.1, { momentum: 0.9 }),
    nadam: optim.nadam(0.1),
    rmsprop: optim.rmsprop(0.1),
  } as Record<string, optim.Optimizer>
  for (const [name, { init, update }] of Object.entries(keeping)) {
    const message = /^update: the gradients are of other parameters: \{"b": \*\}, and not \{"a": \*\}/
    assert.throws(() => update(other, init(given), given), message, name)
  }
  assert.throws(
    () => optim.applyUpdates(given, other),
    /^applyUpdates: the updates are of other parameters: \{"b": \*\}, and not \{"a": \*\}/,
  )
})

test('what is no learning rate is refused by the name of the optimizer', () => {
  const { adadelta, adagrad, adam, adamw, lion, nadam, rmsprop, scaleByLearningRate, sgd } = optim
  const makers = { adadelta, adagrad, adam, adamw, lion, nadam, rmsprop, scaleByLearningRate, sgd }
  for (const [name, maker] of Object.entries(makers)) {
    const make = maker as (rate: unknown) => unknown
    const said = `${name}: the learning rate is a number, a scalar tensor or a schedule, not`
    for (const [rate, shown] of [
      ['0.1', 'the string 0.1'],
      [null, 'null'],
      [true, 'the boolean true'],
      [[0.1], 'an array'],
      [{ learningRate: 0.1 }, 'an object'],
      [tensor([0.1, 0.2]), 'float32[2]'],
    ]) {
      assert.throws(
        () => make(rate),
        (error: Error) => error.message.startsWith(`${said} ${shown}`),
      )
    }
    assert.throws(() => make(Number.NaN), new RegExp(`^${name}: the learning rate is NaN, which is not finite`))
    for (const rate of [0.1, tensor(0.1), () => tensor(0.1)]) make(rate)
  }
  assert.throws(() => (optim.adam as () => unknown)(), /^adam: the learning rate is .*, not undefined/)
})

test('what is wrong with an option is told by the name of the optimizer', () => {
  assert.throws(() => optim.adamw(0.1, { b2: 1 }), /^adamw: b2 lies/)
  assert.throws(() => optim.nadam(0.1, { b1: 1 }), /^nadam: b1 lies/)
  assert.throws(() => optim.rmsprop(0.1, { decay: 1 }), /^rmsprop: decay lies/)
  assert.throws(() => optim.rmsprop(0.1, { momentum: 1 }), /^rmsprop: momentum lies/)
  assert.throws(() => optim.sgd(0.1, { momentum: 1 }), /^sgd: momentum lies/)
  assert.throws(
    () => optim.sgdrSchedule([{ peak: 1, warmupSteps: 0, steps: 9 }]),
    /^sgdrSchedule: warmupSteps is a positive number/,
  )
})

test('refusals', () => {
  assert.throws(() => optim.adam(0.1, { b1: 1 }), /b1 lies in \[0, 1\), not 1/)
  assert.throws(() => optim.clipByGlobalNorm(0), /positive, not 0/)
  assert.throws(() => optim.sgd(Number.NaN), /not finite/)
  assert.throws(() => optim.sgd(0.1, { nesterov: true }), /needs a momentum/)
  assert.throws(() => optim.sgd(0.1, { momentum: 0.5, dampening: 0.5, nesterov: true }), /nesterov has no dampening/)
  assert.throws(() => optim.clipByValue(-1), /positive, not -1/)
  assert.throws(() => optim.adam(0.1).init({ a: cast(tensor([1]), 'int32') }), /argument.a has dtype int32/)
  assert.throws(
    () => optim.chain(optim.scale(1), optim.scale(2)).update(tensor([1]), [null] as never),
    /expected the list of 2/,
  )
})

test('what is no optimizer and no learning rate is refused when it is given', () => {
  const { chain, accumulate, applyIfFinite, masked, freeze, multiTransform, adam, sgd } = optim as unknown as Record<
    string,
    (...given: unknown[]) => unknown
  >
  const label = () => 'body'
  const cases: [() => unknown, RegExp][] = [
    [() => adam(-1), /^adam: the learning rate is -1, which is negative \(/],
    [() => sgd(Number.POSITIVE_INFINITY), /^sgd: the learning rate is Infinity, which is not finite \(/],
    [() => sgd(Number.NEGATIVE_INFINITY), /^sgd: the learning rate is -Infinity, which is negative \(/],
    [() => chain([adam(0.1)]), /^chain: link 0 is an array, not an optimizer as adam\(0\.1\) returns it \(/],
    [() => chain(sgd(0.1), adam), /^chain: link 1 is a function, not an optimizer/],
    [() => chain(0.1), /^chain: link 0 is the number 0\.1, not an optimizer/],
    [() => accumulate(4, 0.1), /^accumulate: the optimizer is the number 0\.1, not an optimizer/],
    [() => applyIfFinite(adam), /^applyIfFinite: the optimizer is a function, not/],
    [() => masked(undefined, 'w'), /^masked: the optimizer is undefined, not/],
    [() => freeze({}, 'w'), /^freeze: the optimizer is an object, not/],
    [() => multiTransform(), /^multiTransform: optimizers come by label, .*, not as undefined \(/],
    [() => multiTransform({ body: 0.1 }, label), /^multiTransform: body is the number 0\.1, not an optimizer/],
    [() => multiTransform({ body: sgd(0.1) }), /^multiTransform: labelOf is undefined, not a function/],
  ]
  for (const [call, message] of cases) {
    assert.throws(call, message)
    assert.throws(call, ownLine('optim'))
  }
  sgd(0)
})

test.run()
