// The loop around a training step: compiles it, counts, measures, validates, lets the page or the terminal live in
// between, and can be left, or killed, and taken up again at any step.
import { checkOptions, type OptionNames } from '../core/options.js'
import { checkTensor, describe, Tensor } from '../core/tensor.js'
import { type Tree, treeMap } from '../core/tree.js'
import { rangeError, typeError } from '../errors.js'
import { prepareFile } from '../io/file.js'
import { tensor } from '../ops/tensor.js'
import { jit } from '../transforms/jit.js'
import { breathe } from './breathe.js'
import { type CheckpointStore, fileStore, openCheckpoint, type Settings } from './checkpoint.js'
import { type Best, beginProgress, type Entry, record, writeLog } from './history.js'

/**
 * One step of training: the state (parameters, what the optimiser keeps, carries: any tree), the number of the step (int32
 * []) and what `batchAt` gave in, [the next state, the loss (a scalar)] out. What differs from step to step follows from
 * that number: the batch, `random.foldIn(key, step)`, the learning rate.
 */
export type TrainStep<S, B = unknown> = (state: S, step: Tensor, batch: B) => readonly [NoInfer<S>, Tensor]

/** How long training goes on, how it is watched and kept, and what is told of it. */
export interface FitOptions<S, B = unknown> {
  /** The step at which training ends. */
  steps: number
  /** How many steps `state` has behind it, to take up what was left (0). */
  start?: number
  /** What JavaScript hands to a step, by its number: a batch from a file, say. Batches of tensors a step can make itself. */
  batchAt?: (step: number) => B
  /** Tokens, or whatever is counted, in one step (1). */
  tokensPerStep?: number
  /** Steps in an epoch, for the report and `every`. */
  stepsPerEpoch?: number
  /** An `AbortSignal`: once aborted, training ends after the step that runs; it is no error. */
  signal?: { readonly aborted: boolean }
  /** Called after each step; awaited if it returns a promise. A progress bar, for instance. */
  onStep?: (report: Report<S>) => unknown
  /** Steps from one entry of the history to the next: validation, log and checkpoint (an epoch, or a hundredth of all). */
  every?: number
  /** The loss on examples that are not learnt from. The state of the lowest is kept. */
  validate?: (state: S, step: number) => number | Tensor | Promise<number | Tensor>
  /** Training ends when so many validations in a row did not get below the best by more than `minDelta` (0). */
  patience?: number
  minDelta?: number
  /** A file, or another store, with all that is needed to go on; where there is one already, training goes on from it. */
  checkpoint?: string | CheckpointStore
  /** Steps from one checkpoint to the next (`every`). */
  checkpointEvery?: number
  /** What must be the same when a checkpoint is taken up: sizes, seeds, the name of the data. */
  settings?: Settings
  /** A file for the history: `.csv`, or else JSON. */
  log?: string
}

const FIT_NAMES: OptionNames<FitOptions<unknown>> = {
  steps: 1,
  start: 1,
  batchAt: 1,
  tokensPerStep: 1,
  stepsPerEpoch: 1,
  signal: 1,
  onStep: 1,
  every: 1,
  validate: 1,
  patience: 1,
  minDelta: 1,
  checkpoint: 1,
  checkpointEvery: 1,
  settings: 1,
  log: 1,
}

/** What is known after a step. */
export interface Report<S> {
  /** Steps made so far, those before `start` too: 1 after the first. */
  step: number
  /** The step at which training ends. */
  steps: number
  /** Epochs made so far, in whole ones; 0 where `stepsPerEpoch` is not given. */
  epoch: number
  /** The loss of this step, before its update. */
  loss: number
  /** The loss of validation, if this step was followed by one. */
  validation: number | null
  /** The best validation so far. */
  best: Best | null
  /** The state after this step. It is used up by the next one: save or copy what is to stay. */
  state: S
  /** Over the last steps. */
  tokensPerSecond: number
  /** Until `steps`, at this pace. */
  secondsLeft: number
  /** Since training began. */
  seconds: number
}

/** What training came to. */
export interface Fitted<S> {
  /** The state of the best validation; the last one where there was no validation. */
  state: S
  /** The state after the last step. */
  last: S
  /** Steps made in all. */
  step: number
  best: Best | null
  history: Entry[]
  /** Why it ended: all steps were made, patience was at its end, or the signal was aborted. */
  reason: 'steps' | 'patience' | 'signal'
}

/**
 * Trains: an asynchronous iterator of reports, one for each step, that returns a `Fitted` (see `finish`). The first call of
 * `next` compiles `step`; a loop that is left early leaves everything as it is. The state given stays usable, that of a
 * report until the next. With `checkpoint`, a process killed at any moment and started again gives the same bits as one
 * that was never stopped; so does taking up the last report's `state` with `start: report.step`.
 * Throws if a loss is not finite, and says at which step; if a checkpoint is broken or of other settings, or cannot be saved.
 * @example
 * const loss = (w: Tensor) => sum(square(sub(w, tensor([1, 2]))))
 * const step = (w: Tensor): [Tensor, Tensor] => {
 *   const [value, gradient] = valueAndGrad(loss)(w)
 *   return [sub(w, mul(0.1, gradient)), value]
 * }
 * const losses: number[] = []
 * const reports = fit(step, zeros([2]), { steps: 100 })
 * for await (const { loss } of reports) losses.push(loss)
 * losses[0] // 5
 * losses[99] // 0
 */
export async function* fit<S extends Tree, B = unknown>(
  step: TrainStep<S, B>,
  state: S,
  options: FitOptions<S, B>,
): AsyncGenerator<Report<S>, Fitted<S>, void> {
  checkOptions('fit', options, FIT_NAMES)
  const { steps, start = 0, batchAt, tokensPerStep = 1, stepsPerEpoch, signal, onStep, validate } = options
  const { every = stepsPerEpoch ?? Math.max(1, Math.ceil(steps / 100)), checkpointEvery = every } = options
  checkFunctions({ step, batchAt, onStep, validate })
  checkHelpers(options)
  checkSteps({ steps, start }, { every, checkpointEvery, stepsPerEpoch, patience: options.patience })
  if (options.checkpoint !== undefined && start > 0) throw rangeError('fit: a checkpoint knows its own start')
  const store = typeof options.checkpoint === 'string' ? fileStore(options.checkpoint) : options.checkpoint
  const checkpoint = store && (await openCheckpoint(store, state, options.settings))
  if (options.log !== undefined) await prepareFile(options.log)

  const compiled = jit((own: S, number: Tensor, batch: B) => checkPair(step(own, number, batch)), { donate: [0] })
  const pace = paceMeter()
  const taken = checkpoint?.taken
  let current = taken?.state ?? treeMap(copyOf, state)
  let bestState: S | null = taken?.bestState ?? null
  const progress = taken?.progress ?? beginProgress(start)
  const { patience = Number.POSITIVE_INFINITY, minDelta = 0 } = options
  let [savedStep, isSound] = [progress.step, true]
  const save = async (): Promise<void> => {
    if (checkpoint === undefined || savedStep === progress.step) return
    await checkpoint.save({ state: current, bestState, progress })
    savedStep = progress.step
  }
  const isWorthwhile = () => progress.sinceBest < patience
  let breath = performance.now()
  try {
    while (progress.step < steps && !signal?.aborted && isWorthwhile()) {
      isSound = false
      const number = tensor(progress.step, { dtype: 'int32' })
      const [next, loss] = compiled(current, number, (batchAt?.(progress.step) ?? null) as B)
      current = next
      const value = checkLoss(loss, progress.step)
      isSound = true
      progress.step++
      progress.sum += value
      progress.count++
      const { seconds, stepsPerSecond } = pace()
      const isLast = progress.step === steps
      let validation: number | null = null
      if (progress.step % every === 0 || isLast) {
        if (validate !== undefined) validation = lossOf(await validate(current, progress.step))
        if (record(progress, validation, minDelta)) bestState = treeMap(copyOf, current)
        if (options.log !== undefined) await writeLog(options.log, progress.history)
      }
      if (progress.step % checkpointEvery === 0 || isLast || !isWorthwhile()) await save()
      const report: Report<S> = {
        step: progress.step,
        steps,
        epoch: stepsPerEpoch === undefined ? 0 : Math.floor(progress.step / stepsPerEpoch),
        loss: value,
        validation,
        best: progress.best,
        state: current,
        tokensPerSecond: stepsPerSecond * tokensPerStep,
        secondsLeft: (steps - progress.step) / stepsPerSecond,
        seconds,
      }
      await onStep?.(report)
      yield report
      if (performance.now() - breath > BREATH_MILLISECONDS) {
        await breathe()
        breath = performance.now()
      }
    }
  } finally {
    // Also where the loop is left early; not after a step that failed.
    if (isSound) await save()
  }
  const { best, history } = progress
  const reason = progress.step >= steps ? 'steps' : isWorthwhile() ? 'signal' : 'patience'
  return { state: bestState ?? current, last: current, step: progress.step, best, history, reason }
}

/**
 * Runs a training to its end and returns what it came to: the state of the best validation, and the history.
 * @example
 * import { mul, square, sub, tensor } from 'heddle'
 * import { finish, fit } from 'heddle/train'
 * const halve = (x: Tensor) => [mul(x, 0.5), square(x)] as const
 * const validate = (x: Tensor) => square(sub(x, 2))
 * const { state, best, reason } = await finish(fit(halve, tensor(8), { steps: 9, every: 1, validate, patience: 2 }))
 * state.item() // 2
 * best // { step: 2, loss: 0 }
 * reason // 'patience'
 */
export async function finish<S>(training: AsyncGenerator<Report<S>, Fitted<S>, void>): Promise<Fitted<S>> {
  if (typeof training?.next !== 'function') {
    throw typeError(`finish: the training is what fit(...) returns, not ${describe(training)}`)
  }
  for (;;) {
    const { done, value } = await training.next()
    if (done) return value
  }
}

/** How long messages and signals may wait. */
const BREATH_MILLISECONDS = 30

/** Steps are donated their state, so that they change it in place; what is to stay is copied. */
function copyOf(leaf: Tensor): Tensor {
  checkTensor('fit', leaf, 'a leaf of the state')
  return tensor(leaf.data(), { shape: leaf.shape, dtype: leaf.dtype })
}

/** What a validation returned, as a number. */
function lossOf(returned: number | Tensor): number {
  if (typeof returned === 'number' || returned instanceof Tensor) return Number(returned)
  throw typeError(`fit: validate returns ${describe(returned)}, not a loss: a number or a scalar tensor`)
}

function checkFunctions({ step, ...others }: Record<string, unknown>): void {
  if (typeof step !== 'function') throw typeError(`fit: the step is ${describe(step)}, not a function`)
  for (const [name, given] of Object.entries(others)) {
    if (given !== undefined && typeof given !== 'function')
      throw typeError(`fit: ${name} is ${describe(given)}, not a function`)
  }
}

/** Throws for what is no signal, no place of a checkpoint and no file. */
function checkHelpers({ signal, checkpoint, log }: Pick<FitOptions<unknown>, 'signal' | 'checkpoint' | 'log'>): void {
  if (signal !== undefined && typeof signal?.aborted !== 'boolean') {
    const hint = signal instanceof AbortController ? ': give its .signal' : ''
    throw typeError(`fit: signal is ${describe(signal)}, not an AbortSignal${hint}`)
  }
  if (log !== undefined && typeof log !== 'string')
    throw typeError(`fit: log is ${describe(log)}, not the path of a file`)
  if (checkpoint === undefined || typeof checkpoint === 'string') return
  if (typeof checkpoint?.load === 'function' && typeof checkpoint.save === 'function') return
  throw typeError(`fit: checkpoint is ${describe(checkpoint)}, not the path of a file or a store with load and save`)
}

/** What a step returned. Throws unless it is a pair. */
function checkPair<S>(returned: readonly [S, Tensor]): [S, Tensor] {
  if (Array.isArray(returned) && returned.length === 2) return returned as unknown as [S, Tensor]
  throw typeError(`fit: the step returns ${describe(returned)}, not the pair [state, loss]`)
}

function checkSteps(counts: Record<string, number>, intervals: Record<string, number | undefined>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isInteger(value) || value < 0) throw rangeError(`fit: ${name} is a number of steps, not ${value}`)
  }
  for (const [name, value] of Object.entries(intervals)) {
    if (value === undefined || (Number.isInteger(value) && value > 0)) continue
    throw rangeError(`fit: ${name} is a positive integer, not ${value}`)
  }
}

function checkLoss(loss: Tensor, step: number): number {
  checkTensor('fit', loss, 'the loss')
  const value = loss.item()
  if (Number.isFinite(value)) return value
  throw new Error(
    `fit: the loss is ${value} at step ${step}: a smaller learning rate or clipByGlobalNorm often helps; ` +
      'reports before it had states worth keeping',
  )
}

/** Counts steps: how many a second lately (a mean over about the last 32), and the seconds since it was made. */
function paceMeter(): () => { seconds: number; stepsPerSecond: number } {
  const begun = performance.now()
  const times: number[] = []
  return () => {
    const now = performance.now()
    times.push(now)
    if (times.length > 33) times.shift()
    // The first step compiles too: it counts only while there is no other.
    const stepsPerSecond = times.length < 2 ? 1000 / (now - begun) : ((times.length - 1) * 1000) / (now - times[0])
    return { seconds: (now - begun) / 1000, stepsPerSecond }
  }
}
