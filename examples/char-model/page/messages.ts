// What the page and its worker say to each other.
import type { Settings } from '../learn.ts'

export type ToWorker =
  | { kind: 'start'; settings: Settings }
  | { kind: 'pause' }
  | { kind: 'resume' }
  | { kind: 'weights' }

export type FromWorker =
  | { kind: 'start'; bigram: number; parameters: number }
  /** The losses of the steps since the last such message, and the last one's report. */
  | { kind: 'steps'; losses: number[]; step: number; tokensPerSecond: number; secondsLeft: number }
  | { kind: 'validation'; step: number; loss: number; validation: number; sample: string }
  | { kind: 'sample'; step: number; sample: string }
  | { kind: 'paused' }
  | { kind: 'end'; sample: string }
  | { kind: 'weights'; bytes: Uint8Array<ArrayBuffer> }
  | { kind: 'error'; message: string }
