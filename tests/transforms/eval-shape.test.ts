import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { add, evalShape, greater, jit, matmul, ones, scan, type Tensor } from '../../ts/index.js'
import { core } from '../../ts/runtime/core.js'

test('shapes and dtypes of a tree of results, from specs and tensors', () => {
  const f = (p: { w: Tensor }, x: Tensor) => ({ y: matmul(x, p.w), rest: [greater(x, 0)] as [Tensor] })
  const out = evalShape(f)({ w: ones([3, 4]) }, { shape: [2, 3] })
  assert.equal(out, { y: { shape: [2, 4], dtype: 'float32' }, rest: [{ shape: [2, 3], dtype: 'bool' }] })
  const rank: number = out.y.shape.length
  assert.is(rank, 2)
})

test('a dtype is kept; float32 where left out', () => {
  const same = evalShape((x: Tensor) => x)
  assert.equal(same({ shape: [2], dtype: 'int32' }), { shape: [2], dtype: 'int32' })
  assert.equal(same({ shape: [] }), { shape: [], dtype: 'float32' })
})

test('numbers are scalars', () => {
  assert.equal(evalShape((x: Tensor, y: number) => add(x, y))({ shape: [3] }, 2), { shape: [3], dtype: 'float32' })
})

test('nothing is computed and nothing allocated, however large', () => {
  ones([1]).data()
  const before = core().resident()
  const f = (x: Tensor) => scan((carry: Tensor, row: Tensor) => [add(carry, row), carry], ones([1_000_000_000]), x)
  const [last, all] = evalShape(f)({ shape: [1000, 1_000_000_000] })
  assert.equal([last.shape, all.shape], [[1_000_000_000], [1000, 1_000_000_000]])
  assert.is(core().resident(), before)
})

test('inside a trace it leaves no equation', () => {
  const f = jit((x: Tensor) => add(x, evalShape((y: Tensor) => matmul(y, y))(x).shape[0]))
  assert.equal(f(ones([2, 2])).toArray(), [
    [3, 3],
    [3, 3],
  ])
})

test('errors are those of the function, and of specs that are none', () => {
  assert.throws(() => evalShape(matmul)({ shape: [2, 3] }, { shape: [4, 5] }), /matmul: inner dimensions differ/)
  assert.throws(() => evalShape((x: Tensor) => x)({ shape: [-1] }), /non-negative integers/)
})

test.run()
