// How far texts are from what they should be: Levenshtein's distance, and the error rates that come from it.
import { rangeError, typeError } from '../errors.js'
import { shown } from './tokens.js'

/**
 * The least number of insertions, deletions and substitutions that make one list of the other (Levenshtein 1966).
 * @example
 * import { editDistance } from 'heddle/text'
 * editDistance([...'kitten'], [...'sitting']) // 3
 */
export function editDistance(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  // row[j]: from what was read of `a` to the first j of `b`.
  const row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 0; i < a.length; i++) {
    let diagonal = row[0]
    row[0] = i + 1
    for (let j = 0; j < b.length; j++) {
      const substituted = diagonal + (a[i] === b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = Math.min(substituted, diagonal + 1, row[j] + 1)
    }
  }
  return row[b.length]
}

/**
 * The edit distances of all hypotheses from their references, divided by the length of all references: the phoneme error
 * rate of lists of phonemes. Throws unless there are as many of both and references have a token.
 * @example
 * import { tokenErrorRate } from 'heddle/text'
 * tokenErrorRate([['K', 'AE', 'T']], [['K', 'AA', 'T', 'S']]) // 0.5
 */
export function tokenErrorRate(
  hypotheses: readonly ArrayLike<unknown>[],
  references: readonly ArrayLike<unknown>[],
): number {
  return errorRate('tokenErrorRate', hypotheses, references, tokens => tokens)
}

/**
 * The word error rate: `tokenErrorRate` of the words of texts, as spaces divide them (or `split` does).
 * @example
 * import { wordErrorRate } from 'heddle/text'
 * wordErrorRate(['the cat sat'], ['the cat sat down']) // 0.25
 */
export const wordErrorRate = (
  hypotheses: readonly string[],
  references: readonly string[],
  split: (text: string) => string[] = spaced,
): number => errorRate('wordErrorRate', hypotheses, references, split)

/**
 * The character error rate: `tokenErrorRate` of the code points of texts.
 * @example
 * import { characterErrorRate } from 'heddle/text'
 * characterErrorRate(['recieve'], ['receive']) // 0.2857
 */
export const characterErrorRate = (hypotheses: readonly string[], references: readonly string[]): number =>
  errorRate('characterErrorRate', hypotheses, references, text => [...text])

const spaced = (text: string): string[] => text.split(/\s+/u).filter(word => word !== '')

function errorRate<T>(
  name: string,
  hypotheses: readonly T[],
  references: readonly T[],
  split: (text: T) => ArrayLike<unknown>,
): number {
  checkPairs(name, hypotheses, references)
  const meant = references.map(split)
  const total = meant.reduce((sum, reference) => sum + reference.length, 0)
  if (total === 0) throw rangeError(`${name}: the references have no token`)
  return hypotheses.reduce((sum, hypothesis, i) => sum + editDistance(split(hypothesis), meant[i]), 0) / total
}

/** Throws unless there are as many of both. */
export function checkPairs(name: string, hypotheses: readonly unknown[], references: readonly unknown[]): void {
  for (const [what, list] of Object.entries({ hypotheses, references })) {
    if (!Array.isArray(list)) throw typeError(`${name}: ${what} are a list, one for each text, not ${shown(list)}`)
  }
  if (hypotheses.length !== references.length) {
    throw rangeError(`${name}: there are ${hypotheses.length} hypotheses and ${references.length} references`)
  }
}
