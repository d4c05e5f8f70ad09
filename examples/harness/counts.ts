// What counting alone says, the plain baseline of many examples: what came most often where, and how likely what comes next
// is after the last few tokens.

/** How often each item was there in each context. */
export function counter<T>() {
  const contexts = new Map<string, { counts: Map<T, number>; total: number }>()
  return {
    /** Counts an item once more; returns how often it was there now. */
    add(context: string, item: T): number {
      const own = contexts.get(context) ?? { counts: new Map<T, number>(), total: 0 }
      const count = (own.counts.get(item) ?? 0) + 1
      own.counts.set(item, count)
      own.total++
      contexts.set(context, own)
      return count
    },
    of: (context: string) => contexts.get(context),
    mostFrequent(context: string): T | undefined {
      const own = contexts.get(context)
      return own && [...own.counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0]
    },
  }
}

/** What is taken off each count, and given to what is less specific. */
const DISCOUNT = 0.75

/**
 * How likely each token of a text is after the `order - 1` tokens before it, all but the first: n-grams with backoff to
 * shorter ones, interpolated (Kneser and Ney 1995). Shorter contexts count in how many longer ones a token was.
 */
export function ngrams(texts: readonly (readonly number[])[], { order, size }: { order: number; size: number }) {
  const levels = Array.from({ length: order }, () => counter<number>())
  const count = (context: readonly number[], token: number): void => {
    const isNew = levels[context.length].add(context.join(' '), token) === 1
    if (isNew && context.length > 0) count(context.slice(1), token)
  }
  const probability = (context: readonly number[], token: number): number => {
    const shorter = context.length === 0 ? 1 / size : probability(context.slice(1), token)
    const own = levels[context.length].of(context.join(' '))
    if (own === undefined) return shorter
    const kept = Math.max((own.counts.get(token) ?? 0) - DISCOUNT, 0)
    return (kept + DISCOUNT * own.counts.size * shorter) / own.total
  }
  // Before a text stands its first token again and again.
  const contextAt = (text: readonly number[], place: number): number[] =>
    Array.from({ length: order - 1 }, (_, i) => text[Math.max(0, place - order + 1 + i)])
  const each = <T>(text: readonly number[], f: (context: number[], token: number) => T): T[] =>
    text.slice(1).map((token, i) => f(contextAt(text, i + 1), token))

  for (const text of texts) each(text, count)
  return (text: readonly number[]): number[] => each(text, probability)
}

/** -log of all probabilities, in nats. */
export const nats = (probabilities: readonly number[]): number =>
  probabilities.reduce((sum, probability) => sum - Math.log(probability), 0)
