// Losses of margins and distances: scores on the right side, things alike near each other.
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { add, div, maximum, mul, neg, sub } from '../ops/arithmetic.js'
import { greater } from '../ops/compare.js'
import { norm } from '../ops/norm.js'
import { sum } from '../ops/reduce.js'
import { where } from '../ops/where.js'
import { relu, softplus } from './activations.js'
import { checkAlike, type LossOptions, lossOf } from './losses.js'

/**
 * The mean of `max(0, 1 - y x)`: scores x against labels y, -1 or 1: Vapnik's support vectors.
 * @example hinge(tensor([0.5, -2]), tensor([1, -1])) // 0.25
 */
export const hinge = (scores: Tensor, labels: Tensor, options?: LossOptions): Tensor =>
  lossOf('hinge', options, [scores, labels], () => relu(sub(1, mul(labels, scores))))

/**
 * The mean of `log(1 + exp(-y x))`: scores x against labels y, -1 or 1.
 * @example softMargin(tensor([0]), tensor([1])) // 0.6931
 */
export const softMargin = (scores: Tensor, labels: Tensor, options?: LossOptions): Tensor =>
  lossOf('softMargin', options, [scores, labels], () => softplus(neg(mul(labels, scores))))

/**
 * The mean of `max(0, margin - y (a - b))`: y = 1 where a should rank above b, else -1; margin 0 if left out.
 * @example marginRanking(tensor([1]), tensor([2]), tensor([1]), 0.5) // 1.5
 */
export const marginRanking = (a: Tensor, b: Tensor, labels: Tensor, margin = 0, options?: LossOptions): Tensor =>
  lossOf('marginRanking', options, [a, b, labels], () => relu(sub(margin, mul(labels, sub(a, b)))))

/**
 * The cosine of the angle between the vectors along `axis` (the last); 0 where one is shorter than `epsilon` (1e-8).
 * @example cosineSimilarity(tensor([1, 0]), tensor([1, 1])) // 0.7071
 */
export function cosineSimilarity(a: Tensor, b: Tensor, options: { axis?: number; epsilon?: number } = {}): Tensor {
  checkOptions('cosineSimilarity', options, { axis: 1, epsilon: 1 })
  const { axis = -1, epsilon = 1e-8 } = options
  const unit = (x: Tensor): Tensor => div(x, maximum(norm(x, { axis, keepDims: true }), epsilon))
  return sum(mul(unit(a), unit(b)), { axis })
}

/**
 * The mean of `1 - cos(a, b)` where the label is 1 and `max(0, cos(a, b) - margin)` where it is -1; margin 0 if left out:
 * vectors [..., D], labels [...].
 * @example cosineEmbedding(tensor([[1, 0]]), tensor([[0, 1]]), tensor([1])) // 1
 */
export function cosineEmbedding(a: Tensor, b: Tensor, labels: Tensor, margin = 0, options?: LossOptions): Tensor {
  return lossOf('cosineEmbedding', options, [a, b], () => {
    const cosine = cosineSimilarity(a, b)
    checkAlike('cosineEmbedding', cosine, labels)
    return where(greater(labels, 0), sub(1, cosine), relu(sub(cosine, margin)))
  })
}

/**
 * The mean of `max(0, |a - p| - |a - n| + margin)` (margin 1): anchors [..., D] should be nearer to the positive than to
 * the negative: Schroff et al. 2015. The derivative of a distance of 0 is 0.
 * @example tripletMargin(tensor([[0]]), tensor([[1]]), tensor([[3]])) // 0
 */
export function tripletMargin(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  margin = 1,
  options?: LossOptions,
): Tensor {
  const distance = (x: Tensor): Tensor => norm(sub(anchor, x), { axis: -1 })
  return lossOf('tripletMargin', options, [anchor, positive, negative], () =>
    relu(add(sub(distance(positive), distance(negative)), margin)),
  )
}
