// Activations: compositions of the core's functions, with PyTorch's derivatives at the kinks and exact in the tails.
// Branches are chosen with `where` on comparisons that NaN fails, so that NaN stays NaN.
import type { Tensor } from '../core/tensor.js'
import { abs, add, div, mul, neg, square } from '../ops/arithmetic.js'
import { greater, greaterEqual, lessEqual } from '../ops/compare.js'
import { exp, expm1, log1p } from '../ops/exponential.js'
import { erf, sigmoid, tanh } from '../ops/sigmoidal.js'
import { where } from '../ops/where.js'

/** `max(x, 0)`; its derivative at 0 is 0. */
export const relu = (x: Tensor): Tensor => where(lessEqual(x, 0), 0, x)

/** `x` where positive, else `slope * x` (0.01); its derivative at 0 is the slope. */
export const leakyRelu = (x: Tensor, slope = 0.01): Tensor => where(greater(x, 0), x, mul(x, slope))

/** `x` kept within [low, high] = [-1, 1]; its derivative is 0 at both ends. */
export const hardTanh = (x: Tensor, low = -1, high = 1): Tensor =>
  where(lessEqual(x, low), low, where(greaterEqual(x, high), high, x))

/** `x` where positive, else `alpha * (exp(x) - 1)`: Clevert et al. 2015. */
export const elu = (x: Tensor, alpha = 1): Tensor =>
  where(greater(x, 0), x, mul(alpha, expm1(where(greater(x, 0), 0, x))))

const SELU_ALPHA = 1.6732632423543772
const SELU_SCALE = 1.0507009873554805

/** `elu` scaled so that activations keep mean 0 and variance 1: Klambauer et al. 2017. */
export const selu = (x: Tensor): Tensor => mul(SELU_SCALE, elu(x, SELU_ALPHA))

/**
 * `x` times the normal distribution function of `x`: Hendrycks and Gimpel 2016. `approximate` takes their tanh form
 * `0.5 x (1 + tanh(u))`, `u = sqrt(2 / pi) (x + 0.044715 x^3)`, written as `x sigmoid(2 u)`: exact where 1 + tanh cancels.
 */
export const gelu = (x: Tensor, { approximate = false }: { approximate?: boolean } = {}): Tensor =>
  approximate
    ? mul(x, sigmoid(mul(x, add(TWICE_SQRT_TWO_OVER_PI, mul(0.044715 * TWICE_SQRT_TWO_OVER_PI, square(x))))))
    : mul(mul(0.5, x), add(1, erf(mul(Math.SQRT1_2, x))))

const TWICE_SQRT_TWO_OVER_PI = 2 * Math.sqrt(2 / Math.PI)

/** `x * sigmoid(x)`, also called swish. */
export const silu = (x: Tensor): Tensor => mul(x, sigmoid(x))

/** `log(1 + exp(beta x)) / beta` (beta 1) without overflow: the positive part plus `log1p(exp(-|beta x|)) / beta`. */
export const softplus = (x: Tensor, beta = 1): Tensor => {
  const scaled = beta === 1 ? x : mul(x, beta)
  const isPositive = greater(scaled, 0)
  const sum = add(where(isPositive, scaled, 0), log1p(exp(where(isPositive, neg(scaled), scaled))))
  return beta === 1 ? sum : div(sum, beta)
}

/** `log(sigmoid(x))` without overflow. */
export const logSigmoid = (x: Tensor): Tensor => neg(softplus(neg(x)))

/** `x * tanh(softplus(x))`: Misra 2019. */
export const mish = (x: Tensor): Tensor => mul(x, tanh(softplus(x)))

/** `x / (1 + |x|)`. */
export const softsign = (x: Tensor): Tensor => div(x, add(1, abs(x)))

/** The piecewise linear sigmoid `clip(x + 3, 0, 6) / 6`; its derivative is 0 at both kinks. */
export const hardSigmoid = (x: Tensor): Tensor => div(hardTanh(add(x, 3), 0, 6), 6)

/** `x * hardSigmoid(x)`: Howard et al. 2019. */
export const hardSwish = (x: Tensor): Tensor => mul(x, hardSigmoid(x))
