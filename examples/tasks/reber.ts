// The embedded Reber grammar: from strings of it alone, a network learns which symbols may follow each beginning. Most
// follows from the last few symbols; but the last symbol but one is the second one again.
import {
  all,
  greater,
  jit,
  less,
  logicalOr,
  max,
  min,
  oneHot,
  random,
  sum,
  type Tensor,
  tensor,
  vmap,
  where,
} from 'heddle'
import { batches, embeddedReber, padSequences, REBER_SYMBOLS } from 'heddle/data'
import { chain, crossEntropy, dense, lstmCell, recurrent } from 'heddle/nn'
import { runTask } from '../harness/task.ts'

// In the paper 256 strings were learnt from, again and again; so few of them this network learns by heart.
const [LEARNT, TESTS, LONGEST, UNITS, BATCH] = [2048, 256, 100, 16, 16]
const SYMBOLS = REBER_SYMBOLS.length
const UNKNOWN = -1

/** So many strings of a key: ids [N, T] with what follows each, and what may follow [N, T, 7]. */
function strings(key: Tensor, count: number) {
  const drawn = random.split(key, count).map(embeddedReber)
  const ids = (text: string): number[] => [...text].map(symbol => REBER_SYMBOLS.indexOf(symbol))
  const { values: inputs } = padSequences(
    drawn.map(({ text }) => ids(text.slice(0, -1))),
    { length: LONGEST },
  )
  const { values: targets } = padSequences(
    drawn.map(({ text }) => ids(text.slice(1))),
    { length: LONGEST, value: UNKNOWN },
  )
  const mayFollow = new Float32Array(count * LONGEST * SYMBOLS)
  drawn.forEach(({ next }, i) => {
    next.forEach((symbols, t) => {
      for (const id of ids(symbols)) mayFollow[(i * LONGEST + t) * SYMBOLS + id] = 1
    })
  })
  return { inputs, targets, mayFollow: tensor(mayFollow, { shape: [count, LONGEST, SYMBOLS] }) }
}

const model = chain(recurrent(lstmCell(UNITS, { forgetBias: 1 })), dense(SYMBOLS))
type Params = ReturnType<typeof model.init>

const logits = (params: Params, ids: Tensor): Tensor => vmap(model.apply, [null, 0])(params, oneHot(ids, SYMBOLS))

/** Strings in which, somewhere, what may follow is not what is held the likeliest. */
const wrong = jit((params: Params, { inputs, targets, mayFollow }: ReturnType<typeof strings>): Tensor => {
  const said = logits(params, inputs)
  const may = greater(mayFollow, 0)
  const least = min(where(may, said, Number.POSITIVE_INFINITY), { axis: -1 })
  const most = max(where(may, Number.NEGATIVE_INFINITY, said), { axis: -1 })
  const isRight = all(logicalOr(greater(least, most), less(targets, 0)), { axis: -1 })
  return sum(where(isRight, 0, 1))
})

await runTask({
  name: 'reber',
  about: `The embedded Reber grammar, ${LEARNT} strings to learn from (Hochreiter and Schmidhuber 1997, experiment 1)`,
  steps: 2000,
  async run({ key, train }) {
    const [modelKey, trainKey, testKey, orderKey] = random.split(key, 4)
    const { at } = batches(strings(trainKey, LEARNT), { batch: BATCH, key: orderKey })
    const loss = (params: Params, _key: Tensor, step: Tensor): Tensor => {
      const { inputs, targets } = at(step)
      return crossEntropy(logits(params, inputs), targets, { ignore: UNKNOWN })
    }
    const params = await train('LSTM', model.init(modelKey, { shape: [LONGEST, SYMBOLS] }), {
      loss,
      learningRate: 1e-2,
    })
    const value = wrong(params, strings(testKey, TESTS)).item()
    return [{ name: `LSTM, wrong of ${TESTS} new strings`, value, published: '0', holds: value === 0 }]
  },
})
