// hoist and sink: what leaves a loop, what stays, and that the results are the same.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withoutPasses } from '../../../ts/compiler/optimize.js'
import { hoist } from '../../../ts/compiler/passes/hoist.js'
import { sink } from '../../../ts/compiler/passes/sink.js'
import {
  add,
  exp,
  grad,
  jit,
  matmul,
  mul,
  ones,
  outer,
  random,
  scan,
  scatterAdd,
  sum,
  type Tensor,
  tanh,
  tensor,
  zeros,
} from '../../../ts/index.js'
import { after, count, distance, traced } from '../tracing.js'

const T = 6
const [kx, kw, kh] = random.split(random.key(7), 3)
const xs = random.normal(kx, [T, 4, 3])
const w = random.normal(kw, [3, 5])
const wh = random.normal(kh, [5, 5])

const rnn = (w: Tensor, wh: Tensor, xs: Tensor) =>
  scan(
    (h: Tensor, x: Tensor) => {
      const next = tanh(add(matmul(x, w), matmul(h, wh)))
      return [next, next]
    },
    zeros([4, 5]),
    xs,
  )[1]

test('hoist: a product with the inputs alone is one product over all steps', () => {
  const program = after(['simplify', 'hoist'], traced(rnn, w, wh, xs))
  assert.equal(count(program, 'dotGeneral'), { outside: 1, inside: 1 })
})

test('hoist: what depends on nothing in the loop leaves it', () => {
  const f = (w: Tensor, xs: Tensor) => scan((h: Tensor, x: Tensor) => [add(h, mul(x, exp(w))), null], zeros([3]), xs)[0]
  const program = after(['simplify', 'hoist'], traced(f, zeros([3]), zeros([T, 3])))
  assert.equal(count(program, 'exp'), { outside: 1, inside: 0 })
})

test('hoist: elementwise work on the inputs stays: it would make a stack', () => {
  const f = (xs: Tensor) => scan((h: Tensor, x: Tensor) => [add(h, exp(x)), null], zeros([3]), xs)[0]
  assert.equal(count(after(['simplify', 'hoist'], traced(f, zeros([T, 3]))), 'exp'), { outside: 0, inside: 1 })
})

test('hoist: terms of a sum that do not read the carry leave together', () => {
  const f = (w: Tensor, b: Tensor, wh: Tensor, xs: Tensor) =>
    scan((h: Tensor, x: Tensor) => [tanh(add(matmul(x, w), matmul(h, wh), b)), null], zeros([4, 5]), xs)[0]
  const program = after(['simplify', 'hoist'], traced(f, w, zeros([4, 5]), wh, xs))
  assert.equal(count(program, 'add'), { outside: 1, inside: 1 })
})

test('sink: the weight gradient of a recurrence is one product behind the loop', () => {
  const loss = (wh: Tensor, w: Tensor, xs: Tensor) => sum(rnn(w, wh, xs))
  const program = after(['simplify', 'hoist', 'sink', 'contract'], traced(grad(loss), wh, w, xs))
  // Forward: one hoisted, one in the loop. Backward: the carry's in the loop, the weights' behind it.
  assert.equal(count(program, 'dotGeneral'), { outside: 2, inside: 2 })
  assert.is(count(program, 'add').inside, 2)
})

test('sink: a sum of products that is added up is as many sums, and what is the same in all steps is used once', () => {
  // What attention adds to its keys in each step: a product with weights, and weights with a state.
  const f = (u: Tensor, v: Tensor, w: Tensor) =>
    scan(
      (total: Tensor, [a, b]: [Tensor, Tensor]) => [add(total, add(matmul(tanh(a), w), outer(b, b))), null],
      zeros([5, 5]),
      [u, v] as [Tensor, Tensor],
    )[0]
  const operands = [random.normal(kx, [T, 5, 3]), random.normal(kh, [T, 5]), w] as const
  const program = after(['simplify', 'hoist', 'sink', 'contract'], traced(f, ...operands))
  assert.equal(count(program, 'dotGeneral'), { outside: 2, inside: 0 })
  const shapes = program.equations
    .filter(({ primitive }) => primitive.name === 'dotGeneral')
    .map(({ outputs }) => outputs[0].aval.shape)
  assert.equal(shapes, [
    [5, 5],
    [5, 5],
  ])
  assert.ok(
    distance(
      jit(f)(...operands),
      withoutPasses(['sink', 'contract'], () => jit(f)(...operands)),
    ) < 1e-5,
  )
})

test('sink: a sum of which most must be computed in the loop is added up as one', () => {
  const f = (u: Tensor) =>
    scan(
      ([h, total]: [Tensor, Tensor], a: Tensor): [[Tensor, Tensor], null] => {
        const next = tanh(add(h, a))
        return [[next, add(total, add(tanh(next), exp(next)))], null]
      },
      [zeros([3]), zeros([3])] as [Tensor, Tensor],
      u,
    )[0]
  const program = after(['simplify', 'hoist', 'sink'], traced(f, zeros([T, 3])))
  const [loop] = program.equations.filter(({ primitive }) => primitive.name === 'scan')
  assert.equal(
    loop.outputs.map(({ aval }) => aval.shape),
    [[3], [T, 3]],
  )
})

test('sink: rows added in each step are added once', () => {
  const f = (ids: Tensor, rows: Tensor) =>
    scan(
      (table: Tensor, [i, row]: [Tensor, Tensor]) => [add(table, scatterAdd(zeros([5, 2]), i, row)), null],
      zeros([5, 2]),
      [ids, rows] as [Tensor, Tensor],
    )[0]
  const ids = tensor(Int32Array.of(0, 4, 4, 1, 0, 2), { shape: [3, 2] })
  const rows = random.normal(kx, [3, 2, 2])
  const program = after(['simplify', 'hoist', 'sink', 'contract'], traced(f, ids, rows))
  assert.equal(count(program, 'scatterAdd'), { outside: 1, inside: 0 })
  const plain = withoutPasses(['sink'], () => jit(f)(ids, rows))
  assert.ok(distance(jit(f)(ids, rows), plain) < 1e-6)
})

test('sink: a carry that is also read stays a carry', () => {
  const f = (xs: Tensor) => scan((h: Tensor, x: Tensor) => [add(h, x), exp(h)], zeros([3]), xs)
  const program = after(['simplify', 'hoist', 'sink'], traced(f, zeros([T, 3])))
  assert.is(count(program, 'add').inside, 1)
})

test('a loop of no steps and of one keep their results', () => {
  const loss = (wh: Tensor, w: Tensor, xs: Tensor) => sum(rnn(w, wh, xs))
  for (const steps of [0, 1]) {
    const some = random.normal(kx, [steps, 4, 3])
    const both = [jit(grad(loss))(wh, w, some), withoutPasses(['hoist', 'sink'], () => jit(grad(loss))(wh, w, some))]
    assert.ok(distance(both[0], both[1]) < 1e-5)
  }
})

test('a program in which nothing moves stays the very same', () => {
  const plain = traced((w: Tensor) => sum(tanh(matmul(w, ones([5, 5])))), w)
  assert.is(hoist(plain), plain)
  assert.is(sink(plain), plain)
  const moved = hoist(traced(rnn, w, wh, xs))
  assert.is(hoist(moved), moved)
})

test.run()
