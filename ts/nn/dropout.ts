// Numbers left out at random while training.
import { rangeError, typeError } from '../errors.js'
import { div } from '../ops/arithmetic.js'
import { bernoulli } from '../ops/random.js'
import { where } from '../ops/where.js'
import type { Layer } from './layer.js'

/**
 * The layer that leaves out each number with probability `rate` while training, and divides what stays by 1 - rate
 * (Srivastava et al. 2014). Throws unless rate lies in [0, 1), and where training has no key.
 * @example
 * const layer = dropout(0.5)
 * layer.apply(null, ones([4])).toArray() // [1, 1, 1, 1]
 */
export function dropout(rate: number): Layer<null> {
  if (!(rate >= 0 && rate < 1)) throw rangeError(`dropout: rate is a probability in [0, 1), not ${String(rate)}`)
  return {
    init: () => null,
    apply(_params, x, { train, key } = {}) {
      if (!train || rate === 0) return x
      if (key === undefined) throw typeError('dropout: training needs a key: apply(params, x, { train: true, key })')
      return where(bernoulli(key, 1 - rate, x.shape), div(x, 1 - rate), 0)
    },
  }
}
