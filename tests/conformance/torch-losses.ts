// The `loss` family.
import { moveaxis, type Tensor, transpose } from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import type { Case } from './vectors.js'

type Named<T> = Record<string, T>

export function lossOf(c: Case): (v: Named<Tensor>) => Named<Tensor> {
  const name = c.case.slice('loss.'.length)
  const { reduction, ignore_index: ignore, label_smoothing: smoothing, beta = 1, delta = 1 } = c.attrs
  if (name.startsWith('bce')) {
    return ({ logits, target, pos_weight: positiveWeight, weight: weights }) => ({
      loss: nn.binaryCrossEntropy(logits, target, { positiveWeight, weights, reduction }),
    })
  }
  if (name.startsWith('ce')) {
    return ({ logits, target, weight: weights }) => {
      const rows = name === 'ce_sequence' ? transpose(logits, [0, 2, 1]) : logits
      return { loss: nn.crossEntropy(rows, target, { ignore, smoothing, weights, reduction }) }
    }
  }
  const losses: Named<(x: Tensor, target: Tensor) => Tensor> = {
    mse: (x, target) => nn.meanSquaredError(x, target, { reduction }),
    l1: (x, target) => nn.meanAbsoluteError(x, target, { reduction }),
    smooth_l1: (x, target) => nn.smoothL1(x, target, beta, { reduction }),
    huber: (x, target) => nn.huber(x, target, delta, { reduction }),
  }
  const loss = losses[name.replace(/\d$/, '')]
  return ({ x, target }) => ({ loss: loss(x, target) })
}

/** The `ctc` family, whose logits are [T, N, C]. */
export function ctcOf(c: Case): (v: Named<Tensor>) => Named<Tensor> {
  const { blank, reduction, zero_infinity: zeroInfinity } = c.attrs
  return ({ logits, targets, input_lengths: inputLengths, target_lengths: targetLengths }) => ({
    loss: nn.ctcLoss(moveaxis(logits, 0, 1), targets, { blank, reduction, zeroInfinity, inputLengths, targetLengths }),
  })
}
