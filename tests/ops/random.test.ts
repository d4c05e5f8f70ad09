import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { add, arange, jit, log, random, tensor, vmap } from '../../ts/index.js'

const key = random.key(5)
const average = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length

test('foldIn gives JAX’s key: the encrypted counter (0, data)', () => {
  // The pair that split gives at place 7 is the counter (0, 7) too.
  assert.equal(random.foldIn(key, 7).toArray(), random.split(key, 9)[7].toArray())
  assert.equal(random.foldIn(key, tensor(7)).toArray(), random.split(key, 9)[7].toArray())
  const fold = jit((step: typeof key) => random.foldIn(key, step))
  assert.equal(fold(tensor(7)).toArray(), random.foldIn(key, 7).toArray())
  assert.not.equal(random.foldIn(key, 8).toArray(), random.foldIn(key, 7).toArray())
  const all = vmap((step: typeof key) => random.foldIn(key, step))(arange(9)).toArray()
  assert.equal(
    all,
    random.split(key, 9).map(one => one.toArray()),
  )
})

test('gumbel has mean 0.5772 and variance pi^2 / 6, and is finite', () => {
  const draws = random.gumbel(key, [100000]).data()
  assert.ok([...draws].every(Number.isFinite))
  const mean = average(draws)
  assert.ok(Math.abs(mean - 0.5772) < 0.02, `mean ${mean}`)
  const variance = average(draws.map(x => (x - mean) ** 2))
  assert.ok(Math.abs(variance - Math.PI ** 2 / 6) < 0.05, `variance ${variance}`)
})

test('categorical draws each class as often as softmax says, and never what has probability 0', () => {
  const shares = [0.5, 0, 0.2, 0.3]
  const logits = add(log(tensor(shares)), 3)
  const draw = jit(vmap((own: typeof key) => random.categorical(own, logits)))
  const counts = [0, 0, 0, 0]
  const bits = random.bits(key, [20000, 2])
  for (const drawn of draw(bits).data()) counts[drawn]++
  counts.forEach((count, i) => {
    assert.ok(Math.abs(count / 20000 - shares[i]) < 0.015, `class ${i}: ${count} of 20000`)
  })
  assert.is(counts[1], 0)
})

test('categorical draws for each row', () => {
  const rows = tensor([
    [0, 100, 0],
    [100, 0, 0],
  ])
  assert.equal(random.categorical(key, rows).toArray(), [1, 0])
})

test('bernoulli is true as often as it is told to be', () => {
  const share = (p: number) => average(random.bernoulli(key, p, [20000]).data())
  assert.is(share(0), 0)
  assert.is(share(1), 1)
  assert.ok(Math.abs(share(0.3) - 0.3) < 0.015)
  assert.equal(random.bernoulli(key, tensor([0, 1, 0])).toArray(), [false, true, false])
})

test.run()
