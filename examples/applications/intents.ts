// What is it that somebody wants who talks to an assistant: one of 150 things, from setting an alarm to a bank's opening
// hours. Beside the GRU with attention stands a look at the request learnt that has most words in common.
import { readFileSync, writeFileSync } from 'node:fs'
import { random, tensor } from 'heddle'
import { padSequences } from 'heddle/data'
import { heatMap } from 'heddle/plot'
import { splitWords, wordVocabulary } from 'heddle/text'
import { learnLabels } from '../harness/attentive.ts'
import { runTask } from '../harness/task.ts'

const [LONGEST, BATCH, UNITS, TESTED] = [24, 64, 96, 1500]

/** A request, and what is wanted. */
type Request = [text: string, intent: string]

/** The intent of the request learnt that shares most of all words with a text (Jaccard). */
function nearestRequest(learnt: Request[]): (text: string) => string {
  const known = learnt.map(([text, intent]) => ({ words: new Set(splitWords(text)), intent }))
  return text => {
    const words = new Set(splitWords(text))
    let [best, most] = ['', -1]
    for (const { words: own, intent } of known) {
      let common = 0
      for (const word of words) if (own.has(word)) common++
      const likeness = common / (own.size + words.size - common)
      if (likeness > most) [best, most] = [intent, likeness]
    }
    return best
  }
}

await runTask({
  name: 'intents',
  about: 'What requests to an assistant want (Larson et al. 2019), a bidirectional GRU with attention',
  steps: 1500,
  data: 'data_small.json of https://github.com/clinc/oos-eval',
  out: 'intents.svg',
  async run({ key, train, data, out }) {
    const [splitKey, modelKey, orderKey] = random.split(key, 3)
    const file = JSON.parse(readFileSync(data!, 'utf8')) as { train: Request[]; test: Request[] }
    if (!(file.train && file.test)) throw new Error(`${data}: there is no "train" or no "test" in it`)
    const learnt = file.train
    const order = [...random.permutation(splitKey, file.test.length).data()]
    const tested = order.slice(0, TESTED).map(i => file.test[i])
    const intents = [...new Set(learnt.map(([, intent]) => intent))].sort()
    console.log(`${learnt.length} requests to learn, ${tested.length} to test, ${intents.length} intents`)
    const words = wordVocabulary(
      learnt.map(([text]) => text),
      { special: ['pad', 'unk'], minFrequency: 2 },
    )

    const sizes = { vocabulary: words.size, labels: intents.length, longest: LONGEST, units: UNITS, dropout: 0.4 }
    const tensorsOf = (requests: Request[]) => {
      const ids = requests.map(([text]) => words.encode(text))
      const labels = requests.map(([, intent]) => intents.indexOf(intent))
      const { values, lengths } = padSequences(ids, { length: LONGEST, truncate: true })
      return { texts: { ids: values, length: lengths }, labels: tensor(labels, { dtype: 'int32' }) }
    }
    const { labels, weights } = await learnLabels(sizes, {
      ...{ train, modelKey, orderKey, batch: BATCH, learningRate: 4e-3 },
      learnt: tensorsOf(learnt),
      tested: tensorsOf(tested).texts,
    })
    const said = labels.map(label => intents[label])

    const percentRight = (intentOf: (text: string, i: number) => string): number =>
      (100 * tested.filter(([text, intent], i) => intent === intentOf(text, i)).length) / tested.length
    const [value, plain] = [percentRight((_, i) => said[i]), percentRight(nearestRequest(learnt))]

    // Where it looked, in the longest request that a line has room for.
    const lengths = tested.map(([text, intent], i) => (text.length > 90 || said[i] !== intent ? 0 : text.length))
    const shown = lengths.indexOf(Math.max(...lengths))
    const columnLabels = splitWords(tested[shown][0])
    const looked = weights[shown].slice(0, columnLabels.length)
    writeFileSync(out, heatMap([looked], { title: `Attention: ${said[shown]}`, columnLabels }))
    console.log(`drawn: ${out}`)
    const baseline = `${plain.toFixed(2)} (the request with most words in common)`
    return [{ name: 'GRU, % of intents right', value, baseline, holds: value > plain }]
  },
})
