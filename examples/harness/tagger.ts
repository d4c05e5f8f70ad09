// A tagger, for examples that give each word of a sentence a tag: an LSTM reads the sentence in both directions. Of a word
// it sees the word, how that begins and ends, and how it is written, so that it knows something of words it never saw.
import { argmax, concat, jit, random, type Tensor, vmap } from 'heddle'
import { batches, padSequences } from 'heddle/data'
import { bidirectional, chain, crossEntropy, dense, embedding, lstmCell, variationalDropout } from 'heddle/nn'
import { type TokenVocabulary, tokenVocabulary } from 'heddle/text'
import { counter } from './counts.ts'
import type { Training } from './task.ts'

/** A sentence: its words, and the tag of each. */
export interface Tagged {
  words: string[]
  tags: string[]
}

/** What is seen of a word, and how many numbers stand for each. */
const VIEWS: [(word: string) => string, number][] = [
  [word => word.toLowerCase(), 64],
  [word => word.toLowerCase().slice(0, 3), 24],
  [word => word.toLowerCase().slice(-3), 24],
  // `Xx` is The, `X` USA, `x-x` well-known, `0,0` 1,000.
  [
    word =>
      word
        .replace(/\p{Lu}+/gu, 'X')
        .replace(/\p{Ll}+/gu, 'x')
        .replace(/\d+/g, '0'),
    8,
  ],
]

const NO_TAG = -1

/** How large a tagger is and how it learns. */
export interface TaggerOptions {
  /** Units of the LSTM, in each direction. */
  units: number
  /** The share of what the LSTM reads and says that is dropped while learning. */
  dropout: number
  batch: number
  learningRate: number
}

/** A tagger for the words and tags of these sentences. */
export function tagger(learnt: Tagged[], { units, dropout, batch, learningRate }: TaggerOptions) {
  // What is there once only is unknown: of such words the network learns what to do with others that it never saw.
  const vocabularies = VIEWS.map(([view]) =>
    tokenVocabulary(
      learnt.map(({ words }) => words.map(view)),
      { special: ['unk'], minFrequency: 2 },
    ),
  )
  const tagNames = tokenVocabulary(learnt.map(({ tags }) => tags))
  const longest = Math.max(...learnt.map(({ words }) => words.length))
  const viewsOf = (sentences: Tagged[]) =>
    VIEWS.map(([view], i) => {
      const ids = encodeAll(
        vocabularies[i],
        sentences.map(({ words }) => words.map(view)),
      )
      return padSequences(ids, { length: longest, truncate: true }).values
    })
  const lengthsOf = (sentences: Tagged[]) => padSequences(sentences.map(({ words }) => words.map(() => 0))).lengths

  const tables = VIEWS.map(([, size], i) => embedding(vocabularies[i].size, size))
  const cell = variationalDropout(lstmCell(units), { input: dropout, output: dropout })
  const reader = chain(bidirectional(cell), dense(tagNames.size))

  function init(key: Tensor) {
    const [readerKey, ...keys] = random.split(key, 1 + tables.length)
    const ids = { shape: [longest], dtype: 'int32' } as const
    const width = VIEWS.reduce((sum, [, size]) => sum + size, 0)
    return {
      tables: tables.map((table, i) => table.init(keys[i], ids)),
      reader: reader.init(readerKey, { shape: [longest, width] }),
    }
  }
  type Params = ReturnType<typeof init>

  /** Logits [T, tags] of one sentence; with a key as in training. */
  function logits(params: Params, views: Tensor[], length: Tensor, key?: Tensor): Tensor {
    const vectors = views.map((ids, i) => tables[i].apply(params.tables[i], ids))
    return reader.apply(params.reader, concat(vectors, -1), { length, key, train: key !== undefined })
  }

  /** How parameters are learnt. */
  function training(orderKey: Tensor): Training<Params> {
    const ids = encodeAll(
      tagNames,
      learnt.map(({ tags }) => tags),
    )
    const tags = padSequences(ids, { length: longest, value: NO_TAG }).values
    const { at } = batches({ views: viewsOf(learnt), lengths: lengthsOf(learnt), tags }, { batch, key: orderKey })
    return {
      learningRate,
      loss(params, key, step) {
        const own = at(step)
        const said = vmap((views: Tensor[], length: Tensor, one: Tensor) => logits(params, views, length, one))
        return crossEntropy(said(own.views, own.lengths, random.bits(key, [batch, 2])), own.tags, { ignore: NO_TAG })
      },
    }
  }

  const likeliest = jit((params: Params, views: Tensor[], lengths: Tensor) =>
    argmax(vmap((own: Tensor[], length: Tensor) => logits(params, own, length))(views, lengths), -1),
  )
  /** The likeliest tags of each sentence. */
  function tag(params: Params, sentences: Tagged[]): string[][] {
    const { at, count } = batches(
      { views: viewsOf(sentences), lengths: lengthsOf(sentences) },
      { batch: 256, last: 'pad' },
    )
    const rows = Array.from({ length: count }, (_, i) => {
      const { views, lengths } = at(i)
      return likeliest(params, views, lengths).toArray() as number[][]
    }).flat()
    return sentences.map(({ words }, i) => tagNames.decode(rows[i].slice(0, words.length)))
  }

  return { init, training, tag }
}

/** The ids of many lists, encoded as one. */
function encodeAll(vocabulary: TokenVocabulary, lists: string[][]) {
  const ids = vocabulary.encode(lists.flat()).data()
  let end = 0
  return lists.map(({ length }) => {
    end += length
    return ids.subarray(end - length, end)
  })
}

/** The tag that each word has most often; a word that was never seen gets that of most words that were there once. */
export function mostFrequentTags(sentences: Tagged[]): (word: string) => string {
  const [tagsOf, tagsOfRare] = [counter<string>(), counter<string>()]
  for (const { words, tags } of sentences) for (const [i, word] of words.entries()) tagsOf.add(word, tags[i])
  for (const { words, tags } of sentences) {
    words.forEach((word, i) => {
      if (tagsOf.of(word)!.total === 1) tagsOfRare.add('', tags[i])
    })
  }
  return word => tagsOf.mostFrequent(word) ?? tagsOfRare.mostFrequent('')!
}
