// Losses: scalars, means over whatever dimensions they are given; `reduction` asks for sums or for each by itself.

import { isFloat } from '../core/dtype.js'
import { checkOptions, type OptionNames } from '../core/options.js'
import { broadcastShapes, sameShape, showShape, sizeOf } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { abs, add, div, minimum, mul, neg, square, sub } from '../ops/arithmetic.js'
import { lessEqual, notEqual } from '../ops/compare.js'
import { softmaxCrossEntropy } from '../ops/cross-entropy.js'
import { exp, log } from '../ops/exponential.js'
import { mean, sum } from '../ops/reduce.js'
import { expandDims, squeeze } from '../ops/reshape.js'
import { logSoftmax } from '../ops/softmax.js'
import { take, takeAlongAxis } from '../ops/take.js'
import { where } from '../ops/where.js'
import { softplus } from './activations.js'

/** What becomes of the losses of all elements: their mean, their sum, or each by itself. */
export type Reduction = 'mean' | 'sum' | 'none'

/** What a loss makes of the losses of all elements. */
export interface LossOptions {
  /** `'mean'` where left out. */
  reduction?: Reduction
}

/** The names of the options of all losses. */
export const LOSS_NAMES: OptionNames<LossOptions> = { reduction: 1 }

/** All losses at once. Throws unless the reduction is one of the three. */
export function reduced(each: Tensor, { reduction = 'mean' }: LossOptions): Tensor {
  if (reduction === 'none') return each
  if (reduction !== 'mean' && reduction !== 'sum') {
    throw rangeError(`loss: reduction is 'mean', 'sum' or 'none', not ${JSON.stringify(reduction)}`)
  }
  return reduction === 'mean' ? mean(each) : sum(each)
}

/**
 * Throws where the shape that operands broadcast to has more elements than any of them: a column against a row would be a
 * loss of all pairs.
 */
export function checkAlike(name: string, ...operands: readonly Tensor[]): void {
  const shapes = operands.map(operand => operand?.shape ?? [])
  const common = broadcastShapes(name, shapes)
  if (shapes.some(shape => sizeOf(shape) === sizeOf(common))) return
  throw typeError(
    `${name}: ${shapes.map(showShape).join(' and ')} broadcast to ${showShape(common)}; give them one shape`,
  )
}

/** The loss of that name, which has no other options: what `each` gives of operands that are alike, all at once. */
export function lossOf(
  name: string,
  options: LossOptions = {},
  operands: readonly Tensor[],
  each: () => Tensor,
): Tensor {
  checkOptions(name, options, LOSS_NAMES)
  checkAlike(name, ...operands)
  return reduced(each(), options)
}

/** How labels count. */
export interface LabelOptions extends LossOptions {
  /** Labels that do not count, padding for example: the mean is over the others. */
  ignore?: number
  /** A weight [C] for each class: the mean is weighted by the labels' own. */
  weights?: Tensor
}

/** The names of the options of losses of labels. */
const LABEL_NAMES: OptionNames<LabelOptions> = { ...LOSS_NAMES, ignore: 1, weights: 1 }

/** Which labels count in `crossEntropy`, and how much. */
export interface CrossEntropyOptions extends LabelOptions {
  /** How much of each label is spread evenly over all classes (0): Szegedy et al. 2016, section 7. */
  smoothing?: number
}

/**
 * The mean of -log softmax(logits)[label] over all labels, in nats: logits [..., C], integer labels [...] in [0, C), or
 * float32 labels [..., C] that hold a probability for each class. NaN where every label is ignored.
 * Throws if the shapes do not fit, or `ignore` or `weights` come with probabilities.
 * @example
 * const labels = tensor([1, 0], { dtype: 'int32' })
 * crossEntropy(tensor([[0, 2], [1, 1]]), labels) // 0.41
 * crossEntropy(tensor([[0, 2], [1, 1]]), labels, { ignore: 0 }) // 0.1269
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkOptions('crossEntropy', options, { ...LABEL_NAMES, smoothing: 1 })
  const { smoothing = 0, weights } = options
  if (!(smoothing >= 0 && smoothing <= 1)) {
    throw rangeError(`crossEntropy: smoothing lies in [0, 1], not ${smoothing}`)
  }
  const hard = isFloat(labels.dtype) ? probableLoss(logits, labels, options) : softmaxCrossEntropy(logits, labels)
  const share = weights === undefined ? null : take(weights, labels)
  const weighted = share === null ? hard : mul(hard, share)
  const each = smoothing === 0 ? weighted : add(mul(weighted, 1 - smoothing), mul(evenLoss(logits, weights), smoothing))
  return reducedLabels(each, labels, share, options)
}

/** The losses of those labels that count; their mean is weighted by `share`. */
function reducedLabels(each: Tensor, labels: Tensor, share: Tensor | null, options: LabelOptions): Tensor {
  const { ignore, reduction = 'mean' } = options
  const isKept = ignore === undefined ? null : notEqual(labels, ignore)
  const kept = isKept === null ? each : where(isKept, each, 0)
  if (reduction !== 'mean' || (isKept === null && share === null)) return reduced(kept, options)
  return div(sum(kept), sum(isKept === null ? share! : where(isKept, share ?? 1, 0)))
}

/**
 * The mean of -logProbabilities[label]: log-probabilities [..., C], integer labels [...] in [0, C). NaN where every label
 * is ignored. `crossEntropy` is this of `logSoftmax(logits)`, in one pass. Throws if the shapes do not fit.
 * @example negativeLogLikelihood(log(tensor([[0.25, 0.75]])), tensor([1], { dtype: 'int32' })) // 0.2877
 */
export function negativeLogLikelihood(logProbabilities: Tensor, labels: Tensor, options: LabelOptions = {}): Tensor {
  checkOptions('negativeLogLikelihood', options, LABEL_NAMES)
  if (isFloat(labels.dtype) || !sameShape(labels.shape, logProbabilities.shape.slice(0, -1))) {
    throw typeError(
      `negativeLogLikelihood: ${labels.dtype} labels ${showShape(labels.shape)} do not fit ${showShape(logProbabilities.shape)}: integers for all but the last dimension`,
    )
  }
  const hard = neg(squeeze(takeAlongAxis(logProbabilities, expandDims(labels, -1)), -1))
  const share = options.weights === undefined ? null : take(options.weights, labels)
  return reducedLabels(share === null ? hard : mul(hard, share), labels, share, options)
}

/** -<labels, log softmax(logits)> of each row. */
function probableLoss(logits: Tensor, labels: Tensor, { ignore, weights }: CrossEntropyOptions): Tensor {
  if (ignore !== undefined || weights !== undefined) {
    throw typeError('crossEntropy: ignore and weights go with integer labels, not with probabilities')
  }
  if (!sameShape(logits.shape, labels.shape)) {
    throw typeError(
      `crossEntropy: float32 labels ${showShape(labels.shape)}, which are probabilities, do not fit logits ${showShape(logits.shape)}; the numbers of classes have dtype int32`,
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
 * The mean over rows of the divergence sum(p log(p / q)) of Kullback and Leibler 1951, in nats, of targets p [..., C] from
 * log-probabilities log q [..., C]. Targets of 0 add nothing. `logTarget`: the targets are log p too.
 * @example klDivergence(logSoftmax(tensor([[0, 0]])), tensor([[0.25, 0.75]])) // 0.1308
 */
export function klDivergence(
  logProbabilities: Tensor,
  target: Tensor,
  options: LossOptions & { logTarget?: boolean } = {},
): Tensor {
  checkOptions('klDivergence', options, { ...LOSS_NAMES, logTarget: 1 })
  checkAlike('klDivergence', logProbabilities, target)
  const { logTarget = false } = options
  const p = logTarget ? exp(target) : target
  const isZero = lessEqual(p, 0)
  const surprise = logTarget ? target : log(where(isZero, 1, p))
  return reduced(sum(mul(p, where(isZero, 0, sub(surprise, logProbabilities))), { axis: -1 }), options)
}

/**
 * The mean binary cross-entropy of `sigmoid(logits)` against targets in [0, 1], stable for any logits:
 * `(1 - t) x + softplus(-x)`. `positiveWeight` multiplies the loss of what is positive, `weights` that of each element.
 * @example binaryCrossEntropy(tensor([0]), tensor([1])) // 0.6931
 */
export function binaryCrossEntropy(
  logits: Tensor,
  targets: Tensor,
  options: LossOptions & { positiveWeight?: number | Tensor; weights?: Tensor } = {},
): Tensor {
  checkOptions('binaryCrossEntropy', options, { ...LOSS_NAMES, positiveWeight: 1, weights: 1 })
  checkAlike('binaryCrossEntropy', logits, targets)
  const { positiveWeight, weights } = options
  const rest = softplus(neg(logits))
  const positive = positiveWeight === undefined ? rest : mul(rest, add(1, mul(targets, sub(positiveWeight, 1))))
  const each = add(mul(sub(1, targets), logits), positive)
  return reduced(weights === undefined ? each : mul(each, weights), options)
}

/**
 * The mean squared error of `prediction` against `target`, or one broadcast to the other.
 * @example meanSquaredError(tensor([1, 2]), tensor([3, 5])) // 6.5
 */
export const meanSquaredError = (prediction: Tensor, target: Tensor, options?: LossOptions): Tensor =>
  lossOf('meanSquaredError', options, [prediction, target], () => square(sub(prediction, target)))

/**
 * The mean absolute error of `prediction` against `target`, or one broadcast to the other; its derivative is 0 where they are equal.
 * @example meanAbsoluteError(tensor([1, 2]), tensor([3, 5])) // 2.5
 */
export const meanAbsoluteError = (prediction: Tensor, target: Tensor, options?: LossOptions): Tensor =>
  lossOf('meanAbsoluteError', options, [prediction, target], () => abs(sub(prediction, target)))

/**
 * Huber 1964: half the squared error up to `delta` (1), a line of slope `delta` beyond; the mean.
 * @example huber(tensor([0.5, 3]), tensor([0, 0])) // 1.3125
 */
export function huber(prediction: Tensor, target: Tensor, delta = 1, options?: LossOptions): Tensor {
  return lossOf('huber', options, [prediction, target], () => {
    if (!(delta > 0)) throw rangeError(`huber: delta is positive, not ${delta}`)
    return roundedOff(prediction, target, delta)
  })
}

/**
 * Girshick 2015: the absolute error less `beta / 2`, rounded off within `beta` (1): `huber` of slope 1; the mean.
 * @example smoothL1(tensor([0.5, 3]), tensor([0, 0])) // 1.3125
 */
export function smoothL1(prediction: Tensor, target: Tensor, beta = 1, options?: LossOptions): Tensor {
  return lossOf('smoothL1', options, [prediction, target], () => {
    if (!(beta > 0)) throw rangeError(`smoothL1: beta is positive, not ${beta}`)
    return div(roundedOff(prediction, target, beta), beta)
  })
}

/** `d^2 / 2` of distances d up to `delta`, beyond it the line of slope `delta`. */
function roundedOff(prediction: Tensor, target: Tensor, delta: number): Tensor {
  const distance = abs(sub(prediction, target))
  const near = minimum(distance, delta)
  return mul(near, sub(distance, mul(0.5, near)))
}

/**
 * The mean of `exp(x) - t x`: what is unlikely, up to a constant, of counts t whose Poisson rate has the logarithm x.
 * @example poissonNll(tensor([0]), tensor([2])) // 1
 */
export const poissonNll = (logRate: Tensor, target: Tensor, options?: LossOptions): Tensor =>
  lossOf('poissonNll', options, [logRate, target], () => sub(exp(logRate), mul(target, logRate)))

/**
 * The mean of `(log v + (t - mean)^2 / v) / 2`: what is unlikely, up to a constant, of targets t under normal distributions
 * of these means and variances v > 0: Nix and Weigend 1994.
 * @example gaussianNll(tensor([0]), tensor([1]), tensor([1])) // 0.5
 */
export const gaussianNll = (prediction: Tensor, target: Tensor, variance: Tensor, options?: LossOptions): Tensor =>
  lossOf('gaussianNll', options, [prediction, target, variance], () =>
    mul(0.5, add(log(variance), div(square(sub(target, prediction)), variance))),
  )
