// Normalisation over features.
import type { Tensor } from '../core/tensor.js'
import { add, mul, sub } from '../ops/arithmetic.js'
import { rsqrt } from '../ops/exponential.js'
import { ones, zeros } from '../ops/full.js'
import { mean } from '../ops/reduce.js'
import { lastLength } from './check.js'
import type { Layer } from './layer.js'

/** What is normalised, and how zero variances are kept from dividing. */
export interface NormOptions {
  /** What is normalised over (the last axis). */
  axis?: number | readonly number[]
  /** Added to the variance (1e-5). */
  epsilon?: number
}

/**
 * `x` brought to mean 0 and (biased) variance 1 over `axis`: `(x - mean) / sqrt(variance + epsilon)`.
 * @example standardize(tensor([[1, 3], [0, 8]])) // [[-1, 1], [-1, 1]]
 */
export function standardize(x: Tensor, { axis = -1, epsilon = 1e-5 }: NormOptions = {}): Tensor {
  const options = { axis, keepDims: true }
  const centred = sub(x, mean(x, options))
  return mul(centred, rsqrt(add(mean(mul(centred, centred), options), epsilon)))
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
export const layerNorm = ({ epsilon = 1e-5 }: { epsilon?: number } = {}): Layer<NormParams> => ({
  init(_key, input) {
    const shape = [lastLength('layerNorm', input)]
    return { scale: ones(shape), bias: zeros(shape) }
  },
  apply: ({ scale, bias }, x) => add(mul(standardize(x, { epsilon }), scale), bias),
})
