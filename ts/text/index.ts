/**
 * From text to ids and back, batches of them, and how far a text is from what it should be.
 * @module heddle/text
 * @example
 * import { characterVocabulary, streamWindows } from 'heddle/text'
 * const text = 'to be or not to be'
 * const vocabulary = characterVocabulary(text)
 * const { inputs } = streamWindows(vocabulary.encode(text), { batch: 1, length: 5 }).at(0)
 * vocabulary.decode(inputs) // 'to be'
 */
export { bigramLoss } from './bigram.js'
export { type Bleu, type BleuOptions, bleu } from './bleu.js'
export { type BytePairOptions, type BytePairs, bytePairs } from './byte-pairs.js'
export { characterErrorRate, editDistance, tokenErrorRate, wordErrorRate } from './edit-distance.js'
export { type LoadedVocabulary, loadVocabulary } from './load.js'
export {
  type Bucket,
  type BucketOptions,
  bucketByLength,
  lengthMask,
} from './padding.js'
export { type Span, type SpanScore, spanF1, tagSpans } from './spans.js'
export { type Stream, type StreamOptions, streamWindows, type Window } from './stream.js'
export {
  type DecodeOptions,
  type EncodeOptions,
  type SavedVocabulary,
  type SpecialOptions,
  type TokenOptions,
  type TokenVocabulary,
  tokenVocabulary,
} from './tokens.js'
export { characterVocabulary, type Vocabulary, type VocabularyOptions } from './vocabulary.js'
export { splitWords, type WordOptions, type WordVocabulary, wordVocabulary } from './words.js'
