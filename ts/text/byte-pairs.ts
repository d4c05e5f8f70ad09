// Byte pairs: a text as bytes of UTF-8, of which frequent neighbours have become one token, again and again (Gage 1994;
// Sennrich et al. 2016; on bytes as Radford et al. 2019). Nothing is unknown: each byte is a token.
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { rangeError } from '../errors.js'
import { heap } from './heap.js'
import {
  checkText,
  type DecodeOptions,
  ENCODE_NAMES,
  type EncodeOptions,
  type SavedVocabulary,
  type SpecialOptions,
  shownIds,
  specialIds,
  textsOf,
  withEnds,
} from './tokens.js'

/** Byte pairs and their ids: special tokens, the 256 bytes, then what has been joined, in that order. */
export interface BytePairs<S extends string = string> {
  /** How many there are. */
  readonly size: number
  /** The ids of the special tokens. */
  readonly special: Readonly<Record<S, number>>
  /** The ids (int32 [T]) of any text; half a surrogate pair becomes U+FFFD. */
  encode(text: string, options?: EncodeOptions): Tensor
  /** The text of ids: integers of any shape; bytes that are no UTF-8 become U+FFFD. Throws for what is not an id. */
  decode(ids: Tensor | ArrayLike<number>, options?: DecodeOptions): string
  /** For `JSON.stringify`; `loadVocabulary` brings it back. */
  toJSON(): SavedVocabulary<S>
}

/** How byte pairs are found. */
export interface BytePairOptions<S extends string> extends SpecialOptions<S> {
  /** How many tokens there are at most, special ones and the 256 bytes among them. */
  size: number
  /** Pairs that are there less often are not joined (2). */
  minFrequency?: number
}

/**
 * Byte pairs of texts, or of one: from single bytes on the most frequent pair of neighbours becomes a token, until there are `size`
 * tokens or no pair is frequent enough; of equally frequent ones the pair with the smaller ids. Pairs do not cross the
 * borders between words, which begin with the space before them. Throws if the size has no room for the bytes.
 * @example
 * import { bytePairs } from 'heddle/text'
 * const pairs = bytePairs(['low lower lowest slow'], { size: 262, special: ['eos'] })
 * const ids = pairs.encode('low lows', { eos: true })
 * ids.size // 4
 * pairs.decode(ids) // 'low lows'
 */
export function bytePairs<const S extends string = never>(
  texts: Iterable<string>,
  options: BytePairOptions<S>,
): BytePairs<S> {
  checkOptions('bytePairs', options, { size: 1, special: 1, minFrequency: 1 })
  const { size, special = [], minFrequency = 2 } = options
  const most = size - special.length - BYTES
  if (!Number.isInteger(size) || most < 0) {
    throw rangeError(`bytePairs: size is an integer of at least ${special.length + BYTES}, not ${size}`)
  }
  const counts = new Map<string, number>()
  for (const text of textsOf('bytePairs', texts))
    for (const word of pieces(text)) counts.set(word, (counts.get(word) ?? 0) + 1)
  return bytePairsOf(learnMerges(counts, most, minFrequency), special)
}

const BYTES = 256

/** Words with the space before them, runs of digits, of other signs and of spaces: together they are the text. */
const pieces = (text: string): string[] => text.match(PIECE) ?? []

const PIECE = / ?[\p{L}\p{M}]+| ?\p{N}+| ?[^\s\p{L}\p{M}\p{N}]+|\s+(?!\S)|\s/gu

type Pair = [number, number]

interface Word {
  ids: number[]
  count: number
}

/** A pair as one number; ids are below 2^26. */
const keyOf = (a: number, b: number): number => a * 2 ** 26 + b
const pairOf = (key: number): Pair => [Math.floor(key / 2 ** 26), key % 2 ** 26]

/** The merges that words with their counts suggest, the most frequent first. */
function learnMerges(counts: Map<string, number>, most: number, minFrequency: number): Pair[] {
  const encoder = new TextEncoder()
  const words = [...counts].map(([word, count]): Word => ({ ids: [...encoder.encode(word)], count }))
  const totals = new Map<number, number>()
  const places = new Map<number, Set<Word>>()
  // Counts that have changed since are seen to be old when they come out.
  const waiting = heap<{ key: number; total: number }>(
    (a, b) => a.total > b.total || (a.total === b.total && a.key < b.key),
  )
  const count = (word: Word, sign: number, touched: Set<number>): void => {
    for (let i = 1; i < word.ids.length; i++) {
      const key = keyOf(word.ids[i - 1], word.ids[i])
      totals.set(key, (totals.get(key) ?? 0) + sign * word.count)
      touched.add(key)
      if (sign < 0) continue
      const at = places.get(key)
      if (at === undefined) places.set(key, new Set([word]))
      else at.add(word)
    }
  }
  const enqueue = (touched: Set<number>): void => {
    for (const key of touched) {
      const total = totals.get(key)!
      if (total >= minFrequency) waiting.push({ key, total })
    }
  }
  const first = new Set<number>()
  for (const word of words) count(word, 1, first)
  enqueue(first)
  const merges: Pair[] = []
  while (merges.length < most) {
    const best = waiting.pop()
    if (best === undefined) break
    if (totals.get(best.key) !== best.total) continue
    const pair = pairOf(best.key)
    const touched = new Set<number>()
    for (const word of places.get(best.key)!) {
      count(word, -1, touched)
      word.ids = joined(word.ids, pair, BYTES + merges.length)
      count(word, 1, touched)
    }
    places.delete(best.key)
    totals.delete(best.key)
    touched.delete(best.key)
    merges.push(pair)
    enqueue(touched)
  }
  return merges
}

/** The ids with each pair, from the left, as the one id it has become. */
function joined(ids: readonly number[], [a, b]: Pair, id: number): number[] {
  const result: number[] = []
  for (let i = 0; i < ids.length; i++) {
    const isPair = ids[i] === a && ids[i + 1] === b
    result.push(isPair ? id : ids[i])
    if (isPair) i++
  }
  return result
}

/** The vocabulary of merges: merge i joins two ids, byte b being b and merge j being 256 + j. */
export function bytePairsOf<S extends string>(merges: readonly Pair[], names: readonly S[]): BytePairs<S> {
  const special = specialIds(names)
  const bytes = Array.from({ length: BYTES }, (_, byte) => [byte])
  const ranks = new Map<number, number>()
  merges.forEach(([a, b], i) => {
    if (!(bytes[a] && bytes[b])) throw rangeError(`bytePairs: merge ${i} joins ${a} and ${b}, which are not there yet`)
    bytes.push([...bytes[a], ...bytes[b]])
    ranks.set(keyOf(a, b), BYTES + i)
  })
  const size = names.length + bytes.length
  const known = new Map<string, number[]>()
  const encoder = new TextEncoder()
  const idsOf = (piece: string): number[] => {
    let ids = known.get(piece)
    if (ids === undefined) {
      ids = mergedBytes(encoder.encode(piece), ranks).map(id => id + names.length)
      if (known.size < MOST_KNOWN) known.set(piece, ids)
    }
    return ids
  }
  return {
    size,
    special,
    encode(text, options = {}) {
      checkOptions('encode', options, ENCODE_NAMES)
      checkText('encode', text)
      return withEnds(pieces(text).flatMap(idsOf), special, options)
    },
    decode(ids, options) {
      const out: number[] = []
      const shown = (id: number): Iterable<number> =>
        id < names.length ? encoder.encode(`<${names[id]}>`) : bytes[id - names.length]
      for (const id of shownIds(ids, size, special, options)) out.push(...shown(id))
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(out))
    },
    toJSON: () => ({ kind: 'bytePairs', special: [...names], tokens: [], merges: merges.map(([a, b]) => [a, b]) }),
  }
}

/** How many pieces of text are remembered with their ids. */
const MOST_KNOWN = 2 ** 16

/** Bytes with the merges applied, the earliest learnt first and of its places the leftmost. */
function mergedBytes(bytes: Uint8Array, ranks: ReadonlyMap<number, number>): number[] {
  const ids = Array.from(bytes)
  // A list with gaps: what has been joined stands at the left place, -1 at the right one.
  const next = ids.map((_, i) => i + 1)
  const previous = ids.map((_, i) => i - 1)
  const waiting = heap<{ id: number; at: number; left: number; right: number }>(
    (a, b) => a.id < b.id || (a.id === b.id && a.at < b.at),
  )
  const offer = (at: number): void => {
    if (at < 0 || next[at] >= ids.length) return
    const [left, right] = [ids[at], ids[next[at]]]
    const id = ranks.get(keyOf(left, right))
    if (id !== undefined) waiting.push({ id, at, left, right })
  }
  for (let i = 0; i < ids.length; i++) offer(i)
  for (let merge = waiting.pop(); merge !== undefined; merge = waiting.pop()) {
    const { id, at, left, right } = merge
    const after = next[at]
    // One of the two may have been joined with another neighbour since.
    if (ids[at] !== left || ids[after] !== right) continue
    ids[at] = id
    ids[after] = -1
    next[at] = next[after]
    if (next[at] < ids.length) previous[next[at]] = at
    offer(previous[at])
    offer(at)
  }
  return ids.filter(id => id >= 0)
}
