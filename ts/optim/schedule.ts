// Learning rates: numbers, tensors, or functions of the step.

import { showShape } from '../core/shape.js'
import { describe, Tensor } from '../core/tensor.js'
import { treeMap } from '../core/tree.js'
import { rangeError, typeError } from '../errors.js'
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
 * @example scale(-0.5).update({ w: tensor([2, 4]) }, null)[0] // { w: [-1, -2] }
 */
export const scale = (factor: number | Tensor): Optimizer<null> => ({
  init: () => null,
  update: gradients => [treeMap(gradient => mul(gradient, factor), gradients), null],
})

/**
 * Every gradient times minus the learning rate: the last link of an optimiser. A schedule is asked with the number of
 * the update.
 * @example
 * const warmup = (step: Tensor) => minimum(0.1, mul(0.05, cast(step, 'float32')))
 * const link = scaleByLearningRate(warmup)
 * let [updates, state] = link.update(tensor([1, 2]), link.init(zeros([2])))
 * updates // [0, 0]
 * link.update(tensor([1, 2]), state)[0] // [-0.05, -0.1]
 */
export const scaleByLearningRate = (learningRate: LearningRate): Optimizer<ScheduleState> =>
  descent('scaleByLearningRate', learningRate)

/** The last link of the optimizer of this name. Throws for what is no learning rate. */
export function descent(operation: string, learningRate: LearningRate): Optimizer<ScheduleState> {
  checkLearningRate(operation, learningRate)
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

/** Throws unless it is a finite number that is not negative, a scalar tensor or a function. */
export function checkLearningRate(operation: string, rate: LearningRate): void {
  if (typeof rate === 'function' || (rate instanceof Tensor && rate.rank === 0)) return
  if (typeof rate === 'number') {
    if (Number.isFinite(rate) && rate >= 0) return
    throw rangeError(`${operation}: the learning rate is ${rate}, which is ${rate < 0 ? 'negative' : 'not finite'}`)
  }
  const shown = rate instanceof Tensor ? `${rate.dtype}${showShape(rate.shape)}` : describe(rate)
  throw typeError(`${operation}: the learning rate is a number, a scalar tensor or a schedule, not ${shown}`)
}
