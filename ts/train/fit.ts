// The loop around a training step: compiles it, counts, measures, lets the page or the terminal live in between, and can
// be left and taken up again at any step.
import type { Tensor } from '../core/tensor.js'
import { type Tree, treeMap } from '../core/tree.js'
import { tensor } from '../ops/tensor.js'
import { jit } from '../transforms/jit.js'
import { breathe } from './breathe.js'

/**
 * One step of training: the state (parameters, what the optimiser keeps, carries: any tree) and the number of the step
 * (int32 []) in, [the next state, the loss (a scalar)] out. What differs from step to step follows from that number:
 * the batch, `random.foldIn(key, step)`, the learning rate.
 */
export type TrainStep<S> = (state: S, step: Tensor) => readonly [NoInfer<S>, Tensor]

/** How long training goes on, and what is told of it. */
export interface FitOptions<S> {
  /** The step at which training ends. */
  steps: number
  /** How many steps `state` has behind it, to take up what was left (0). */
  start?: number
  /** Tokens, or whatever is counted, in one step (1). */
  tokensPerStep?: number
  /** An `AbortSignal`: once aborted, training ends after the step that runs; it is no error. */
  signal?: { readonly aborted: boolean }
  /** Called after each step; awaited if it returns a promise. */
  onStep?: (report: Report<S>) => unknown
}

/** What is known after a step. */
export interface Report<S> {
  /** Steps made so far, those before `start` too: 1 after the first. */
  step: number
  /** The step at which training ends. */
  steps: number
  /** The loss of this step, before its update. */
  loss: number
  /** The state after this step. It is used up by the next one: save or copy what is to stay. */
  state: S
  /** Over the last steps. */
  tokensPerSecond: number
  /** Until `steps`, at this pace. */
  secondsLeft: number
  /** Since training began. */
  seconds: number
}

/**
 * Trains: an asynchronous iterator of reports, one for each step. The first call of `next` compiles `step`; a loop that
 * is left early leaves everything as it is. The state given stays usable, that of a report until the next. Taking up
 * with the last report's `state` and `start: report.step` gives the same bits as never having stopped. Throws if a loss
 * is not finite, and says at which step.
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
export async function* fit<S extends Tree>(
  step: TrainStep<S>,
  state: S,
  { steps, start = 0, tokensPerStep = 1, signal, onStep }: FitOptions<S>,
): AsyncGenerator<Report<S>, void, void> {
  for (const [name, value] of Object.entries({ steps, start })) {
    if (!Number.isInteger(value) || value < 0) throw new RangeError(`fit: ${name} is a number of steps, not ${value}`)
  }
  const compiled = jit((own: S, number: Tensor) => step(own, number) as [S, Tensor], { donate: [0] })
  const pace = paceMeter()
  let current = treeMap(copyOf, state)
  let breath = performance.now()
  for (let number = start; number < steps && !signal?.aborted; number++) {
    const [next, loss] = compiled(current, tensor(number, { dtype: 'int32' }))
    current = next
    const { seconds, stepsPerSecond } = pace()
    const report: Report<S> = {
      step: number + 1,
      steps,
      loss: checkLoss(loss, number),
      state: current,
      tokensPerSecond: stepsPerSecond * tokensPerStep,
      secondsLeft: (steps - number - 1) / stepsPerSecond,
      seconds,
    }
    await onStep?.(report)
    yield report
    if (performance.now() - breath > BREATH_MILLISECONDS) {
      await breathe()
      breath = performance.now()
    }
  }
}

/** How long messages and signals may wait. */
const BREATH_MILLISECONDS = 30

/** Steps are donated their state, so that they change it in place; the user's own is copied once. */
const copyOf = (leaf: Tensor): Tensor => tensor(leaf.data(), { shape: leaf.shape, dtype: leaf.dtype })

function checkLoss(loss: Tensor, step: number): number {
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
