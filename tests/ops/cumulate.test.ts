// Gradients of products with zeros, and of the extremes so far.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  cummax,
  cummin,
  cumprod,
  cumsum,
  grad,
  jit,
  jvp,
  mul,
  prod,
  random,
  sort,
  sum,
  type Tensor,
  tensor,
  topK,
} from '../../ts/index.js'

const test = suite('running reductions')

/** The sum of f with weights 1, 2, 3, ... */
const weighted = (f: (x: Tensor) => Tensor) => (x: Tensor) => {
  const y = f(x)
  return sum(
    mul(
      y,
      tensor(
        Array.from({ length: y.size }, (_, i) => i + 1),
        { shape: y.shape },
      ),
    ),
  )
}

test('the gradient of a product is exact with one zero and with two', () => {
  assert.equal(grad(prod)(tensor([2, 0, 4])).toArray(), [0, 8, 0])
  assert.equal(grad(prod)(tensor([0, 3, 0])).toArray(), [0, 0, 0])
  assert.equal(
    grad(weighted(x => prod(x, { axis: 1 })))(
      tensor([
        [2, 0, 4],
        [1, 2, 3],
      ]),
    ).toArray(),
    [
      [0, 8, 0],
      [12, 6, 4],
    ],
  )
  // The second derivative of xyz by y and z is x, even where both are zero.
  const [, second] = jvp(grad(prod), [tensor([5, 0, 0])], [tensor([0, 0, 1])])
  assert.equal(second.toArray(), [0, 5, 0])
})

test('the gradient of running products is exact with zeros', () => {
  // y = [a, ab, abc]; weights 1, 2, 3; at [2, 0, 4]: da = 1 + 2b + 3bc, db = 2a + 3ac, dc = 3ab.
  assert.equal(grad(weighted(x => cumprod(x)))(tensor([2, 0, 4])).toArray(), [1, 28, 0])
  // From the end: y = [abc, bc, c]: da = bc, db = ac + 2c, dc = ab + 2b + 3.
  assert.equal(grad(weighted(x => cumprod(x, { reverse: true })))(tensor([2, 0, 4])).toArray(), [0, 16, 3])
  assert.equal(
    grad(weighted(x => cumprod(x, { axis: 0 })))(
      tensor([
        [1, 0],
        [0, 2],
        [3, 4],
      ]),
    ).toArray(),
    [
      [1, 2 + 4 * 2 + 6 * 8],
      [3 + 5 * 3, 0],
      [0, 0],
    ],
  )
})

test('the gradient of an extreme so far goes to where it was attained last', () => {
  assert.equal(grad(weighted(x => cummax(x)))(tensor([1, 3, 2, 3])).toArray(), [1, 5, 0, 4])
  assert.equal(grad(weighted(x => cummin(x, { reverse: true })))(tensor([2, 1, 1, 3])).toArray(), [0, 3, 3, 4])
})

test('the gradients of sorted values go back to where they stood', () => {
  assert.equal(grad(weighted(x => sort(x)))(tensor([3, 1, 2])).toArray(), [3, 1, 2])
  assert.equal(
    grad(weighted(x => sort(x, { axis: 0, descending: true })))(
      tensor([
        [1, 9],
        [2, 8],
      ]),
    ).toArray(),
    [
      [3, 2],
      [1, 4],
    ],
  )
  assert.equal(grad(weighted(x => topK(x, 2)[0]))(tensor([3, 1, 5])).toArray(), [2, 0, 1])
})

test('one order of additions in every layout and direction', () => {
  const x = random.normal(random.key(3), [7, 300])
  const along = cumsum(x, { axis: 1 }).data()
  const values = x.data()
  let total = 0
  for (let i = 0; i < 300; i++) {
    total = Math.fround(total + values[600 + i])
    assert.is(along[600 + i], i === 0 ? values[600] : total)
  }
  const across = jit((y: Tensor) => cumsum(y, { axis: 0, reverse: true }))(x).data()
  let column = values[6 * 300 + 5]
  for (let l = 5; l >= 0; l--) {
    column = Math.fround(column + values[l * 300 + 5])
    assert.is(across[l * 300 + 5], column)
  }
})

test.run()
