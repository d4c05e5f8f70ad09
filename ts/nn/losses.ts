// Losses: scalars, means over whatever dimensions they are given. `vmap` a loss to have one for each example.

import { isFloat } from '../core/dtype.js'
import { sameShape, showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { abs, add, div, minimum, mul, neg, square, sub } from '../ops/arithmetic.js'
import { notEqual } from '../ops/compare.js'
import { softmaxCrossEntropy } from '../ops/cross-entropy.js'
import { mean, sum } from '../ops/reduce.js'
import { logSoftmax } from '../ops/softmax.js'
import { take } from '../ops/take.js'
import { where } from '../ops/where.js'
import { softplus } from './activations.js'

export interface CrossEntropyOptions {
  /** Labels that do not count, padding for example: the mean is over the others. */
  ignore?: number
  /** How much of each label is spread evenly over all classes (0): Szegedy et al. 2016, section 7. */
  smoothing?: number
  /** A weight [C] for each class: the mean is weighted by the labels' own. */
  weights?: Tensor
}

/**
 * The mean of -log softmax(logits)[label] over all labels, in nats: logits [..., C], integer labels [...] in [0, C), or
 * float32 labels [..., C] that hold a probability for each class. NaN where every label is ignored.
 * Throws if the shapes do not fit, or `ignore` or `weights` come with probabilities.
 * @example const loss = crossEntropy(model.apply(params, ids), next, { ignore: 0 })
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { ignore, smoothing = 0, weights } = options
  if (!(smoothing >= 0 && smoothing <= 1)) {
    throw rangeError(`crossEntropy: smoothing lies in [0, 1], not ${smoothing}`)
  }
  const hard = isFloat(labels.dtype) ? probableLoss(logits, labels, options) : softmaxCrossEntropy(logits, labels)
  const share = weights === undefined ? null : take(weights, labels)
  const weighted = share === null ? hard : mul(hard, share)
  const each = smoothing === 0 ? weighted : add(mul(weighted, 1 - smoothing), mul(evenLoss(logits, weights), smoothing))
  if (ignore === undefined) return share === null ? mean(each) : div(sum(each), sum(share))
  const isKept = notEqual(labels, ignore)
  return div(sum(where(isKept, each, 0)), sum(where(isKept, share ?? 1, 0)))
}

/** -<labels, log softmax(logits)> of each row. */
function probableLoss(logits: Tensor, labels: Tensor, { ignore, weights }: CrossEntropyOptions): Tensor {
  if (ignore !== undefined || weights !== undefined) {
    throw typeError('crossEntropy: ignore and weights go with integer labels, not with probabilities')
  }
  if (!sameShape(logits.shape, labels.shape)) {
    throw typeError(
      `crossEntropy: probabilities ${showShape(labels.shape)} do not fit logits ${showShape(logits.shape)}`,
    )
  }
  return neg(sum(mul(labels, logSoftmax(logits)), { axis: -1 }))
}

/** The loss of each row if all classes were equally likely labels, weighted by class. */
function evenLoss(logits: Tensor, weights: Tensor | undefined): Tensor {
  const surprise = neg(logSoftmax(logits))
  return mean(weights === undefined ? surprise : mul(surprise, weights), { axis: -1 })
}

/**
 * The mean binary cross-entropy of `sigmoid(logits)` against targets in [0, 1], stable for any logits:
 * `(1 - t) x + softplus(-x)`. `positiveWeight` multiplies the loss of what is positive, `weights` that of each element.
 */
export function binaryCrossEntropy(
  logits: Tensor,
  targets: Tensor,
  { positiveWeight, weights }: { positiveWeight?: number | Tensor; weights?: Tensor } = {},
): Tensor {
  const rest = softplus(neg(logits))
  const positive = positiveWeight === undefined ? rest : mul(rest, add(1, mul(targets, sub(positiveWeight, 1))))
  const each = add(mul(sub(1, targets), logits), positive)
  return mean(weights === undefined ? each : mul(each, weights))
}

/** The mean squared error of `prediction` against `target` (broadcast). */
export const meanSquaredError = (prediction: Tensor, target: Tensor): Tensor => mean(square(sub(prediction, target)))

/** The mean absolute error of `prediction` against `target` (broadcast); its derivative is 0 where they are equal. */
export const meanAbsoluteError = (prediction: Tensor, target: Tensor): Tensor => mean(abs(sub(prediction, target)))

/** Huber 1964: half the squared error up to `delta` (1), a line of slope `delta` beyond; the mean. */
export function huber(prediction: Tensor, target: Tensor, delta = 1): Tensor {
  if (!(delta > 0)) throw rangeError(`huber: delta is positive, not ${delta}`)
  const distance = abs(sub(prediction, target))
  const near = minimum(distance, delta)
  return mean(mul(near, sub(distance, mul(0.5, near))))
}
