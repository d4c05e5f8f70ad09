// Decoder-only Transformers: what is said step by step is what is said at once, with all kinds of positions and heads, and that
// they learn. The workloads hold it to what is written by hand: tests/nn/workloads.test.ts.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { beam, greedy, sample } from '../../ts/decode/index.js'
import {
  argmax,
  at,
  concat,
  evalShape,
  expandDims,
  grad,
  jit,
  logSoftmax,
  mul,
  random,
  reshape,
  scan,
  slice,
  stack,
  sum,
  type Tensor,
  takeAlongAxis,
  tensor,
  treeLeaves,
  valueAndGrad,
  vmap,
  zeros,
} from '../../ts/index.js'
import { crossEntropy, type GptOptions, gpt, rmsNorm, silu, sinusoidalPositions } from '../../ts/nn/index.js'
import { adam, applyUpdates } from '../../ts/optim/index.js'
import { close } from '../close.js'

const key = random.key(2)
const ids = tensor([3, 1, 4, 1, 5, 9], { dtype: 'int32' })
const sizes = { vocabulary: 10, length: 8, width: 8, layers: 2, heads: 2 }
// Weights that say something.
const init = (own: Tensor, shape: readonly number[]) => mul(random.normal(own, shape), 0.5)

const KINDS: Record<string, GptOptions> = {
  'GPT-2': sizes,
  'heads of its own': { ...sizes, tied: false },
  'rotary, root mean squares, gates, shared keys, no biases (Touvron et al. 2023)': {
    ...{ ...sizes, heads: 4, keyValueHeads: 2, rotary: true, bias: false, gated: true, hidden: 12 },
    ...{ activation: silu, norm: rmsNorm() as never },
  },
  'post-norm and sines': { ...sizes, preNorm: false, positions: sinusoidalPositions() },
}

for (const [name, options] of Object.entries(KINDS)) {
  const model = gpt({ ...options, init, outputInit: init })
  const params = model.init(key, ids)
  const whole = model.apply(params, ids)

  test(`${name}: one token at a time says what is said at once`, () => {
    assert.equal(whole.shape, [6, 10])
    const steps = jit((p: typeof params, tokens: Tensor) => scan(model.step(p), model.initialCarry(p), tokens))
    const [carry, logits] = steps(params, ids)
    assert.is(carry.position.item(), 6)
    close(logits, whole.toArray(), 2e-4)
  })

  test(`${name}: a text that is read at once leaves what its tokens leave one by one`, () => {
    const both = jit((p: typeof params, tokens: Tensor) => [
      model.read(p, tokens),
      scan(model.step(p), model.initialCarry(p), tokens)[0],
    ])
    const [read, walked] = both(params, slice(ids, [0], [4]))
    assert.is(read.position.item(), 4)
    const leaves = treeLeaves(walked) as Tensor[]
    for (const [i, leaf] of (treeLeaves(read) as Tensor[]).entries()) close(leaf, leaves[i].toArray(), 1e-4)
    close(model.step(params)(read, at(ids, 4))[1], at(whole, 4).toArray(), 2e-4)
  })

  test(`${name}: later tokens change nothing, shorter texts are as they begin`, () => {
    close(model.apply(params, slice(ids, [0], [4])), slice(whole, [0], [4]).toArray(), 1e-4)
  })

  test(`${name}: every parameter has a gradient`, () => {
    const gradient = grad((p: typeof params) => crossEntropy(model.apply(p, ids), ids))(params)
    for (const leaf of treeLeaves(gradient) as Tensor[]) assert.ok(sum(mul(leaf, leaf)).item() > 0)
  })

  test(`${name}: greedy speech is the argmax of whole texts, and a beam of one says the same`, () => {
    const start = slice(ids, [0], [2])
    let text = start
    for (let i = 0; i < 5; i++) {
      text = concat([text, expandDims(argmax(at(model.apply(params, text), -1)), 0)])
    }
    const wanted = slice(text, [2]).toArray()
    const speak = jit((p: typeof params) => greedy(model.step(p), model.initialCarry(p), start, { length: 5 })[1])
    assert.equal(speak(params).toArray(), wanted)
    const search = (width: number) =>
      jit((p: typeof params) => beam(model.step(p), model.initialCarry(p), start, { length: 5, width }))(params)
    assert.equal(search(1).tokens.toArray(), [wanted])
    // What a beam says of its texts is what the model says of them at once.
    const { tokens, logProbabilities } = search(3)
    const all = vmap((said: Tensor) => {
      const logits = slice(model.apply(params, concat([start, said])), [1], [6])
      return sum(takeAlongAxis(logSoftmax(logits), expandDims(said, 1)))
    })(tokens)
    close(all, logProbabilities.toArray(), 1e-4)
  })
}

test('what is not said is GPT-2’s', () => {
  const model = gpt({ ...sizes, width: 64, vocabulary: 500 })
  const params = model.init(key, ids)
  assert.equal([params.head, params.tokens.shape, params.positions?.w.shape], [null, [500, 64], [8, 64]])
  const deviation = (x: Tensor) => Math.sqrt(sum(mul(x, x)).item() / x.size)
  assert.ok(Math.abs(deviation(params.tokens) - 0.02) < 5e-4)
  assert.ok(Math.abs(deviation(params.blocks[0].attention.wq) - 0.02) < 1e-3)
  assert.ok(Math.abs(deviation(params.blocks[0].attention.wo) - 0.01) < 5e-4)
  assert.ok(Math.abs(deviation(params.blocks[1].feedForward.w2) - 0.01) < 5e-4)
  assert.equal(params.blocks[0].feedForward.w1.shape, [64, 256])
})

test('a batch of texts, in training each with a key of its own', () => {
  const model = gpt({ ...sizes, dropout: 0.2, init, outputInit: init })
  const params = model.init(key, ids)
  const train = (own: Tensor) => model.apply(params, ids, { train: true, key: own })
  const both = jit(vmap(train))(stack(random.split(key)))
  for (const [i, own] of random.split(key).entries()) close(at(both, i), train(own).toArray(), 1e-4)
  assert.not.equal(at(both, 0).toArray(), at(both, 1).toArray())
})

test('a batch that speaks', () => {
  const model = gpt({ ...sizes, init, outputInit: init })
  const params = model.init(key, ids)
  const prompts = reshape(ids, [3, 2])
  const speak = (prompt: Tensor, own: Tensor) =>
    sample(model.step(params), model.initialCarry(params), prompt, { length: 4, key: own, end: 0 })[1]
  const keys = random.split(key, 3)
  const all = jit(vmap(speak))(prompts, stack(keys))
  for (const [i, own] of keys.entries()) assert.equal(at(all, i).toArray(), speak(at(prompts, i), own).toArray())
})

test('beyond its caches it says NaN; too long a text is refused', () => {
  const model = gpt(sizes)
  const params = model.init(key, ids)
  const [, logits] = scan(model.step(params), model.initialCarry(params, 4), ids)
  const isNaNs = (logits.toArray() as number[][]).map(row => row.some(Number.isNaN))
  assert.equal(isNaNs, [false, false, false, false, true, true])
  const turned = gpt({ ...sizes, rotary: true })
  for (const own of [model, turned]) {
    const p = own.init(key, ids)
    assert.throws(() => own.apply(p, zeros([9], 'int32')), /gpt: the sequence has 9 ids, more than 8/)
    assert.throws(() => own.read(p, ids, 5), /gpt: the sequence has 6 ids, more than 5/)
    // Places that no position is known of.
    for (const start of [() => own.initialCarry(p, 9), () => own.read(p, ids, 9)]) {
      assert.throws(start, /gpt: a cache for 9 places is longer than a text can be, 8/)
    }
  }
  assert.throws(() => model.initialCarry(params, 2.5), /gpt: the length of a cache is a positive integer, not 2.5/)
  assert.throws(() => model.apply(params, reshape(ids, [2, 3])), /gpt: one sequence of ids \[T\] .* not \[2, 3\]/)
  assert.throws(() => model.apply(params, zeros([3])), /gpt: the input holds ids, .* not float32/)
  assert.throws(() => gpt(undefined as never), /gpt: undefined is given in place of options/)
  assert.throws(() => gpt({ heads: 2 } as never), /gpt: vocabulary is a positive integer, not undefined/)
  assert.throws(() => gpt({ ...sizes, causal: false } as never), /gpt: there is no option causal/)
  assert.throws(() => gpt({ ...sizes, layers: 0 }), /gpt: layers is a positive integer, not 0/)
  assert.throws(() => model.init(key, { shape: [4] }), /gpt: the input holds ids/)
  assert.equal(evalShape(model.apply)(params as never, { shape: [8], dtype: 'int32' } as never).shape, [8, 10])
})

test('it learns to copy what it read three tokens before', () => {
  const model = gpt({
    vocabulary: 8,
    length: 12,
    width: 16,
    layers: 2,
    heads: 2,
    init: (own, shape) => mul(random.normal(own, shape), 0.2),
  })
  const texts = (own: Tensor) => {
    const head = random.randint(own, [16, 3], 0, 8)
    return concat([head, head, head, head], 1)
  }
  const loss = (p: ReturnType<typeof model.init>, batch: Tensor) => {
    const logits = vmap((text: Tensor) => model.apply(p, text))(slice(batch, [0, 0], [16, 11]))
    return crossEntropy(slice(logits, [0, 2], [16, 11]), slice(batch, [0, 3]))
  }
  const optimizer = adam(1e-2)
  const step = jit((p: ReturnType<typeof model.init>, state: ReturnType<typeof optimizer.init>, own: Tensor) => {
    const [value, gradient] = valueAndGrad(loss)(p, texts(own))
    const [updates, next] = optimizer.update(gradient, state, p)
    return [applyUpdates(p, updates), next, value] as const
  })
  let [params, state] = [model.init(key, zeros([11], 'int32')), optimizer.init(model.init(key, zeros([11], 'int32')))]
  let last = Number.NaN
  for (let i = 0; i < 200; i++) {
    const [p, s, value] = step(params, state, random.foldIn(key, i))
    ;[params, state] = [p, s]
    last = value.item()
  }
  assert.ok(last < 0.1, `${last} nats`)
  const prompt = tensor([6, 2, 5], { dtype: 'int32' })
  const [, said] = greedy(model.step(params), model.initialCarry(params), prompt, { length: 8 })
  assert.equal(said.toArray(), [6, 2, 5, 6, 2, 5, 6, 2])
})

test.run()
