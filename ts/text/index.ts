/**
 * From text to ids and back, and batches of a long stream of them.
 * @module heddle/text
 * @example
 * import { characterVocabulary, streamWindows } from 'heddle/text'
 * const text = 'to be or not to be'
 * const vocabulary = characterVocabulary(text)
 * const { inputs } = streamWindows(vocabulary.encode(text), { batch: 1, length: 5 }).at(0)
 * vocabulary.decode(inputs) // 'to be'
 */
export { bigramLoss } from './bigram.js'
export { type Stream, type StreamOptions, streamWindows, type Window } from './stream.js'
export { characterVocabulary, type Vocabulary, type VocabularyOptions } from './vocabulary.js'
