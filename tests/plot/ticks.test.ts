import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ticks } from '../../ts/plot/index.js'
import { showTick } from '../../ts/plot/ticks.js'

test('ticks are round numbers', () => {
  assert.equal(ticks(0, 1.1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1])
  assert.equal(ticks(1.37, 4.2, 5), [1.5, 2, 2.5, 3, 3.5, 4])
  assert.equal(ticks(0, 3000, 6), [0, 500, 1000, 1500, 2000, 2500, 3000])
  assert.equal(ticks(-0.3, 0.3, 3), [-0.2, 0, 0.2])
  assert.equal(ticks(0, 0.00005, 5), [0, 0.00001, 0.00002, 0.00003, 0.00004, 0.00005])
  assert.equal(ticks(2, 2), [2])
  assert.equal(ticks(Number.NaN, 1), [Number.NaN])
})

test('for any range: inside, rising, about as many as asked for', () => {
  const range = fc.tuple(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
  )
  fc.assert(
    fc.property(range, ([low, width]) => {
      const list = ticks(low, low + width, 5)
      assert.ok(list.length >= 2 && list.length <= 9, `${list.length} ticks`)
      assert.ok(list.every((tick, i) => i === 0 || tick > list[i - 1]))
      assert.ok(list[0] >= low - width * 1e-6 && list.at(-1)! <= low + width * (1 + 1e-6))
    }),
  )
})

test('numbers show what they are worth', () => {
  assert.equal([0.1, -2, 1234, 0, 20000, 12500].map(showTick), ['0.1', '-2', '1234', '0', '20k', '12.5k'])
})

test.run()
