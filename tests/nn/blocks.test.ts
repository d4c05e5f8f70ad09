// Blocks of Transformers: what stands where, that nothing looks ahead, caches, dropout. PyTorch's layers of all kinds go through
// them too: tests/conformance/torch-attention.ts.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  arange,
  at,
  grad,
  jit,
  matmul,
  max,
  mul,
  random,
  scan,
  slice,
  square,
  stack,
  sum,
  type Tensor,
  treeLeaves,
  treeMap,
  vmap,
} from '../../ts/index.js'
import {
  type BlockOptions,
  chain,
  decoderBlock,
  dense,
  embedding,
  encoderBlock,
  feedForward,
  gelu,
  type KeyValues,
  layerNorm,
  multiHeadAttention,
  relu,
  rmsNorm,
  silu,
  sinusoidalPositions,
} from '../../ts/nn/index.js'
import { close } from '../close.js'

const key = random.key(3)
const x = random.normal(random.key(1), [6, 8])
const memory = random.normal(random.key(2), [5, 7])
/** Parameters that are nowhere 0. */
const filled = <P>(own: P): P =>
  treeMap(
    (leaf: Tensor) => add(mul(0.5, random.normal(random.foldIn(key, leaf.size), leaf.shape)), 0.1),
    own as never,
  ) as P

test('rmsNorm: the root of the mean of squares, in float64', () => {
  const layer = rmsNorm({ epsilon: 1e-3 })
  const params = layer.init(key, x)
  assert.equal(params.scale.toArray(), Array(8).fill(1))
  const scale = random.normal(key, [8])
  const rows = (x.toArray() as number[][]).map(row => {
    const root = Math.sqrt(row.reduce((s, value) => s + value ** 2, 0) / 8 + 1e-3)
    return row.map((value, i) => (value / root) * scale.data()[i])
  })
  close(layer.apply({ scale }, x), rows, 2e-6)
  assert.throws(() => layer.init(key, { shape: [] }), /rmsNorm: the input is a scalar/)
})

test('feedForward: two products, with a gate three', () => {
  const plain = feedForward({ hidden: 5 })
  const p = filled(plain.init(key, x))
  assert.equal([p.w1.shape, p.b1?.shape, p.w2.shape, p.b2?.shape], [[8, 5], [5], [5, 8], [8]])
  close(plain.apply(p, x), add(matmul(relu(add(matmul(x, p.w1), p.b1!)), p.w2), p.b2!).toArray(), 1e-5)
  const gated = feedForward({ gated: true, activation: silu, bias: false })
  const g = gated.init(key, x)
  assert.equal(Object.keys(g).sort(), ['w1', 'w2', 'w3'])
  assert.equal(g.w1.shape, [8, 32])
  close(gated.apply(g, x), matmul(mul(silu(matmul(x, g.w1)), matmul(x, g.w3!)), g.w2).toArray(), 1e-5)
  const biased = feedForward({ gated: true })
  assert.equal(Object.keys(biased.init(key, x)).sort(), ['b1', 'b2', 'b3', 'w1', 'w2', 'w3'])
})

const KINDS: Record<string, BlockOptions> = {
  'post-norm': { heads: 2 },
  'pre-norm': { heads: 2, preNorm: true, activation: x => gelu(x), hidden: 12 },
  'pre-norm, rotary, shared keys, gated, no biases': {
    heads: 4,
    keyValueHeads: 2,
    preNorm: true,
    rotary: true,
    bias: false,
    gated: true,
  },
}

for (const [name, options] of Object.entries(KINDS)) {
  const { preNorm, hidden, activation, gated, ...heads } = options
  const causal = encoderBlock({ ...options, causal: true })
  const p = filled(causal.init(key, x))

  test(`encoderBlock, ${name}: attention, then the network, each beside what it reads`, () => {
    const network = feedForward({ hidden, activation, gated, bias: heads.bias })
    const [attention, norm] = [multiHeadAttention(heads), layerNorm()]
    const open = encoderBlock(options)
    const wanted = preNorm
      ? (() => {
          const y = add(x, attention.apply(p.attention, norm.apply(p.norm1, x)))
          return add(y, network.apply(p.feedForward, norm.apply(p.norm2, y)))
        })()
      : (() => {
          const y = norm.apply(p.norm1, add(x, attention.apply(p.attention, x)))
          return norm.apply(p.norm2, add(y, network.apply(p.feedForward, y)))
        })()
    close(open.apply(p, x), wanted.toArray(), 2e-5)
  })

  test(`encoderBlock, ${name}: step by step from a cache, as all at once`, () => {
    const steps = jit((own: typeof p, xs: Tensor) =>
      scan(
        (cache: KeyValues, [one, t]: [Tensor, Tensor]) => causal.step(own, cache, one, t),
        causal.initialCache(own, 6),
        [xs, arange(6)] as [Tensor, Tensor],
      ),
    )
    close(steps(p, x)[1], causal.apply(p, x).toArray(), 1e-4)
  })

  const decoder = decoderBlock(options)
  const d = filled(decoder.init(key, x, memory))

  test(`decoderBlock, ${name}: step by step from a cache and a projected memory, as all at once`, () => {
    const mode = { memory, memoryLength: 3 }
    const whole = decoder.apply(d, x, mode)
    const { output, weights } = decoder.attend(d, x, mode)
    close(output, whole.toArray(), 1e-4)
    assert.equal(weights.shape, [options.heads, 6, 5])
    assert.ok(
      slice(weights, [0, 0, 3])
        .data()
        .every(w => w === 0),
    )
    close(sum(weights, { axis: 2 }), Array(options.heads * 6).fill(1), 1e-5)
    const steps = jit((own: typeof d, xs: Tensor) => {
      const seen = { memory: decoder.project(own, memory), memoryLength: 3 }
      return scan(
        (cache: KeyValues, [one, t]: [Tensor, Tensor]) => decoder.step(own, cache, one, t, seen),
        decoder.initialCache(own, 6),
        [xs, arange(6)] as [Tensor, Tensor],
      )
    })
    close(steps(d, x)[1], whole.toArray(), 1e-4)
  })

  test(`${name}: no gradient from later places, and one to every parameter`, () => {
    const early = (xs: Tensor) => sum(square(at(causal.apply(p, xs), 2)))
    const rows = grad(early)(x).toArray() as number[][]
    assert.equal(
      rows.map(row => row.some(g => g !== 0)),
      [true, true, true, false, false, false],
    )
    const seen = (xs: Tensor) => sum(square(at(decoder.apply(d, xs, { memory }), 2)))
    assert.equal(
      (grad(seen)(x).toArray() as number[][]).map(row => row.some(g => g !== 0)),
      [true, true, true, false, false, false],
    )
    const weigh = random.normal(key, [6, 8])
    const gradient = grad((own: typeof d) => sum(mul(weigh, decoder.apply(own, x, { memory }))))(d)
    for (const leaf of treeLeaves(gradient) as Tensor[]) assert.ok(max(mul(leaf, leaf)).item() > 0)
  })
}

test('a norm of one’s own', () => {
  const block = encoderBlock({ heads: 2, norm: rmsNorm(), preNorm: true })
  const params = block.init(key, x)
  assert.equal(Object.keys(params.norm1), ['scale'])
  assert.equal(block.apply(params, x).shape, [6, 8])
})

test('padding: what stands behind the length changes nothing before it', () => {
  const block = encoderBlock({ heads: 2 })
  const p = block.init(key, x)
  const short = block.apply(p, slice(x, [0], [4]))
  close(slice(block.apply(p, x, { length: 4 }), [0], [4]), short.toArray(), 1e-5)
})

test('blocks stand in a chain; vmap makes it a batch, each with a key of its own in training', () => {
  const options = { heads: 2, causal: true, preNorm: true, dropout: 0.3, attentionDropout: 0.2 }
  const model = chain(
    embedding(9, 8),
    sinusoidalPositions(),
    encoderBlock(options),
    encoderBlock(options),
    layerNorm(),
    dense(9),
  )
  const ids = random.randint(key, [3, 6], 0, 9)
  const params = model.init(key, at(ids, 0))
  const train = (one: Tensor, own: Tensor) => model.apply(params, one, { train: true, key: own })
  const keys = stack(random.split(key, 3))
  const batch = jit(vmap(train))(ids, keys)
  for (let i = 0; i < 3; i++) close(at(batch, i), train(at(ids, i), at(keys, i)).toArray(), 2e-5)
  const given = vmap(model.apply, [null, 0, 0])(params, ids, { train: true, key: keys })
  close(given, batch.toArray(), 2e-5)
  const same = vmap(train, [null, 0])(at(ids, 0), keys)
  assert.not.equal(at(same, 0).toArray(), at(same, 1).toArray())
  assert.equal(model.apply(params, at(ids, 0), { key }).toArray(), model.apply(params, at(ids, 0)).toArray())
  assert.throws(() => model.apply(params, at(ids, 0), { train: true }), /dropout: training needs a key/)
  assert.throws(() => jit(model.apply)(params, at(ids, 0), { train: false, key }), /dropout: train is a traced value/)
  const still = jit(model.apply, { static: [2] })(params, at(ids, 0), { train: false })
  close(still, model.apply(params, at(ids, 0)).toArray(), 2e-5)
})

test('mistakes are told', () => {
  assert.throws(() => encoderBlock({ heads: 2, dropout: 1 }), /dropout.*\[0, 1\), not 1/)
  assert.throws(() => encoderBlock({ heads: 2, attentionDropout: 1 }), /encoderBlock: attentionDropout .*, not 1/)
  const block = decoderBlock({ heads: 2 })
  const params = block.init(key, x, x)
  for (const run of [block.apply, block.attend]) {
    for (const mode of [undefined, {}]) {
      assert.throws(() => run(params, x, mode as never), /decoderBlock: the memory is missing/)
    }
  }
  assert.throws(() => encoderBlock({ heads: 2, hidden: 0 }), /feedForward: hidden is a positive integer, not 0/)
  assert.throws(() => encoderBlock({ heads: 3 }).init(key, x), /8 features do not divide into 3 heads/)
})

test.run()
