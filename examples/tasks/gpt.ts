// A small GPT learns to write like Shakespeare, with the settings that nanoGPT gives for a laptop without a GPU: the loss on the
// last tenth of the text stands beside the one that its README reports.
import process from 'node:process'
import { Command, InvalidArgumentError, Option } from 'commander'
import {
  add,
  arange,
  concat,
  expandDims,
  jit,
  mean,
  random,
  slice,
  type Tensor,
  take,
  treeLeaves,
  valueAndGrad,
  vmap,
} from 'heddle'
import { sample } from 'heddle/decode'
import { crossEntropy, gelu, gpt } from 'heddle/nn'
import { adamw, applyUpdates, chain, clipByGlobalNorm, warmupCosineDecaySchedule } from 'heddle/optim'
import { bigramLoss, characterVocabulary, streamWindows } from 'heddle/text'
import { finish, fit, progressBar } from 'heddle/train'
import { loadText } from '../char-model/text.ts'
import { describeLosses, report, round } from '../harness/task.ts'

const LENGTH = 64
const BATCH = 12
const LANES = 64

interface Options {
  text?: string
  steps: number
  seed: number
  temperature: number
}

function number(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It is an integer from 0 up.')
  return Number(text)
}

function count(text: string): number {
  const value = number(text)
  if (value < 1) throw new InvalidArgumentError('It is at least 1.')
  return value
}

function positive(text: string): number {
  if (!(Number(text) > 0)) throw new InvalidArgumentError('It is a number above 0.')
  return Number(text)
}

const options = new Command('npm run example -- gpt')
  .description('Trains a small GPT on a text, character by character, and lets it write.')
  .option('--text <file>', 'a text to learn from, such as tiny Shakespeare (the King James Bible)')
  .option('--steps <number>', 'training steps', count, 2000)
  .option('--seed <integer>', 'one seed, one result', number, 1)
  .option('--temperature <number>', 'of what is written: below 1 bolder, above 1 more even', positive, 0.8)
  .addOption(new Option('--data <file>', 'read by other tasks').hideHelp())
  .allowExcessArguments(false)
  .parse(process.argv)
  .opts<Options>()

// ---- the text: nine tenths to learn, one to test on ----

const text = await loadText(options.text)
const vocabulary = characterVocabulary(text)
const ids = vocabulary.encode(text)
const cut = Math.floor(ids.size * 0.9)
const [learnt, tested] = [slice(ids, [0], [cut]), slice(ids, [cut])]
if (tested.size <= LANES * LENGTH) throw new Error(`the text has only ${text.length} characters, too few to learn from`)

/** Windows from random places: inputs and, one further, targets, [BATCH, LENGTH] each. */
function batch(key: Tensor): [Tensor, Tensor] {
  const starts = expandDims(random.randint(key, [BATCH], 0, learnt.size - LENGTH), 1)
  const windows = take(learnt, add(starts, arange(LENGTH + 1)))
  return [slice(windows, [0, 0], [BATCH, LENGTH]), slice(windows, [0, 1])]
}

// ---- the model and its training ----

const model = gpt({
  vocabulary: vocabulary.size,
  length: LENGTH,
  width: 128,
  layers: 4,
  heads: 4,
  bias: false,
  activation: x => gelu(x),
})
const [modelKey, dataKey, voiceKey] = random.split(random.key(options.seed), 3)
const params = model.init(modelKey, { shape: [LENGTH], dtype: 'int32' })
type Params = typeof params

const loss = (p: Params, inputs: Tensor, targets: Tensor): Tensor =>
  crossEntropy(vmap((one: Tensor) => model.apply(p, one))(inputs), targets)

const { steps } = options
const warmupSteps = Math.min(100, Math.max(1, Math.floor(steps / 4)))
// Twice nanoGPT's rate, with which the same steps come to 1.892.
const optimizer = chain(
  clipByGlobalNorm(1),
  adamw(warmupCosineDecaySchedule({ peak: 2e-3, end: 1e-4, warmupSteps, steps: Math.max(steps, 2) }), {
    b2: 0.99,
    weightDecay: 0.1,
    mask: (_name, leaf) => leaf.rank > 1,
  }),
)
interface State {
  params: Params
  optimizer: ReturnType<typeof optimizer.init>
}
function trainStep(state: State, step: Tensor): [State, Tensor] {
  const [value, gradients] = valueAndGrad(loss)(state.params, ...batch(random.foldIn(dataKey, step)))
  const [updates, next] = optimizer.update(gradients, state.optimizer, state.params)
  return [{ params: applyUpdates(state.params, updates), optimizer: next }, value]
}

const size = treeLeaves(params).reduce((sum, leaf) => sum + leaf.size, 0)
console.log(
  `${options.text ?? 'King James Bible'}: ${ids.size} characters, ${vocabulary.size} kinds; ${size} parameters`,
)
const losses: number[] = []
const bar = progressBar()
const start = { params, optimizer: optimizer.init(params) }
const { state } = await finish(
  fit(trainStep, start, {
    steps,
    onStep(now) {
      losses.push(now.loss)
      bar(now)
    },
  }),
)
console.log(describeLosses('gpt', losses))

// ---- what it says of the rest of the text ----

const windows = streamWindows(tested, { batch: LANES, length: LENGTH })
const lossAt = jit((p: Params, place: number) => {
  const { inputs, targets } = windows.at(place)
  return loss(p, inputs, targets)
})
const each = Array.from({ length: windows.count }, (_, place) => expandDims(lossAt(state.params, place), 0))
const value = mean(concat(each)).item()

// ---- what it writes: keys and values are kept, as many as the model has places; then it reads its last words anew ----

const READ = 16
const speak = jit(
  (p: Params, prompt: Tensor, key: Tensor) =>
    sample(model.step(p), model.read(p, slice(prompt, [0], [-1])), slice(prompt, [-1]), {
      length: LENGTH - READ,
      key,
      temperature: options.temperature,
    })[1],
)
let written = slice(tested, [0], [READ])
for (const key of random.split(voiceKey, 6)) {
  written = concat([written, speak(state.params, slice(written, [-READ]), key)])
}
console.log(vocabulary.decode(written).trim().replace(/^/gm, '    '))

report('gpt', options.seed, [
  {
    name: `validation, nats a character (bigrams ${round(bigramLoss(learnt, tested, vocabulary.size).item())})`,
    value,
    published: 'at most 1.88 on tiny Shakespeare (nanoGPT, README, on a CPU)',
    holds: value <= 1.88,
  },
])
