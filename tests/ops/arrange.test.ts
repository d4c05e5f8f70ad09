// What is composed of views: values as NumPy's documentation gives them, gradients by counting.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  arange,
  diag,
  diagonal,
  grad,
  jit,
  meshgrid,
  mul,
  pad,
  repeat,
  reshape,
  roll,
  sum,
  type Tensor,
  tensor,
  tile,
  trace,
  tril,
  triu,
  unstack,
  zeros,
} from '../../ts/index.js'

const test = suite('arrange')

const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
])
const row = tensor([1, 2, 3])

const rows: [name: string, run: (x: Tensor) => Tensor, x: Tensor, expected: unknown][] = [
  ['tile', t => tile(t, 2), x, [[1, 2, 3, 1, 2, 3], [4, 5, 6, 4, 5, 6]]],
  ['tile, new dimension', t => tile(t, [2, 1, 1]), row, [[[1, 2, 3]], [[1, 2, 3]]]],
  ['tile, missing counts', t => tile(t, [2]), reshape(row, [3, 1]), [[1, 1], [2, 2], [3, 3]]],
  ['repeat', t => repeat(t, 2), x, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]],
  ['repeat, axis 0', t => repeat(t, 2, 0), x, [[1, 2, 3], [1, 2, 3], [4, 5, 6], [4, 5, 6]]],
  ['repeat, a list', t => repeat(t, [2, 0, 1], -1), x, [[1, 1, 3], [4, 4, 6]]],
  ['roll', t => roll(t, 2), x, [[5, 6, 1], [2, 3, 4]]],
  ['roll, axis 1', t => roll(t, -1, 1), x, [[2, 3, 1], [5, 6, 4]]],
  ['roll, both axes', t => roll(t, [1, 4], [0, 1]), x, [[6, 4, 5], [3, 1, 2]]],
  ['unstack', t => unstack(t, 1)[2], x, [3, 6]],
  ['tril', t => tril(t), x, [[1, 0, 0], [4, 5, 0]]],
  ['tril, above', t => tril(t, 1), x, [[1, 2, 0], [4, 5, 6]]],
  ['tril, below', t => tril(t, -1), x, [[0, 0, 0], [4, 0, 0]]],
  ['triu', t => triu(t), x, [[1, 2, 3], [0, 5, 6]]],
  ['triu, above', t => triu(t, 2), x, [[0, 0, 3], [0, 0, 0]]],
  ['diag', t => diag(t), row, [[1, 0, 0], [0, 2, 0], [0, 0, 3]]],
  ['diag, above', t => diag(t, 1), tensor([1, 2]), [[0, 1, 0], [0, 0, 2], [0, 0, 0]]],
  ['diag, below', t => diag(t, -2), tensor([1]), [[0, 0, 0], [0, 0, 0], [1, 0, 0]]],
  ['diag of nothing', t => diag(t, 1), zeros([0]), [[0]]],
  ['diag of a matrix', t => diag(t, 1), x, [2, 6]],
  ['diagonal, below', t => diagonal(t, { offset: -1 }), x, [4]],
  ['trace', t => trace(t), x, 6],
  ['edge', t => pad(t, [[1, 0], [0, 2]], 'edge'), x, [[1, 2, 3, 3, 3], [1, 2, 3, 3, 3], [4, 5, 6, 6, 6]]],
  ['reflect', t => pad(t, [[3, 4]], 'reflect'), row, [2, 3, 2, 1, 2, 3, 2, 1, 2, 3].slice(0)],
  ['symmetric', t => pad(t, [[2, 4]], 'symmetric'), row, [2, 1, 1, 2, 3, 3, 2, 1, 1]],
  ['wrap', t => pad(t, [[2, 4]], 'wrap'), row, [2, 3, 1, 2, 3, 1, 2, 3, 1]],
  ['reflect one element', t => pad(t, [[2, 1]], 'reflect'), tensor([7]), [7, 7, 7, 7]],
] // biome-ignore format: a table

for (const [name, run, argument, expected] of rows) {
  test(name, () => {
    for (const f of [run, jit(run)]) assert.equal(f(argument).toArray(), expected)
    // Every element of the result is one of the argument's or a constant: the gradient counts how often it stands there.
    const total = sum(run(argument)).item()
    assert.is(sum(mul(grad((t: Tensor) => sum(run(t)))(argument), argument)).item(), total)
  })
}

test('grids in both orders of their dimensions', () => {
  const [a, b] = meshgrid([arange(2), arange(3)], { indexing: 'ij' })
  assert.equal(a.toArray(), [
    [0, 0, 0],
    [1, 1, 1],
  ])
  assert.equal(b.toArray(), [
    [0, 1, 2],
    [0, 1, 2],
  ])
  assert.equal(
    meshgrid([arange(2), arange(3), arange(4)]).map(t => t.shape),
    [
      [3, 2, 4],
      [3, 2, 4],
      [3, 2, 4],
    ],
  )
  assert.equal(meshgrid([tensor(5)])[0].toArray(), [5])
  assert.equal(meshgrid([]), [])
})

test.run()
