import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { greedy, type Step, sample } from '../../ts/decode/index.js'
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

test('what cannot be a prompt or a length is refused', () => {
  const run = (prompt: Tensor, length: number) => greedy(chain, tensor(0), prompt, { length })
  assert.throws(() => run(ints([]), 3), /prompt is at least one token .* not int32\[0\]/)
  assert.throws(() => run(tensor([0.5]), 3), /not float32\[1\]/)
  assert.throws(() => run(ints([1]), 1.5), /length is a number of tokens, not 1.5/)
})

test.run()
