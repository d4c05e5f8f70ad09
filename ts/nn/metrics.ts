// Metrics: how good predictions are, in numbers that people compare. They are tensor functions and work inside `jit`; those
// of texts and spans are in heddle/text.
import { isInteger } from '../core/dtype.js'
import { checkOptions, type OptionNames } from '../core/options.js'
import { sameShape, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { argmax } from '../ops/argmax.js'
import { add, div, maximum, mul, sub } from '../ops/arithmetic.js'
import { logicalAnd } from '../ops/bitwise.js'
import { cast } from '../ops/cast.js'
import { equal, greaterEqual, less, notEqual } from '../ops/compare.js'
import { diagonal } from '../ops/diagonal.js'
import { exp } from '../ops/exponential.js'
import { zeros } from '../ops/full.js'
import { norm } from '../ops/norm.js'
import { any, mean, sum } from '../ops/reduce.js'
import { expandDims, reshape } from '../ops/reshape.js'
import { at } from '../ops/slice.js'
import { topK } from '../ops/sort.js'
import { scatterAdd } from '../ops/take.js'
import { where } from '../ops/where.js'
import { crossEntropy } from './losses.js'

/** Which labels count. */
export interface MetricOptions {
  /** Labels that do not count, padding for example. */
  ignore?: number
}

/** The names of the options of metrics of labels. */
const METRIC_NAMES: OptionNames<MetricOptions> = { ignore: 1 }

/**
 * The share of labels that are the likeliest class: logits [..., C], integer labels [...]. NaN where every label is ignored.
 * Throws if the shapes do not fit.
 * @example
 * import { tensor } from 'heddle'
 * import { accuracy } from 'heddle/nn'
 * accuracy(tensor([[0, 2], [3, 1]]), tensor([1, 1], { dtype: 'int32' })).item() // 0.5
 */
export function accuracy(logits: Tensor, labels: Tensor, options: MetricOptions = {}): Tensor {
  checkOptions('accuracy', options, METRIC_NAMES)
  checkLabels('accuracy', logits, labels)
  return share(equal(argmax(logits, -1), cast(labels, 'int32')), labels, options)
}

/**
 * The share of labels that are among the k likeliest classes, of equally likely ones the first: logits [..., C], integer
 * labels [...]. NaN where every label is ignored. Throws if the shapes do not fit or there are fewer than k classes.
 * @example
 * import { tensor } from 'heddle'
 * import { topKAccuracy } from 'heddle/nn'
 * topKAccuracy(tensor([[3, 2, 1], [3, 2, 1]]), tensor([1, 2], { dtype: 'int32' }), 2).item() // 0.5
 */
export function topKAccuracy(logits: Tensor, labels: Tensor, k: number, options: MetricOptions = {}): Tensor {
  checkOptions('topKAccuracy', options, METRIC_NAMES)
  checkLabels('topKAccuracy', logits, labels)
  const isAmong = equal(topK(logits, k)[1], expandDims(cast(labels, 'int32'), -1))
  return share(any(isAmong, { axis: -1 }), labels, options)
}

/**
 * exp of the mean cross-entropy: among how many equally likely tokens a model chooses, as it were. Logits [..., C], integer
 * labels [...]. NaN where every label is ignored. Throws if the shapes do not fit.
 * @example
 * import { tensor, zeros } from 'heddle'
 * import { perplexity } from 'heddle/nn'
 * perplexity(zeros([3, 8]), tensor([1, 5, 0], { dtype: 'int32' })).item() // 8
 */
export function perplexity(logits: Tensor, labels: Tensor, options: MetricOptions = {}): Tensor {
  checkOptions('perplexity', options, METRIC_NAMES)
  return exp(crossEntropy(logits, labels, options))
}

/**
 * How often each class was predicted as each: int32 [classes, classes], rows by label, columns by prediction, both integers of
 * one shape. What is outside [0, classes) does not count, nor does the label `ignore`. Throws if the shapes differ.
 * @example
 * import { tensor } from 'heddle'
 * import { confusionMatrix } from 'heddle/nn'
 * const labels = tensor([0, 0, 1], { dtype: 'int32' })
 * confusionMatrix(labels, tensor([0, 1, 1], { dtype: 'int32' }), 2).toArray() // [[1, 1], [0, 1]]
 */
export function confusionMatrix(
  labels: Tensor,
  predictions: Tensor,
  classes: number,
  options: MetricOptions = {},
): Tensor {
  checkOptions('confusionMatrix', options, METRIC_NAMES)
  const { ignore } = options
  if (!Number.isInteger(classes) || classes < 1) {
    throw rangeError(`confusionMatrix: classes is a positive integer, not ${classes}`)
  }
  for (const [name, ids] of Object.entries({ labels, predictions })) {
    checkTensor('confusionMatrix', ids, name)
    if (!isInteger(ids.dtype)) throw typeError(`confusionMatrix: ${name} are integers, not ${ids.dtype}`)
  }
  if (!sameShape(labels.shape, predictions.shape)) {
    throw typeError(
      `confusionMatrix: labels ${showShape(labels.shape)} and predictions ${showShape(predictions.shape)} differ in shape`,
    )
  }
  const [rows, columns] = [labels, predictions].map(ids => reshape(cast(ids, 'int32'), [ids.size]))
  const isInside = (ids: Tensor) => logicalAnd(greaterEqual(ids, 0), less(ids, classes))
  const inside = logicalAnd(isInside(rows), isInside(columns))
  const counts = ignore === undefined ? inside : logicalAnd(inside, notEqual(rows, ignore))
  const places = where(counts, add(mul(rows, classes), columns), 0)
  return reshape(scatterAdd(zeros([classes * classes], 'int32'), places, cast(counts, 'int32')), [classes, classes])
}

/** How right predictions of classes are. */
export interface ClassScores {
  /** The share of predictions that are right; 0 where there is none. */
  precision: Tensor
  /** The share of labels that are found; 0 where there is none. */
  recall: Tensor
  /** Their harmonic mean. */
  f1: Tensor
}

/**
 * Precision, recall and F1 from a confusion matrix [C, C] (rows by label): of each class [C], or as one number: the mean over
 * classes ('macro'), weighted by how many labels each has ('weighted'), or of all counts together ('micro'). Throws if the
 * matrix is not square.
 * @example
 * import { tensor } from 'heddle'
 * import { classScores } from 'heddle/nn'
 * const { precision, f1 } = classScores(tensor([[8, 2], [1, 9]], { dtype: 'int32' }))
 * precision.toArray() // [0.8889, 0.8182]
 */
export function classScores(
  confusion: Tensor,
  options: { average?: 'none' | 'macro' | 'micro' | 'weighted' } = {},
): ClassScores {
  checkOptions('classScores', options, { average: 1 })
  const { average = 'none' } = options
  checkTensor('classScores', confusion, 'the confusion matrix')
  if (confusion.rank !== 2 || confusion.shape[0] !== confusion.shape[1]) {
    throw typeError(`classScores: the confusion matrix is square, not ${showShape(confusion.shape)}`)
  }
  if (!['none', 'macro', 'micro', 'weighted'].includes(average)) {
    throw rangeError(`classScores: average is 'none', 'macro', 'micro' or 'weighted', not ${JSON.stringify(average)}`)
  }
  const counts = cast(confusion, 'float32')
  const total = (x: Tensor): Tensor => (average === 'micro' ? sum(x) : x)
  const right = total(diagonal(counts))
  const there = total(sum(counts, { axis: 1 }))
  const said = total(sum(counts, { axis: 0 }))
  const ratio = (a: Tensor, b: Tensor): Tensor => div(a, where(equal(b, 0), 1, b))
  const averaged = (x: Tensor): Tensor => {
    if (average === 'macro') return mean(x)
    return average === 'weighted' ? div(sum(mul(x, there)), maximum(sum(there), 1)) : x
  }
  return {
    precision: averaged(ratio(right, said)),
    recall: averaged(ratio(right, there)),
    f1: averaged(ratio(mul(2, right), add(said, there))),
  }
}

/**
 * ADE, the mean distance of predicted places from the true ones over all steps: both [..., T, D]. Throws if the shapes
 * differ. (Pellegrini et al. 2009.)
 * @example
 * import { tensor } from 'heddle'
 * import { averageDisplacement } from 'heddle/nn'
 * averageDisplacement(tensor([[0, 0], [3, 4]]), tensor([[0, 0], [0, 0]])).item() // 2.5
 */
export const averageDisplacement = (prediction: Tensor, target: Tensor): Tensor =>
  mean(distances('averageDisplacement', prediction, target))

/**
 * FDE, the mean distance of predicted places from the true ones at the last step: both [..., T, D]. Throws if the shapes
 * differ.
 * @example
 * import { tensor } from 'heddle'
 * import { finalDisplacement } from 'heddle/nn'
 * finalDisplacement(tensor([[0, 0], [3, 4]]), tensor([[0, 0], [0, 0]])).item() // 5
 */
export const finalDisplacement = (prediction: Tensor, target: Tensor): Tensor =>
  mean(at(distances('finalDisplacement', prediction, target), -1, -1))

/** [..., T] of [..., T, D]. */
function distances(name: string, prediction: Tensor, target: Tensor): Tensor {
  checkTensor(name, prediction, 'prediction')
  checkTensor(name, target, 'target')
  if (prediction.rank < 2 || prediction.shape.includes(0) || !sameShape(prediction.shape, target.shape)) {
    throw typeError(
      `${name}: prediction ${showShape(prediction.shape)} and target ${showShape(target.shape)} are not paths [..., T, D] of one shape`,
    )
  }
  return norm(sub(prediction, target), { axis: -1 })
}

/** The share of what is right among the labels that count. */
function share(isRight: Tensor, labels: Tensor, { ignore }: MetricOptions): Tensor {
  const right = cast(isRight, 'float32')
  if (ignore === undefined) return mean(right)
  const kept = cast(notEqual(labels, ignore), 'float32')
  return div(sum(mul(right, kept)), sum(kept))
}

function checkLabels(name: string, logits: Tensor, labels: Tensor): void {
  checkTensor(name, logits, 'logits')
  checkTensor(name, labels, 'labels')
  if (logits.rank === 0 || !isInteger(labels.dtype) || !sameShape(labels.shape, logits.shape.slice(0, -1))) {
    throw typeError(
      `${name}: ${labels.dtype} labels ${showShape(labels.shape)} do not fit logits ${showShape(logits.shape)}: integers for all but the last dimension`,
    )
  }
}
