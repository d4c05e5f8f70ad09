// Three ways to a gradient through time, and how far a loss reaches back.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  at,
  concat,
  grad,
  jit,
  mean,
  mul,
  norm,
  random,
  scan,
  slice,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tensor,
  treeLeaves,
  treeMap,
  vmap,
  zeros,
} from '../../ts/index.js'
import { crossEntropy, dense, gruCell, lstmCell, stacked } from '../../ts/nn/index.js'
import {
  bptt,
  type CellStep,
  type GradientThroughTime,
  gradientFlow,
  rtrl,
  rtrlState,
  rtrlStep,
  tbptt,
} from '../../ts/train/index.js'
import { bits, close } from '../close.js'
import { everyCell } from '../nn/every-cell.js'

const key = random.key(8)
const xs = random.normal(random.key(1), [12, 3])
const targets = random.normal(random.key(2), [12, 4])
const squares = (y: Tensor, target: Tensor): Tensor => sum(square(sub(y, target)))

const cells = {
  ...everyCell(4),
  stacked: stacked(lstmCell(3), gruCell(2), dense(4)),
} as unknown as ReturnType<typeof everyCell>

/** The largest difference beside the largest element. */
function difference(tree: unknown, other: unknown): number {
  const [a, b] = [tree, other].map(own => treeLeaves(own).flatMap(leaf => [...leaf.data()]))
  const largest = Math.max(...b.map(Math.abs))
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]))) / largest
}

for (const [name, cell] of Object.entries(cells)) {
  const params = cell.init(key, { shape: [3] })
  const carry = cell.initialCarry(params)
  const step: CellStep<object, object, Tensor, Tensor> = (p, c, x) => cell.apply(p, c, x)

  test(`${name}: the gradient is that of the whole sum of losses; in one window it is the same, bit for bit`, () => {
    const [[total, last], gradient] = bptt(step, squares)(params, carry, xs, targets)
    const run = (p: object) => scan((c: object, x: Tensor) => cell.apply(p, c, x), carry, xs)
    const [end, ys] = run(params)
    close(total, sum(square(sub(ys, targets))).item(), 1e-4)
    assert.equal(bits(last), bits(end))
    assert.ok(difference(gradient, grad((p: object) => sum(square(sub(run(p)[1], targets))))(params)) < 1e-6)
    for (const window of [12, 13]) {
      assert.equal(bits(tbptt(step, squares, { window })(params, carry, xs, targets)), bits([[total, last], gradient]))
    }
    const [one, whole] = [jit(tbptt(step, squares, { window: 12 })), jit(bptt(step, squares))]
    assert.equal(bits(one(params, carry, xs, targets)), bits(whole(params, carry, xs, targets)))
  })

  test(`${name}: learnt forwards, the gradient is that learnt backwards`, () => {
    const back = bptt(step, squares)(params, carry, xs, targets)
    for (const forward of [rtrl(step, squares), jit(rtrl(step, squares))]) {
      const [[total, last], gradient] = forward(params, carry, xs, targets)
      assert.ok(difference(gradient, back[1]) < 1e-5, `${difference(gradient, back[1])}`)
      close(total, back[0][0].item(), 1e-4)
      treeMap((found, expected) => close(found, expected.toArray(), 1e-6), last, back[0][1])
    }
  })
}

const { gru, lstm } = cells
const gruParams = gru.init(key, { shape: [3] })
const gruStart = gru.initialCarry(gruParams)

for (const window of [1, 4, 5]) {
  test(`windows of ${window}: carries cross their borders, gradients do not`, () => {
    const params = lstm.init(key, { shape: [3] })
    const start = lstm.initialCarry(params)
    const total = (p: object): Tensor => {
      let carry = start
      const losses = Array.from({ length: 12 }, (_, t) => {
        if (t % window === 0) carry = treeMap(stopGradient, carry)
        const [next, y] = lstm.apply(p, carry, at(xs, t))
        carry = next
        return squares(y, at(targets, t))
      })
      return losses.reduce((a, b) => add(a, b))
    }
    const truncated = tbptt(lstm.apply, squares, { window })
    const expected = grad(total)(params)
    const whole = bptt(lstm.apply, squares)(params, start, xs, targets)
    for (const run of [truncated, jit(truncated)]) {
      const [[value, last], gradient] = run(params, start, xs, targets)
      close(value, total(params).item(), 1e-4)
      treeMap((found, own) => close(found, own.toArray(), 1e-6), last, whole[0][1])
      assert.ok(difference(gradient, expected) < 1e-5, `${difference(gradient, expected)}`)
      assert.ok(difference(gradient, whole[1]) > 1e-3, 'truncation changes the gradient')
    }
  })
}

test('the carry that comes back goes on: window after window by hand is the same', () => {
  const whole = tbptt(gru.apply, squares, { window: 6 })(gruParams, gruStart, xs, targets)
  const one = bptt(gru.apply, squares)
  const [[first, carry], g1] = one(gruParams, gruStart, slice(xs, [0], [6]), slice(targets, [0], [6]))
  const [[second, last], g2] = one(gruParams, carry, slice(xs, [6]), slice(targets, [6]))
  close(whole[0][0], add(first, second).item(), 1e-5)
  assert.equal(bits(whole[0][1]), bits(last))
  assert.ok(difference(whole[1], treeMap(add, g1, g2)) < 1e-6)
})

test('no program grows with the steps or the windows', () => {
  const sizes = (f: GradientThroughTime<object, object, Tensor, Tensor>) =>
    [24, 96].map(length => jit(f).compile(gruParams, gruStart, zeros([length, 3]), zeros([length, 4])).instructions)
  for (const f of [bptt(gru.apply, squares), tbptt(gru.apply, squares, { window: 6 }), rtrl(gru.apply, squares)]) {
    const [short, long] = sizes(f)
    assert.is(short, long)
  }
})

test('a step over a batch, trees of inputs and targets, losses of classes', () => {
  const cell = stacked(gruCell(4), dense(5))
  const params = cell.init(key, { shape: [3] })
  const batch = vmap(cell.apply, [null, 0, 0])
  const step: CellStep<typeof params, [Tensor, null], { x: Tensor }, { logits: Tensor }> = (p, carry, { x }) => {
    const [next, logits] = batch(p, carry as never, x)
    return [next as never, { logits }]
  }
  const loss = ({ logits }: { logits: Tensor }, { ids }: { ids: Tensor }) => crossEntropy(logits, ids)
  const inputs = { x: random.normal(key, [7, 2, 3]) }
  const wanted = { ids: random.randint(key, [7, 2], 0, 5) }
  const start: [Tensor, null] = [zeros([2, 4]), null]
  const [[total], gradient] = bptt(step, loss)(params, start, inputs, wanted)
  const one = (x: Tensor, ids: Tensor) => {
    const each = bptt((p: typeof params, c: [Tensor, null], own: Tensor) => cell.apply(p, c, own), crossEntropy)
    return each(params, [zeros([4]), null], x, ids)
  }
  const [[totals], gradients] = vmap(one, [1, 1])(inputs.x, wanted.ids)
  close(mean(totals), total.item(), 1e-5)
  assert.ok(
    difference(
      treeMap(leaf => mean(leaf, { axis: 0 }), gradients),
      gradient,
    ) < 1e-5,
  )
  const forward = vmap(
    (x: Tensor, ids: Tensor) => {
      const each = rtrl((p: typeof params, c: [Tensor, null], own: Tensor) => cell.apply(p, c, own), crossEntropy)
      return each(params, [zeros([4]), null], x, ids)
    },
    [1, 1],
  )(inputs.x, wanted.ids)
  assert.ok(difference(forward[1], gradients) < 1e-5)
})

test('online: with an update at each step, each gradient is that through the parameters that there were', () => {
  const one = rtrlStep(gru.apply, squares)
  const run = jit((start: object) => {
    let [params, state] = [start, rtrlState(start, gruStart)]
    return Array.from({ length: 4 }, (_, t) => {
      const [next, loss, gradient] = one(params, state, at(xs, t), at(targets, t))
      const before = params
      state = next
      params = treeMap((p, g) => sub(p, mul(0.05, g)), params, gradient)
      return { before, loss, gradient }
    })
  })
  const steps = run(gruParams)
  steps.forEach(({ loss, gradient }, last) => {
    // A parameter of its own for each step: the sum of their gradients.
    const total = (all: object[]): Tensor => {
      let [carry, y] = [gruStart, zeros([4])]
      all.forEach((p, t) => {
        ;[carry, y] = gru.apply(p, carry, at(xs, t))
      })
      return squares(y, at(targets, last))
    }
    const own = steps.slice(0, last + 1).map(({ before }) => before)
    close(loss, total(own).item(), 1e-5)
    const expected = grad(total)(own).reduce((a, b) => treeMap(add, a, b))
    assert.ok(difference(gradient, expected) < 1e-5, `step ${last}: ${difference(gradient, expected)}`)
  })
})

test('gradients vanish and explode as the textbook computes: 0.5^50 and 2^50', () => {
  const linear = ({ w }: { w: Tensor }, h: Tensor, x: Tensor): [Tensor, Tensor] => {
    const next = add(mul(w, h), x)
    return [next, next]
  }
  const flow = gradientFlow(linear, (ys: Tensor) => at(ys, -1))
  for (const run of [flow, jit(flow)]) {
    const norms = (w: number, steps: number) => [...run({ w: tensor(w) }, tensor(0), zeros([steps])).data()]
    assert.equal(
      norms(0.5, 50),
      Array.from({ length: 50 }, (_, t) => 2 ** (t - 50)),
    )
    assert.equal([norms(0.5, 50)[0], norms(2, 50)[0]], [8.881784197001252e-16, 1125899906842624])
    assert.equal([norms(0.5, 120)[0], norms(2, 120)[0]], [2 ** -120, 2 ** 120], 'squares would leave the range')
    assert.equal([norms(0.5, 200)[0], norms(2, 200)[0]], [0, Number.POSITIVE_INFINITY])
  }
})

test('gradient flow: norms over the whole carry; the first is that of the gradient by the start', () => {
  const params = lstm.init(key, { shape: [3] })
  const start = treeMap(leaf => add(leaf, 0.5), lstm.initialCarry(params))
  const loss = (ys: Tensor, wanted: Tensor) => sum(square(sub(ys, wanted)))
  const norms = gradientFlow(lstm.apply, loss)(params, start, xs, targets)
  assert.equal(norms.shape, [12])
  const from = (t: number) => {
    const carry =
      t === 0 ? start : scan((c: object, x: Tensor) => lstm.apply(params, c, x), start, slice(xs, [0], [t]))[0]
    const rest = (c: object) =>
      loss(
        scan((d: object, x: Tensor) => lstm.apply(params, d, x), c, slice(xs, [t]))[1] as Tensor,
        slice(targets, [t]),
      )
    return norm(concat(treeLeaves(grad(rest)(carry)))).item()
  }
  close(norms, [...Array(12).keys()].map(from), 1e-5)
})

test('gradient flow: parts of the carry that are not floats are passed on', () => {
  const step = (w: Tensor, { h, n }: { h: Tensor; n: Tensor }, x: Tensor): [{ h: Tensor; n: Tensor }, Tensor] => {
    const next = add(mul(w, h), x)
    return [{ h: next, n: add(n, 1) }, next]
  }
  const start = { h: zeros([2]), n: tensor(0, { dtype: 'int32' }) }
  const norms = gradientFlow(step, (ys: Tensor) => sum(at(ys, -1)))(tensor(2), start, zeros([3, 2]))
  close(
    norms,
    [8, 4, 2].map(value => value * Math.SQRT2),
    1e-5,
  )
  assert.throws(() => rtrlState(tensor(2), start), /rtrl: the carry holds int32/)
})

test('what makes no sense is refused', () => {
  const step = gru.apply
  assert.throws(() => bptt(3 as never, squares), /bptt: the first argument is not a function of one step/)
  assert.throws(() => rtrl(step, 3 as never), /rtrl: the second argument is not a loss/)
  assert.throws(() => rtrlStep(step, 3 as never), /rtrlStep: the second argument is not a loss/)
  assert.throws(() => gradientFlow(step, 3 as never), /gradientFlow: the second argument is not a loss/)
  for (const window of [0, 1.5]) {
    assert.throws(
      () => tbptt(step, squares, { window }),
      ({ message }: Error) => message.includes(`tbptt: window is a positive number of steps, not ${window}`),
    )
  }
  assert.throws(() => gradientFlow(step, () => tensor(0))(gruParams, gruStart, zeros([0, 3])), /there are no steps/)
  assert.throws(
    () => bptt(step, (y: Tensor) => y)(gruParams, gruStart, xs, targets),
    /bptt: the loss of a step is a float32 scalar/,
  )
  assert.throws(
    () => rtrl(step, (y: Tensor) => y)(gruParams, gruStart, xs, targets),
    /rtrlStep: the loss of a step is a float32 scalar/,
  )
  assert.throws(
    () => tbptt(step, squares, { window: 5 })(gruParams, gruStart, xs, slice(targets, [1])),
    /tbptt: targets have 11 steps, inputs 12/,
  )
  assert.throws(
    () => bptt(step, squares)(gruParams, gruStart, xs, slice(targets, [1])),
    /bptt: targets have 11 steps, inputs 12/,
  )
})

test.run()
