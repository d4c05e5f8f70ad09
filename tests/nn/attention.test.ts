// Attention in many heads: weights by the textbook's formula, masks of all kinds, shared heads, caches. PyTorch's vectors go
// through it too: tests/conformance/torch-attention.ts.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  abs,
  add,
  arange,
  at,
  broadcastTo,
  concat,
  div,
  expandDims,
  grad,
  jit,
  lessEqual,
  matmul,
  max,
  mean,
  mul,
  random,
  scaledDotProductAttention,
  scan,
  slice,
  split,
  square,
  stack,
  std,
  sub,
  sum,
  type Tensor,
  tensor,
  treeMap,
  vmap,
  where,
  zeros,
} from '../../ts/index.js'
import {
  attentionWeights,
  type KeyValues,
  type MultiHeadOptions,
  type MultiHeadParams,
  multiHeadAttention,
} from '../../ts/nn/index.js'
import { close } from '../close.js'

const draw = (seed: number, shape: number[]) => random.normal(random.key(seed), shape)
const numbers = (x: Tensor) => [...x.data()]

// ---- one head's weights ----

const [q, k, v] = [draw(1, [3, 4]), draw(2, [5, 4]), draw(3, [5, 2])]

test('attentionWeights: the softmax of scaled products, in float64', () => {
  const [a, b] = [q.toArray() as number[][], k.toArray() as number[][]]
  const rows = a.map(own => b.map(other => Math.exp(own.reduce((s, x, i) => s + x * other[i], 0) / 2)))
  const wanted = rows.map(row => row.map(e => e / row.reduce((s, x) => s + x, 0)))
  close(attentionWeights(q, k), wanted, 1e-6)
})

const shown = tensor([true, false, true, true, false])
for (const [name, options] of Object.entries({
  none: {},
  scale: { scale: 0.3 },
  causal: { causal: true },
  keys: { keyLength: 2 },
  mask: { mask: shown },
  bias: { mask: draw(4, [3, 5]) },
  hiding: { mask: where(shown, draw(4, [3, 5]), Number.NEGATIVE_INFINITY) },
  all: { causal: true, keyLength: 4, mask: shown },
})) {
  test(`attentionWeights (${name}): those of scaledDotProductAttention`, () => {
    const weights = attentionWeights(q, k, options)
    close(matmul(weights, v), scaledDotProductAttention(q, k, v, options).toArray(), 2e-6)
    close(sum(weights, { axis: 1 }), [1, 1, 1], 1e-6)
  })
}

test('attentionWeights: a query that sees nothing has none, and finite gradients', () => {
  for (const mask of [tensor([false]), tensor([Number.NEGATIVE_INFINITY])]) {
    const f = (own: Tensor) => sum(mul(attentionWeights(own, k, { mask }), draw(6, [3, 5])))
    assert.ok(numbers(attentionWeights(q, k, { mask })).every(w => w === 0))
    assert.ok(numbers(grad(f)(q)).every(w => w === 0))
  }
})

// ---- many heads ----

const key = random.key(7)
const x = draw(8, [6, 8])
const layer = multiHeadAttention({ heads: 2 })
const params = layer.init(key, x)

/** Parameters that are nowhere 0. */
const filled = <P>(own: P): P =>
  treeMap((leaf: Tensor) => mul(0.5, random.normal(random.foldIn(key, leaf.size), leaf.shape)), own as never) as P
const p = filled(params)

test('shapes of parameters, with other keys, values, heads and sizes', () => {
  const shapes = (options: MultiHeadOptions, ...specs: number[][]) => {
    const [first, ...others] = specs.map(shape => ({ shape }))
    const own = multiHeadAttention(options).init(key, first, ...others)
    return Object.fromEntries(Object.entries(own).map(([name, leaf]) => [name, leaf.shape.join('x')]))
  }
  assert.equal(shapes({ heads: 2, bias: false }, [6, 8]), { wq: '8x8', wk: '8x8', wv: '8x8', wo: '8x8' })
  assert.equal(shapes({ heads: 4, keyValueHeads: 2, headSize: 3 }, [6, 8], [5, 7], [5, 9]), {
    ...{ wq: '8x12', wk: '7x6', wv: '9x6', wo: '12x8' },
    ...{ bq: '12', bk: '6', bv: '6', bo: '8' },
  })
})

/** All heads one after the other, each from its own slices of the weights. */
function byHand(own: MultiHeadParams, xs: Tensor, keys: Tensor, heads: number, shared: number, options: object = {}) {
  const project = (y: Tensor, w: Tensor, b?: Tensor) => (b === undefined ? matmul(y, w) : add(matmul(y, w), b))
  const [qs, ks, vs] = [project(xs, own.wq, own.bq), project(keys, own.wk, own.bk), project(keys, own.wv, own.bv)]
  const size = qs.shape[1] / heads
  const part = (all: Tensor, i: number) => slice(all, [0, size * i], [all.shape[0], size * (i + 1)])
  const found = Array.from({ length: heads }, (_, i) => {
    const group = Math.floor((i * shared) / heads)
    const weights = attentionWeights(part(qs, i), part(ks, group), options)
    return { weights, output: matmul(weights, part(vs, group)) }
  })
  return {
    output: project(
      concat(
        found.map(({ output }) => output),
        1,
      ),
      own.wo,
      own.bo,
    ),
    weights: stack(found.map(({ weights }) => weights)),
  }
}

for (const [heads, shared] of [
  [2, 2],
  [4, 2],
  [4, 1],
]) {
  const many = multiHeadAttention({ heads, keyValueHeads: shared })
  const own = filled(many.init(key, x))
  const memory = draw(9, [5, 8])
  const modes: Record<string, { mode: object; keys?: Tensor; options?: object }> = {
    'its own sequence': { mode: {} },
    'another one': { mode: { keys: memory }, keys: memory },
    'some of it': { mode: { length: 3 }, options: { keyLength: 3 } },
    'fewer than none': { mode: { length: -1 }, options: { keyLength: 0 } },
    'more than there are': { mode: { length: 9 } },
    'what a mask shows': { mode: { keys: memory, mask: shown }, keys: memory, options: { mask: shown } },
    'what was projected': { mode: { projected: many.project(own, memory) }, keys: memory },
  }
  for (const [name, { mode, keys = x, options }] of Object.entries(modes)) {
    test(`${heads} heads, ${shared} of keys, over ${name}: as one by one, with their weights or without`, () => {
      const wanted = byHand(own, x, keys, heads, shared, options)
      close(many.apply(own, x, mode), wanted.output.toArray(), 3e-5)
      const { output, weights } = many.attend(own, x, mode)
      close(output, wanted.output.toArray(), 3e-5)
      close(weights, wanted.weights.toArray(), 1e-5)
    })
  }

  test(`${heads} heads, ${shared} of keys: a mask of each head's own`, () => {
    const mask = random.bernoulli(random.key(3), 0.6, [heads, 6, 6])
    const { weights, output } = many.attend(own, x, { mask })
    assert.ok(numbers(mul(weights, where(mask, 0, 1))).every(w => w === 0))
    assert.ok(numbers(where(mask, weights, 1)).every(w => w > 0))
    close(many.apply(own, x, { mask }), output.toArray(), 2e-5)
  })

  test(`${heads} heads, ${shared} of keys: a causal sequence step by step, from a cache`, () => {
    for (const rotary of [false, true, { layout: 'interleaved' as const }]) {
      const causal = multiHeadAttention({ heads, keyValueHeads: shared, causal: true, rotary })
      const steps = jit((given: MultiHeadParams, xs: Tensor) =>
        scan(
          (cache: KeyValues, [one, t]: [Tensor, Tensor]) => causal.step(given, cache, one, t),
          causal.initialCache(given, 9),
          [xs, arange(6)] as [Tensor, Tensor],
        ),
      )
      const [cache, ys] = steps(own, x)
      assert.equal(cache.k.shape, [shared, 9, 8 / heads])
      const whole = causal.apply(own, x)
      close(ys, whole.toArray(), 3e-5)
      const first = causal.apply(own, slice(x, [0], [2]))
      close(first, slice(whole, [0], [2]).toArray(), 2e-5)
    }
  })
}

test('causal: what comes later changes nothing before it', () => {
  const causal = multiHeadAttention({ heads: 2, causal: true })
  const mask = lessEqual(arange(6), expandDims(arange(6), 1))
  close(causal.apply(p, x), layer.apply(p, x, { mask }).toArray(), 2e-5)
  assert.ok(max(abs(sub(causal.apply(p, x), layer.apply(p, x)))).item() > 0.01)
})

test('rotary: weights know distances alone', () => {
  const turned = multiHeadAttention({ heads: 2, rotary: true })
  const same = broadcastTo(draw(10, [8]), [6, 8])
  const [weights] = [turned.attend(p, same).weights.toArray() as number[][][]]
  for (const head of weights) {
    // log w[i][j] - log w[i][i] is a function of i - j.
    const relative = (i: number, j: number) => Math.log(head[i][j] / head[i][i])
    assert.ok(Math.abs(relative(3, 1) - relative(4, 2)) < 1e-4)
    assert.ok(Math.abs(relative(3, 1)) > 1e-3)
  }
})

test('rotary: values are not turned', () => {
  const turned = multiHeadAttention({ heads: 2, rotary: true })
  const { weights } = turned.attend(p, x)
  const values = split(add(matmul(x, p.wv), p.bv!), 2)
  const found = concat(
    values.map((own, i) => matmul(at(weights, i), own)),
    1,
  )
  close(turned.apply(p, x), add(matmul(found, p.wo), p.bo!).toArray(), 2e-5)
})

test('a batch of sequences, each of its own length, is a batch of single ones; gradients too', () => {
  const batch = draw(11, [3, 6, 8])
  const lengths = tensor([6, 2, 4], { dtype: 'int32' })
  const loss = (own: MultiHeadParams, xs: Tensor, length: Tensor) => sum(square(layer.apply(own, xs, { length })))
  const all = jit(grad((own: MultiHeadParams) => sum(vmap(loss, [null, 0, 0])(own, batch, lengths))))(p)
  const singles = [6, 2, 4].map((length, i) =>
    grad((own: MultiHeadParams) => loss(own, at(batch, i), tensor(length, { dtype: 'int32' })))(p),
  )
  const total = singles.reduce((a, b) => treeMap((m: Tensor, n: Tensor) => add(m, n), a, b))
  treeMap(
    (one: Tensor, wanted: Tensor) => close(one, wanted.toArray(), 1e-5 * Math.max(max(abs(wanted)).item(), 10)),
    all,
    total,
  )
})

test('dropout leaves out weights while training, with a key of each example’s own', () => {
  const dropped = multiHeadAttention({ heads: 2, dropout: 0.5 })
  assert.equal(dropped.apply(p, x).toArray(), layer.apply(p, x).toArray())
  assert.equal(dropped.apply(p, x, { key }).toArray(), layer.apply(p, x).toArray())
  const run = (one: Tensor, own: Tensor) => dropped.apply(p, one, { train: true, key: own })
  const two = vmap(run, [null, 0])(x, stack(random.split(key)))
  const [a, b] = random.split(key).map(own => run(x, own))
  close(
    two,
    [a, b].map(y => y.toArray()),
    2e-5,
  )
  assert.not.equal(a.toArray(), b.toArray())
  // The mean over many keys is what all weights give: what stays is divided by its share.
  const many = vmap(run, [null, 0])(x, stack(random.split(key, 4000)))
  const apart = div(abs(sub(mean(many, { axis: 0 }), layer.apply(p, x))), add(std(many, { axis: 0 }), 1e-6))
  assert.ok(max(apart).item() < 5 / Math.sqrt(4000), `${max(apart).item()} deviations`)
  assert.throws(() => dropped.apply(p, x, { train: true }), /dropout: training needs a key/)
})

test('a sequence without places, and one that has nothing to look at', () => {
  for (const keyValueHeads of [4, 2]) {
    const own = multiHeadAttention({ heads: 4, keyValueHeads, causal: true })
    const p = own.init(key, x)
    const { output, weights } = own.attend(p, zeros([0, 8]))
    assert.equal(
      [own.apply(p, zeros([0, 8])).shape, output.shape, weights.shape],
      [
        [0, 8],
        [0, 8],
        [4, 0, 0],
      ],
    )
    assert.equal(own.apply(p, x, { keys: zeros([0, 8]) }).toArray(), zeros([6, 8]).toArray())
    const [cache] = own.fill(p, zeros([0, 8]), 3)
    assert.equal(cache.k.toArray(), own.initialCache(p, 3).k.toArray())
  }
})

test('memory grows with the length, not with its square', () => {
  const bytes = (length: number, own = multiHeadAttention({ heads: 2, causal: true })) => {
    const xs = zeros([length, 16])
    const loss = (given: MultiHeadParams) => sum(square(own.apply(given, xs)))
    return jit(grad(loss)).compile(own.init(key, xs)).peakBytes
  }
  assert.ok(bytes(2048) < 2.2 * bytes(1024), `${bytes(2048)} and ${bytes(1024)} bytes`)
})

test('mistakes are told', () => {
  assert.throws(() => multiHeadAttention({ heads: 0 }), /multiHeadAttention: heads is a positive integer, not 0/)
  assert.throws(
    () => multiHeadAttention({ heads: 4, keyValueHeads: 3 }),
    /4 heads cannot share 3 of keys and values alike/,
  )
  assert.throws(() => multiHeadAttention({ heads: 3 }).init(key, x), /8 features do not divide into 3 heads/)
  assert.throws(() => layer.apply(p, zeros([8])), /multiHeadAttention: one sequence \[T, D\] is expected, not \[8\]/)
  assert.throws(() => layer.apply(p, x, { mask: zeros([4, 4]) }), /mask \[4, 4\] does not broadcast to \[6, 6\]/)
  assert.throws(() => multiHeadAttention(undefined as never), /multiHeadAttention: undefined is given in place of/)
  assert.throws(() => multiHeadAttention({} as never), /multiHeadAttention: heads is a positive integer/)
  assert.throws(
    () => multiHeadAttention({ heads: 2, rotary: { bass: 10 } as never }),
    /multiHeadAttention: rotary: there is no option bass; the options are { layout, base }/,
  )
  assert.throws(() => multiHeadAttention({ heads: 2, dropout: 1 }), /multiHeadAttention: dropout is .* not 1/)
  assert.throws(() => layer.apply(p, zeros([6, 4])), /multiHeadAttention: x has shape \[6, 4\], .* for \[T, 8\]/)
  const keys = zeros([5, 3])
  assert.throws(() => layer.apply(p, x, { keys }), /multiHeadAttention: keys has shape \[5, 3\], .* for \[T, 8\]/)
  for (const mask of [zeros([3, 6, 6]), zeros([1, 6, 6]), zeros([2, 6, 5])]) {
    for (const run of [layer.apply, layer.attend]) {
      assert.throws(() => run(p, x, { mask }), /multiHeadAttention: mask .* not one for each of 2 heads, \[2, 6, 6\]/)
    }
  }
  const mask = zeros([6, 6], 'int32')
  assert.throws(() => layer.attend(p, x, { mask }), /multiHeadAttention: mask has dtype int32, not bool or float32/)
  assert.throws(() => attentionWeights(x, x, { mask: zeros([4]) }), /attentionWeights: mask \[4\] does not broadcast/)
  assert.throws(() => layer.fill(p, x, 9), /multiHeadAttention: only with \{ causal: true \} .* step by step/)
  const causal = multiHeadAttention({ heads: 2, causal: true })
  const step = () => causal.step(p, causal.initialCache(p, 4), zeros([1, 8]), tensor(0, { dtype: 'int32' }))
  assert.throws(step, /multiHeadAttention: one step is a vector \[D\], not \[1, 8\]/)
  assert.throws(
    () => attentionWeights(q, v),
    /attentionWeights: one head has q \[Tq, D\] and k \[Tk, D\], not \[3, 4\] and \[5, 2\]/,
  )
})

test.run()
