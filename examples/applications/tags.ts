// Parts of speech: which tag each word has, from the words around it on both sides. Most words have one tag nearly always;
// what there is to learn are the others (`that`, `run`, `round`), and words that were never seen.
import { readFile } from 'node:fs/promises'
import { random } from 'heddle'
import { parseConll } from 'heddle/data'
import { readBrown } from '../harness/brown.ts'
import { deal } from '../harness/deal.ts'
import { mostFrequentTags, type Tagged, tagger } from '../harness/tagger.ts'
import { runTask } from '../harness/task.ts'

const [LONGEST, TESTED, BATCH, UNITS] = [32, 4000, 32, 64]

/** Percent of tags that are right; of words that are not among those known only, where these are given. */
function percentRight(said: string[][], { tested, known }: { tested: Tagged[]; known?: Set<string> }): number {
  let [right, all] = [0, 0]
  tested.forEach(({ words, tags }, i) => {
    tags.forEach((tag, t) => {
      if (known?.has(words[t])) return
      all++
      if (said[i][t] === tag) right++
    })
  })
  return (100 * right) / all
}

await runTask({
  name: 'tags',
  about: 'Parts of speech in the Brown corpus, a bidirectional LSTM (Schuster and Paliwal 1997)',
  steps: 4000,
  otherData: 'words and their tags in two columns (CoNLL), instead of the Brown corpus',
  async run({ key, train, data }) {
    const [modelKey, splitKey, orderKey] = random.split(key, 3)
    const all = data === undefined ? readBrown() : parseConll(await readFile(data, 'utf8'), ['words', 'tags'])
    const sentences = all.filter(({ words }) => words.length <= LONGEST)
    const { tested, learnt } = deal(splitKey, sentences, 0.1, TESTED)

    const { init, training, tag } = tagger(learnt, { units: UNITS, dropout: 0.1, batch: BATCH, learningRate: 1e-2 })
    const params = await train('LSTM', init(modelKey), training(orderKey))
    const said = tag(params, tested)

    const tagOf = mostFrequentTags(learnt)
    const plain = tested.map(({ words }) => words.map(tagOf))
    const known = new Set(learnt.flatMap(({ words }) => words))
    return [['% of tags right', { tested }] as const, ['% right of words never seen', { tested, known }] as const].map(
      ([what, of]) => {
        const [value, beside] = [percentRight(said, of), percentRight(plain, of)]
        const baseline = `${beside.toFixed(2)} (each word's most frequent tag)`
        return { name: `LSTM, ${what}`, value, baseline, holds: value > beside }
      },
    )
  },
})
