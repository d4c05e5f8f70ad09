// Examples dealt out by chance: some are kept apart and tested, from all others is learnt.
import { random, type Tensor } from 'heddle'

/** Deals out examples: a share of them is tested, at most so many. */
export function deal<T>(key: Tensor, examples: readonly T[], share: number, most = Number.POSITIVE_INFINITY) {
  const shuffled = Array.from(random.permutation(key, examples.length).data(), i => examples[i])
  const count = Math.min(most, Math.round(share * examples.length))
  console.log(`${examples.length - count} examples to learn, ${count} to test`)
  return { tested: shuffled.slice(0, count), learnt: shuffled.slice(count) }
}
