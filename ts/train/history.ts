// What a training remembers of itself besides its state: plain numbers, which a checkpoint holds too.
import { encodeCsv } from '../data/text.js'
import { writeFileAtomic } from '../io/file.js'

/** One entry of the history: the steps made, the mean loss since the entry before, and the loss of validation, if any. */
export interface Entry {
  step: number
  loss: number
  validation: number | null
}

/** A validation: after which step, and its loss. */
export interface Best {
  step: number
  loss: number
}

export interface Progress {
  step: number
  /** Of the losses since the last entry. */
  sum: number
  count: number
  history: Entry[]
  best: Best | null
  /** Validations since the best. */
  sinceBest: number
}

export const beginProgress = (step: number): Progress => ({
  step,
  sum: 0,
  count: 0,
  history: [],
  best: null,
  sinceBest: 0,
})

/** Adds an entry. True if its validation is the best so far, by more than `minDelta`. */
export function record(progress: Progress, validation: number | null, minDelta: number): boolean {
  const { step, sum, count, history, best } = progress
  history.push({ step, loss: sum / count, validation: Number.isFinite(validation) ? validation : null })
  Object.assign(progress, { sum: 0, count: 0 })
  if (validation === null) return false
  const isBest = Number.isFinite(validation) && (best === null || validation < best.loss - minDelta)
  progress.sinceBest = isBest ? 0 : progress.sinceBest + 1
  if (isBest) progress.best = { step, loss: validation }
  return isBest
}

/**
 * A history as CSV: step, loss, validation (empty where there was none).
 * @example
 * import { historyCsv } from 'heddle/train'
 * historyCsv([{ step: 10, loss: 0.5, validation: null }]) // 'step,loss,validation\n10,0.5,\n'
 */
export const historyCsv = (history: readonly Entry[]): string =>
  encodeCsv(
    ['step', 'loss', 'validation'],
    history.map(({ step, loss, validation }) => [step, loss, validation ?? '']),
  )

/** Writes the whole history, so that no entry is twice in it, or half. */
export const writeLog = (path: string, history: readonly Entry[]): Promise<void> =>
  writeFileAtomic(path, path.endsWith('.csv') ? historyCsv(history) : `${JSON.stringify(history, null, 2)}\n`)
