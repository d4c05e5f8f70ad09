// Weight decay.

import { treeMap } from '../core/tree.js'
import { typeError } from '../errors.js'
import { add, mul } from '../ops/arithmetic.js'
import type { Optimizer } from './transformation.js'

/**
 * Gradients plus `rate` times the parameters: before an adaptive method it is L2 regularisation, after it decoupled
 * weight decay. Throws if `update` is called without the parameters.
 * @example addDecayedWeights(0.1).update(tensor([1, 1]), null, tensor([10, 20]))[0] // [2, 3]
 */
export const addDecayedWeights = (rate: number): Optimizer<null> => ({
  init: () => null,
  update(gradients, _state, params) {
    if (params === undefined) throw typeError('addDecayedWeights: update needs the parameters as its third argument')
    return [treeMap((gradient, weight) => add(gradient, mul(weight, rate)), gradients, params), null]
  },
})
