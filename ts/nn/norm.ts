// Normalisation over features.

import { checkOptions } from '../core/options.js'
import { normalizeAxes } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { add, mul } from '../ops/arithmetic.js'
import { ones, zeros } from '../ops/full.js'
import { standardizeOver } from '../ops/standardize.js'
import { checkParams, lastLength } from './check.js'
import type { Layer } from './layer.js'

/** What is normalised, and how zero variances are kept from dividing. */
export interface NormOptions {
  /** What is normalised over (the last axis). */
  axis?: number | readonly number[]
  /** Added to the variance (1e-5). */
  epsilon?: number
}

/**
 * `x` brought to mean 0 and (biased) variance 1 over `axis`: `(x - mean) / sqrt(variance + epsilon)`. Throws if an axis is out
 * of range.
 * @example standardize(tensor([[1, 3], [0, 8]])) // [[-1, 1], [-1, 1]]
 */
export function standardize(x: Tensor, options: NormOptions = {}): Tensor {
  checkOptions('standardize', options, { axis: 1, epsilon: 1 })
  const { axis = -1, epsilon = 1e-5 } = options
  checkTensor('standardize', x)
  return standardizeOver(x, normalizeAxes('standardize', axis, x.rank), { epsilon, centred: true })
}

/** Per feature: `scale` (starts at 1) and `bias` (starts at 0). */
export interface NormParams {
  scale: Tensor
  bias: Tensor
}

/**
 * Layer normalisation over the last axis (Ba et al. 2016): `standardize(x) * scale + bias`, [..., D] -> [..., D].
 * Throws at `init` if the input is a scalar.
 * @example
 * const layer = layerNorm()
 * const params = layer.init(random.key(0), { shape: [4] })
 * layer.apply(params, tensor([1, 2, 3, 4])) // [-1.3416, -0.4472, 0.4472, 1.3416]
 */
export function layerNorm(options: { epsilon?: number } = {}): Layer<NormParams> {
  checkOptions('layerNorm', options, { epsilon: 1 })
  const { epsilon = 1e-5 } = options
  return {
    init(_key, input) {
      const shape = [lastLength('layerNorm', input)]
      return { scale: ones(shape), bias: zeros(shape) }
    },
    apply(params, x) {
      const { scale, bias } = checkParams('layerNorm', params, ['scale', 'bias'])
      return add(mul(standardize(x, { epsilon }), scale), bias)
    },
  }
}

/**
 * Root mean square normalisation over the last axis (Zhang and Sennrich 2019): `x / sqrt(mean(x^2) + epsilon) * scale`,
 * [..., D] -> [..., D]. Throws at `init` if the input is a scalar.
 * @example
 * const layer = rmsNorm()
 * const params = layer.init(random.key(0), { shape: [2] })
 * layer.apply(params, tensor([1, 7])) // [0.2, 1.4]
 */
export function rmsNorm(options: { epsilon?: number } = {}): Layer<{ scale: Tensor }> {
  checkOptions('rmsNorm', options, { epsilon: 1 })
  const { epsilon = 1e-5 } = options
  return {
    init: (_key, input) => ({ scale: ones([lastLength('rmsNorm', input)]) }),
    apply(params, x) {
      const { scale } = checkParams('rmsNorm', params, ['scale'])
      checkTensor('rmsNorm', x)
      return mul(standardizeOver(x, normalizeAxes('rmsNorm', -1, x.rank), { epsilon, centred: false }), scale)
    },
  }
}
