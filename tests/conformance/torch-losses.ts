// The `loss` family: reductions are made of the means that heddle/nn gives.
import { mul, type Tensor, transpose, vmap } from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import type { Case } from './vectors.js'

type Named<T> = Record<string, T>
type Loss = (prediction: Tensor, target: Tensor) => Tensor

/** `mean` as it is, `sum` as the mean times the count, `none` as the loss of each entry. */
function reduced(loss: Loss, reduction: string, entries: number): Loss {
  if (reduction === 'mean') return loss
  if (reduction === 'sum') return (x, y) => mul(loss(x, y), y.size)
  return Array.from({ length: entries }).reduce<Loss>(inner => vmap(inner), loss)
}

function elementLoss(name: string, { beta = 1, delta = 1 }: Named<number>): Loss {
  if (name.startsWith('mse')) return nn.meanSquaredError
  if (name.startsWith('l1')) return nn.meanAbsoluteError
  if (name.startsWith('smooth_l1')) return (x, y) => mul(nn.huber(x, y, beta), 1 / beta)
  return (x, y) => nn.huber(x, y, delta)
}

export function lossOf(c: Case): (v: Named<Tensor>) => Named<Tensor> {
  const name = c.case.slice('loss.'.length)
  const { reduction, ignore_index: ignore, label_smoothing: smoothing } = c.attrs
  if (name.startsWith('bce')) {
    return ({ logits, target, pos_weight: positiveWeight, weight: weights }) => {
      const loss: Loss = (x, y) => nn.binaryCrossEntropy(x, y, { positiveWeight, weights })
      return { loss: reduced(loss, reduction, 2)(logits, target) }
    }
  }
  if (name.startsWith('ce')) {
    return ({ logits, target, weight: weights }) => {
      const rows = name === 'ce_sequence' ? transpose(logits, [0, 2, 1]) : logits
      const loss: Loss = (x, y) => nn.crossEntropy(x, y, { ignore, smoothing, weights })
      return { loss: reduced(loss, reduction, 1)(rows, target) }
    }
  }
  const loss = elementLoss(name, c.attrs)
  return ({ x, target }) => ({ loss: reduced(loss, reduction, 2)(x, target) })
}
