// Carries that are overwritten by each step: what reads the old one must have done so before.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { add, jit, mul, scan, sub, type Tensor, tensor, zeros } from '../../ts/index.js'

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
