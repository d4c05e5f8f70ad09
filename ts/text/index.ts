// heddle/text: from text to ids and back, and batches of a long stream of them.
export { bigramLoss } from './bigram.js'
export { type Stream, type StreamOptions, streamWindows, type Window } from './stream.js'
export { characterVocabulary, type Vocabulary, type VocabularyOptions } from './vocabulary.js'
