// Setting by index: the last of several stays, and the gradient goes to it alone.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  addAlongAxis,
  flatnonzero,
  grad,
  jit,
  mul,
  oneHot,
  putAlongAxis,
  scatter,
  searchsorted,
  sum,
  type Tensor,
  take,
  tensor,
  vmap,
  zeros,
} from '../../ts/index.js'

const test = suite('scatter')
const int = (value: number[] | number[][]): Tensor => tensor(value, { dtype: 'int32' })

test('of rows that meet the last one stays, in value and in gradient', () => {
  const ids = int([2, 0, 2, 9])
  const loss = (x: Tensor, u: Tensor) =>
    sum(
      mul(
        scatter(x, ids, u),
        tensor([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
      ),
    )
  const [x, u] = [
    tensor([
      [1, 1],
      [1, 1],
      [1, 1],
    ]),
    tensor([
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ]),
  ]
  assert.equal(scatter(x, ids, u).toArray(), [
    [3, 4],
    [1, 1],
    [7, 8],
  ])
  assert.equal(grad(loss)(x, u).toArray(), [
    [0, 0],
    [3, 4],
    [0, 0],
  ])
  assert.equal(grad((v: Tensor, w: Tensor) => loss(w, v))(u, x).toArray(), [
    [0, 0],
    [1, 2],
    [0, 0],
    [5, 6],
  ])
  assert.equal(scatter(x, int([1]), 0).toArray(), [
    [1, 1],
    [0, 0],
    [1, 1],
  ])
  const batched = vmap(scatter, [null, 0, 0])(zeros([2]), int([[0], [1]]), tensor([[5], [6]]))
  assert.equal(batched.toArray(), [
    [5, 0],
    [0, 6],
  ])
})

test('along an axis, set and added', () => {
  const x = zeros([2, 3])
  const ids = int([
    [0, 0],
    [2, 1],
  ])
  const values = tensor([
    [1, 2],
    [3, 4],
  ])
  assert.equal(putAlongAxis(x, ids, values).toArray(), [
    [2, 0, 0],
    [0, 4, 3],
  ])
  assert.equal(addAlongAxis(x, ids, values).toArray(), [
    [3, 0, 0],
    [0, 4, 3],
  ])
  assert.equal(putAlongAxis(x, int([[1, 0, 1]]), 7, 0).toArray(), [
    [0, 7, 0],
    [7, 0, 7],
  ])
  assert.equal(
    addAlongAxis(
      x,
      int([
        [-5, 5],
        [5, 5],
      ]),
      1,
    ).toArray(),
    [
      [1, 0, 1],
      [0, 0, 2],
    ],
  )
  assert.equal(grad((u: Tensor) => sum(addAlongAxis(x, ids, u)))(values).toArray(), [
    [1, 1],
    [1, 1],
  ])
})

test('one-hot rows, their axis and dtype; none is hot outside', () => {
  assert.equal(oneHot(int([1, -1, 3]), 3).toArray(), [
    [0, 1, 0],
    [0, 0, 0],
    [0, 0, 0],
  ])
  const columns = oneHot(int([1, 0]), 2, { axis: 0, dtype: 'bool' })
  assert.equal(columns.toArray(), [
    [false, true],
    [true, false],
  ])
})

test('places found by value', () => {
  const sorted = tensor([1, 2, 2, 5])
  for (const run of [searchsorted, jit(searchsorted)]) {
    assert.equal(run(sorted, tensor([0, 2, 3, 9])).toArray(), [0, 1, 3, 4])
  }
  assert.equal(searchsorted(sorted, 2, { side: 'right' }).item(), 3)
  assert.equal(
    searchsorted(
      int([1, 3]),
      tensor([
        [1, 2],
        [3, 4],
      ]),
    ).toArray(),
    [
      [0, 1],
      [1, 2],
    ],
  )
  assert.equal(flatnonzero(tensor([0, 3, 0, -1]), 4, -1).toArray(), [1, 3, -1, -1])
  assert.equal(
    flatnonzero(
      tensor([
        [1, 1],
        [0, 1],
      ]),
      2,
    ).toArray(),
    [0, 1],
  )
  assert.equal(flatnonzero(zeros([0]), 2, 5).toArray(), [5, 5])
  const x = tensor([4, 0, 6])
  assert.equal(take(x, flatnonzero(x, 2)).toArray(), [4, 6])
})

test.run()
