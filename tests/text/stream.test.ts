import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { arange, jit, type Tensor, tensor } from '../../ts/index.js'
import { streamWindows } from '../../ts/text/index.js'

test('windows of a lane follow one another without a gap, each lane in its part of the stream', () => {
  const stream = streamWindows(arange(23), { batch: 2, length: 3 })
  assert.is(stream.count, 3)
  const { inputs, targets, isStart } = stream.at(0)
  assert.equal(inputs.toArray(), [
    [0, 1, 2],
    [11, 12, 13],
  ])
  assert.equal(targets.toArray(), [
    [1, 2, 3],
    [12, 13, 14],
  ])
  assert.is(isStart.toArray(), true)
  assert.equal(stream.at(2).inputs.toArray(), [
    [6, 7, 8],
    [17, 18, 19],
  ])
  assert.is(stream.at(2).isStart.toArray(), false)
  assert.equal(stream.at(3).inputs.toArray(), inputs.toArray(), 'and begin anew')
})

test('for any stream: no place twice, none outside, targets one further on', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 200 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 9 }),
      (n, batch, length) => {
        fc.pre(batch * length + 1 <= n)
        const stream = streamWindows(arange(n), { batch, length })
        const seen = Array.from({ length: stream.count }, (_, i) => [...stream.at(i).inputs.data()]).flat()
        assert.is(new Set(seen).size, stream.count * batch * length)
        assert.ok(seen.every(place => place >= 0 && place < n - 1))
        const { inputs, targets } = stream.at(stream.count - 1)
        assert.equal(
          [...targets.data()],
          [...inputs.data()].map(place => place + 1),
        )
        assert.ok(n - 1 - seen.length < batch * (length + 1), 'what is left out fills no window')
      },
    ),
    { numRuns: 50 },
  )
})

test('a traced step gives the same windows', () => {
  const stream = streamWindows(arange(100), { batch: 3, length: 5 })
  const traced = jit((step: Tensor) => stream.at(step))
  for (const step of [0, 4, 7]) {
    const [eager, compiled] = [stream.at(step), traced(tensor(step))]
    assert.equal(compiled.inputs.toArray(), eager.inputs.toArray())
    assert.equal(compiled.isStart.toArray(), eager.isStart.toArray())
  }
})

test('a stream too short for one window is refused, as are sizes that are none', () => {
  assert.throws(() => streamWindows(arange(8), { batch: 2, length: 4 }), /8 ids, too few .* need 9/)
  assert.is(streamWindows(arange(9), { batch: 2, length: 4 }).count, 1)
  assert.throws(() => streamWindows(arange(9), { batch: 0, length: 4 }), /batch is a positive integer, not 0/)
  assert.throws(() => streamWindows(tensor([[1, 2]]), { batch: 1, length: 1 }), /one dimension/)
})

test.run()
