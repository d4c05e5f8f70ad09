// Losses: means over whatever dimensions they are given, as scalars.
import type { Tensor } from '../core/tensor.js'
import { square, sub } from '../ops/arithmetic.js'
import { softmaxCrossEntropy } from '../ops/cross-entropy.js'
import { mean } from '../ops/reduce.js'

/**
 * The mean of -log softmax(logits)[label] over all labels, in nats: logits [..., C], integer labels [...] in [0, C).
 * Throws if the shapes do not fit.
 * @example const loss = crossEntropy(model.apply(params, ids), next)
 */
export const crossEntropy = (logits: Tensor, labels: Tensor): Tensor => mean(softmaxCrossEntropy(logits, labels))

/** The mean squared error of `prediction` against `target` of the same shape (broadcast). */
export const meanSquaredError = (prediction: Tensor, target: Tensor): Tensor => mean(square(sub(prediction, target)))
