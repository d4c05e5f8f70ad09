// heddle/data: files as tensors, tensors as batches, and the classic tasks.
export { type Batches, type BatchesOptions, batches } from './batches.js'
export { decodeIdx, gunzip } from './idx.js'
export { encodeMidi, type MidiOptions, type Note } from './midi.js'
export { type PadOptions, padSequences } from './pad.js'
export { embeddedReber, isEmbeddedReber, REBER_SYMBOLS, type ReberString } from './reber.js'
export { shuffledPlaces } from './shuffle.js'
export { logMel, type MelOptions, melBands, type SpectrogramOptions, spectrogram } from './spectrogram.js'
export { type SplitOptions, splitExamples } from './split.js'
export {
  addingProblem,
  aNbN,
  aNbNcN,
  type CopyOptions,
  copyTask,
  type MovingOptions,
  movingDigits,
  pixelSequences,
  type TaskOptions,
  temporalOrder,
  type Word,
} from './tasks.js'
export {
  type CsvOptions,
  decodeText,
  encodeCsv,
  numericColumns,
  parseConll,
  parseCsv,
  type Table,
  textLines,
} from './text.js'
export { decodeWav, encodeWav, type Sound } from './wav.js'
