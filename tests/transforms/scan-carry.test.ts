// Carries that are overwritten by each step: what reads the old one must have done so before.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  arange,
  dynamicSlice,
  dynamicUpdateSlice,
  eye,
  jit,
  matmul,
  mul,
  random,
  scan,
  scatter,
  scatterAdd,
  slice,
  stack,
  sub,
  type Tensor,
  take,
  tanh,
  tensor,
  zeros,
} from '../../ts/index.js'
import { forAll } from '../comparing.js'

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
    const before = matmul(a, m)
    const next = mul(tanh(m), 0.5)
    return [next, sub(before, matmul(a, next))]
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

test('random steps that write into what they carry are what they are one by one', () => {
  const ids = tensor(
    [
      [0, 2],
      [3, 3],
    ],
    { dtype: 'int32' },
  )
  forAll(120, draw => {
    const length = draw.integer(2, 7)
    const kinds = Array.from({ length }, () => [draw.integer(0, 7), draw.integer(0, 99), draw.integer(0, 99)])
    const ends = [draw.integer(0, 99), draw.integer(0, 99), draw.integer(0, 99)]
    const step = ([a, b]: [Tensor, Tensor], i: Tensor): [[Tensor, Tensor], Tensor] => {
      const pool = [a, b]
      for (const [kind, p, q] of kinds) {
        // Mostly what was made last, so that chains arise.
        const x = p < 60 ? pool[pool.length - 1 - (p % 2)] : pool[p % pool.length]
        const y = pool[q % pool.length]
        const row = dynamicSlice(y, [add(i, q), 0], [2, 2])
        if (kind === 0) pool.push(dynamicUpdateSlice(x, row, [i, 0]))
        else if (kind === 1) pool.push(dynamicUpdateSlice(x, slice(y, [1], [3]), [sub(2, i), 0]))
        else if (kind === 2) pool.push(scatterAdd(x, take(ids, i), row))
        else if (kind === 3) pool.push(scatter(x, take(ids, i), slice(x, [2])))
        else if (kind === 4) pool.push(add(x, y))
        else if (kind === 5) pool.push(mul(x, 0.5))
        else if (kind === 6) pool.push(matmul(x, slice(y, [0], [2])))
        else pool.push(add(x, matmul(y, slice(x, [1], [3]))))
      }
      const at = (k: number) => pool[pool.length - 1 - (k % Math.min(3, pool.length))]
      return [[at(ends[0]), at(ends[1])], pool[ends[2] % pool.length]]
    }
    const start: [Tensor, Tensor] = [random.normal(random.key(1), [4, 2]), random.normal(random.key(2), [4, 2])]
    let carry = start
    const each = [0, 1].map(i => {
      const [next, y] = step(carry, tensor(i, { dtype: 'int32' }))
      carry = next
      return y
    })
    const isUsed = ends[2] % 2 === 0
    const run = (init: [Tensor, Tensor]) => {
      const [last, ys] = scan(step, init, arange(2))
      return isUsed ? [...last, ys] : last
    }
    const results = jit(run)(start)
    const expected = isUsed ? [...carry, stack(each)] : carry
    results.forEach((result, i) => {
      const [found, wanted] = [result.data(), expected[i].data()]
      wanted.forEach((value, k) => {
        const scale = Math.max(...wanted.map(Math.abs), 1)
        assert.ok(Math.abs(found[k] - value) <= 1e-5 * scale, `${JSON.stringify({ kinds, ends })}: ${result} ${i}`)
      })
    })
  })
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
