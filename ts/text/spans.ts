// Spans in sequences of tags (names of people, places, ...), and how many of them are found.
import { rangeError } from '../errors.js'
import { checkPairs } from './edit-distance.js'

/** A span of tokens. */
export interface Span {
  /** What stands behind the hyphen: PER, LOC, ... */
  type: string
  /** The place of its first token. */
  start: number
  /** The place behind its last token. */
  end: number
}

/**
 * The spans of tags such as `B-PER`, `I-PER`, `O` (BIO, either version) or with `E-` and `S-` (IOBES), as conlleval reads
 * them: one begins with B or S, behind O, E or S, or where the type changes; it ends before such a place or O. Throws for
 * any other tag.
 * @example
 * import { tagSpans } from 'heddle/text'
 * tagSpans(['B-PER', 'I-PER', 'O', 'S-LOC'])[0] // { type: 'PER', start: 0, end: 2 }
 */
export function tagSpans(tags: readonly string[]): Span[] {
  const spans: Span[] = []
  let open: Span | null = null
  let before = 'O'
  tags.forEach((tag, place) => {
    const [, prefix, type = ''] = /^([BIOES])(?:-(.*))?$/su.exec(tag) ?? []
    if (prefix === undefined)
      throw rangeError(`tagSpans: ${JSON.stringify(tag)} at ${place} is no tag such as B-PER or O`)
    const goesOn = open !== null && (prefix === 'I' || prefix === 'E') && type === open.type && !/[ESO]/.test(before)
    if (prefix === 'O') open = null
    else if (goesOn) open!.end = place + 1
    else {
      open = { type, start: place, end: place + 1 }
      spans.push(open)
    }
    before = prefix
  })
  return spans
}

/** How well spans are found. */
export interface SpanScore {
  /** The share of spans said that are right; 0 where none is said. */
  precision: number
  /** The share of spans that are found; 0 where there is none. */
  recall: number
  /** Their harmonic mean. */
  f1: number
  /** How many spans there are. */
  support: number
}

/**
 * Precision, recall and F1 of the spans in tags, over all and by type: a span counts if both ends and the type are right
 * (Tjong Kim Sang and De Meulder 2003). Throws unless both have the same lengths.
 * @example
 * import { spanF1 } from 'heddle/text'
 * const { f1 } = spanF1([['B-PER', 'O', 'B-LOC']], [['B-PER', 'I-PER', 'B-LOC']])
 * f1 // 0.5
 */
export function spanF1(
  predicted: readonly (readonly string[])[],
  actual: readonly (readonly string[])[],
): SpanScore & { byType: Record<string, SpanScore> } {
  checkPairs('spanF1', predicted, actual)
  const counts = new Map<string, Counts>()
  const count = (spans: readonly Span[], what: keyof Counts): void => {
    for (const { type } of spans) {
      const own = counts.get(type) ?? { said: 0, there: 0, right: 0 }
      counts.set(type, own)
      own[what]++
    }
  }
  predicted.forEach((tags, i) => {
    if (tags.length !== actual[i].length) {
      throw rangeError(`spanF1: sequence ${i} has ${tags.length} tags predicted and ${actual[i].length} actual ones`)
    }
    const [said, there] = [tagSpans(tags), tagSpans(actual[i])]
    const known = new Set(there.map(nameOf))
    count(said, 'said')
    count(there, 'there')
    count(
      said.filter(span => known.has(nameOf(span))),
      'right',
    )
  })
  const total = { said: 0, there: 0, right: 0 }
  for (const own of counts.values()) for (const what of ['said', 'there', 'right'] as const) total[what] += own[what]
  const types = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...scoreOf(total), byType: Object.fromEntries(types.map(([type, own]) => [type, scoreOf(own)])) }
}

interface Counts {
  said: number
  there: number
  right: number
}

const nameOf = ({ type, start, end }: Span): string => `${start} ${end} ${type}`

function scoreOf({ said, there, right }: Counts): SpanScore {
  const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b)
  return {
    precision: ratio(right, said),
    recall: ratio(right, there),
    f1: ratio(2 * right, said + there),
    support: there,
  }
}
