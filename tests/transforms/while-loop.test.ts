// whileLoop: values, forward mode, vmap; reverse mode is refused.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Tensor } from '../../ts/core/tensor.js'
import {
  add,
  any,
  cond,
  div,
  grad,
  greater,
  jit,
  jvp,
  less,
  linearize,
  logicalAnd,
  makeProgram,
  matmul,
  mul,
  scan,
  sub,
  sum,
  tensor,
  vmap,
  whileLoop,
} from '../../ts/index.js'

const test = suite('whileLoop')

/** How often x doubles until it is at least `limit`. */
const doublings = (x: Tensor, limit: Tensor | number = 100): [Tensor, Tensor] =>
  whileLoop(
    ([, y]: [Tensor, Tensor]) => less(y, limit),
    ([n, y]) => [add(n, 1), mul(y, 2)],
    [tensor(0, { dtype: 'int32' }), x],
  )
const numbers = (list: readonly Tensor[]) => list.map(x => x.toArray())

test('runs as long as the condition holds, not at all where it does not', () => {
  for (const run of [doublings, jit(doublings)]) {
    assert.equal(numbers(run(tensor(3), tensor(100))), [6, 192])
    assert.equal(numbers(run(tensor(100), tensor(100))), [0, 100])
    assert.equal(numbers(run(tensor(1), tensor(2 ** 30))), [30, 2 ** 30])
  }
})

test('Newton until nothing changes, in a tree, with captured values', () => {
  const root = jit((a: Tensor) => {
    const { x } = whileLoop(
      ({ x, last }) => greater(sub(last, x), 0),
      ({ x }) => ({ x: mul(0.5, add(x, div(a, x))), last: x }),
      { x: a, last: add(a, 1) },
    )
    return x
  })
  for (const a of [2, 3, 10]) assert.ok(Math.abs(root(tensor(a)).item() - Math.sqrt(a)) < 3e-7)
})

test('carries change places', () => {
  const [a, b] = whileLoop(
    ([, , n]: [Tensor, Tensor, Tensor]) => less(n, 5),
    ([x, y, n]) => [y, x, add(n, 1)],
    [tensor([1, 2]), tensor([3, 4]), tensor(0)] as [Tensor, Tensor, Tensor],
  )
  assert.equal(numbers([a, b]), [
    [3, 4],
    [1, 2],
  ])
})

test('forward mode, of any order, also where what is known runs apart', () => {
  const f = (x: Tensor) => doublings(mul(x, x))[1]
  const [value, tangent] = jvp(f, [tensor(3)], [tensor(1)])
  assert.equal(numbers([value, tangent]), [144, 16 * 6])
  assert.is(jvp((x: Tensor) => jvp(f, [x], [tensor(1)])[1], [tensor(3)], [tensor(1)])[1].item(), 32)
  const [, push] = linearize(f, tensor(3))
  assert.is(push(tensor(2)).item(), 192)
  // A captured value has a tangent too.
  const captured = (w: Tensor) =>
    whileLoop(
      x => less(x, 100),
      x => mul(x, w),
      tensor(2),
    )
  assert.is(jvp(captured, [tensor(3)], [tensor(1)])[1].item(), 2 * 4 * 27)
})

test('reverse mode is refused and names scan, unless nothing depends on the loop', () => {
  const f = (x: Tensor) => doublings(x)[1]
  assert.throws(() => grad(f)(tensor(3)), /whileLoop: there is no reverse mode.*use scan/)
  const count = (x: Tensor) =>
    mul(
      x,
      whileLoop(
        n => less(n, 5),
        n => add(n, 1),
        tensor(0),
      ),
    )
  assert.is(grad(count)(tensor(3)).item(), 5)
})

test('vmap runs until all are done; the finished ones keep their carry', () => {
  for (const run of [(f: typeof doublings) => f, jit]) {
    const each = run(vmap(doublings, [0, null]) as typeof doublings)
    assert.equal(numbers(each(tensor([3, 50, 200]), tensor(100))), [
      [6, 1, 0],
      [192, 100, 200],
    ])
  }
  assert.equal(numbers(vmap(doublings)(tensor([3, 3]), tensor([4, 100]))), [
    [1, 6],
    [6, 192],
  ])
  assert.equal(numbers(vmap((l: Tensor) => doublings(tensor(3), l))(tensor([4, 100]))), [
    [1, 6],
    [6, 192],
  ])
  // A carry alone that differs: the condition stays one for all.
  const shared = (x: Tensor) =>
    whileLoop(
      ([n]: [Tensor, Tensor]) => less(n, 3),
      ([n, y]) => [add(n, 1), mul(y, 2)],
      [tensor(0), x],
    )[1]
  assert.equal(vmap(shared)(tensor([1, 2])).toArray(), [8, 16])
  assert.not.match(String(makeProgram(vmap(shared))(tensor([1, 2]))), /reduceMax/)
  const tangents = vmap((x: Tensor) => jvp((y: Tensor) => doublings(y)[1], [x], [tensor(1)])[1])(tensor([3, 50, 200]))
  assert.equal(tangents.toArray(), [64, 2, 1])
})

test('loops in loops and in branches', () => {
  const f = jit((x: Tensor) =>
    scan(
      (total: Tensor, limit: Tensor) => [
        add(
          total,
          cond(
            greater(limit, 5),
            (y: Tensor) => doublings(y, limit)[1],
            (y: Tensor) => y,
            x,
          ),
        ),
        total,
      ],
      tensor(0),
      tensor([4, 10, 100]),
    ),
  )
  const [last, totals] = f(tensor(3))
  assert.is(last.item(), 3 + 12 + 192)
  assert.equal(totals.toArray(), [0, 3, 15])
  const nested = whileLoop(
    ([n]: [Tensor, Tensor]) => less(n, 3),
    ([n, y]) => [
      add(n, 1),
      whileLoop(
        ([k]: [Tensor, Tensor]) => less(k, n),
        ([k, z]) => [add(k, 1), mul(z, 2)],
        [tensor(0), y],
      )[1],
    ],
    [tensor(0), tensor(1)] as [Tensor, Tensor],
  )
  assert.equal(numbers(nested), [3, 8])
})

test('what nobody uses leaves the loop, what the condition reads stays', () => {
  const program = makeProgram((x: Tensor, w: Tensor) => {
    const [n] = whileLoop(
      ([k]: [Tensor, Tensor, Tensor]) => less(k, 3),
      ([k, y, z]) => [add(k, 1), matmul(y, w), add(z, k)],
      [tensor(0), x, x] as [Tensor, Tensor, Tensor],
    )
    return n
  })(
    tensor([1, 2]),
    tensor([
      [1, 2],
      [3, 4],
    ]),
  )
  const loop = program.equations.find(({ primitive }) => primitive.name === 'whileLoop')!
  assert.is(loop.inputs.length, 1)
  assert.is(loop.outputs.length, 1)
})

test('a condition of several things', () => {
  const [x] = whileLoop(
    ([y, n]: [Tensor, Tensor]) => logicalAnd(any(less(y, 10)), less(n, 4)),
    ([y, n]) => [mul(y, 2), add(n, 1)],
    [tensor([1, 8]), tensor(0)] as [Tensor, Tensor],
  )
  assert.equal(x.toArray(), [16, 128])
  assert.is(sum(x).item(), 144)
})

test.run()
