/**
 * Files as tensors, tensors as batches, and the classic tasks of recurrent networks.
 * @module heddle/data
 * @example
 * import { at } from 'heddle'
 * import { batches, numericColumns, parseCsv } from 'heddle/data'
 * const table = parseCsv('day,rain\n1,0.5\n2,3\n3,0\n4,1.5')
 * const rain = batches(at(numericColumns(table), 1, 1), { batch: 2 })
 * rain.count // 2
 * rain.at(1) // [0, 1.5]
 */
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
