// Vocabularies of tokens: words, phonemes, tags, notes or whatever a list of strings holds, and special tokens before them.
import { checkOptions, type OptionNames } from '../core/options.js'
import { describe, type Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { tensor } from '../ops/tensor.js'

/** Special tokens by what they are for (pad, bos, eos, unk, ...). */
export interface SpecialOptions<S extends string> {
  /**
   * Names of special tokens, which get the first ids: 'pad' stands as `<pad>` and has the id `special.pad`. With 'unk'
   * unknown tokens become that one (none: they throw). 'bos' and 'eos' begin and end what is encoded so.
   */
  special?: readonly S[]
}

/** What of a text's ends is encoded. */
export interface EncodeOptions {
  /** Begin with the special token 'bos'. */
  bos?: boolean
  /** End with the special token 'eos'. */
  eos?: boolean
}

export const ENCODE_NAMES: OptionNames<EncodeOptions> = { bos: 1, eos: 1 }

/** What of ids is shown. */
export interface DecodeOptions {
  /** Show special tokens too; otherwise only 'unk' is. */
  special?: boolean
}

/** A vocabulary as JSON has it. */
export interface SavedVocabulary<S extends string = string> {
  /** Which kind of vocabulary it is. */
  kind: 'characters' | 'tokens' | 'words' | 'bytePairs'
  /** The names of the special tokens, in the order of their ids. */
  special: S[]
  /** Those that are not special, in the order of their ids. */
  tokens: string[]
  /** Characters: the one that stands for all others. */
  unknown?: string
  /** Words: whether all are in small letters. */
  lowercase?: boolean
  /** Byte pairs: the ids joined, byte b being b and merge i being 256 + i. */
  merges?: [number, number][]
}

/** Tokens and their ids. */
export interface TokenVocabulary<S extends string = string> {
  /** In the order of their ids: special tokens, then the others, the most frequent first. */
  readonly tokens: readonly string[]
  /** How many there are. */
  readonly size: number
  /** The ids of the special tokens. */
  readonly special: Readonly<Record<S, number>>
  /** The ids (int32 [T]) of tokens. Throws for a token that is unknown, unless 'unk' is special. */
  encode(tokens: readonly string[], options?: EncodeOptions): Tensor
  /** The tokens of ids: integers of any shape, in row-major order. Throws for what is not an id. */
  decode(ids: Tensor | ArrayLike<number>, options?: DecodeOptions): string[]
  /** For `JSON.stringify`; `loadVocabulary` brings it back. */
  toJSON(): SavedVocabulary<S>
}

/** Which tokens become part of a vocabulary. */
export interface TokenOptions<S extends string> extends SpecialOptions<S> {
  /** Only tokens that are there at least that often (1). */
  minFrequency?: number
  /** At most that many tokens, the special ones among them: the most frequent (all). */
  maxSize?: number
}

export const TOKEN_NAMES: OptionNames<TokenOptions<string>> = { special: 1, minFrequency: 1, maxSize: 1 }

/**
 * The vocabulary of lists of tokens: special tokens first, then the others by how often they are there, of equally frequent
 * ones the first in the order of code units. Throws if a name of a special token is given twice.
 * @example
 * import { tokenVocabulary } from 'heddle/text'
 * const tags = tokenVocabulary([['DET', 'NOUN', 'VERB'], ['NOUN', 'VERB', 'NOUN']], { special: ['pad', 'bos'] })
 * tags.tokens // ['<pad>', '<bos>', 'NOUN', 'VERB', 'DET']
 * tags.encode(['DET', 'NOUN'], { bos: true }).toArray() // [1, 4, 2]
 */
export function tokenVocabulary<const S extends string = never>(
  sequences: Iterable<readonly string[]>,
  options: TokenOptions<S> = {},
): TokenVocabulary<S> {
  checkOptions('tokenVocabulary', options, TOKEN_NAMES)
  const { special = [], minFrequency = 1, maxSize = Number.POSITIVE_INFINITY } = options
  const counts = new Map<string, number>()
  if (typeof sequences?.[Symbol.iterator] !== 'function' || typeof sequences === 'string') {
    throw typeError(`tokenVocabulary: the sequences are a list of lists of tokens, not ${shown(sequences)}`)
  }
  for (const tokens of sequences) {
    checkTokens('tokenVocabulary', 'each of the sequences', tokens)
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1)
  }
  for (const name of special) counts.delete(written(name))
  const kept = [...counts]
    .filter(([, count]) => count >= minFrequency)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([token]) => token)
  return vocabularyOf(kept.slice(0, Math.max(0, maxSize - special.length)), special)
}

/** How a special token is written. */
const written = (name: string): string => `<${name}>`

/** The vocabulary of tokens that are not special, in the order of their ids. */
export function vocabularyOf<S extends string>(rest: readonly string[], names: readonly S[]): TokenVocabulary<S> {
  const special = specialIds(names)
  const tokens = [...names.map(written), ...rest]
  const places = new Map(tokens.map((token, id) => [token, id]))
  if (places.size < tokens.length) throw rangeError('tokenVocabulary: a token is there twice')
  return {
    tokens,
    size: tokens.length,
    special,
    encode(list, options = {}) {
      checkOptions('encode', options, ENCODE_NAMES)
      checkTokens('encode', 'what is encoded', list)
      const unknown = (special as Record<string, number>).unk
      const ids = list.map((token, place) => {
        const id = places.get(token) ?? unknown
        if (id === undefined) {
          throw rangeError(
            `encode: the token ${JSON.stringify(token)} at ${place} is not among the ${tokens.length} of the vocabulary; a special token 'unk' stands for such`,
          )
        }
        return id
      })
      return withEnds(ids, special, options)
    },
    decode: (ids, options) => shownIds(ids, tokens.length, special, options).map(id => tokens[id]),
    toJSON: () => ({ kind: 'tokens', special: [...names], tokens: [...rest] }),
  }
}

/** Ids of special tokens: the first ones. Throws if a name is given twice. */
export function specialIds<S extends string>(names: readonly S[]): Readonly<Record<S, number>> {
  if (new Set(names).size < names.length) throw rangeError(`vocabulary: a special token is given twice: ${names}`)
  return Object.fromEntries(names.map((name, id) => [name, id])) as Record<S, number>
}

/** int32 [T], with the tokens that begin and end it. */
export function withEnds(
  ids: readonly number[],
  special: Readonly<Record<string, number>>,
  { bos = false, eos = false }: EncodeOptions,
): Tensor {
  for (const [name, isWanted] of Object.entries({ bos, eos })) {
    if (isWanted && special[name] === undefined)
      throw typeError(`encode: the vocabulary has no special token '${name}'`)
  }
  return tensor(Int32Array.from([...(bos ? [special.bos] : []), ...ids, ...(eos ? [special.eos] : [])]))
}

/** The ids to show. Throws for what is not an id. */
export function shownIds(
  ids: Tensor | ArrayLike<number>,
  size: number,
  special: Readonly<Record<string, number>>,
  options: DecodeOptions = {},
): number[] {
  checkOptions('decode', options, { special: 1 })
  const list = numbersOf('decode', ids)
  for (const id of list) {
    if (!Number.isInteger(id) || id < 0 || id >= size) {
      throw rangeError(`decode: ${id} is not an id: the vocabulary has ${size} tokens`)
    }
  }
  const hidden = new Set(
    options.special ? [] : Object.keys(special).flatMap(name => (name === 'unk' ? [] : [special[name]])),
  )
  return list.filter(id => !hidden.has(id))
}

/** The numbers of a list or a tensor, in row-major order. */
export function numbersOf(operation: string, list: Tensor | ArrayLike<number>): number[] {
  if (typeof list !== 'object' || list === null || !('data' in list || 'length' in list)) {
    throw typeError(`${operation}: integers are a tensor or a list of numbers, not ${shown(list)}`)
  }
  return Array.from('data' in list && typeof list.data === 'function' ? list.data() : (list as ArrayLike<number>))
}

/** What a value is, in messages; a text, which may be a book, is not shown. */
export const shown = (value: unknown): string => (typeof value === 'string' ? 'a text' : describe(value))

/** Throws unless this is a text. */
export function checkText(operation: string, text: unknown): asserts text is string {
  if (typeof text !== 'string') throw typeError(`${operation}: what is encoded is a text, not ${describe(text)}`)
}

/** Texts, of which one alone is a list too. Throws for what is neither. */
export function* textsOf(operation: string, texts: Iterable<string>): Iterable<string> {
  if (typeof texts?.[Symbol.iterator] !== 'function') {
    throw typeError(`${operation}: the texts are a list of texts, or one, not ${describe(texts)}`)
  }
  for (const text of typeof texts === 'string' ? [texts] : texts) {
    if (typeof text !== 'string') throw typeError(`${operation}: the texts hold ${describe(text)}, which is no text`)
    yield text
  }
}

/** Throws unless this is a list of tokens: a text is none, though JavaScript would take its characters. */
export function checkTokens(operation: string, what: string, tokens: unknown): asserts tokens is readonly string[] {
  if (Array.isArray(tokens)) return
  throw typeError(`${operation}: ${what} is a list of tokens (splitWords(text) of a text), not ${shown(tokens)}`)
}
