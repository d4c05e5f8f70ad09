// Encoder-decoders: the same numbers whichever way they are run, all shapes of encoders, and that they learn. PyTorch's
// vectors go through them too: tests/conformance/torch-attention.ts.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { beam, greedy } from '../../ts/decode/index.js'
import {
  argmax,
  concat,
  grad,
  jit,
  mean,
  mul,
  random,
  reshape,
  slice,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  treeLeaves,
  treeMap,
  valueAndGrad,
  vmap,
  zeros,
} from '../../ts/index.js'
import {
  bahdanauAttention,
  bahdanauDecoder,
  bidirectional,
  chain,
  crossEntropy,
  type Decoder,
  dense,
  type Encoder,
  embedding,
  encoderDecoder,
  gruCell,
  type Layer,
  lstmCell,
  luongAttention,
  luongDecoder,
  plainDecoder,
  recurrent,
  residualCell,
  rnnCell,
  stacked,
} from '../../ts/nn/index.js'
import { adam, applyUpdates } from '../../ts/optim/index.js'
import { close } from '../close.js'

const ids = (list: unknown) => tensor(list as number[], { dtype: 'int32' })
const key = random.key(5)
const source = ids([3, 1, 4, 1, 5])
const target = ids([1, 5, 6, 4])

type AnyDecoder = Decoder<unknown, unknown, Tensor>
const modelOf = (encoder: unknown, decoder: unknown) =>
  encoderDecoder({
    source: embedding(9, 4),
    encoder: encoder as Encoder,
    target: embedding(7, 3),
    decoder: decoder as AnyDecoder,
    head: dense(7),
  })

const encoders: Record<string, unknown> = {
  'a cell': gruCell(6),
  'a reversed source': recurrent(gruCell(6), { reverse: true }),
  'both directions': bidirectional(lstmCell(3)),
  'a deep one': recurrent(stacked(gruCell(6), residualCell(gruCell(6)))),
}
const decoders: Record<string, unknown> = {
  plain: plainDecoder(gruCell(6)),
  bahdanau: bahdanauDecoder(gruCell(6), bahdanauAttention(5)),
  'bahdanau over an LSTM': bahdanauDecoder(lstmCell(6), luongAttention()),
  'luong, fed': luongDecoder(stacked(gruCell(6), lstmCell(6)), luongAttention(), { units: 5 }),
  'luong, not fed': luongDecoder(rnnCell(6), luongAttention('dot'), { units: 5, inputFeeding: false }),
}

for (const [encoderName, encoder] of Object.entries(encoders)) {
  for (const [name, decoder] of Object.entries(decoders)) {
    const model = modelOf(encoder, decoder)
    const params = model.init(key, { shape: [2], dtype: 'int32' })

    test(`${encoderName}, ${name}: training and stepping say the same`, () => {
      const { logits, weights } = model.apply(params, source, target)
      assert.equal(logits.shape, [4, 7])
      if (name === 'plain') assert.is(weights, null)
      else close(sum(weights, { axis: 1 }), [1, 1, 1, 1], 1e-6)
      const memory = model.encode(params, source)
      const step = model.step(params, memory)
      let carry = model.initialCarry(params, memory)
      ;(target.toArray() as number[]).forEach((token, t) => {
        const [next, one] = step(carry, ids(token))
        close(one, (logits.toArray() as number[][])[t], 1e-5)
        carry = next
      })
    })

    test(`${encoderName}, ${name}: padding changes nothing, alone or in a batch`, () => {
      const padded = concat([source, ids([8, 8])])
      const run = jit(vmap((xs: Tensor, length: Tensor) => model.apply(params, xs, target, { length })))
      const { logits, weights } = run(ids([padded.toArray(), padded.toArray()]), ids([5, 7]))
      const alone = model.apply(params, source, target)
      const whole = model.apply(params, padded, target)
      close(reshape(slice(logits, [0], [1]), [4, 7]), alone.logits.toArray(), 1e-5)
      close(reshape(slice(logits, [1], [2]), [4, 7]), whole.logits.toArray(), 1e-5)
      if (name !== 'plain') assert.equal(sum(slice(weights, [0, 0, 5], [1, 4, 7])).item(), 0)
    })
  }
}

test('gradients reach every parameter, and agree compiled and not', () => {
  for (const decoder of Object.values(decoders)) {
    const model = modelOf(encoders['both directions'], decoder)
    const params = model.init(key, source)
    const loss = (p: typeof params) => crossEntropy(model.apply(p, source, target).logits, ids([5, 6, 4, 2]))
    const [eager, compiled] = [treeLeaves(grad(loss)(params)), treeLeaves(jit(grad(loss))(params))]
    eager.forEach((gradient, i) => {
      assert.ok(gradient.data().some(g => g !== 0))
      close(compiled[i], gradient.toArray(), 1e-5)
    })
  }
})

test('a program does not grow with source or target', () => {
  const model = modelOf(encoders['a cell'], decoders.bahdanau)
  const params = model.init(key, source)
  const step = jit(valueAndGrad((p: typeof params, xs: Tensor, ys: Tensor) => sum(model.apply(p, xs, ys).logits)))
  const sizes = [3, 30].map(n => step.compile(params, zeros([n], 'int32'), zeros([n + 1], 'int32')).instructions)
  assert.is(sizes[0], sizes[1])
})

test('a carry that is like the cell’s is passed on; any other goes over a bridge', () => {
  const passed = modelOf(gruCell(6), plainDecoder(gruCell(6)))
  const params = passed.init(key, source) as { decoder: { bridge: unknown } }
  assert.is(params.decoder.bridge, null)
  const memory = passed.encode(params as never, source)
  assert.equal(passed.initialCarry(params as never, memory), memory.carry)
  const bridged = modelOf(bidirectional(gruCell(6)), plainDecoder(lstmCell(5)))
  const { w, b } = (bridged.init(key, source) as { decoder: { bridge: { w: Tensor; b: Tensor } } }).decoder.bridge
  assert.equal([w.shape, b.shape], [[12, 10], [10]])
})

test('scheduled sampling: 0 is teacher forcing, 1 reads its own draws', () => {
  const model = modelOf(gruCell(6), decoders.bahdanau)
  const mild = model.init(key, source) as { head: object }
  // Sharp logits: what is drawn is the likeliest.
  const params = { ...mild, head: treeMap(leaf => mul(leaf, 1e4), mild.head) } as never
  const run = jit((p: never, probability: Tensor | number) =>
    model.apply(p, source, target, { key: random.key(1), samplingProbability: probability }),
  )
  close(run(params, 0).logits, model.apply(params, source, target).logits.toArray(), 1e-1)
  const { logits, weights } = run(params, 1)
  const own = argmax(logits, 1)
  const read = concat([ids([1]), slice(own, [0], [3])])
  const same = model.apply(params, source, read)
  assert.equal(argmax(same.logits, 1).toArray(), own.toArray())
  close(weights, same.weights.toArray(), 1e-5)
  assert.not.equal(own.toArray(), argmax(model.apply(params, source, target).logits, 1).toArray())
})

test('scheduled sampling mixes, by its key', () => {
  const model = modelOf(gruCell(6), decoders['luong, fed'])
  const params = model.init(key, source)
  const long = zeros([40], 'int32')
  const run = (seed: number) =>
    model.apply(params, source, long, { key: random.key(seed), samplingProbability: 0.5 }).logits
  assert.equal(run(1).toArray(), run(1).toArray())
  assert.not.equal(run(1).toArray(), run(2).toArray())
  // The first token is always the given one.
  close(slice(run(1), [0], [1]), slice(run(2), [0], [1]).toArray(), 1e-6)
  assert.throws(
    () => model.apply(params, source, target, { samplingProbability: 0.5 }),
    /samplingProbability needs a key/,
  )
})

test('sequences of vectors: own outputs are fed back, with gradients', () => {
  const model = encoderDecoder({ encoder: gruCell(5), decoder: plainDecoder(gruCell(5)), head: dense(2) })
  const [xs, ys] = [random.normal(random.key(1), [6, 2]), random.normal(random.key(2), [4, 2])]
  const params = model.init(key, xs, ys)
  const free = { key: random.key(3), samplingProbability: 1 }
  const { logits } = model.apply(params, xs, ys, free)
  const own = concat([slice(ys, [0], [1]), slice(logits, [0], [3])])
  close(logits, model.apply(params, xs, own).logits.toArray(), 1e-5)
  const gradient = grad((p: typeof params) => mean(square(sub(model.apply(p, xs, ys, free).logits, ys))))(params)
  assert.ok(treeLeaves(gradient).every(g => g.data().some(v => v !== 0)))
})

test('one vector to a sequence, and vectors without a carry', () => {
  const image = random.normal(random.key(1), [8])
  const withEncoder = <P>(encoder: Layer<P>) =>
    encoderDecoder({
      encoder,
      target: embedding(7, 3),
      decoder: bahdanauDecoder(lstmCell(4), bahdanauAttention(3)),
      head: dense(7),
    })
  const captions = withEncoder(dense(5))
  const chained = withEncoder(chain(dense(5), tanh))
  assert.equal(chained.apply(chained.init(key, image), image, target).weights.shape, [4, 1])
  const params = captions.init(key, image)
  const { logits, weights } = captions.apply(params, image, target)
  assert.equal(
    [logits.shape, weights.toArray()],
    [
      [4, 7],
      [[1], [1], [1], [1]],
    ],
  )
  const frames = random.normal(random.key(1), [6, 8])
  const seen = captions.init(key, frames)
  assert.is(seen.decoder.bridge, null)
  assert.equal(captions.apply(seen, frames, target).weights.shape, [4, 6])
})

test('it learns to turn sequences round; greedy and beam take its step', () => {
  // Ids 3 to 8; 0 pads, 1 begins, 2 ends.
  const model = encoderDecoder({
    source: embedding(9, 12),
    encoder: bidirectional(gruCell(16)),
    target: embedding(9, 12),
    decoder: bahdanauDecoder(gruCell(32), bahdanauAttention(16)),
    head: dense(9),
  })
  const optimizer = adam(1e-2)
  const xs = random.randint(random.key(1), [64, 5], 3, 9)
  const turned = tensor(
    (xs.toArray() as number[][]).map(row => [1, ...row.toReversed(), 2]),
    { dtype: 'int32' },
  )
  const [given, wanted] = [slice(turned, [0, 0], [64, 6]), slice(turned, [0, 1])]
  let params = model.init(key, { shape: [5], dtype: 'int32' })
  let state = optimizer.init(params)
  const step = jit((p: typeof params, s: typeof state) => {
    const loss = (q: typeof params) => crossEntropy(vmap(model.apply, [null, 0, 0])(q, xs, given).logits, wanted)
    const [value, gradient] = valueAndGrad(loss)(p)
    const [updates, next] = optimizer.update(gradient, s, p)
    return [applyUpdates(p, updates), next, value] as [typeof params, typeof state, Tensor]
  })
  let last = Number.POSITIVE_INFINITY
  for (let i = 0; i < 60; i++) {
    const [p, s, loss] = step(params, state)
    params = p
    state = s
    last = loss.item()
  }
  assert.ok(last < 0.05, `loss ${last}`)
  const say = jit((p: typeof params, x: Tensor) => {
    const memory = model.encode(p, x)
    const [from, run] = [model.initialCarry(p, memory), model.step(p, memory)]
    const [, said] = greedy(run, from, ids([1]), { length: 6, end: 2 })
    const { tokens } = beam(run, from, ids([1]), { length: 6, width: 3, end: 2 })
    return [said, tokens] as [Tensor, Tensor]
  })
  const first = (xs.toArray() as number[][])[0]
  const [said, tokens] = say(params, ids(first))
  assert.equal(said.toArray(), [...first.toReversed(), 2])
  assert.equal((tokens.toArray() as number[][])[0], said.toArray())
})

test('what is no encoder-decoder is refused', () => {
  const parts = { encoder: gruCell(3), decoder: plainDecoder(gruCell(3)), head: dense(2) }
  assert.throws(() => encoderDecoder({ ...parts, head: undefined as never }), /encoderDecoder: head is none/)
  assert.throws(() => encoderDecoder({ ...parts, decoder: {} as never }), /encoderDecoder: decoder is none/)
  assert.throws(() => plainDecoder({} as never), /plainDecoder: the argument is not a cell/)
  assert.throws(() => bahdanauDecoder(gruCell(3), 3 as never), /bahdanauDecoder: the second argument is not attention/)
  assert.throws(() => luongDecoder(gruCell(3), luongAttention(), { units: 0 }), /units is a positive integer, not 0/)
  const odd = {
    init: () => null,
    initialCarry: () => ({ state: zeros([3]) }),
    apply: (_p: null, c: object, x: Tensor) => [c, x] as never,
  }
  const model = encoderDecoder({ ...parts, decoder: bahdanauDecoder(odd, bahdanauAttention(2)) as never })
  assert.throws(() => model.init(key, zeros([4, 2]), zeros([4, 2])), /no hidden state/)
})

test.run()
