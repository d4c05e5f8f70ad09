// Vocabularies from the JSON that they became.
import { typeError } from '../errors.js'
import { type BytePairs, bytePairsOf } from './byte-pairs.js'
import { type SavedVocabulary, type TokenVocabulary, vocabularyOf } from './tokens.js'
import { characterVocabulary, type Vocabulary } from './vocabulary.js'
import { type WordVocabulary, wordsOf } from './words.js'

/** What each kind of vocabulary is. */
export interface LoadedVocabulary {
  /** Of `characterVocabulary`. */
  characters: Vocabulary
  /** Of `tokenVocabulary`. */
  tokens: TokenVocabulary
  /** Of `wordVocabulary`. */
  words: WordVocabulary
  /** Of `bytePairs`. */
  bytePairs: BytePairs
}

const builders: { [K in keyof LoadedVocabulary]: (saved: SavedVocabulary) => LoadedVocabulary[K] } = {
  characters: ({ tokens, unknown }) => characterVocabulary(tokens, { unknown }),
  tokens: ({ tokens, special }) => vocabularyOf(tokens, special),
  words: ({ tokens, special, lowercase }) => wordsOf(tokens, special, lowercase === true),
  bytePairs: ({ merges, special }) => bytePairsOf(merges!, special),
}

/**
 * The vocabulary that `JSON.stringify` has written, from its text or the value parsed from it. Throws for what is no
 * vocabulary of this kind.
 * @example
 * import { bytePairs, loadVocabulary } from 'heddle/text'
 * const text = JSON.stringify(bytePairs(['to be or not to be'], { size: 260 }))
 * const pairs = loadVocabulary('bytePairs', text)
 * pairs.decode(pairs.encode('to be')) // 'to be'
 */
export function loadVocabulary<K extends keyof LoadedVocabulary>(kind: K, saved: unknown): LoadedVocabulary[K] {
  const value = (typeof saved === 'string' ? JSON.parse(saved) : saved) as Partial<SavedVocabulary> | null
  const isStrings = (list: unknown): boolean => Array.isArray(list) && list.every(item => typeof item === 'string')
  const isPairs = (list: unknown): boolean =>
    Array.isArray(list) && list.every(pair => Array.isArray(pair) && pair.length === 2)
  if (
    value?.kind !== kind ||
    !isStrings(value.special) ||
    !isStrings(value.tokens) ||
    (kind === 'bytePairs' && !isPairs(value.merges))
  ) {
    throw typeError(`loadVocabulary: this is no vocabulary of ${kind}, but of ${JSON.stringify(value?.kind)}`)
  }
  return builders[kind](value as SavedVocabulary)
}
