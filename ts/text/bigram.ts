// The simplest model of text that is one: what a network must beat.
import type { Tensor } from '../core/tensor.js'
import { rangeError } from '../errors.js'
import { add, div, mul, neg } from '../ops/arithmetic.js'
import { log } from '../ops/exponential.js'
import { ones, zeros } from '../ops/full.js'
import { mean, sum } from '../ops/reduce.js'
import { reshape } from '../ops/reshape.js'
import { slice } from '../ops/slice.js'
import { scatterAdd, take } from '../ops/take.js'
import { jit } from '../transforms/jit.js'

/**
 * The loss, in nats an id, of guessing each id from the one before it: counts of pairs in `train`, each one more than
 * seen (Laplace 1814), tested on `validation`. Both are int32 [N] with ids below `size`. Throws if one has no pair.
 * @example
 * const vocabulary = characterVocabulary('to be')
 * const [seen, unseen] = ['to be to be to be to be', 'be to'].map(text => vocabulary.encode(text))
 * bigramLoss(seen, unseen, vocabulary.size) // 0.7418
 * bigramLoss(seen, unseen, vocabulary.size).item() < Math.log(5) // true
 */
export function bigramLoss(train: Tensor, validation: Tensor, size: number): Tensor {
  for (const [name, ids] of Object.entries({ train, validation })) {
    if (ids.rank !== 1 || ids.size < 2) throw rangeError(`bigramLoss: ${name} has no pair of ids`)
  }
  return compiledLoss(train, validation, size)
}

const compiledLoss = jit(
  (train: Tensor, validation: Tensor, size: number): Tensor => {
    const pairs = (ids: Tensor) => add(mul(slice(ids, [0], [-1]), size), slice(ids, [1]))
    const seen = pairs(train)
    const counts = add(reshape(scatterAdd(zeros([size * size]), seen, ones(seen.shape)), [size, size]), 1)
    const surprise = neg(log(div(counts, sum(counts, { axis: 1, keepDims: true }))))
    return mean(take(reshape(surprise, [size * size]), pairs(validation)))
  },
  { static: [2] },
)
