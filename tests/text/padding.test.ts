// Texts of different lengths side by side.
import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { random, tensor } from '../../ts/index.js'
import { bucketByLength, lengthMask } from '../../ts/text/index.js'

test('a mask of lengths', () => {
  assert.equal(lengthMask(tensor([[1, 3]], { dtype: 'int32' }), 3).toArray(), [
    [
      [true, false, false],
      [true, true, true],
    ],
  ])
  assert.throws(() => lengthMask(tensor([1]), 3), /lengths are integers, not float32\[1\]/)
})

test('each example is in one batch, with others of like lengths', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 7 }),
      fc.boolean(),
      fc.option(fc.integer({ min: 0, max: 99 })),
      (lengths, batch, isBounded, seed) => {
        const boundaries = isBounded ? [5, 12, 30] : undefined
        const key = seed === null ? undefined : random.key(seed)
        const buckets = bucketByLength(lengths, { batch, boundaries, key })
        const all = buckets.flatMap(({ indices }) => indices)
        assert.equal(
          [...all].sort((a, b) => a - b),
          lengths.map((_, i) => i),
        )
        for (const { indices, length } of buckets) {
          assert.ok(indices.length > 0 && indices.length <= batch)
          const own = indices.map(i => lengths[i])
          if (boundaries === undefined) assert.is(length, Math.max(...own))
          else assert.ok(boundaries.includes(length) && own.every(l => l <= length))
          if (boundaries !== undefined) {
            const below = boundaries[boundaries.indexOf(length) - 1] ?? -1
            assert.ok(own.every(l => l > below))
          }
        }
        const waste = buckets.reduce((sum, { indices, length }) => sum + indices.length * length, 0)
        if (!isBounded) assert.ok(waste - lengths.reduce((a, b) => a + b, 0) <= 30 * batch, 'little is filled up')
      },
    ),
    { numRuns: 60 },
  )
})

test('a key gives one order, another one another; what is too long is left out', () => {
  const lengths = Array.from({ length: 30 }, (_, i) => i % 10)
  const order = (seed: number) => bucketByLength(lengths, { batch: 4, key: random.key(seed), boundaries: [4, 9] })
  assert.equal(order(1), order(1))
  assert.not.equal(order(1), order(2))
  assert.ok(
    [1, 2, 3].some(seed => order(seed)[0].length === 9),
    'the short ones do not always come first',
  )
  assert.equal(bucketByLength([3, 9, 1], { batch: 2, boundaries: [4] }), [{ indices: [2, 0], length: 4 }])
  assert.throws(() => bucketByLength([1], { batch: 0 }), /batch is a positive integer, not 0/)
  assert.throws(() => bucketByLength([1], { batch: 1, boundaries: [4, 4] }), /boundaries ascend, unlike 4, 4/)
})

test.run()
