// What random numbers are distributed as, for fixed keys: Kolmogorov-Smirnov for floats, chi-square for counts, at levels
// of one in a thousand; tails, and the independence of split streams.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { jit, log, random, stack, type Tensor, tensor, vmap } from '../../ts/index.js'

const COUNT = 50000
const key = random.key(2026)

/** The normal distribution function, by the series of erf (Abramowitz & Stegun 7.1.6). */
function normalBelow(x: number): number {
  const t = Math.abs(x) / Math.SQRT2
  if (t > 6) return x > 0 ? 1 : 0
  let sum = t
  for (let n = 1, term = t; term > sum * 1e-17; n++) {
    term *= (2 * t * t) / (2 * n + 1)
    sum += term
  }
  return 0.5 + (Math.sign(x) * Math.exp(-t * t) * sum) / Math.sqrt(Math.PI)
}

/** Fails if the largest distance of the empirical distribution from `below` has a probability under 0.001. */
function follows(values: ArrayLike<number>, below: (x: number) => number): void {
  const sorted = Float64Array.from(values).sort()
  let distance = 0
  sorted.forEach((x, i) => {
    const expected = below(x)
    distance = Math.max(distance, expected - i / sorted.length, (i + 1) / sorted.length - expected)
  })
  const scaled = distance * Math.sqrt(sorted.length)
  assert.ok(scaled < 1.95, `Kolmogorov-Smirnov: ${scaled}`)
}

/** Fails if chi-square has a probability under 0.001 (Wilson & Hilferty 1931). */
function counted(counts: ArrayLike<number>, shares: readonly number[]): void {
  const total = Array.from(counts).reduce((sum, n) => sum + n, 0)
  const chi = shares.reduce((sum, share, i) => sum + (counts[i] - share * total) ** 2 / (share * total), 0)
  const freedom = shares.length - 1
  const limit = freedom * (1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom))) ** 3
  assert.ok(chi < limit, `chi-square ${chi}, at most ${limit} with ${freedom} degrees of freedom`)
}

function histogram(values: ArrayLike<number>, classes: number): number[] {
  const counts = Array(classes).fill(0)
  for (let i = 0; i < values.length; i++) counts[values[i]]++
  return counts
}

const even = (classes: number): number[] => Array(classes).fill(1 / classes)
const between = (low: number, high: number) => (x: number) =>
  (normalBelow(x) - normalBelow(low)) / (normalBelow(high) - normalBelow(low))

const distributions: [string, (own: Tensor, shape: readonly number[]) => Tensor, (x: number) => number][] = [
  ['uniform', random.uniform, x => x],
  ['uniform from -3 to 5', (own, shape) => random.uniform(own, shape, -3, 5), x => (x + 3) / 8],
  ['normal', random.normal, normalBelow],
  ['truncatedNormal within 2', (own, shape) => random.truncatedNormal(own, -2, 2, shape), between(-2, 2)],
  ['truncatedNormal above 1', (own, shape) => random.truncatedNormal(own, 1, Infinity, shape), between(1, 40)],
  ['truncatedNormal to one side', (own, shape) => random.truncatedNormal(own, -3, -1.5, shape), between(-3, -1.5)],
  ['exponential', random.exponential, x => 1 - Math.exp(-x)],
  ['gumbel', random.gumbel, x => Math.exp(-Math.exp(-x))],
]

for (const [name, draw, below] of distributions) {
  test(`${name}: one stream, and one draw from each of many`, () => {
    follows(draw(key, [COUNT]).data(), below)
    follows(draw(random.foldIn(key, 1), [200, 250]).data(), below)
    const many = random.bits(random.foldIn(key, 2), [COUNT / 2, 2])
    follows(jit(vmap((own: Tensor) => draw(own, [])))(many).data(), below)
    follows(jit(vmap((own: Tensor) => draw(own, [])))(stack(random.split(key, 2000))).data(), below)
  })
}

test('the tails of a normal draw hold what they should, on both sides', () => {
  const values = random.normal(key, [1 << 20]).data()
  const counts = Array(10).fill(0)
  const limits = [-4, -3, -2, -1, 0, 1, 2, 3, 4]
  for (const x of values) counts[limits.filter(limit => x > limit).length]++
  const shares = [-Infinity, ...limits].map(
    (from, i) => normalBelow(i < limits.length ? limits[i] : Infinity) - normalBelow(from),
  )
  counted(counts, shares)
})

test('randint and bernoulli', () => {
  for (const classes of [2, 6, 10, 1000])
    counted(histogram(random.randint(key, [COUNT], 0, classes).data(), classes), even(classes))
  // 2^16 and more, in 64 equal parts.
  for (const part of [1024, 1 << 20])
    counted(
      histogram(
        random
          .randint(key, [COUNT], 0, 64 * part)
          .data()
          .map(x => x / part),
        64,
      ),
      even(64),
    )
  for (const p of [0.01, 0.3, 0.5, 0.9]) counted(histogram(random.bernoulli(key, p, [COUNT]).data(), 2), [1 - p, p])
})

test('categorical draws as often as softmax says, and never what has probability 0', () => {
  const shares = [0.5, 0.2, 0.25, 0.05]
  const logits = log(tensor([...shares, 0]))
  const draw = jit(vmap((own: Tensor) => random.categorical(own, logits)))
  const counts = histogram(draw(random.bits(key, [COUNT, 2])).data(), 5)
  assert.is(counts[4], 0)
  counted(counts.slice(0, 4), shares)
})

test('permutation gives each of the 24 orders as often, and each number each of many places', () => {
  const keys = random.bits(key, [24000, 2])
  const four = jit(vmap((own: Tensor) => random.permutation(own, 4)))(keys).data()
  const orders = new Map<string, number>()
  for (let i = 0; i < four.length; i += 4) {
    const order = four.slice(i, i + 4).join()
    orders.set(order, (orders.get(order) ?? 0) + 1)
  }
  assert.is(orders.size, 24)
  counted([...orders.values()], even(24))
  const many = jit(vmap((own: Tensor) => random.permutation(own, 30)))(keys).data()
  const places = Array(900).fill(0)
  many.forEach((number, i) => {
    places[(i % 30) * 30 + number]++
  })
  counted(places, even(900))
})

test('each of the 32 bits is set in half of all words', () => {
  const words = random.bits(key, [COUNT]).data()
  for (let bit = 0; bit < 32; bit++)
    counted(
      histogram(
        words.map(word => (word >>> bit) & 1),
        2,
      ),
      even(2),
    )
})

test('streams of split keys, of folded keys and of neighbouring seeds are independent', () => {
  const [first, second] = random.split(key)
  const pairs = [
    [first, second],
    [key, first],
    [random.foldIn(key, 0), random.foldIn(key, 1)],
    [random.key(7), random.key(8)],
    [random.key(7), random.key(7 + 2 ** 32)],
  ]
  for (const [a, b] of pairs) {
    const [x, y] = [a, b].map(own => random.uniform(own, [COUNT]).data())
    // All 256 places of a 16 x 16 grid, by the pairs that are drawn at the same time.
    counted(
      histogram(
        Array.from(x, (u, i) => Math.floor(16 * u) * 16 + Math.floor(16 * y[i])),
        256,
      ),
      even(256),
    )
    const [p, q] = [a, b].map(own => random.normal(own, [COUNT]).data())
    const correlation = Array.from(p, (u, i) => u * q[i]).reduce((sum, product) => sum + product, 0) / COUNT
    assert.ok(Math.abs(correlation) * Math.sqrt(COUNT) < 3.3, `correlation ${correlation}`)
  }
  // Neighbours in one stream.
  const u = random.uniform(key, [COUNT, 2]).data()
  const places = Array.from({ length: COUNT }, (_, i) => Math.floor(16 * u[2 * i]) * 16 + Math.floor(16 * u[2 * i + 1]))
  counted(histogram(places, 256), even(256))
})

test.run()
