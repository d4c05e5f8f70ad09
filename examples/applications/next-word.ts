// The next word: an LSTM reads a sentence word by word, and says after each how likely every word is to be the next. Beside
// it stands what counting says: how often each word followed the one or two before it.
import { add, jit, matmul, random, slice, type Tensor, tensor, transpose, vmap, zeros } from 'heddle'
import { batches } from 'heddle/data'
import { sample } from 'heddle/decode'
import { crossEntropy, embedding, initializers, lstmCell, recurrent } from 'heddle/nn'
import { nats, ngrams } from '../harness/counts.ts'
import { readSentences } from '../harness/sentences.ts'
import { runTask } from '../harness/task.ts'

const [UNITS, BATCH] = [160, 16]

await runTask({
  name: 'next-word',
  about: 'The next word of a sentence, an LSTM beside trigrams',
  steps: 2500,
  otherData: 'a text with a sentence on each line, instead of the King James Bible',
  async run({ key, train, data }) {
    const [tableKey, readerKey, splitKey, orderKey, speakKey] = random.split(key, 5)
    const { vocabulary, learnt, tested } = readSentences(splitKey, data)
    const { bos, eos, pad } = vocabulary.special

    // One table holds the words' vectors, of those that are read and of those that are said (Press and Wolf 2017).
    const table = embedding(vocabulary.size, UNITS, { init: initializers.normal(0.1) })
    const cell = lstmCell(UNITS)
    const reader = recurrent(cell)
    const initial = {
      table: table.init(tableKey, { shape: [1], dtype: 'int32' }),
      reader: reader.init(readerKey, { shape: [1, UNITS] }),
      bias: zeros([vocabulary.size]),
    }
    type Params = typeof initial
    const logitsOf = ({ table: { w }, bias }: Params, y: Tensor): Tensor => add(matmul(y, transpose(w)), bias)

    /** Nats a word over sentences [N, T], of all words but the first, which is `<bos>`. */
    const surprise = (params: Params, ids: Tensor): Tensor => {
      const read = (own: Tensor) => reader.apply(params.reader, table.apply(params.table, own))
      const ys = vmap(read)(slice(ids, [0, 0], [ids.shape[0], -1]))
      return crossEntropy(logitsOf(params, ys), slice(ids, [0, 1]), { ignore: pad })
    }
    const { at } = batches(learnt.values, { batch: BATCH, key: orderKey })
    const params = await train('LSTM', initial, {
      loss: (own, _key, step) => surprise(own, at(step)),
      learningRate: 4e-3,
    })

    /** A sentence that goes on from words. */
    const speak = jit((own: Params, prompt: Tensor, key: Tensor): Tensor => {
      const step = (carry: ReturnType<typeof cell.initialCarry>, token: Tensor) => {
        const [next, y] = cell.apply(own.reader, carry, table.apply(own.table, token))
        return [next, logitsOf(own, y)] as const
      }
      const start = cell.initialCarry(own.reader, { shape: [UNITS] })
      return sample(step, start, prompt, { length: 30, end: eos, key, temperature: 0.7 })[1]
    })
    for (const number of [0, 1, 2]) {
      const ids = speak(params, tensor([bos], { dtype: 'int32' }), random.foldIn(speakKey, number))
      console.log(`  ${vocabulary.decode(ids).join(' ')}`)
    }

    const perplexity = (order: number): number => {
      const probabilities = ngrams(learnt.lists, { order, size: vocabulary.size })
      const each = tested.lists.flatMap(probabilities)
      return Math.exp(nats(each) / each.length)
    }
    const [bigrams, trigrams] = [perplexity(2), perplexity(3)]
    const value = Math.exp(jit(surprise)(params, tested.values).item())
    const baseline = `${trigrams.toFixed(1)} (trigrams with backoff; bigrams ${bigrams.toFixed(1)})`
    return [{ name: 'LSTM, perplexity', value, baseline, holds: value < trigrams }]
  },
})
