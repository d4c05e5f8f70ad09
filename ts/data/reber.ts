// The embedded Reber grammar (Reber 1967; Fahlman 1991; Hochreiter and Schmidhuber 1997, experiment 1).
import type { Tensor } from '../core/tensor.js'
import { bits, foldIn } from '../ops/random.js'

/** The symbols, in the order of their ids: 'B' is 0. */
export const REBER_SYMBOLS = 'BTPSXVE'

/** From each state of the grammar, two ways: a symbol and the state that follows. Hochreiter and Schmidhuber 1997, figure 3. */
const WAYS: readonly (readonly [string, number])[][] = [
  [
    ['T', 1],
    ['P', 2],
  ],
  [
    ['S', 1],
    ['X', 3],
  ],
  [
    ['T', 2],
    ['V', 4],
  ],
  [
    ['X', 2],
    ['S', 5],
  ],
  [
    ['P', 3],
    ['V', 5],
  ],
] // prettier-ignore

const FINAL = 5

/** A string of the grammar and what may follow each of its symbols. */
export interface ReberString {
  text: string
  /** The symbols that may follow each but the last, in the order of `REBER_SYMBOLS`. */
  next: string[]
}

/**
 * A string of the embedded Reber grammar: B, T or P, a string of the Reber grammar, the same T or P, E. The last but one is
 * what must be remembered. Those of one key are the same everywhere.
 * @example
 * import { random } from 'heddle'
 * import { embeddedReber } from 'heddle/data'
 * const { text, next } = embeddedReber(random.key(0))
 * next[0] // 'TP'
 */
export function embeddedReber(key: Tensor): ReberString {
  const toss = coins(key)
  const first = toss() ? 'P' : 'T'
  let text = `B${first}B`
  const next = ['TP', 'B']
  for (let state = 0; state !== FINAL; ) {
    const ways = WAYS[state]
    next.push(sorted(ways.map(([symbol]) => symbol)))
    const [symbol, to] = ways[toss() ? 1 : 0]
    text += symbol
    state = to
  }
  next.push('E', first, 'E')
  return { text: `${text}E${first}E`, next }
}

/**
 * Whether a text is a string of the embedded Reber grammar.
 * @example
 * import { isEmbeddedReber } from 'heddle/data'
 * isEmbeddedReber('BTBPVVETE') // true
 */
export function isEmbeddedReber(text: string): boolean {
  if (!/^B[TP]B/.test(text)) return false
  let [state, at] = [0, 3]
  for (; state !== FINAL; at++) {
    const way = WAYS[state].find(([symbol]) => symbol === text[at])
    if (way === undefined) return false
    state = way[1]
  }
  return text.slice(at) === `E${text[1]}E`
}

const sorted = (symbols: string[]): string => [...REBER_SYMBOLS].filter(symbol => symbols.includes(symbol)).join('')

/** Fair coins from a key, as many as are asked for. */
function coins(key: Tensor): () => boolean {
  let tossed = 0
  let words: ArrayLike<number> = []
  return () => {
    const place = tossed++ % 256
    if (place === 0) words = bits(foldIn(key, tossed), [8]).data()
    return ((words[place >> 5] >>> (place & 31)) & 1) === 1
  }
}
