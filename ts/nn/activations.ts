// Activations: compositions of the core's functions, with PyTorch's derivatives at the kinks and exact in the tails.
// Branches are chosen with `where` on comparisons that NaN fails, so that NaN stays NaN.
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { abs, add, div, mul, neg, sign, square, sub } from '../ops/arithmetic.js'
import { greater, greaterEqual, less, lessEqual } from '../ops/compare.js'
import { split } from '../ops/concat.js'
import { exp, expm1, log1p } from '../ops/exponential.js'
import type { Operand } from '../ops/operand.js'
import { erf, sigmoid, tanh } from '../ops/sigmoidal.js'
import { where } from '../ops/where.js'

/**
 * `max(x, 0)`; its derivative at 0 is 0.
 * @example relu(tensor([-1, 2])) // [0, 2]
 */
export const relu = (x: Tensor): Tensor => where(lessEqual(x, 0), 0, x)

/**
 * `x` where it is above `threshold` (1), else 0: Konda et al. 2014; its derivative at the threshold is 0.
 * @example thresholdedRelu(tensor([0.5, 1.5])) // [0, 1.5]
 */
export const thresholdedRelu = (x: Tensor, threshold = 1): Tensor => where(lessEqual(x, threshold), 0, x)

/**
 * `x` where positive, else `slope * x` (0.01); its derivative at 0 is the slope.
 * @example leakyRelu(tensor([-1, 1]), 0.1) // [-0.1, 1]
 */
export const leakyRelu = (x: Tensor, slope: Operand = 0.01): Tensor => where(greater(x, 0), x, mul(x, slope))

/**
 * `leakyRelu` with a learned slope, one for all or one for each feature (broadcast): He et al. 2015.
 * @example prelu(tensor([-2, 1]), tensor([0.25])) // [-0.5, 1]
 */
export const prelu = (x: Tensor, slope: Tensor): Tensor => leakyRelu(x, slope)

/**
 * `x` kept within [low, high] = [-1, 1]; its derivative is 0 at both ends.
 * @example hardTanh(tensor([-3, 0.5, 3])) // [-1, 0.5, 1]
 */
export const hardTanh = (x: Tensor, low = -1, high = 1): Tensor =>
  where(lessEqual(x, low), low, where(greaterEqual(x, high), high, x))

/**
 * `x` kept within [0, 6].
 * @example relu6(tensor([-1, 3, 8])) // [0, 3, 6]
 */
export const relu6 = (x: Tensor): Tensor => hardTanh(x, 0, 6)

/**
 * `x` where positive, else `alpha * (exp(x) - 1)`: Clevert et al. 2015.
 * @example elu(tensor([-1, 1])) // [-0.6321, 1]
 */
export const elu = (x: Tensor, alpha = 1): Tensor =>
  where(greater(x, 0), x, mul(alpha, expm1(where(greater(x, 0), 0, x))))

/**
 * `x` where positive, else `alpha * (exp(x / alpha) - 1)`, whose derivative is continuous: Barron 2017.
 * @example celu(tensor([-1, 1]), 2) // [-0.7869, 1]
 */
export const celu = (x: Tensor, alpha = 1): Tensor =>
  where(greater(x, 0), x, mul(alpha, expm1(div(where(greater(x, 0), 0, x), alpha))))

const SELU_ALPHA = 1.6732632423543772
const SELU_SCALE = 1.0507009873554805

/**
 * `elu` scaled so that activations keep mean 0 and variance 1: Klambauer et al. 2017.
 * @example selu(tensor([-1, 1])) // [-1.1113, 1.0507]
 */
export const selu = (x: Tensor): Tensor => mul(SELU_SCALE, elu(x, SELU_ALPHA))

/**
 * `x` times the normal distribution function of `x`: Hendrycks and Gimpel 2016. `approximate` takes their tanh form
 * `0.5 x (1 + tanh(u))`, `u = sqrt(2 / pi) (x + 0.044715 x^3)`, written as `x sigmoid(2 u)`: exact where 1 + tanh cancels.
 * @example gelu(tensor([-1, 1])) // [-0.1587, 0.8413]
 */
export function gelu(x: Tensor, options: { approximate?: boolean } = {}): Tensor {
  checkOptions('gelu', options, { approximate: 1 })
  return options.approximate
    ? mul(x, sigmoid(mul(x, add(TWICE_SQRT_TWO_OVER_PI, mul(0.044715 * TWICE_SQRT_TWO_OVER_PI, boundedSquare(x))))))
    : mul(mul(0.5, x), add(1, erf(mul(Math.SQRT1_2, x))))
}

/** `x^2` up to 1e6, beyond which the sigmoid has long been 0 or 1 and an overflow would make its derivative NaN. */
const boundedSquare = (x: Tensor): Tensor => {
  const squared = square(x)
  return where(less(squared, 1e6), squared, 1e6)
}

const TWICE_SQRT_TWO_OVER_PI = 2 * Math.sqrt(2 / Math.PI)

/**
 * `x * sigmoid(x)`.
 * @example silu(tensor([-1, 1])) // [-0.2689, 0.7311]
 */
export const silu = (x: Tensor): Tensor => mul(x, sigmoid(x))

/**
 * `x * sigmoid(beta * x)` with a slope that may be learned; `silu` where it is 1: Ramachandran et al. 2017.
 * @example swish(tensor([1]), 2) // [0.8808]
 */
export const swish = (x: Tensor, beta: Operand = 1): Tensor => mul(x, sigmoid(mul(x, beta)))

/**
 * The gated linear unit `a * sigmoid(b)` of the halves a and b of `axis` (the last): Dauphin et al. 2017. Throws if its
 * length is odd.
 * @example glu(tensor([4, 0])) // [2]
 */
export function glu(x: Tensor, axis = -1): Tensor {
  const [a, b] = split(x, 2, axis)
  return mul(a, sigmoid(b))
}

/**
 * `log(1 + exp(beta x)) / beta` (beta 1) without overflow: the positive part plus `log1p(exp(-|beta x|)) / beta`.
 * @example softplus(tensor([0, 100])) // [0.6931, 100]
 */
export const softplus = (x: Tensor, beta = 1): Tensor => {
  const scaled = beta === 1 ? x : mul(x, beta)
  const isPositive = greater(scaled, 0)
  const tail = log1p(exp(where(isPositive, neg(scaled), scaled)))
  return add(where(isPositive, x, 0), beta === 1 ? tail : div(tail, beta))
}

/**
 * `log(sigmoid(x))` without overflow.
 * @example logSigmoid(tensor([0, -100])) // [-0.6931, -100]
 */
export const logSigmoid = (x: Tensor): Tensor => neg(softplus(neg(x)))

/**
 * `x * tanh(softplus(x))`: Misra 2019.
 * @example mish(tensor([1])) // [0.8651]
 */
export const mish = (x: Tensor): Tensor => mul(x, tanh(softplus(x)))

/**
 * `x / (1 + |x|)`.
 * @example softsign(tensor([-1, 3])) // [-0.5, 0.75]
 */
export const softsign = (x: Tensor): Tensor => div(x, add(1, abs(x)))

/**
 * `x - tanh(x)`; its absolute error is that of tanh.
 * @example tanhShrink(tensor([1])) // [0.2384]
 */
export const tanhShrink = (x: Tensor): Tensor => sub(x, tanh(x))

/**
 * `x` brought towards 0 by `lambda` (0.5), 0 within it: Donoho and Johnstone 1994.
 * @example softShrink(tensor([-2, 0.3, 2])) // [-1.5, 0, 1.5]
 */
export const softShrink = (x: Tensor, lambda = 0.5): Tensor =>
  where(lessEqual(abs(x), lambda), 0, sub(x, mul(lambda, sign(x))))

/**
 * `x`, but 0 within `lambda` (0.5) of 0.
 * @example hardShrink(tensor([-2, 0.3, 2])) // [-2, 0, 2]
 */
export const hardShrink = (x: Tensor, lambda = 0.5): Tensor => where(lessEqual(abs(x), lambda), 0, x)

/**
 * The piecewise linear sigmoid `clip(x + 3, 0, 6) / 6`; its derivative is 0 at both kinks.
 * @example hardSigmoid(tensor([-4, 0, 4])) // [0, 0.5, 1]
 */
export const hardSigmoid = (x: Tensor): Tensor => div(hardTanh(add(x, 3), 0, 6), 6)

/**
 * `x * hardSigmoid(x)`: Howard et al. 2019.
 * @example hardSwish(tensor([-4, 1, 4])) // [0, 0.6667, 4]
 */
export const hardSwish = (x: Tensor): Tensor => mul(x, hardSigmoid(x))
