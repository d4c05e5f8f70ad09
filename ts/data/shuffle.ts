// Places in a shuffled order, one by one: what stands where follows from the key alone, so that a batch of a shuffled
// epoch costs no more than its own size, and any step can be taken up without those before it.
import type { Tensor } from '../core/tensor.js'
import { add, maximum, rem, sub } from '../ops/arithmetic.js'
import { bitwiseAnd } from '../ops/bitwise.js'
import { cast } from '../ops/cast.js'
import { stack } from '../ops/concat.js'
import { foldIn, randint, split } from '../ops/distributions.js'
import { at } from '../ops/slice.js'
import { where } from '../ops/where.js'
import { jit } from '../transforms/jit.js'
import { scan } from '../transforms/scan.js'
import { vmap } from '../transforms/vmap.js'
import { checkCounts } from './check.js'

/**
 * What stands at `positions` (int32 of one dimension, in [0, count)) when 0, 1, ..., count - 1 are shuffled by `key`: the
 * swap-or-not shuffle (Hoang, Morris and Rogaway 2012) with 6 log2(count) rounds, a permutation for every key.
 * @example
 * import { arange, random, sort } from 'heddle'
 * import { shuffledPlaces } from 'heddle/data'
 * sort(shuffledPlaces(random.key(0), 5, arange(5))).toArray() // [0, 1, 2, 3, 4]
 */
export function shuffledPlaces(key: Tensor, count: number, positions: Tensor): Tensor {
  checkCounts('shuffledPlaces', { count })
  return shuffle(key, positions, count)
}

const shuffle = jit(
  (key: Tensor, positions: Tensor, count: number): Tensor => {
    // log2 rounded up by bits: an engine's own logarithm may be off at powers of two, and with it the order.
    const rounds = Math.max(1, 6 * (32 - Math.clz32(count - 1)))
    const [pivotKey, coinKey] = split(key)
    const steps = { pivot: randint(pivotKey, [rounds], 0, count), key: stack(split(coinKey, rounds)) }
    const swap = (x: Tensor, { pivot, key: own }: typeof steps): [Tensor, null] => {
      const partner = rem(add(sub(pivot, x), count), count)
      // Both of a pair toss the same coin, so that they swap or stay together.
      const coin = vmap((pair: Tensor) => at(foldIn(own, pair), 0))(maximum(x, partner))
      return [where(cast(bitwiseAnd(coin, 1), 'bool'), partner, x), null]
    }
    return scan(swap, positions, steps)[0]
  },
  { static: [2] },
)
