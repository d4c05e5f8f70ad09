// The whole Transformer: what is said step by step is what is learnt at once, padding does not matter, weights are those of
// attention, and it learns.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { beam, greedy } from '../../ts/decode/index.js'
import {
  argmax,
  at,
  concat,
  expandDims,
  flip,
  grad,
  jit,
  matmul,
  mul,
  ones,
  random,
  scan,
  slice,
  stack,
  sum,
  type Tensor,
  take,
  tensor,
  transpose,
  treeLeaves,
  valueAndGrad,
  vmap,
  zeros,
} from '../../ts/index.js'
import {
  crossEntropy,
  decoderBlock,
  encoderBlock,
  learnedPositions,
  type Mode,
  rmsNorm,
  sinusoidalPositions,
  type TransformerOptions,
  transformer,
} from '../../ts/nn/index.js'
import { adam, applyUpdates, noamSchedule } from '../../ts/optim/index.js'
import { close } from '../close.js'

const key = random.key(4)
const ids = (list: unknown): Tensor => tensor(list as number[], { dtype: 'int32' })
const [source, target] = [ids([3, 1, 4, 1, 5]), ids([1, 5, 6, 4])]
const sizes = { vocabulary: { source: 9, target: 7 }, width: 8, heads: 2, layers: 2, length: 8 }

const KINDS: Record<string, TransformerOptions> = {
  'the paper’s': sizes,
  'one table for both': { ...sizes, vocabulary: 9 },
  'pre-norm, depths of their own, learned positions, weights for logits': {
    ...{ ...sizes, preNorm: true, layers: { encoder: 1, decoder: 3 }, positions: learnedPositions(8), tied: false },
  },
  'rotary, shared keys, root mean squares': {
    ...{ ...sizes, heads: 4, keyValueHeads: 2, rotary: true, preNorm: true, norm: rmsNorm() as never },
  },
}

for (const [name, options] of Object.entries(KINDS)) {
  const model = transformer(options)
  const params = model.init(key, source, target)
  const { logits, weights } = model.apply(params, source, target)

  test(`${name}: one token at a time says what is learnt at once`, () => {
    assert.equal(logits.shape, [4, typeof options.vocabulary === 'number' ? 9 : 7])
    assert.is(weights, null)
    const steps = jit((p: typeof params, xs: Tensor, ys: Tensor) => {
      const memory = model.encode(p, xs)
      return scan(model.step(p, memory), model.initialCarry(p, memory), ys)
    })
    close(steps(params, source, target)[1], logits.toArray(), 5e-5)
  })

  test(`${name}: no place sees later tokens; every parameter has a gradient`, () => {
    const early = model.apply(params, source, slice(target, [0], [2])).logits
    close(early, slice(logits, [0], [2]).toArray(), 5e-5)
    const gradient = grad((p: typeof params) => crossEntropy(model.apply(p, source, target).logits, target))(params)
    for (const leaf of treeLeaves(gradient) as Tensor[]) assert.ok(sum(mul(leaf, leaf)).item() > 0)
  })

  test(`${name}: what stands behind the source's length does not matter, in training, weights and speech`, () => {
    const padded = concat([source, ids([8, 8, 8])])
    const mode = { length: 5 }
    close(model.apply(params, padded, target, mode).logits, logits.toArray(), 5e-5)
    const seen = model.attention(params, padded, target, mode)
    const decoders = typeof options.layers === 'number' ? 2 : 3
    assert.equal(seen.shape, [decoders, options.heads, 4, 8])
    assert.ok(
      slice(seen, [0, 0, 0, 5])
        .data()
        .every(w => w === 0),
    )
    close(
      slice(seen, [0, 0, 0, 0], [decoders, options.heads, 4, 5]),
      model.attention(params, source, target).toArray(),
      1e-5,
    )
    close(sum(seen, { axis: -1 }), Array(decoders * options.heads * 4).fill(1), 1e-5)
    const speak = jit((xs: Tensor, length: Tensor) => {
      const memory = model.encode(params, xs, { length })
      return greedy(model.step(params, memory), model.initialCarry(params, memory), ids([1]), { length: 6 })[1]
    })
    let text = ids([1])
    for (let i = 0; i < 6; i++) {
      text = concat([text, expandDims(argmax(at(model.apply(params, source, text).logits, -1)), 0)])
    }
    assert.equal(speak(padded, tensor(5, { dtype: 'int32' })).toArray(), slice(text, [1]).toArray())
  })
}

test('put together from its blocks', () => {
  const model = transformer({ ...sizes, layers: 1 })
  const [encoder, decoder] = [encoderBlock({ heads: 2 }), decoderBlock({ heads: 2 })]
  const params = model.init(key, source)
  const at = (table: Tensor, ids: Tensor) => sinusoidalPositions().apply(null, mul(take(table, ids), Math.sqrt(8)))
  const memory = encoder.apply(params.encoder[0], at(params.source!, source))
  close(model.encode(params, source).keys, memory.toArray(), 1e-6)
  const y = decoder.apply(params.decoder[0], at(params.target, target), { memory })
  close(model.apply(params, source, target).logits, matmul(y, transpose(params.target)).toArray(), 1e-5)
})

test('a mode that is handed on says nothing to its parts but what a Transformer says of itself', () => {
  const model = transformer(sizes)
  const params = model.init(key, source)
  const mask = concat([ones([5, 1], 'bool'), zeros([5, 4], 'bool')], 1)
  const mode = { mask, keys: ones([2, 8]) } as Mode
  assert.equal(model.encode(params, source, mode).keys.toArray(), model.encode(params, source).keys.toArray())
  assert.equal(
    model.apply(params, source, target, mode).logits.toArray(),
    model.apply(params, source, target).logits.toArray(),
  )
})

test('dropout in training, each example with a key of its own', () => {
  const model = transformer({ ...sizes, dropout: 0.2 })
  const params = model.init(key, source)
  const train = (own: Tensor) => model.apply(params, source, target, { train: true, key: own }).logits
  const both = jit(vmap(train))(stack(random.split(key)))
  for (const [i, own] of random.split(key).entries()) close(at(both, i), train(own).toArray(), 1e-4)
  assert.not.equal(at(both, 0).toArray(), at(both, 1).toArray())
})

test('mistakes are told', () => {
  assert.throws(() => transformer({ ...sizes, width: 0 }), /transformer: width is a positive integer, not 0/)
  assert.throws(
    () => transformer({ ...sizes, layers: { encoder: 1, decoder: 0 } }),
    /transformer: layers\.decoder is a positive integer/,
  )
  assert.throws(
    () => transformer({ ...sizes, vocabulary: {} as never }),
    /transformer: vocabulary\.source is a positive integer, not undefined/,
  )
  assert.throws(() => transformer(undefined as never), /transformer: undefined is given in place of options/)
  assert.throws(
    () => transformer({ ...sizes, layers: { encoder: 1 } as never }),
    /transformer: layers\.decoder is a positive integer, not undefined/,
  )
  const model = transformer(sizes)
  assert.throws(() => model.init(key, { shape: [3] }), /transformer: the input holds ids/)
  const params = model.init(key, source)
  assert.throws(
    () => model.apply(params, source, target, { samplingProbability: 0.5 }),
    /transformer: .* without samplingProbability/,
  )
  const batch = stack([source, source])
  assert.throws(
    () => model.apply(params, batch, target),
    /transformer: one sequence of ids \[T\] is expected, not \[2, \d+\]/,
  )
  assert.throws(() => model.apply(params, source, zeros([3])), /transformer: the input holds ids, .* not float32/)
})

test('it learns to say backwards what it reads, and a beam finds it', () => {
  const model = transformer({ vocabulary: 8, width: 16, heads: 2, layers: 1, hidden: 32, length: 6 })
  const start = model.init(key, zeros([5], 'int32'))
  const batch = (own: Tensor) => random.randint(own, [32, 5], 2, 8)
  const loss = (p: typeof start, xs: Tensor) => {
    const one = (x: Tensor) => model.apply(p, x, concat([ids([1]), slice(flip(x), [0], [4])])).logits
    return crossEntropy(vmap(one)(xs), flip(xs, 1), { smoothing: 0.01 })
  }
  const optimizer = adam(noamSchedule(16, 100, 0.7))
  const step = jit((p: typeof start, state: ReturnType<typeof optimizer.init>, own: Tensor) => {
    const [value, gradient] = valueAndGrad(loss)(p, batch(own))
    const [updates, next] = optimizer.update(gradient, state, p)
    return [applyUpdates(p, updates), next, value] as const
  })
  let [params, state] = [start, optimizer.init(start)]
  for (let i = 0; i < 400; i++) {
    const [p, s] = step(params, state, random.foldIn(key, i))
    ;[params, state] = [p, s]
  }
  const read = batch(random.foldIn(key, 1000))
  const said = vmap((xs: Tensor) => {
    const memory = model.encode(params, xs)
    const carry = model.initialCarry(params, memory)
    return at(beam(model.step(params, memory), carry, ids([1]), { length: 5, width: 2 }).tokens, 0)
  })(read)
  const wrong = said.data().filter((token, i) => token !== flip(read, 1).data()[i]).length
  assert.ok(wrong <= 8, `${wrong} of 160 tokens are wrong`)
})

test.run()
