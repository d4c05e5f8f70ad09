// Adam and those of its kin: AdamW, NAdam, Lion.
import { checkOptions, type OptionNames } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { treeMap } from '../core/tree.js'
import { add, div, mul, sign, square } from '../ops/arithmetic.js'
import { sqrt } from '../ops/exponential.js'
import { zeros } from '../ops/full.js'
import { averaged, checkDecay, gathered, zerosOf } from './average.js'
import { addDecayedWeights } from './decay.js'
import { descent, type LearningRate, type ScheduleState, scale } from './schedule.js'
import type { Selection } from './select.js'
import { chain, type Optimizer } from './transformation.js'

/** The decays of Adam's averages. */
export interface AdamOptions {
  /** Decay of the mean of gradients (0.9). */
  b1?: number
  /** Decay of the mean of their squares (0.999). */
  b2?: number
  /** Added to the root of the mean of squares (1e-8). */
  eps?: number
  /** Nesterov's form: the mean of gradients one step ahead (false). */
  nesterov?: boolean
}

const NADAM_NAMES: OptionNames<Omit<AdamOptions, 'nesterov'>> = { b1: 1, b2: 1, eps: 1 }
const ADAM_NAMES: OptionNames<AdamOptions> = { ...NADAM_NAMES, nesterov: 1 }

/** Steps made (int32), the mean of gradients and the mean of their squares, trees like the parameters. */
export interface AdamState {
  step: Tensor
  mean: unknown
  square: unknown
}

/**
 * Adam's direction: corrected mean / (root of corrected mean of squares + eps); Kingma and Ba 2015, algorithm 1; with
 * `nesterov` Dozat 2016, algorithm 2, with one b1 for all steps. Throws unless b1 and b2 lie in [0, 1).
 * @example
 * import { tensor } from 'heddle'
 * import { scaleByAdam } from 'heddle/optim'
 * const { init, update } = scaleByAdam()
 * update(tensor([5, -0.1]), init(tensor([0, 0])))[0].toArray() // [1, -1]
 */
export function scaleByAdam(options: AdamOptions = {}): Optimizer<AdamState> {
  checkOptions('scaleByAdam', options, ADAM_NAMES)
  return adamDirection('scaleByAdam', options)
}

/** Adam's direction for the optimizer of this name. */
function adamDirection(operation: string, options: AdamOptions): Optimizer<AdamState> {
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, nesterov = false } = options
  checkDecay(`${operation}: b1`, b1)
  checkDecay(`${operation}: b2`, b2)
  /** The corrected mean, with the next step's share of it and this step's gradient. */
  const ahead = <P>(mean: P, gradients: P, step: Tensor, correction: Tensor): P => {
    const [next, now] = [div(b1, gathered(b1, add(step, 1))), mul(correction, 1 - b1)]
    return treeMap((m, gradient) => add(mul(m, next), mul(gradient, now)), mean, gradients)
  }
  return {
    init: params => ({ step: zeros([], 'int32'), mean: zerosOf(params), square: zerosOf(params) }),
    update<P>(gradients: P, state: AdamState): [P, AdamState] {
      const step = add(state.step, 1)
      const mean = averaged(state.mean as P, gradients, b1)
      const squares = averaged(state.square as P, gradients, b2, square)
      // Scalars: two divisions for a whole tree instead of two for each weight.
      const [correction1, correction2] = [div(1, gathered(b1, step)), div(1, gathered(b2, step))]
      const direction = (m: Tensor, v: Tensor) => div(m, add(sqrt(mul(v, correction2)), eps))
      const corrected = nesterov ? ahead(mean, gradients, step, correction1) : treeMap(m => mul(m, correction1), mean)
      return [treeMap(direction, corrected, squares), { step, mean, square: squares }]
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
export function adam(learningRate: LearningRate, options: AdamOptions = {}): Optimizer<[AdamState, ScheduleState]> {
  checkOptions('adam', options, ADAM_NAMES)
  return chain(adamDirection('adam', options), descent('adam', learningRate))
}

/** How much of which weights is taken away in each step. */
export interface WeightDecayOptions {
  /** The share of each weight that a learning rate of 1 would take away. */
  weightDecay?: number
  /** The leaves that decay (all). */
  mask?: Selection
}

const DECAY_NAMES: OptionNames<WeightDecayOptions> = { weightDecay: 1, mask: 1 }

/**
 * Adam with decoupled weight decay (0.01): Loshchilov and Hutter 2019, algorithm 2. `update` needs the parameters.
 * @example
 * const optimizer = adamw(0.1, { weightDecay: 0.5 })
 * const params = { w: tensor([1, 2]) }
 * const [updates] = optimizer.update({ w: zeros([2]) }, optimizer.init(params), params)
 * updates.w // [-0.05, -0.1]
 */
export function adamw(
  learningRate: LearningRate,
  options: AdamOptions & WeightDecayOptions = {},
): Optimizer<[AdamState, null, ScheduleState]> {
  checkOptions('adamw', options, { ...ADAM_NAMES, ...DECAY_NAMES })
  const { weightDecay = 0.01, mask } = options
  return chain(
    adamDirection('adamw', options),
    addDecayedWeights(weightDecay, { mask }),
    descent('adamw', learningRate),
  )
}

/**
 * Adam with Nesterov's momentum (Dozat 2016, algorithm 2, with one b1 for all steps, as Optax has it).
 * @example const optimizer = nadam(2e-3)
 */
export function nadam(
  learningRate: LearningRate,
  options: Omit<AdamOptions, 'nesterov'> = {},
): Optimizer<[AdamState, ScheduleState]> {
  checkOptions('nadam', options, NADAM_NAMES)
  return chain(adamDirection('nadam', { ...options, nesterov: true }), descent('nadam', learningRate))
}

/** The mean of gradients, a tree like the parameters. */
export interface LionState {
  mean: unknown
}

/**
 * Lion (Chen et al. 2023, program 1): the sign of a mean of gradients, every weight by the learning rate; that a third to a
 * tenth of Adam's, and weight decay (0: none) so much larger. With it, `update` needs the parameters.
 * @example
 * import { tensor } from 'heddle'
 * import { lion } from 'heddle/optim'
 * const { init, update } = lion(1e-4)
 * update(tensor([5, -0.1]), init(tensor([0, 0])))[0].toArray() // [-1e-4, 1e-4]
 */
export function lion(
  learningRate: LearningRate,
  options: Pick<AdamOptions, 'b1' | 'b2'> & WeightDecayOptions = {},
): Optimizer<[LionState, null, ScheduleState]> {
  checkOptions('lion', options, { b1: 1, b2: 1, ...DECAY_NAMES })
  const { b1 = 0.9, b2 = 0.99, weightDecay = 0, mask } = options
  checkDecay('lion: b1', b1)
  checkDecay('lion: b2', b2)
  const direction: Optimizer<LionState> = {
    init: params => ({ mean: zerosOf(params) }),
    update<P>(gradients: P, { mean }: LionState): [P, LionState] {
      const signs = treeMap(sign, averaged(mean as P, gradients, b1))
      return [signs, { mean: averaged(mean as P, gradients, b2) }]
    },
  }
  const decay = weightDecay === 0 ? scale(1) : addDecayedWeights(weightDecay, { mask })
  return chain(direction, decay, descent('lion', learningRate))
}
