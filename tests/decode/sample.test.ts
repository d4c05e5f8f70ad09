import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { beam, greedy, logLikelihood, type SampleOptions, type Step, sample } from '../../ts/decode/index.js'
import {
  add,
  at,
  equal,
  greater,
  jit,
  log,
  mul,
  random,
  type Tensor,
  take,
  tensor,
  vmap,
  where,
} from '../../ts/index.js'

const key = random.key(8)
const ints = (list: number[] | number[][]): Tensor => tensor(list, { dtype: 'int32' })

/** A Markov chain of three tokens; the carry counts what was read. */
const table = log(
  tensor([
    [0.1, 0.6, 0.3],
    [0, 0.2, 0.8],
    [0.9, 0.1, 0],
  ]),
)
const chain: Step<Tensor> = (read, token) => [add(read, 1), take(table, token)]

test('greedy takes the likeliest token each time, and the carry has read prompt and text', () => {
  const [read, tokens] = greedy(chain, tensor(0), ints([2, 2, 0]), { length: 6 })
  assert.equal(tokens.toArray(), [1, 2, 0, 1, 2, 0])
  assert.is(tokens.dtype, 'int32')
  assert.is(read.item(), 2 + 6)
})

test('sample draws each token as often as the model says', () => {
  const [, tokens] = sample(chain, tensor(0), ints([0]), { length: 20000, key })
  const list = [0, ...tokens.data()]
  const counts = [0, 1, 2].map(() => [0, 0, 0])
  for (let i = 1; i < list.length; i++) counts[list[i - 1]][list[i]]++
  const shares = [
    [0.1, 0.6, 0.3],
    [0, 0.2, 0.8],
    [0.9, 0.1, 0],
  ]
  counts.forEach((row, from) => {
    const total = row.reduce((a, b) => a + b)
    row.forEach((count, to) => {
      assert.ok(Math.abs(count / total - shares[from][to]) < 0.02, `${from} to ${to}: ${count} of ${total}`)
    })
  })
  assert.is(counts[1][0] + counts[2][2], 0)
})

test('temperature 0 is greedy, a high one even; a traced temperature is not baked in', () => {
  let traced = 0
  const draw = jit((temperature: number | Tensor) => {
    traced++
    return sample(chain, tensor(0), ints([0]), { length: 3000, key, temperature })[1]
  })
  assert.equal([...draw(0).data()].slice(0, 4), [1, 2, 0, 1])
  const cold = [...draw(0.1).data()].filter((token, i, all) => i > 0 && all[i - 1] === 1 && token === 1).length
  const even = [...draw(100).data()].filter((token, i, all) => i > 0 && all[i - 1] === 1 && token === 1).length
  assert.ok(cold < 10 && even > 300, `${cold}, ${even}`)
  assert.is(traced, 1)
})

test('one key, one text; a text is the beginning of a longer one', () => {
  const speak = (length: number, own = key) => [...sample(chain, tensor(0), ints([0]), { length, key: own })[1].data()]
  assert.equal(speak(20), speak(20))
  assert.equal(speak(20), speak(50).slice(0, 20))
  assert.not.equal(speak(50), speak(50, random.key(9)))
  assert.equal(speak(0), [])
  assert.equal(greedy(chain, tensor(0), ints([0]), { length: 0, end: 1 })[1].shape, [0])
})

test('compiled and over a batch it says the same', () => {
  const run = (prompt: Tensor) => sample(chain, tensor(0), prompt, { length: 30, key })[1]
  const prompts = ints([
    [0, 1],
    [2, 0],
  ])
  const alone = [0, 1].map(i => run(at(prompts, i)).toArray())
  assert.equal(jit(run)(at(prompts, 1)).toArray(), alone[1])
  assert.equal(vmap(run)(prompts).toArray(), alone)
})

test('after the end there is only the end', () => {
  const count: Step<Tensor> = (state, token) => [state, where(equal(tensor([0, 1, 2, 3]), add(token, 1)), 1, 0)]
  assert.equal(greedy(count, tensor(0), ints([0]), { length: 5, end: 2 })[1].toArray(), [1, 2, 2, 2, 2])
  const loop: Step<Tensor> = (state, token) => [
    state,
    mul(where(greater(token, 2), tensor([9, 0, 0, 0]), tensor([0, 0, 0, 9])), 9),
  ]
  assert.equal(greedy(loop, tensor(0), ints([0]), { length: 4 })[1].toArray(), [3, 0, 3, 0])
})

test('the loop ends with the end, alone and for the longest of a batch', () => {
  const count: Step<Tensor> = (read, token) => [add(read, 1), where(equal(tensor([0, 1, 2, 3]), add(token, 1)), 1, 0)]
  const speak = (prompt: Tensor) => greedy(count, tensor(0), prompt, { length: 50, end: 3 })
  const [read, tokens] = speak(ints([0]))
  assert.is(read.item(), 3, 'the end itself is not read')
  assert.equal([...tokens.data()], [1, 2, ...new Array(48).fill(3)])
  const [reads, texts] = jit(vmap(speak))(ints([[0], [2], [1]]))
  assert.equal(reads.toArray(), [3, 1, 2])
  assert.equal(at(texts, 1).toArray(), new Array(50).fill(3))
  assert.equal(at(texts, 0).toArray(), tokens.toArray())
  const said = sample(chain, tensor(0), ints([0]), { length: 40, key })[1].toArray() as number[]
  const first = said.indexOf(2)
  assert.equal(
    sample(chain, tensor(0), ints([0]), { length: 40, key, end: 2 })[1].toArray(),
    said.map((token, i) => (i < first ? token : 2)),
    'the draws before the end are the same',
  )
})

test('topK and topP leave only the likeliest, as often as they should come', () => {
  const probabilities = [0.1, 0.4, 0.05, 0.3, 0.15]
  const flat: Step<null> = () => [null, log(tensor(probabilities))]
  const shares = (options: Partial<SampleOptions>): number[] => {
    const tokens = sample(flat, null, ints([0]), { length: 8000, key, ...options })[1].data()
    return probabilities.map((_, token) => tokens.filter(t => t === token).length / tokens.length)
  }
  const near = (got: number[], kept: number[]) => {
    const total = kept.reduce((sum, token) => sum + probabilities[token], 0)
    got.forEach((share, token) => {
      const expected = kept.includes(token) ? probabilities[token] / total : 0
      assert.ok(expected === 0 ? share === 0 : Math.abs(share - expected) < 0.02, `${token}: ${share}, not ${expected}`)
    })
  }
  near(shares({ topK: 2 }), [1, 3])
  near(shares({ topK: 9 }), [0, 1, 2, 3, 4])
  near(shares({ topP: 0.69 }), [1, 3])
  near(shares({ topP: 0.71 }), [1, 3, 4])
  near(shares({ topP: 1e-9 }), [1])
  near(shares({ topP: 1 }), [0, 1, 2, 3, 4])
  // Of the two likeliest alone, the first has 4 / 7.
  near(shares({ topK: 2, topP: 0.5 }), [1])
  near(shares({ topK: 2, topP: 0.6 }), [1, 3])
  near(shares({ temperature: 0.01, topP: 0.9 }), [1])
  const traced = jit((topP: number) => sample(flat, null, ints([0]), { length: 500, key, topP })[1])
  assert.equal(traced(0.5).toArray(), sample(flat, null, ints([0]), { length: 500, key, topP: 0.5 })[1].toArray())
})

test('prompts of a batch count as far as they are long', () => {
  const speak = (prompt: Tensor, promptLength: number | Tensor) =>
    sample(chain, tensor(0), prompt, { length: 10, key, promptLength })
  const [reads, texts] = vmap(speak)(
    ints([
      [0, 1, 2],
      [1, 0, 0],
    ]),
    ints([3, 1]),
  )
  const [read, text] = sample(chain, tensor(0), ints([1]), { length: 10, key })
  assert.equal(reads.toArray(), [12, read.item()])
  assert.equal(at(texts, 1).toArray(), text.toArray())
  assert.equal(speak(ints([1, 2]), 1)[1].toArray(), text.toArray())
})

test('what cannot be a prompt or a length is refused', () => {
  const run = (prompt: Tensor, length: number) => greedy(chain, tensor(0), prompt, { length })
  assert.throws(() => run(ints([]), 3), /prompt is at least one token .* not int32\[0\]/)
  assert.throws(() => run(tensor([0.5]), 3), /not float32\[1\]/)
  assert.throws(() => run(ints([1]), 1.5), /length is a number of tokens, not 1.5/)
  const draw = (options: Partial<SampleOptions>) => () =>
    sample(chain, tensor(0), ints([0]), { length: 2, key, ...options })
  assert.throws(draw({ topK: 0 }), /sample: topK is an integer of at least 1, not 0/)
  assert.throws(draw({ topP: 0 }), /sample: topP lies in \(0, 1\], not 0/)
  assert.throws(draw({ end: -1 }), /sample: end is an integer of at least 0, not -1/)
})

test('what is no step, no prompt and no text is refused by each that was called', () => {
  const prompt = ints([0])
  const callers = { sample, greedy, beam, logLikelihood } as unknown as Record<string, (...given: unknown[]) => unknown>
  for (const [name, speak] of Object.entries(callers)) {
    const rest =
      name === 'logLikelihood'
        ? [prompt]
        : [{ length: 2, ...(name === 'sample' ? { key } : name === 'beam' ? { width: 2 } : {}) }]
    const refused = (message: string, ...given: unknown[]) =>
      assert.throws(() => speak(...given, ...rest), new RegExp(`^${name}: ${message}.* \\(.+:\\d+:\\d+\\)$`))
    refused('the prompt is an array, not a tensor', chain, tensor(0), [0])
    refused('the prompt is undefined, not a tensor', chain, tensor(0), undefined)
    refused('step is an object, not a function of carry and token', {}, tensor(0), prompt)
  }
  const likelihood = logLikelihood as (...given: unknown[]) => unknown
  assert.throws(
    () => likelihood(chain, tensor(0), prompt),
    /^logLikelihood: the text is undefined, not a tensor.* \(.+:\d+:\d+\)$/,
  )
})

test.run()
