// Dropout: what is dropped at random while training.
import { checkOptions } from '../core/options.js'
import { normalizeAxes } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { div } from '../ops/arithmetic.js'
import { bernoulli } from '../ops/random.js'
import { where } from '../ops/where.js'
import { checkMode, checkRate, keyOf } from './check.js'
import type { Layer } from './layer.js'

/** `x` with elements 0 with probability `rate`, the others divided by that to stay; one draw along each of `axes`. */
export function drop(x: Tensor, key: Tensor, rate: number, axes: readonly number[] = []): Tensor {
  if (rate === 0) return x
  const shape = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
  return where(bernoulli(key, 1 - rate, shape), div(x, 1 - rate), 0)
}

/** What is dropped together. */
export interface DropoutOptions {
  /** Axes along which elements are dropped together or not at all (none): [1, 2] drops whole channels of images. */
  broadcastAxes?: number | readonly number[]
}

/**
 * Dropout (Srivastava et al. 2014): while training (`{ train: true, key }`, under `vmap` a key for each example) elements are
 * 0 with probability `rate` and the others divided by `1 - rate`; otherwise the input as it is. Throws unless the rate is in
 * [0, 1), and in training without a key.
 * @example
 * const model = chain(dense(256), relu, dropout(0.5), dense(10))
 * const params = model.init(random.key(0), { shape: [784] })
 * const train = vmap((x: Tensor, key: Tensor) => model.apply(params, x, { train: true, key }))
 * train(ones([32, 784]), stack(random.split(random.key(1), 32))).shape // [32, 10]
 */
export function dropout(rate: number, options: DropoutOptions = {}): Layer<null> {
  checkOptions('dropout', options, { broadcastAxes: 1 })
  const { broadcastAxes = [] } = options
  checkRate('dropout', 'the rate', rate)
  return {
    init: () => null,
    apply(_params, x, mode) {
      checkMode('dropout', mode)
      if (!mode?.train || rate === 0) return x
      return drop(x, keyOf('dropout', mode), rate, normalizeAxes('dropout', broadcastAxes, x.rank))
    },
  }
}
