// Adam and AdamW.
import type { Tensor } from '../core/tensor.js'
import { treeMap } from '../core/tree.js'
import { add, div, mul, neg, square } from '../ops/arithmetic.js'
import { cast } from '../ops/cast.js'
import { expm1, log1p, sqrt } from '../ops/exponential.js'
import { zeros } from '../ops/full.js'
import { averaged, checkDecay, zerosOf } from './average.js'
import { addDecayedWeights } from './decay.js'
import { type LearningRate, type ScheduleState, scaleByLearningRate } from './schedule.js'
import { chain, type Optimizer } from './transformation.js'

/** The decays of Adam's averages. */
export interface AdamOptions {
  /** Decay of the mean of gradients (0.9). */
  b1?: number
  /** Decay of the mean of their squares (0.999). */
  b2?: number
  /** Added to the root of the mean of squares (1e-8). */
  eps?: number
}

/** Steps made (int32), the mean of gradients and the mean of their squares, trees like the parameters. */
export interface AdamState {
  step: Tensor
  mean: unknown
  square: unknown
}

/**
 * `1 - decay^step`, the weight that an average started at zero has gathered; as -expm1(step log1p(decay - 1)), because
 * in float32 1 - 0.999 is already wrong in the fifth digit.
 */
const gathered = (decay: number, step: Tensor): Tensor => neg(expm1(mul(cast(step, 'float32'), log1p(decay - 1))))

/**
 * Adam's direction: corrected mean / (root of corrected mean of squares + eps); Kingma and Ba 2015, algorithm 1.
 * @example
 * const direction = scaleByAdam()
 * direction.update(tensor([3, -4]), direction.init(zeros([2])))[0] // [1, -1]
 * const adamw = chain(scaleByAdam(), addDecayedWeights(0.01), scaleByLearningRate(1e-3))
 */
export function scaleByAdam({ b1 = 0.9, b2 = 0.999, eps = 1e-8 }: AdamOptions = {}): Optimizer<AdamState> {
  checkDecay('adam: b1', b1)
  checkDecay('adam: b2', b2)
  return {
    init: params => ({ step: zeros([], 'int32'), mean: zerosOf(params), square: zerosOf(params) }),
    update<P>(gradients: P, state: AdamState): [P, AdamState] {
      const step = add(state.step, 1)
      const mean = averaged(state.mean as P, gradients, b1)
      const squares = averaged(state.square as P, gradients, b2, square)
      // Scalars: two divisions for a whole tree instead of two for each weight.
      const [correction1, correction2] = [div(1, gathered(b1, step)), div(1, gathered(b2, step))]
      const direction = (m: Tensor, v: Tensor) => div(mul(m, correction1), add(sqrt(mul(v, correction2)), eps))
      return [treeMap(direction, mean, squares), { step, mean, square: squares }]
    },
  }
}

/**
 * Adam (Kingma and Ba 2015) with bias correction.
 * @example
 * const optimizer = adam(0.1)
 * const loss = (x: Tensor) => sum(square(sub(x, tensor([1, 2]))))
 * let x = zeros([2])
 * let state = optimizer.init(x)
 * for (let i = 0; i < 300; i++) {
 *   const [updates, next] = optimizer.update(grad(loss)(x), state)
 *   x = applyUpdates(x, updates)
 *   state = next
 * }
 * x // [1, 2]
 */
export const adam = (learningRate: LearningRate, options: AdamOptions = {}): Optimizer<[AdamState, ScheduleState]> =>
  chain(scaleByAdam(options), scaleByLearningRate(learningRate))

/**
 * Adam with decoupled weight decay (0.01): Loshchilov and Hutter 2019, algorithm 2. `update` needs the parameters.
 * @example
 * const optimizer = adamw(0.1, { weightDecay: 0.5 })
 * const params = { w: tensor([1, 2]) }
 * const [updates] = optimizer.update({ w: zeros([2]) }, optimizer.init(params), params)
 * updates.w // [-0.05, -0.1]
 */
export const adamw = (
  learningRate: LearningRate,
  { weightDecay = 0.01, ...options }: AdamOptions & { weightDecay?: number } = {},
): Optimizer<[AdamState, null, ScheduleState]> =>
  chain(scaleByAdam(options), addDecayedWeights(weightDecay), scaleByLearningRate(learningRate))
