// How English words sound, letter by letter: an encoder reads the letters, a decoder writes phonemes and attends to the letters.
// Three of them: recurrent ones with attention of Bahdanau's and of Luong's kind, and a Transformer. `npm run example --
// letters-to-sounds` prints the error rates of all, with greedy decoding and with a beam, the recurrent ones' beside a plain
// baseline's and the Transformer's beside theirs, and draws where a decoder looked.
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { Command, InvalidArgumentError, Option } from 'commander'
import {
  at,
  cast,
  div,
  jit,
  minimum,
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
  type Decoder,
  dense,
  type EncoderDecoder,
  embedding,
  encoderDecoder,
  gruCell,
  luongAttention,
  luongDecoder,
  silu,
  transformer,
} from 'heddle/nn'
import { adam, applyUpdates, chain, clipByGlobalNorm } from 'heddle/optim'
import { heatMap } from 'heddle/plot'
import { finish, fit, progressBar } from 'heddle/train'
import { BEGIN, END, LETTERS, LONGEST, lettersOf, PAD, pronunciations } from '../harness/sounds.ts'
import { type Figure, prepareOut, report, round } from '../harness/task.ts'

const NAMES = ['Bahdanau', 'Luong', 'Transformer'] as const
type Name = (typeof NAMES)[number]

interface Options {
  only?: Name
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
  .description('Learns how English words sound, with two kinds of attention and with nothing else.')
  .addOption(new Option('--only <model>', 'one of the models').choices(NAMES))
  .option('--steps <number>', 'training steps of 64 words for each model', count, 2000)
  .option('--hidden <units>', 'units of the decoder', count, 128)
  .option('--test <words>', 'words that are kept apart', count, 1000)
  .option('--beam <width>', 'texts that a beam search follows', count, 5)
  .option('--seed <integer>', 'one seed, one result', count, 1)
  .option('--out <file>', 'the drawing of the attention', 'out/attention.svg')
  .allowExcessArguments()
  .parse(process.argv)
  .opts<Options>()
prepareOut(options.out)

const BATCH = 64
const { tested, learnt, sounds, words, targets, testedWords, idsOf, spoken, rates, baseline } = pronunciations(
  options.seed,
  options.test,
)

// ---- the models ----

const H = options.hidden

// biome-ignore lint/suspicious/noExplicitAny: models of all kinds are learnt alike
type Model = EncoderDecoder<any, any, Tensor | null>

const recurrentModel = (decoder: unknown): Model =>
  encoderDecoder({
    source: embedding(LETTERS, 32),
    encoder: bidirectional(gruCell(H / 2)),
    target: embedding(sounds, 32),
    decoder: decoder as Decoder<unknown, unknown, Tensor>,
    head: dense(sounds),
  })

/** The encoder is deeper: letters say more of each other than sounds do. How far apart they stand says more than where. */
const transformerModel = (): Model =>
  transformer({
    vocabulary: { source: LETTERS, target: sounds },
    width: H,
    heads: 4,
    layers: { encoder: 3, decoder: 2 },
    // With gates, as many weights as twice the width without.
    hidden: 8 * Math.ceil(H / 6),
    gated: true,
    activation: silu,
    length: LONGEST + 1,
    preNorm: true,
    rotary: true,
    tied: false,
  })

interface Setting {
  model: () => Model
  /** How many words are learnt at once; as many in all, so that smaller batches have more steps. */
  batch: number
  /** The learning rate when a share of all steps is done. */
  rate: (done: Tensor) => Tensor
  /** How fast Adam forgets the squares of gradients. */
  b2?: number
}

const falling = (done: Tensor): Tensor => mul(4e-3, sub(1, done))
const risingFirst = (done: Tensor): Tensor => mul(2e-3, minimum(mul(20, done), sub(1, done)))
const models: Record<Name, Setting> = {
  Bahdanau: {
    model: () => recurrentModel(bahdanauDecoder(gruCell(H), bahdanauAttention(H))),
    batch: BATCH,
    rate: falling,
  },
  Luong: {
    model: () => recurrentModel(luongDecoder(gruCell(H), luongAttention('general'), { units: H })),
    batch: BATCH,
    rate: falling,
  },
  Transformer: { model: transformerModel, batch: BATCH / 4, rate: risingFirst, b2: 0.98 },
}

/** Trains a model, and returns what it says and where it looked. */
async function run(name: Name) {
  const { model: make, batch, rate, b2 } = models[name]
  const model = make()
  const steps = (options.steps * BATCH) / batch
  const lengthOf = (word: Tensor): Tensor => sum(cast(notEqual(word, PAD), 'int32'))
  const [modelKey, dataKey] = random.split(random.key(options.seed))
  const params = model.init(modelKey, { shape: [LONGEST], dtype: 'int32' })
  type Params = typeof params
  const learningRate = (step: Tensor) => rate(div(cast(step, 'float32'), steps))
  const optimizer = chain(clipByGlobalNorm(1), adam(learningRate, { b2 }))

  const loss = (p: Params, xs: Tensor, ys: Tensor): Tensor => {
    const one = (x: Tensor, y: Tensor) => model.apply(p, x, slice(y, [0], [-1]), { length: lengthOf(x) }).logits
    return crossEntropy(vmap(one)(xs, ys), slice(ys, [0, 1]), { ignore: PAD })
  }
  interface State {
    params: Params
    optimizer: ReturnType<typeof optimizer.init>
  }
  const trainStep = (state: State, number: Tensor): [State, Tensor] => {
    const places = random.randint(random.foldIn(dataKey, number), [batch], 0, learnt.length)
    const [value, gradient] = valueAndGrad(loss)(state.params, take(words, places), take(targets, places))
    const [updates, next] = optimizer.update(gradient, state.optimizer, state.params)
    return [{ params: applyUpdates(state.params, updates), optimizer: next }, value]
  }
  const before = process.cpuUsage()
  const { state } = await finish(
    fit(trainStep, { params, optimizer: optimizer.init(params) }, { steps, onStep: progressBar() }),
  )
  const { user, system } = process.cpuUsage(before)
  console.log(`${name}: learnt in ${((user + system) / 1e6).toFixed(0)} s of processor time`)
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
  const all = jit(vmap(speak, [null, 0]))(learned, testedWords)
  const textsOf = (ids: Tensor): string[][] => (ids.toArray() as number[][]).map(spoken)
  const look = (word: string, said: string[]): Tensor | null => {
    const given = tensor(idsOf(said).slice(0, -1), { dtype: 'int32' })
    return model.apply(learned, tensor(lettersOf(word), { dtype: 'int32' }), given, { length: word.length }).weights
  }
  return { likeliest: textsOf(all.likeliest), best: textsOf(all.best), look }
}

// ---- the run ----

const plain = rates(tested.map(([word]) => baseline(word)))
const figures: Figure[] = []
console.log(`${learnt.length} words to learn, ${tested.length} to test`)
/** What a model's figures stand beside: the plain baseline's, for the Transformer the best of the recurrent models'. */
function besides(name: Name, way: string, part: 'phonemes' | 'words') {
  const others = figures.filter(figure => figure.name.endsWith(`${way}, % of ${part} wrong`))
  if (name !== 'Transformer' || others.length === 0) return { value: plain[part], of: 'one sound for each letter' }
  return { value: Math.min(...others.map(({ value }) => value)), of: 'the best of the recurrent ones' }
}

for (const name of options.only === undefined ? NAMES : [options.only]) {
  const { likeliest, best, look } = await run(name)
  for (const [way, said] of Object.entries({ greedy: likeliest, [`beam ${options.beam}`]: best })) {
    const own = rates(said)
    for (const part of ['phonemes', 'words'] as const) {
      const other = besides(name, way, part)
      figures.push({
        name: `${name}, ${way}, % of ${part} wrong`,
        value: own[part],
        baseline: `${round(other.value)} (${other.of})`,
        holds: own[part] <= other.value,
      })
    }
  }
  if (name !== 'Bahdanau') continue
  // The longest word that is right, and where the decoder looked for each of its sounds.
  const right = tested.filter(([, said], i) => said.join() === best[i].join())
  const [word, said] = right.reduce((a, b) => (b[0].length > a[0].length ? b : a), right[0] ?? tested[0])
  const weights = (look(word, said)!.toArray() as number[][]).map(row => row.slice(0, word.length))
  const labels = { rowLabels: [...said, 'end'], columnLabels: [...word], xLabel: 'letters', yLabel: 'sounds' }
  writeFileSync(options.out, heatMap(weights, { title: 'Attention', ...labels }))
  console.log(`drawn: ${options.out}`)
}
report('letters-to-sounds', options.seed, figures)
