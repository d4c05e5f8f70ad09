// Filling in the blank: which word is missing, from all that stands before it and all that stands behind. One LSTM reads
// the sentence from its beginning, one from its end; neither sees the word that is asked for.
import {
  add,
  argmax,
  concat,
  greater,
  jit,
  matmul,
  random,
  slice,
  type Tensor,
  transpose,
  vmap,
  where,
  zeros,
} from 'heddle'
import { batches } from 'heddle/data'
import { bidirectional, chain, crossEntropy, dense, embedding, initializers, lstmCell } from 'heddle/nn'
import { counter } from '../harness/counts.ts'
import { readSentences } from '../harness/sentences.ts'
import { runTask } from '../harness/task.ts'

const [SIZE, UNITS, BATCH] = [128, 128, 32]

/** What of the places between two others [T - 2] is known from those before and those behind. */
const around = (forward: Tensor, backward: Tensor): Tensor =>
  concat([slice(forward, [0], [-2]), slice(backward, [2])], -1)

await runTask({
  name: 'fill-in',
  about: 'The missing word of a sentence, an LSTM in each direction beside the two neighbours',
  steps: 1200,
  otherData: 'a text with a sentence on each line, instead of the King James Bible',
  async run({ key, train, data }) {
    const [tableKey, readerKey, splitKey, orderKey] = random.split(key, 4)
    const { vocabulary, learnt, tested } = readSentences(splitKey, data)
    const { pad, unk } = vocabulary.special

    // One table holds the words' vectors, of those that are read and of those that are said (Press and Wolf 2017).
    const table = embedding(vocabulary.size, SIZE, { init: initializers.normal(0.1) })
    const reader = chain(bidirectional(lstmCell(UNITS), { merge: around }), dense(SIZE))
    const initial = {
      table: table.init(tableKey, { shape: [1], dtype: 'int32' }),
      reader: reader.init(readerKey, { shape: [3, SIZE] }),
      bias: zeros([vocabulary.size]),
    }
    type Params = typeof initial

    /** Logits [T - 2, words] of all words between `<bos>` and `<eos>`. */
    const missing = (params: Params, ids: Tensor, length: Tensor): Tensor => {
      const { table: words, bias } = params
      const y = reader.apply(params.reader, table.apply(words, ids), { length })
      return add(matmul(y, transpose(words.w)), bias)
    }
    const { at } = batches({ ids: learnt.values, lengths: learnt.lengths }, { batch: BATCH, key: orderKey })
    const params = await train('LSTM', initial, {
      learningRate: 4e-3,
      loss(own, _key, step) {
        const { ids, lengths } = at(step)
        const said = vmap((one: Tensor, length: Tensor) => missing(own, one, length))(ids, lengths)
        const wanted = slice(ids, [0, 1], [BATCH, -1])
        // What is rare enough to be `<unk>` is no answer.
        return crossEntropy(said, where(greater(wanted, unk), wanted, pad), { ignore: pad })
      },
    })

    const likeliest = jit((own: Params, { ids, lengths }: ReturnType<typeof at>): Tensor => {
      const one = (text: Tensor, length: Tensor) => argmax(missing(own, text, length), -1)
      return vmap(one)(ids, lengths)
    })
    const parts = batches({ ids: tested.values, lengths: tested.lengths }, { batch: 100, last: 'pad' })
    const said = Array.from({ length: parts.count }, (_, i) => likeliest(params, parts.at(i)).toArray() as number[][])

    // The word that stood most often between the same two neighbours, else behind the same one.
    const [between, behind] = [counter<number>(), counter<number>()]
    const each = <T>(text: number[], f: (word: number, t: number) => T): T[] => text.slice(1, -1).map(f)
    for (const text of learnt.lists) {
      each(text, (word, t) => {
        between.add(`${text[t]} ${text[t + 2]}`, word)
        behind.add(`${text[t]}`, word)
      })
    }
    const plain = tested.lists.map(text =>
      each(text, (_, t) => between.mostFrequent(`${text[t]} ${text[t + 2]}`) ?? behind.mostFrequent(`${text[t]}`)),
    )
    const percentRight = (words: (number | undefined)[][]): number => {
      const isRight = tested.lists.flatMap((text, i) =>
        each(text, (word, t) => (word > unk ? [word === words[i][t]] : [])).flat(),
      )
      return (100 * isRight.filter(right => right).length) / isRight.length
    }
    const [value, beside] = [percentRight(said.flat()), percentRight(plain)]
    const baseline = `${beside.toFixed(2)} (the word most often between the two neighbours)`
    return [{ name: 'LSTM, % of words right', value, baseline, holds: value > beside }]
  },
})
