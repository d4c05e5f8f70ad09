import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { batches, shuffledPlaces, splitExamples } from '../../ts/data/index.js'
import { arange, jit, mul, random, reshape, type Tensor, tensor, zeros } from '../../ts/index.js'

const key = random.key(7)
const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b)
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i)

test('the shuffle is a permutation, for any count and key', () => {
  for (const count of [1, 2, 3, 7, 64, 100, 1000]) {
    for (const seed of [0, 1]) {
      const order = shuffledPlaces(random.key(seed), count, arange(count)).data()
      assert.equal(sorted(order), upTo(count), `${count} by ${seed}`)
    }
  }
})

test('every example comes to every place about equally often', () => {
  const [count, keys] = [6, 600]
  const seen = Array.from({ length: count }, () => new Array<number>(count).fill(0))
  for (let seed = 0; seed < keys; seed++) {
    shuffledPlaces(random.key(seed), count, arange(count))
      .data()
      .forEach((example, place) => {
        seen[place][example]++
      })
  }
  const expected = keys / count
  const chiSquared = seen.flat().reduce((sum, times) => sum + (times - expected) ** 2 / expected, 0)
  // 25 degrees of freedom: 52.6 is exceeded once in a thousand times.
  assert.ok(chiSquared < 52.6, `chi squared ${chiSquared}`)
})

test('in order: every batch in its place, a rest dropped or filled up and masked', () => {
  const data = { x: reshape(arange(20), [10, 2]), y: mul(arange(10), 10) }
  const dropped = batches(data, { batch: 4 })
  assert.equal([dropped.count, dropped.examples], [2, 10])
  assert.equal(dropped.at(1).y.toArray(), [40, 50, 60, 70])
  assert.equal(dropped.at(1).x.toArray()[0 as never], [8, 9])
  assert.equal(dropped.at(2).y.toArray(), [0, 10, 20, 30], 'the next epoch')
  const padded = batches(data, { batch: 4, last: 'pad' })
  assert.is(padded.count, 3)
  assert.equal(padded.at(2).y.toArray(), [80, 90, 0, 10])
  assert.equal(padded.maskAt(2).toArray(), [true, true, false, false])
  assert.equal(padded.maskAt(3).toArray(), [true, true, true, true])
  assert.equal(batches(data, { batch: 32, last: 'pad' }).at(0).y.shape, [32])
})

test('shuffled: each epoch has every example once, in an order of its own; x and y stay together; traced steps agree', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 }), (n, batch) => {
      const own = batches({ x: mul(arange(n), 3), y: arange(n) }, { batch, key, last: 'pad' })
      const epochs = [0, 1].map(epoch =>
        upTo(own.count).flatMap(i => {
          const step = epoch * own.count + i
          const [{ x, y }, mask] = [own.at(step), own.maskAt(step).data()]
          assert.equal(
            [...x.data()],
            [...y.data()].map(value => value * 3),
          )
          return [...y.data()].filter((_, place) => mask[place])
        }),
      )
      for (const epoch of epochs) assert.equal(sorted(epoch), upTo(n))
      if (n > 12) assert.not.equal(epochs[0], epochs[1])
    }),
    { numRuns: 15 },
  )
  const own = batches(arange(50), { batch: 8, key })
  const traced = jit((step: Tensor) => own.at(step))
  for (const step of [0, 5, 6, 100]) {
    assert.equal(traced(tensor(step, { dtype: 'int32' })).toArray(), own.at(step).toArray())
  }
})

test('data that are no examples, or too few, are refused', () => {
  assert.throws(() => batches(arange(3), { batch: 4 }), /3 examples do not fill a batch of 4; last: 'pad'/)
  assert.throws(() => batches(arange(3), { batch: 0 }), /batch is a positive integer, not 0/)
  assert.throws(
    () => batches({ x: zeros([3, 1]), y: zeros([4]) }, { batch: 1 }),
    /different numbers of examples: .x 3, .y 4/,
  )
  assert.throws(() => batches({ x: tensor(1) }, { batch: 1 }), /the data.x is no tensor with a dimension of examples/)
  assert.throws(() => batches({}, { batch: 1 }), /hold no tensor/)
})

test('a split deals out every example once, by the shares, the same for the same key', () => {
  const shares = { train: 0.7, validation: 0.2, test: 0.1 }
  const parts = splitExamples({ x: arange(100) }, shares, { key })
  assert.equal([parts.train.x.size, parts.validation.x.size, parts.test.x.size], [70, 20, 10])
  assert.equal(sorted(Object.values(parts).flatMap(({ x }) => [...x.data()])), upTo(100))
  const again = splitExamples({ x: arange(100) }, shares, { key })
  assert.equal(parts.test.x.toArray(), again.test.x.toArray())
  const other = splitExamples({ x: arange(100) }, shares, { key: random.key(8) })
  assert.not.equal(parts.test.x.toArray(), other.test.x.toArray())
})

test('a stratified split gives each part its share of each class', () => {
  const y = tensor(Int32Array.from({ length: 200 }, (_, i) => (i % 10 === 0 ? 1 : i % 4 === 0 ? 2 : 0)))
  const parts = splitExamples({ y }, { train: 0.75, test: 0.25 }, { key, stratify: y })
  for (const label of [0, 1, 2]) {
    const count = (values: Iterable<number>) => [...values].filter(value => value === label).length
    const [all, test] = [count(y.data()), count(parts.test.y.data())]
    assert.ok(Math.abs(test - all / 4) <= 1.5, `class ${label}: ${test} of ${all}`)
  }
  assert.is(parts.test.y.size, 50)
  assert.throws(() => splitExamples(arange(9), { a: 0.5 }, { key }), /shares are positive and add up to 1: a 0.5/)
  assert.throws(() => splitExamples(arange(2), { a: 0.9, b: 0.05, c: 0.05 }, { key }), /gets none: 0.05 of 2 examples/)
  assert.throws(() => splitExamples(arange(2), { a: 0.5, b: 0.5 }, { key, stratify: y }), /one class for each of the 2/)
})

test.run()
