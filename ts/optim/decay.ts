// Weight decay.

import { checkOptions } from '../core/options.js'
import { typeError } from '../errors.js'
import { add, mul } from '../ops/arithmetic.js'
import { masked } from './mask.js'
import type { Selection } from './select.js'
import { mapPairs, type Optimizer } from './transformation.js'

/**
 * Gradients plus `rate` times the parameters: before an adaptive method it is L2 regularisation, after it decoupled
 * weight decay. `mask` selects the leaves that decay (all): matrices, say, and not biases. Throws if `update` is called
 * without the parameters, or a path of the mask names nothing.
 * @example
 * import { addDecayedWeights, chain, scaleByAdam, scaleByLearningRate } from 'heddle/optim'
 * const decay = addDecayedWeights(0.1, { mask: (_, leaf) => leaf.rank > 1 })
 * const optimizer = chain(scaleByAdam(), decay, scaleByLearningRate(1e-3))
 */
export function addDecayedWeights(rate: number, options: { mask?: Selection } = {}): Optimizer<null> {
  checkOptions('addDecayedWeights', options, { mask: 1 })
  const { mask } = options
  const decay: Optimizer<null> = {
    init: () => null,
    update(gradients, _state, params) {
      if (params === undefined) throw typeError('addDecayedWeights: update needs the parameters as its third argument')
      return [mapPairs((weight, gradient) => add(gradient, mul(weight, rate)), params, gradients), null]
    },
  }
  return mask === undefined ? decay : masked(decay, mask)
}
