// Characters as ids. A character is a Unicode code point, so that an emoji is one and not two halves.
import { checkOptions } from '../core/options.js'
import { describe, type Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { tensor } from '../ops/tensor.js'
import { checkText, numbersOf, type SavedVocabulary } from './tokens.js'

/** Characters and their ids, which are their places in `characters`. */
export interface Vocabulary {
  /** In the order of their code points; the one that stands for unknown ones comes last. */
  readonly characters: readonly string[]
  /** How many there are. */
  readonly size: number
  /** The ids (int32 [T]) of a text. Throws for a character that is unknown, unless one stands for such. */
  encode(text: string): Tensor
  /** The text of ids: integers of any shape, in row-major order. Throws for what is not an id. */
  decode(ids: Tensor | ArrayLike<number>): string
  /** For `JSON.stringify`; `loadVocabulary` brings it back. */
  toJSON(): SavedVocabulary
}

/** What a vocabulary makes of characters that are not in it. */
export interface VocabularyOptions {
  /** The character that stands for all that are not in the vocabulary, `'\ufffd'` for instance (none: they throw). */
  unknown?: string
}

/**
 * The vocabulary of the characters of a text, or of a list of them, as `characters` of another vocabulary gives it.
 * Throws if there are none.
 * @example
 * const vocabulary = characterVocabulary('to be or not to be')
 * vocabulary.characters.join('') // ' benort'
 * vocabulary.encode('to be') // [6, 4, 0, 1, 2]
 * vocabulary.decode([6, 4, 4]) // 'too'
 */
export function characterVocabulary(source: string | readonly string[], options: VocabularyOptions = {}): Vocabulary {
  checkOptions('characterVocabulary', options, { unknown: 1 })
  const { unknown } = options
  if (typeof source?.[Symbol.iterator] !== 'function') {
    throw typeError(`characterVocabulary: characters are a text or a list of them, not ${describe(source)}`)
  }
  const known = [...new Set(source)]
  for (const character of unknown === undefined ? known : [...known, unknown]) {
    if (typeof character !== 'string' || [...character].length !== 1) {
      throw typeError(`characterVocabulary: ${JSON.stringify(character)} is not one character`)
    }
  }
  known.sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!)
  const characters = unknown === undefined || known.includes(unknown) ? known : [...known, unknown]
  if (characters.length === 0) throw rangeError('characterVocabulary: the text is empty')
  const places = new Map(characters.map((character, id) => [character, id]))
  const substitute = unknown === undefined ? undefined : places.get(unknown)
  return {
    characters,
    size: characters.length,
    encode(text) {
      checkText('encode', text)
      const ids = new Int32Array(text.length)
      let count = 0
      for (const character of text) {
        const id = places.get(character) ?? substitute
        if (id === undefined) throw unknownCharacter(character, count, characters)
        ids[count++] = id
      }
      return tensor(ids.subarray(0, count))
    },
    decode(ids) {
      return numbersOf('decode', ids)
        .map(id => {
          const character = characters[id]
          if (character === undefined) {
            throw rangeError(`decode: ${id} is not an id: the vocabulary has ${characters.length} characters`)
          }
          return character
        })
        .join('')
    },
    toJSON: () => ({ kind: 'characters', special: [], tokens: known, unknown }),
  }
}

function unknownCharacter(character: string, place: number, characters: readonly string[]): RangeError {
  const list = characters.join('')
  return rangeError(
    `encode: the character ${JSON.stringify(character)} at ${place} is not in the vocabulary ${JSON.stringify(list)}; ` +
      'characterVocabulary(text, { unknown }) lets one character stand for all others',
  )
}
