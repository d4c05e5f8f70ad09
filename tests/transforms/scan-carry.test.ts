// Carries that are overwritten by each step: what reads the old one must have done so before.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  eye,
  jit,
  matmul,
  mul,
  random,
  scan,
  scatterAdd,
  stack,
  sub,
  type Tensor,
  tanh,
  tensor,
  zeros,
} from '../../ts/index.js'

const xs = tensor([
  [1, 2],
  [3, 4],
])

/** Steps that read the old carry after the equation that makes the new one. */
const steps: [string, (t: Tensor, x: Tensor) => Tensor, number[][]][] = [
  [
    'a difference',
    (t, x) => sub(t, x),
    [
      [-1, -2],
      [-2, -2],
    ],
  ],
  [
    'the same sum again',
    (t, x) => add(t, x),
    [
      [1, 2],
      [4, 6],
    ],
  ],
  [
    'a product',
    (t, x) => mul(add(t, 1), x),
    [
      [1, 2],
      [6, 12],
    ],
  ],
]

for (const [name, y, expected] of steps) {
  test(`the old carry is still there for ${name} after the new carry`, () => {
    const run = (all: Tensor) =>
      scan(
        (t: Tensor, x: Tensor) => {
          const next = add(t, x)
          return [next, y(t, x)]
        },
        zeros([2]),
        all,
      )
    for (const [last, ys] of [run(xs), jit(run)(xs)]) {
      assert.equal(ys.toArray(), expected)
      assert.equal(last.toArray(), [4, 6])
    }
  })
}

test('a product with the carry, then one with the carry that took its place', () => {
  const a = random.normal(random.key(1), [8, 16])
  const step = (m: Tensor): [Tensor, Tensor] => {
    const next = mul(tanh(m), 0.5)
    return [next, sub(matmul(a, m), matmul(a, next))]
  }
  const start = add(eye(16), 0.5)
  let m = start
  const each = [0, 1, 2].map(() => {
    const [next, y] = step(m)
    m = next
    return y
  })
  const [last, ys] = scan(step, start, undefined, { length: 3 })
  assert.equal(ys.toArray(), stack(each).toArray())
  assert.equal(last.toArray(), m.toArray())
})

test('rows added in the place of the carry, and in that of what was made there', () => {
  const ids = tensor(
    [
      [0, 2],
      [1, 1],
    ],
    { dtype: 'int32' },
  )
  const rows = tensor([
    [1, 2],
    [3, 4],
  ])
  const twice = (t: Tensor, x: Tensor) => scatterAdd(scatterAdd(t, x, rows), x, rows)
  const [last] = scan((t: Tensor, x: Tensor) => [twice(t, x), undefined], zeros([3, 2]), ids)
  assert.equal(last.toArray(), [
    [2, 4],
    [8, 12],
    [6, 8],
  ])
  const [kept, olds] = scan((t: Tensor, x: Tensor) => [twice(t, x), add(t, 0)], zeros([3, 2]), ids)
  assert.equal(kept.toArray(), last.toArray())
  assert.equal(olds.toArray(), [
    zeros([3, 2]).toArray(),
    [
      [2, 4],
      [0, 0],
      [6, 8],
    ],
  ])
  const swap = ([a, b]: [Tensor, Tensor], x: Tensor): [[Tensor, Tensor], undefined] => [
    [scatterAdd(b, x, rows), scatterAdd(a, x, mul(rows, 2))],
    undefined,
  ]
  const [[a, b]] = scan(swap, [zeros([3, 2]), zeros([3, 2])], ids)
  assert.equal(a.toArray(), [
    [2, 4],
    [4, 6],
    [6, 8],
  ])
  assert.equal(b.toArray(), [
    [1, 2],
    [8, 12],
    [3, 4],
  ])
})

test('two carries that exchange', () => {
  const run = (all: Tensor) =>
    scan(
      ([a, b]: [Tensor, Tensor], x: Tensor) => [[add(b, x), sub(a, x)] as [Tensor, Tensor], b],
      [zeros([2]), zeros([2])] as [Tensor, Tensor],
      all,
    )
  for (const [[a, b], ys] of [run(xs), jit(run)(xs)]) {
    assert.equal(
      [a.toArray(), b.toArray()],
      [
        [2, 2],
        [-2, -2],
      ],
    )
    assert.equal(ys.toArray(), [
      [0, 0],
      [-1, -2],
    ])
  }
})

test.run()
