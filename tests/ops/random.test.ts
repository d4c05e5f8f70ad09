// Random numbers against what JAX has published and against plain numbers (random-reference.ts); their shapes, transforms
// and borders. What they are distributed as: random-distributions.test.ts.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { arange, div, erf, jit, random, stack, type Tensor, tensor, vmap } from '../../ts/index.js'
import { close } from '../close.js'
import * as reference from './random-reference.js'

const key = random.key(5)
const average = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length

test('the numbers that JAX prints for the same keys', () => {
  // JAX 0.11 with its defaults, as its users' notebooks and its documentation on random numbers show it.
  const [first, second, third] = random.split(random.key(42), 3)
  assert.equal(first.toArray(), [1832780943, 270669613])
  assert.equal(second.toArray(), [64467757, 2916123636])
  assert.equal(third.toArray(), [2465931498, 255383827])
  close(random.uniform(random.key(0), [3]), [0.947667, 0.9785799, 0.33229148], 3e-8)
  close(random.normal(random.key(0), [3]), [1.6226422, 2.0252647, -0.43359444], 2e-7)
  const rows = [
    [0.60576403, 0.7990441, -0.908927],
    [-0.63525754, -1.2226585, -0.83226097],
    [-0.47417238, -1.2504351, -0.17678244],
  ]
  close(random.normal(second, [3, 3]), rows, 2e-7)
  assert.equal(random.randint(random.key(1), [5], 0, 10).toArray(), [6, 7, 0, 3, 8])
  assert.equal(random.randint(random.key(2), [3], 0, 4).toArray(), [3, 0, 1])
})

const seeds = [0, 1, 42, 1701, 2147483647, 4294967295]

test('keys, splits, folds and bits are the published definitions', () => {
  for (const seed of seeds) {
    const [mine, plain] = [random.key(seed), [0, seed] as const]
    assert.equal(mine.toArray(), plain)
    assert.equal(
      random.split(mine, 5).map(one => one.toArray()),
      reference.split(plain, 5),
    )
    for (const data of [0, 1, 77, 4294967295, -1])
      assert.equal(random.foldIn(mine, data).toArray(), reference.foldIn(plain, data))
    assert.equal([...random.bits(mine, [3, 1, 11]).data()], reference.bits(plain, 33))
  }
  assert.equal(random.key(-1).toArray(), [4294967295, 4294967295])
  assert.equal(random.key(2 ** 33 + 7).toArray(), [2, 7])
})

test('uniform floats and integers are the published definitions', () => {
  for (const seed of seeds) {
    const [mine, plain] = [random.key(seed), [0, seed] as const]
    const ranges = [
      [0, 1],
      [-1, 1],
      [0.1, 0.7],
      [-1e6, 3],
    ]
    for (const [low, high] of ranges)
      assert.equal([...random.uniform(mine, [50], low, high).data()], reference.uniform(plain, 50, low, high))
    const integers = [
      [0, 1],
      [0, 10],
      [-7, 65529],
      [0, 65536],
      [-3, 65535],
      [-2147483648, 2147483647],
      [-2147483648, 2147483648],
    ]
    for (const [low, high] of integers) {
      assert.equal([...random.randint(mine, [50], low, high).data()], reference.randint(plain, 50, low, high))
      const [a, b] = [Math.max(low, -2147483648), Math.min(high, 2147483647)].map(x => tensor(x))
      if (high <= 2147483647)
        assert.equal([...random.randint(mine, [50], a, b).data()], reference.randint(plain, 50, low, high))
    }
    const large = random.randint(mine, [50], 5, 4294967296, 'uint32')
    assert.is(large.dtype, 'uint32')
    assert.equal([...large.data()], reference.randint(plain, 50, 5, 4294967296))
  }
})

test('other draws are their formulas of the same uniform ones', () => {
  const [u, v] = [reference.uniform([0, 9], 40), reference.uniform([0, 9], 40, 2 ** -24 - 1)]
  const mine = random.key(9)
  const noise = u.map(x => -Math.log(-Math.log(Math.max(x, 2 ** -126))))
  close(
    random.exponential(mine, [40]),
    u.map(x => -Math.log1p(-x)),
    2e-6,
  )
  close(random.gumbel(mine, [40]), noise, 2e-6)
  assert.equal(
    random.bernoulli(mine, 0.3, [40]).toArray(),
    u.map(x => x < Math.fround(0.3)),
  )
  const logits = noise.map((_, i) => (i * 7) % 3)
  const rows = [0, 1, 2, 3].map(row => noise.slice(10 * row, 10 * row + 10).map((x, i) => x + logits[10 * row + i]))
  assert.equal(
    random.categorical(mine, tensor(logits, { shape: [4, 10] })).toArray(),
    rows.map(row => row.indexOf(Math.max(...row))),
  )
  // A normal draw x came from u = erf(x / sqrt(2)).
  close(erf(div(random.normal(mine, [40]), Math.SQRT2)), v, 3e-7)
})

test('permutations are the published definition, of numbers and of slices', () => {
  assert.equal(random.permutation(random.key(3), 5).toArray(), [0, 4, 2, 1, 3]) // as JAX prints it
  // One round of sorting up to 1625 elements, then two.
  for (const count of [0, 1, 2, 3, 10, 1625, 1626])
    assert.equal([...random.permutation(key, count).data()], reference.permutation([0, 5], count))
  const order = reference.permutation([0, 5], 4)
  const x = tensor([
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ])
  assert.equal(random.permutation(key, x, 1).toArray(), [order.map(i => i + 1), order.map(i => i + 5)])
  assert.equal(
    random.permutation(key, x).toArray(),
    reference.permutation([0, 5], 2).map(i => (x.toArray() as number[][])[i]),
  )
})

/** Seed, place among 2^20 draws, and the uniform draw there: all 23 bits are zeros, or ones. */
const EXTREMES = [
  [4, 286683, 0],
  [14, 875088, 1 - 2 ** -23],
]

test('the lowest and the highest 23 bits still give finite numbers', () => {
  for (const [seed, place, unit] of EXTREMES) {
    const own = random.key(seed)
    const entry = (drawn: Tensor) => Number(drawn.data()[place])
    const shape = [1 << 20]
    assert.is(entry(random.uniform(own, shape)), unit)
    const drawn = [
      random.normal(own, shape),
      random.truncatedNormal(own, -Infinity, Infinity, shape),
      random.gumbel(own, shape),
      random.exponential(own, shape),
    ]
    const expected = unit === 0 ? [-5.42, -5.42, -4.4698, 0] : [5.22, 5.1666, 15.9424, 15.9424]
    drawn.forEach((x, i) => {
      assert.ok(Math.abs(entry(x) - expected[i]) < 2e-4, `${i}: ${entry(x)}`)
    })
  }
})

test('bounds are tensors too, one for each element; an empty range of them is its lower end', () => {
  const [low, high] = [tensor([0, 10, -5, 3]), tensor([[1], [4]])]
  const drawn = random.uniform(key, [2, 4], low, high).toArray() as number[][]
  const [lows, highs] = [low.toArray() as number[], [1, 4]]
  drawn.forEach((row, i) => {
    row.forEach((x, j) => {
      assert.ok(lows[j] < highs[i] ? lows[j] <= x && x < highs[i] : x === lows[j], `${x}`)
    })
  })
  assert.equal(random.randint(key, [3], tensor([0, 7, 9]), tensor([1, 8, 2])).toArray(), [0, 7, 9])
  const [a, b] = [tensor([-1, 0, 2]), tensor([-0.5, 0.1, 2.25])]
  const truncated = random.truncatedNormal(key, a, b)
  truncated.data().forEach((x, i) => {
    assert.ok(Number(a.data()[i]) <= x && x <= Number(b.data()[i]))
  })
  assert.equal(random.bernoulli(key, tensor([0, 1]), [3, 2]).toArray(), Array(3).fill([false, true]))
})

test('a uniform draw is never the upper bound', () => {
  const [low, high] = [1e7, 1e7 + 3]
  const drawn = random.uniform(key, [1000], low, high).data()
  assert.equal([...new Set(drawn)].sort(), [low, low + 1, low + 2])
  assert.equal([...new Set(random.uniform(key, [100], 1, 1 + 2 ** -23).data())], [1])
  assert.ok(
    random
      .uniform(key, [1 << 20], 10, 11)
      .data()
      .every(x => x >= 10 && x < 11),
  )
  assert.equal(random.uniform(key, [2], 3, 3).toArray(), [3, 3])
})

test('what is truncated stays in its bounds, also where float32 has no erf left', () => {
  const bounds = [
    [-2, 2],
    [-0.3, 0.3],
    [1, 1.5],
    [4.5, 5],
    [6, 7],
    [-30, -20],
    [3, Infinity],
    [-Infinity, -1],
    [-Infinity, Infinity],
  ]
  for (const [low, high] of bounds) {
    const drawn = random.truncatedNormal(key, low, high, [100000]).data()
    assert.ok(
      drawn.every(x => low <= x && x <= high && Number.isFinite(x)),
      `${low} to ${high}`,
    )
  }
})

const draws: Record<string, (key: Tensor) => Tensor> = {
  split: own => stack(random.split(own, 3)),
  foldIn: own => random.foldIn(own, 9),
  bits: own => random.bits(own, [2, 3]),
  uniform: own => random.uniform(own, [7]),
  'uniform between': own => random.uniform(own, [7], tensor(-2), 3),
  randint: own => random.randint(own, [2, 5], -4, 9),
  normal: own => random.normal(own, [4]),
  truncatedNormal: own => random.truncatedNormal(own, -1, tensor([1, 2])),
  exponential: own => random.exponential(own, [5]),
  bernoulli: own => random.bernoulli(own, 0.3, [9]),
  gumbel: own => random.gumbel(own, [3, 1]),
  permutation: own => random.permutation(own, 6),
  'permutation of rows': own =>
    random.permutation(
      own,
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    ),
  categorical: own => random.categorical(own, tensor([[0.2, 1, -1]])),
}

for (const [name, draw] of Object.entries(draws)) {
  test(`${name}: one key or many, compiled or not, the same bits`, () => {
    const keys = random.split(key, 4)
    const single = keys.map(own => draw(own).toArray())
    assert.equal(
      keys.map(own => jit(draw)(own).toArray()),
      single,
    )
    assert.equal(vmap(draw)(stack(keys)).toArray(), single)
    assert.equal(jit(vmap(vmap(draw, [1]), [1]))(stack([stack(keys, 1), stack(keys, 1)], 1)).toArray(), [
      single,
      single,
    ])
  })
}

test('no element, and one', () => {
  for (const draw of [random.uniform, random.normal, random.gumbel, random.bits, random.exponential]) {
    assert.equal(draw(key, [0, 3]).shape, [0, 3])
    assert.equal(draw(key).shape, [])
  }
  assert.equal(random.randint(key, [0], 0, 5).shape, [0])
  assert.equal(random.split(key, 0), [])
})

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
