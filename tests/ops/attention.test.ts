// Attention as its users meet it: beside the composition that it stands for, over heads and examples, in loops, and what
// memory it needs.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  arange,
  dynamicUpdateSlice,
  expandDims,
  grad,
  greaterEqual,
  jit,
  less,
  matmul,
  mul,
  random,
  scaledDotProductAttention,
  scan,
  slice,
  softmax,
  square,
  sum,
  type Tensor,
  tensor,
  transpose,
  vmap,
  where,
  zeros,
} from '../../ts/index.js'

const test = suite('scaledDotProductAttention')

const [T, D] = [37, 16]
const draw = (seed: number, ...shape: number[]): Tensor => random.normal(random.key(seed), shape)

const composed = (q: Tensor, k: Tensor, v: Tensor, mask?: Tensor): Tensor => {
  const scores = mul(matmul(q, transpose(k)), 1 / Math.sqrt(q.shape[1]))
  return matmul(softmax(mask ? where(mask, scores, Number.NEGATIVE_INFINITY) : scores), v)
}

function near(a: Tensor, b: Tensor, tolerance = 2e-6) {
  assert.equal(a.shape, b.shape)
  const [x, y] = [a.data(), b.data()]
  x.forEach((value, i) => {
    assert.ok(Math.abs(value - y[i]) <= tolerance * (1 + Math.abs(y[i])), `${i}: ${value}, expected ${y[i]}`)
  })
}

const causal = greaterEqual(expandDims(arange(T), 1), arange(T))

test('it is softmax(q k / sqrt(D)) v, with any mask', () => {
  const [q, k, v] = [draw(1, T, D), draw(2, T, D), draw(3, T, 8)]
  near(scaledDotProductAttention(q, k, v), composed(q, k, v))
  near(scaledDotProductAttention(q, k, v, { causal: true }), composed(q, k, v, causal))
  const padding = less(arange(T), 20)
  near(scaledDotProductAttention(q, k, v, { mask: padding }), composed(q, k, v, padding))
  near(scaledDotProductAttention(q, k, v, { keyLength: 20 }), composed(q, k, v, padding))
  const hidden = where(padding, 0, Number.NEGATIVE_INFINITY)
  near(scaledDotProductAttention(q, k, v, { mask: hidden }), composed(q, k, v, padding))
})

test('what keyLength hides is not read, what no query sees gives 0 and no gradient', () => {
  const [q, v] = [draw(1, 6, D), draw(3, 6, 8)]
  const k = where(expandDims(less(arange(6), 4), 1), draw(2, 6, D), Number.NaN)
  const own = where(expandDims(less(arange(6), 4), 1), v, Number.NaN)
  const f = (q: Tensor, k: Tensor, v: Tensor, keyLength: number) =>
    sum(square(scaledDotProductAttention(q, k, v, { keyLength })))
  assert.ok(Number.isFinite(f(q, k, own, 4).item()))
  const dq = grad((q: Tensor) => f(q, k, own, 4))(q)
  assert.ok(dq.data().every(Number.isFinite))
  const none = tensor(false)
  assert.is(sum(square(scaledDotProductAttention(q, q, v, { mask: none }))).item(), 0)
  assert.ok(
    grad((q: Tensor) => sum(scaledDotProductAttention(q, q, v, { mask: none })))(q)
      .data()
      .every(x => x === 0),
  )
})

test('heads and examples by vmap; heads that share keys and values', () => {
  const [q, k, v] = [draw(4, 2, T, 4, D), draw(5, 2, T, 2, D), draw(6, 2, T, 2, D)]
  const head = (q: Tensor, k: Tensor, v: Tensor) => scaledDotProductAttention(q, k, v, { causal: true })
  const plain = (q: Tensor, k: Tensor, v: Tensor) => composed(q, k, v, causal)
  // Two query heads for each of two key heads: [T, 2, 2, D].
  const grouped = (one: typeof head) => (q: Tensor, k: Tensor, v: Tensor) =>
    vmap(vmap(vmap(one, [1, null, null], 1), [1, 1, 1], 1))(q, k, v)
  const queries = (q: Tensor) =>
    vmap((x: Tensor) => add(zeros([T, 2, 2, D]), expandDims(slice(x, [0, 0, 0], [T, 2, D]), 1)))(q)
  const loss = (one: typeof head) => (heads: Tensor[]) =>
    sum(square(grouped(one)(queries(heads[0]), heads[1], heads[2])))
  near(grouped(head)(queries(q), k, v), grouped(plain)(queries(q), k, v))
  const [own, expected] = [head, plain].map(one => jit(grad(loss(one)))([q, k, v]))
  for (const i of [0, 1, 2]) near(own[i], expected[i], 2e-5)
})

test('a cache that grows in a scan: the filled part alone counts', () => {
  const [q, k, v] = [draw(7, T, D), draw(8, T, D), draw(9, T, D)]
  const decode = jit((q: Tensor, k: Tensor, v: Tensor) => {
    const step = ([keys, values]: [Tensor, Tensor], [qt, kt, vt, t]: Tensor[]) => {
      const [k1, v1] = [
        dynamicUpdateSlice(keys, expandDims(kt, 0), [t, 0]),
        dynamicUpdateSlice(values, expandDims(vt, 0), [t, 0]),
      ]
      const out = scaledDotProductAttention(expandDims(qt, 0), k1, v1, { keyLength: add(t, 1) })
      return [[k1, v1], out] as const
    }
    return scan(step as never, [zeros([T, D]), zeros([T, D])], [q, k, v, arange(T)] as never)[1] as Tensor
  })
  near(decode(q, k, v), expandDims(composed(q, k, v, causal), 1))
})

test('memory grows as T does, forward and backward', () => {
  const peak = (length: number) => {
    const x = zeros([length, 64])
    const loss = ([q, k, v]: Tensor[]) => sum(scaledDotProductAttention(q, k, v, { causal: true }))
    return jit(grad(loss)).compile([x, x, x]).peakBytes
  }
  const [short, long] = [peak(1024), peak(4096)]
  assert.ok(long < 4.1 * short, `${short} bytes for T 1024, ${long} for T 4096`)
  assert.ok(long < 4096 * 64 * 4 * 24, `${long} bytes, a T x T tensor has ${4096 * 4096 * 4}`)
})

test.run()
