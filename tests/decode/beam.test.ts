// Beam search against one written over lists, on random models whose logits depend on all that was said; what ends it early,
// batches, and what is refused.
import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type BeamOptions, beam, greedy, type Hypotheses, logLikelihood, type Step } from '../../ts/decode/index.js'
import {
  add,
  at,
  debug,
  grad,
  jit,
  log,
  matmul,
  mul,
  oneHot,
  random,
  rem,
  type Tensor,
  take,
  tanh,
  tensor,
  vmap,
} from '../../ts/index.js'
import { close } from '../close.js'

const ids = (list: number[] | number[][]): Tensor => tensor(list, { dtype: 'int32' })

/** A network whose state forgets nothing: the logits depend on the whole text. */
function model(seed: number, vocabulary: number, sharpness = 2) {
  const [embed, recur, out, start] = random.split(random.key(seed), 4)
  const w = { in: random.normal(embed, [vocabulary, 4]), h: random.normal(recur, [4, 4]) }
  const readout = mul(random.normal(out, [4, vocabulary]), sharpness)
  const step: Step<{ h: Tensor; count: Tensor }> = ({ h, count }, token) => {
    const next = tanh(add(take(w.in, token), matmul(h, w.h)))
    return [{ h: next, count: add(count, 1) }, matmul(next, readout)]
  }
  return { step, carry: { h: random.normal(start, [4]), count: tensor(0) } }
}

interface Text {
  tokens: number[]
  sum: number
}

/** The same search over lists: each text is read anew from the prompt. */
function beamOverLists(
  step: Step<{ h: Tensor; count: Tensor }>,
  carry: { h: Tensor; count: Tensor },
  prompt: number[],
  { length, width, end = -1, lengthPenalty = 0, results = width, pruning = 'keep' }: BeamOptions,
): (Text & { score: number })[] {
  const one = jit((c: { h: Tensor; count: Tensor }, token: Tensor) => step(c, token))
  let first = carry
  for (const token of prompt.slice(0, -1)) first = one(first, tensor(token, { dtype: 'int32' }))[0]
  let live = [{ tokens: [] as number[], sum: 0, carry: first, last: prompt.at(-1)! }]
  const ended: Text[] = []
  for (let t = 0; t < length; t++) {
    const all = live.flatMap(text => {
      const [next, logits] = one(text.carry, tensor(text.last, { dtype: 'int32' }))
      const values = [...logits.data()]
      const top = Math.max(...values)
      const total = top + Math.log(values.reduce((sum, x) => sum + Math.exp(x - top), 0))
      return values.map((x, token) => ({
        tokens: [...text.tokens, token],
        sum: text.sum + x - total,
        carry: next,
        last: token,
      }))
    })
    all.sort((a, b) => b.sum - a.sum)
    const best = all.slice(0, width)
    ended.push(...best.filter(text => text.last === end))
    live = (pruning === 'keep' ? all.slice(0, 2 * width) : best).filter(text => text.last !== end).slice(0, width)
  }
  const scored = [...ended, ...live].map(text => ({
    tokens: text.tokens,
    sum: text.sum,
    score: text.sum / ((5 + text.tokens.length) / 6) ** (lengthPenalty as number),
  }))
  return scored.sort((a, b) => b.score - a.score).slice(0, results)
}

/** Throws unless the beam finds what the search over lists does; returns that. */
function checkSearch({ step, carry }: ReturnType<typeof model>, options: BeamOptions, isCompiled = false): number[][] {
  const expected = beamOverLists(step, carry, [0, 1], options)
  const run = (c: typeof carry) => beam(step, c, ids([0, 1]), options)
  const got = textsOf((isCompiled ? jit(run) : run)(carry))
  const found = got.map(({ tokens }) => tokens)
  assert.equal(
    found,
    expected.map(({ tokens }) => tokens),
  )
  got.forEach(({ sum, score }, i) => {
    assert.ok(Math.abs(sum - expected[i].sum) < 1e-4 && Math.abs(score - expected[i].score) < 1e-4)
  })
  return found
}

const textsOf = ({ tokens, lengths, logProbabilities, scores }: Hypotheses) => {
  const rows = tokens.toArray() as number[][]
  return rows.flatMap((row, i) =>
    lengths.data()[i] === 0
      ? []
      : [{ tokens: row.slice(0, lengths.data()[i]), sum: logProbabilities.data()[i], score: scores.data()[i] }],
  )
}

test('it finds what a search over lists finds, compiled or not', () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.integer({ min: 0, max: 1000 }),
        vocabulary: fc.integer({ min: 2, max: 5 }),
        sharpness: fc.constantFrom(0.5, 1, 3),
        length: fc.integer({ min: 1, max: 7 }),
        width: fc.integer({ min: 1, max: 5 }),
        hasEnd: fc.boolean(),
        results: fc.constantFrom(undefined, 1),
        lengthPenalty: fc.constantFrom(0, 0.6, 1, 2, -1),
        pruning: fc.constantFrom('keep' as const, 'shrink' as const),
        isCompiled: fc.boolean(),
      }),
      ({ seed, vocabulary, sharpness, hasEnd, isCompiled, ...rest }) => {
        checkSearch(model(seed, vocabulary, sharpness), { ...rest, end: hasEnd ? 1 : undefined }, isCompiled)
      },
    ),
    { numRuns: 30, seed: 7 },
  )
})

test('what ends is pruned in two ways that find different texts, whatever the penalty', () => {
  let differ = 0
  for (const seed of [3, 16, 18, 21])
    for (const lengthPenalty of [2, -3]) {
      const found = (['keep', 'shrink'] as const).map(pruning =>
        checkSearch(model(seed, 3, 1), { length: 4, width: 2, end: 2, lengthPenalty, pruning }),
      )
      if (JSON.stringify(found[0]) !== JSON.stringify(found[1])) differ++
      checkSearch(model(seed, 3, 1), { length: 6, width: 2, end: 2, lengthPenalty, results: 1 })
    }
  assert.ok(differ > 2, `${differ} differ`)
  // Where long texts are punished, a short one may still become the best.
  const table = log(
    tensor([
      [0.05, 0.94, 0.01],
      [0.99, 0.005, 0.005],
      [0.4, 0.3, 0.3],
    ]),
  )
  const step: Step<null> = (_, token) => [null, take(table, token)]
  const { tokens } = beam(step, null, ids([0]), { length: 50, width: 2, results: 1, end: 0, lengthPenalty: -3 })
  assert.equal((tokens.toArray() as number[][])[0].slice(0, 3), [1, 0, 0])
})

test('a beam of one that shrinks is greedy; a wide one finds what greedy misses', () => {
  const { step, carry } = model(3, 5)
  const [, tokens] = greedy(step, carry, ids([2]), { length: 6, end: 0 })
  const narrow = beam(step, carry, ids([2]), { length: 6, end: 0, width: 1, pruning: 'shrink' })
  assert.equal(at(narrow.tokens, 0).toArray(), tokens.toArray())
  const { logProbability, length } = logLikelihood(step, carry, ids([2]), tokens, { end: 0 })
  close(logProbability, narrow.logProbabilities.toArray(), 1e-5)
  assert.is(length.item(), narrow.lengths.data()[0])
  const table = log(
    tensor([
      [0, 0.6, 0.4],
      [0.4, 0.3, 0.3],
      [1, 0, 0],
    ]),
  )
  const chain: Step<null> = (_, token) => [null, take(table, token)]
  assert.equal(greedy(chain, null, ids([0]), { length: 2, end: 0 })[1].toArray(), [1, 0])
  assert.equal(beam(chain, null, ids([0]), { length: 2, end: 0, width: 2 }).tokens.toArray(), [
    [2, 0],
    [1, 0],
  ])
})

test('a batch finds what each finds alone, with prompts of their own lengths', () => {
  const { step, carry } = model(11, 5)
  const prompts = ids([
    [1, 2, 3],
    [4, 0, 0],
    [2, 2, 0],
  ])
  const search = (prompt: Tensor, promptLength: Tensor) =>
    beam(step, carry, prompt, { length: 6, width: 3, end: 0, lengthPenalty: 0.6, promptLength })
  const all = jit(vmap(search))(prompts, ids([3, 1, 2]))
  ;[[1, 2, 3], [4], [2, 2]].forEach((prompt, i) => {
    const alone = beam(step, carry, ids(prompt), { length: 6, width: 3, end: 0, lengthPenalty: 0.6 })
    assert.equal(at(all.tokens, i).toArray(), alone.tokens.toArray())
    close(at(all.scores, i), alone.scores.toArray())
  })
})

test('it stops when nothing can become better, and a model that has ended is not asked again', () => {
  let calls = 0
  const table = log(
    tensor([
      [0.01, 0.98, 0.01],
      [0.98, 0.01, 0.01],
      [0.1, 0.1, 0.8],
    ]),
  )
  const step: Step<Tensor> = (count, token) => [debug.print('steps', add(count, 1)), take(table, token)]
  const before = debug.onPrint(() => {
    calls++
  })
  try {
    const { tokens, lengths } = beam(step, tensor(0), ids([0]), { length: 50, width: 1, end: 0, pruning: 'shrink' })
    assert.equal(lengths.toArray(), [2])
    assert.equal(at(tokens, 0).toArray(), [1, ...new Array(49).fill(0)])
    assert.ok(calls > 0 && calls <= 4, `${calls} steps`)
    calls = 0
    const wide = beam(step, tensor(0), ids([0]), { length: 50, width: 2, results: 1, end: 0, lengthPenalty: 0.6 })
    assert.equal(wide.lengths.toArray(), [2])
    assert.ok(calls > 0 && calls <= 10, `${calls} steps`)
  } finally {
    debug.onPrint(before)
  }
})

test('with fewer texts than asked for, the last ones are none', () => {
  const certain: Step<null> = (_, token) => [null, mul(1e9, oneHot(rem(add(token, 1), 3), 3))]
  const { tokens, lengths, scores } = beam(certain, null, ids([0]), { length: 4, width: 3, end: 0, pruning: 'shrink' })
  assert.equal(lengths.data()[0], 3)
  assert.equal(at(tokens, 0).toArray(), [1, 2, 0, 0])
  close(at(scores, 0), 0)
  const { step, carry } = model(5, 2)
  const few = beam(step, carry, ids([1]), { length: 1, width: 5 })
  assert.equal(few.lengths.toArray(), [1, 1, 0, 0, 0])
  assert.equal([...few.scores.data()].map(Number.isFinite), [true, true, false, false, false])
  assert.equal((few.tokens.toArray() as number[][]).slice(2), [[0], [0], [0]])
  assert.equal(beam(step, carry, ids([1]), { length: 0, width: 2 }).tokens.shape, [2, 0])
})

test('a likelihood is that of the tokens up to the end, and has a derivative', () => {
  const logits = tensor([
    [0, 1, 2],
    [1, 0, 0],
    [0.5, 0.5, -1],
  ])
  const step =
    (table: Tensor): Step<null> =>
    (_, token) => [null, take(table, token)]
  const rows = [0, 1, 2].map(i => {
    const row = [...at(logits, i).data()]
    const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0))
    return row.map(x => x - total)
  })
  const text = ids([1, 2, 0, 1])
  const whole = logLikelihood(step(logits), null, ids([0]), text)
  close(whole.logProbability, rows[0][1] + rows[1][2] + rows[2][0] + rows[0][1])
  assert.is(whole.length.item(), 4)
  const part = logLikelihood(step(logits), null, ids([0]), text, { end: 0 })
  close(part.logProbability, rows[0][1] + rows[1][2] + rows[2][0])
  assert.is(part.length.item(), 3)
  const slope = grad((table: Tensor) => logLikelihood(step(table), null, ids([0]), text, { end: 0 }).logProbability)
  close(
    at(slope(logits), 1),
    [0, 1, 2].map(i => Number(i === 2) - Math.exp(rows[1][i])),
  )
  const none = logLikelihood(step(logits), null, ids([0]), ids([]), { end: 0 })
  close(none.logProbability, 0)
  assert.is(none.length.item(), 0)
  assert.throws(
    () => logLikelihood(step(logits), null, ids([0]), tensor([1])),
    /the text is int32 \[T\], not float32\[1\]/,
  )
})

test('what is no search is refused', () => {
  const { step, carry } = model(1, 3)
  const run = (options: Partial<BeamOptions>) => () => beam(step, carry, ids([0]), { length: 3, width: 2, ...options })
  assert.throws(run({ width: 0 }), /beam: width is an integer of at least 1, not 0/)
  assert.throws(run({ results: 3 }), /beam: 3 results are more than the width 2/)
  assert.throws(run({ length: -1 }), /beam: length is a number of tokens, not -1/)
  assert.throws(run({ end: 0.5 }), /beam: end is an integer of at least 0, not 0.5/)
  assert.throws(run({ pruning: 'none' as 'keep' }), /pruning is 'keep' or 'shrink', not "none"/)
  assert.throws(() => beam(step, carry, ids([]), { length: 3, width: 2 }), /beam: the prompt is at least one token/)
  const flat: Step<null> = () => [null, tensor(1)]
  assert.throws(() => beam(flat, null, ids([0]), { length: 3, width: 2 }), /the step gives logits \[V\], not of rank 0/)
})

test.run()
