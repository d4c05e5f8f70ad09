// Words as tokens of text.
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import {
  checkText,
  type DecodeOptions,
  type EncodeOptions,
  type SavedVocabulary,
  TOKEN_NAMES,
  type TokenOptions,
  textsOf,
  tokenVocabulary,
  vocabularyOf,
} from './tokens.js'

/** Words and their ids. */
export interface WordVocabulary<S extends string = string> {
  /** In the order of their ids: special tokens, then the others, the most frequent first. */
  readonly tokens: readonly string[]
  /** How many there are. */
  readonly size: number
  /** The ids of the special tokens. */
  readonly special: Readonly<Record<S, number>>
  /** The ids (int32 [T]) of the words of a text. Throws for a word that is unknown, unless 'unk' is special. */
  encode(text: string, options?: EncodeOptions): Tensor
  /** The words of ids, a space between each two. Throws for what is not an id. */
  decode(ids: Tensor | ArrayLike<number>, options?: DecodeOptions): string
  /** For `JSON.stringify`; `loadVocabulary` brings it back. */
  toJSON(): SavedVocabulary<S>
}

/** Which words become part of a vocabulary. */
export interface WordOptions<S extends string> extends TokenOptions<S> {
  /** Whether all words are taken in small letters. */
  lowercase?: boolean
}

/**
 * The words of a text: runs of letters (with apostrophes and hyphens between them), numbers, and every other sign that is
 * no space by itself.
 * @example
 * import { splitWords } from 'heddle/text'
 * splitWords("Don't panic: it's 9.5 well-known!") // ["Don't", 'panic', ':', "it's", '9.5', 'well-known', '!']
 */
export const splitWords = (text: string): string[] => text.match(WORD) ?? []

const WORD = /[\p{L}\p{M}]+(?:['’-][\p{L}\p{M}]+)*|\p{N}+(?:[.,]\p{N}+)*|[^\s\p{L}\p{M}\p{N}]/gu

/**
 * The vocabulary of the words of texts, or of one (`splitWords`): special tokens first, then words by how often they are there.
 * @example
 * import { wordVocabulary } from 'heddle/text'
 * const words = wordVocabulary(['to be or not to be', 'let it be'], { special: ['pad', 'unk', 'eos'], minFrequency: 2 })
 * words.tokens // ['<pad>', '<unk>', '<eos>', 'be', 'to']
 * words.encode('to have', { eos: true }).toArray() // [4, 1, 2]
 * words.decode([4, 3, 2, 0]) // 'to be'
 */
export function wordVocabulary<const S extends string = never>(
  texts: Iterable<string>,
  options: WordOptions<S> = {},
): WordVocabulary<S> {
  checkOptions('wordVocabulary', options, { ...TOKEN_NAMES, lowercase: 1 })
  const { lowercase = false, ...kept } = options
  const split = splitter(lowercase)
  const known = tokenVocabulary(
    (function* () {
      for (const text of textsOf('wordVocabulary', texts)) yield split(text)
    })(),
    kept,
  )
  const { special = [] } = options
  return wordsOf(known.tokens.slice(special.length), special, lowercase)
}

const splitter = (lowercase: boolean) => (text: string) => splitWords(lowercase ? text.toLowerCase() : text)

/** The vocabulary of words that are not special, in the order of their ids. */
export function wordsOf<S extends string>(
  rest: readonly string[],
  names: readonly S[],
  lowercase: boolean,
): WordVocabulary<S> {
  const { tokens, size, special, encode, decode } = vocabularyOf(rest, names)
  const split = splitter(lowercase)
  return {
    tokens,
    size,
    special,
    encode(text, options) {
      checkText('encode', text)
      return encode(split(text), options)
    },
    decode: (ids, options) => decode(ids, options).join(' '),
    toJSON: () => ({ kind: 'words', special: [...names], tokens: [...rest], lowercase }),
  }
}
