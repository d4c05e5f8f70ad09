// A whole training as a stream of events: what the command line prints and the page draws.
import { random, type Tensor, treeLeaves } from 'heddle'
import { restoreTree } from 'heddle/io'
import { breathe, fit, type Report } from 'heddle/train'
import { makeCorpus } from './corpus.ts'
import { characterModel, type ModelOptions, speaker, type TrainState, trainer, validator } from './model.ts'

export interface Settings extends ModelOptions {
  steps: number
  batch: number
  length: number
  seed: number
  temperature: number
  prompt?: string
}

/** Where a training was left: its state by name, and the steps behind it. */
export interface Left {
  tensors: Record<string, Tensor>
  step: number
}

export type Event =
  | { kind: 'start'; characters: string; parameters: number; bigram: number }
  | { kind: 'step'; report: Report<TrainState> }
  | { kind: 'validation'; step: number; loss: number; sample: string }
  /** Between validations. */
  | { kind: 'sample'; step: number; sample: string }
  | { kind: 'end'; sample: string }

/** Validations in a whole training. */
const VALIDATIONS = 6
/** Samples from one validation to the next. */
const SAMPLES = 4
const SAMPLE_CHARACTERS = 160
const LAST_CHARACTERS = 600

/** Trains on a text from the beginning, or from where it was left, to the last step or until the signal aborts. */
export async function* learn(
  text: string,
  settings: Settings,
  { left, signal }: { left?: Left; signal?: AbortSignal } = {},
): AsyncGenerator<Event, void, void> {
  const { batch, length, steps, seed, temperature } = settings
  const corpus = makeCorpus(text, settings)
  const { vocabulary, training, validation } = corpus
  const [modelKey, sampleKey] = random.split(random.key(seed))
  const prompt = settings.prompt ?? (vocabulary.characters.includes('\n') ? '\n' : vocabulary.characters[0])
  if (prompt === '') throw new Error('the prompt is empty: a sample begins with at least one character')
  const promptIds = vocabulary.encode(prompt)

  const model = characterModel(settings, vocabulary.size)
  const { start, step } = trainer(model, training, batch, steps)
  const validate = validator(model, validation, corpus.validationBatch)
  const fresh = start(modelKey)
  const state = left === undefined ? fresh : restoreTree(fresh, left.tensors)
  const begun = left?.step ?? 0
  const say = (characters: number) => {
    const speak = speaker(model, characters)
    return (state: TrainState, key: Tensor) =>
      prompt + vocabulary.decode(speak(state.params, promptIds, key, temperature))
  }
  const [saySome, sayMuch] = [say(SAMPLE_CHARACTERS), say(LAST_CHARACTERS)]

  const parameters = treeLeaves(fresh.params).reduce((sum, { size }) => sum + size, 0)
  yield { kind: 'start', characters: vocabulary.characters.join(''), parameters, bigram: corpus.bigram }

  const every = Math.ceil(steps / VALIDATIONS)
  let last = state
  for await (const report of fit(step, state, { steps, start: begun, tokensPerStep: batch * length, signal })) {
    last = report.state
    yield { kind: 'step', report }
    const isValidated = report.step % every === 0 || report.step === steps
    if (!isValidated && report.step % Math.ceil(every / SAMPLES) !== 0) continue
    const loss = isValidated ? await validate(last.params, breathe) : undefined
    const sample = saySome(last, random.foldIn(sampleKey, report.step))
    if (loss === undefined) yield { kind: 'sample', step: report.step, sample }
    else yield { kind: 'validation', step: report.step, loss, sample }
  }
  if (!signal?.aborted) yield { kind: 'end', sample: sayMuch(last, random.foldIn(sampleKey, steps)) }
}
