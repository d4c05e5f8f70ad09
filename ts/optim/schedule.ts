// Learning rates: numbers, tensors, or functions of the step.

import type { Tensor } from '../core/tensor.js'
import { treeMap } from '../core/tree.js'
import { rangeError } from '../errors.js'
import { add, mul, neg } from '../ops/arithmetic.js'
import { zeros } from '../ops/full.js'
import type { Optimizer } from './transformation.js'

/** A value for each step: the step is an int32 scalar, 0 for the first update. */
export type Schedule = (step: Tensor) => Tensor

/** A number, a scalar tensor (a traced one is not baked in), or a schedule. */
export type LearningRate = number | Tensor | Schedule

/** The steps made so far (int32), or null where the learning rate does not depend on them. */
export interface ScheduleState {
  step: Tensor | null
}

/**
 * Every gradient times `factor`.
 * @example const optimizer = chain(scale(0.5), adam(1e-3))
 */
export const scale = (factor: number | Tensor): Optimizer<null> => ({
  init: () => null,
  update: gradients => [treeMap(gradient => mul(gradient, factor), gradients), null],
})

/**
 * Every gradient times minus the learning rate: the last link of an optimiser.
 * @example const optimizer = chain(scaleByAdam(), scaleByLearningRate(1e-3))
 */
export function scaleByLearningRate(learningRate: LearningRate): Optimizer<ScheduleState> {
  if (typeof learningRate === 'number' && !Number.isFinite(learningRate)) {
    throw rangeError(`learning rate: ${learningRate} is not finite`)
  }
  const isSchedule = typeof learningRate === 'function'
  return {
    init: () => ({ step: isSchedule ? zeros([], 'int32') : null }),
    update(gradients, { step }) {
      const rate = isSchedule ? learningRate(step!) : learningRate
      const factor = typeof rate === 'number' ? -rate : neg(rate)
      return [treeMap(gradient => mul(gradient, factor), gradients), { step: step === null ? null : add(step, 1) }]
    },
  }
}
