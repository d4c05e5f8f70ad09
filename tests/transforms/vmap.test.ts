// What vmap does with leaves that are no tensors: booleans stay as they are, so that a function can branch on them.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { add, arange, jit, neg, reshape, sum, type Tensor, tensor, vmap } from '../../ts/index.js'

interface How {
  negative: boolean
  shift: Tensor
}
const f = (x: Tensor, { negative, shift }: How): Tensor => {
  assert.type(negative, 'boolean')
  return negative ? neg(x) : shift
}
const [x, shift] = [tensor([1, 2]), tensor([7, 8])]

test('booleans beside tensors are the same for all examples, whichever axes are given', () => {
  for (const axes of [undefined, [0, 0], [0, { shift: 0 }], [0, { shift: 0, negative: null }]] as [number, object][]) {
    assert.equal(vmap(f, axes)(x, { negative: true, shift }).toArray(), [-1, -2])
    assert.equal(vmap(f, axes)(x, { negative: false, shift }).toArray(), [7, 8])
  }
})

test('under jit and vmap of vmap, too', () => {
  const both = jit((own: Tensor) =>
    vmap(vmap(f), [0, { shift: null }])(tensor([[1], [2]]), { negative: false, shift: own }),
  )
  assert.equal(both(tensor([5])).toArray(), [[5], [5]])
})

test('one axis is that of all arguments and all their leaves', () => {
  const a = reshape(arange(6), [2, 3])
  const b = reshape(arange(12), [2, 3, 2])
  const own = (x: Tensor, { y }: { y: Tensor }): Tensor => add(x, sum(y))
  const [axis1, each] = [vmap(own, 1)(a, { y: b }), vmap(own, [1, 1])(a, { y: b })]
  assert.equal(axis1.toArray(), each.toArray())
  assert.equal(axis1.shape, [3, 2])
  assert.equal(vmap(own, -2)(a, { y: reshape(b, [2, 2, 3]) }).shape, [2, 3])
})

test('numbers are traced: one of all examples is shared by name', () => {
  assert.throws(
    () => vmap((a: Tensor, _b: number) => a)(x, 3),
    /argument 2 has a leaf of shape \[\], which has no axis 0/,
  )
  assert.equal(vmap((a: Tensor, _b: number) => a, [0, null])(x, 3).toArray(), [1, 2])
})

test.run()
