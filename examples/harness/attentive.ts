// A reader of texts, for examples that give a whole text one label: a GRU reads the words in both directions, and attention
// says how much each of them counts.
import { argmax, concat, jit, random, type Tensor, vmap, zeros } from 'heddle'
import { batches } from 'heddle/data'
import {
  bahdanauAttention,
  bidirectional,
  crossEntropy,
  dense,
  embedding,
  gruCell,
  initializers,
  variationalDropout,
} from 'heddle/nn'
import { lengthMask } from 'heddle/text'
import type { Run } from './task.ts'

/** One text: the ids [T] of its words, what else is known of each [T, features], and how many there are []. */
export interface Text {
  ids: Tensor
  features?: Tensor
  length: Tensor
}

interface ReaderOptions {
  /** How many words there are. */
  vocabulary: number
  /** How many labels there are. */
  labels: number
  /** The length that texts are filled up to. */
  longest: number
  /** How many numbers are known of each word besides (0). */
  features?: number
  /** Units of the GRU, in each direction, and numbers for a word. */
  units: number
  /** The share of what the GRU reads and says that is dropped while learning. */
  dropout: number
}

/** A reader, from its parameters to logits of the labels of a text, and the weight of each word in them. */
function attentiveReader({ vocabulary, labels, longest, features = 0, units, dropout }: ReaderOptions) {
  const table = embedding(vocabulary, units, { init: initializers.normal(0.1) })
  const reader = bidirectional(variationalDropout(gruCell(units), { input: dropout, output: dropout }))
  const [attention, head] = [bahdanauAttention(units), dense(labels)]
  // The question is the same for all texts (Yang et al. 2016): attention learns it in its bias.
  const question = zeros([1])

  function init(key: Tensor) {
    const [tableKey, readerKey, attentionKey, headKey] = random.split(key, 4)
    return {
      table: table.init(tableKey, { shape: [longest], dtype: 'int32' }),
      reader: reader.init(readerKey, { shape: [longest, units + features] }),
      attention: attention.init(attentionKey, question, { shape: [longest, 2 * units] }),
      head: head.init(headKey, { shape: [2 * units] }),
    }
  }

  /** Logits [labels] and weights [T] of one text; with a key as in training. */
  function read(params: ReturnType<typeof init>, { ids, features: known, length }: Text, key?: Tensor) {
    const vectors = table.apply(params.table, ids)
    const inputs = known === undefined ? vectors : concat([vectors, known], -1)
    const keys = reader.apply(params.reader, inputs, { length, key, train: key !== undefined })
    const mask = lengthMask(length, longest)
    const { context, weights } = attention.apply(params.attention, question, keys, { mask })
    return { logits: head.apply(params.head, context), weights }
  }
  return { init, read }
}

/** Texts beside their labels, as tensors. */
interface Labelled {
  texts: Text
  labels: Tensor
}

interface Lesson {
  train: Run['train']
  modelKey: Tensor
  orderKey: Tensor
  batch: number
  learningRate: number
  learnt: Labelled
  tested: Text
}

/** Has a reader learn the labels of texts; the labels that it then gives to others, and the weights of their words. */
export async function learnLabels(options: ReaderOptions, lesson: Lesson) {
  const { train, modelKey, orderKey, batch, learningRate, learnt, tested } = lesson
  const { init, read } = attentiveReader(options)
  const { at } = batches({ ...learnt }, { batch, key: orderKey })
  const params = await train('GRU', init(modelKey), {
    learningRate,
    loss(own, lossKey, step) {
      const { texts, labels } = at(step)
      const one = (text: Text, each: Tensor) => read(own, text, each).logits
      return crossEntropy(vmap(one)(texts, random.bits(lossKey, [batch, 2])), labels)
    },
  })
  const judge = jit((own: typeof params, texts: Text) => {
    const { logits, weights } = vmap((text: Text) => read(own, text))(texts)
    return { labels: argmax(logits, -1), weights }
  })
  const { labels, weights } = judge(params, tested)
  return { labels: [...labels.data()], weights: weights.toArray() as number[][] }
}
