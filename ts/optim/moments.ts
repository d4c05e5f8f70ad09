// Running averages of gradients, leaf by leaf, and the optimisers made of them.

import type { Tensor } from '../core/tensor.js'
import { treeMap } from '../core/tree.js'
import { rangeError } from '../errors.js'
import { add, div, mul, neg, square, sub } from '../ops/arithmetic.js'
import { cast } from '../ops/cast.js'
import { expm1, log1p, sqrt } from '../ops/exponential.js'
import { full, zeros, zerosLike } from '../ops/full.js'
import { addDecayedWeights } from './decay.js'
import { type LearningRate, type ScheduleState, scaleByLearningRate } from './schedule.js'
import { chain, type Optimizer } from './transformation.js'

/** Zeros for each leaf: where an average starts. */
const zerosOf = (params: unknown): unknown => treeMap(zerosLike, params)

/** Throws unless `value` lies in [0, 1). */
function checkDecay(name: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw rangeError(`${name} lies in [0, 1), not ${value}`)
}

/** `decay * average + (1 - decay) * f(gradient)` for each leaf. */
function averaged<P>(average: P, gradients: P, decay: number, f: (gradient: Tensor) => Tensor = g => g): P {
  return treeMap((old, gradient) => add(mul(old, decay), mul(f(gradient), 1 - decay)), average, gradients)
}

/** The sum of gradients that momentum keeps, a tree like the parameters. */
export interface TraceState {
  trace: unknown
}

export interface MomentumOptions {
  /** How much of the last velocity stays (0.9). */
  momentum?: number
  /** Nesterov's form: the velocity one step ahead (false). */
  nesterov?: boolean
}

/** Momentum: `velocity = momentum * velocity + gradient`; the first velocity is the gradient (PyTorch, no dampening). */
export function trace({ momentum = 0.9, nesterov = false }: MomentumOptions = {}): Optimizer<TraceState> {
  checkDecay('trace: momentum', momentum)
  const step = (velocity: Tensor, gradient: Tensor) => add(mul(velocity, momentum), gradient)
  return {
    init: params => ({ trace: zerosOf(params) }),
    update<P>(gradients: P, state: TraceState): [P, TraceState] {
      const next = treeMap(step, state.trace as P, gradients)
      return [nesterov ? treeMap(step, next, gradients) : next, { trace: next }]
    },
  }
}

/**
 * Stochastic gradient descent, with momentum where given (`nesterov`: Sutskever et al. 2013, equation 7, as PyTorch has it).
 * @example const optimizer = sgd(0.1, { momentum: 0.9, nesterov: true })
 */
export function sgd(
  learningRate: LearningRate,
  { momentum = 0, nesterov = false }: MomentumOptions = {},
): Optimizer<[TraceState | null, ScheduleState]> {
  const still: Optimizer<TraceState | null> = { init: () => null, update: gradients => [gradients, null] }
  const moving = trace({ momentum, nesterov }) as Optimizer<TraceState | null>
  if (momentum === 0 && nesterov) throw rangeError('sgd: nesterov needs a momentum')
  return chain(momentum === 0 ? still : moving, scaleByLearningRate(learningRate))
}

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

/** Adam's direction: corrected mean / (root of corrected mean of squares + eps); Kingma and Ba 2015, algorithm 1. */
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
 * @example const optimizer = chain(clipByGlobalNorm(5), adam(1e-3))
 */
export const adam = (learningRate: LearningRate, options: AdamOptions = {}): Optimizer<[AdamState, ScheduleState]> =>
  chain(scaleByAdam(options), scaleByLearningRate(learningRate))

/** Adam with decoupled weight decay (0.01): Loshchilov and Hutter 2019, algorithm 2. `update` needs the parameters. */
export const adamw = (
  learningRate: LearningRate,
  { weightDecay = 0.01, ...options }: AdamOptions & { weightDecay?: number } = {},
): Optimizer<[AdamState, null, ScheduleState]> =>
  chain(scaleByAdam(options), addDecayedWeights(weightDecay), scaleByLearningRate(learningRate))

export interface RmspropOptions {
  /** Decay of the mean of squares (0.99). */
  decay?: number
  /** Added to the root (1e-8). */
  eps?: number
  /** Divide by the standard deviation of gradients instead of the root of their mean square (false). */
  centered?: boolean
  /** Momentum of the divided gradients (0: none). */
  momentum?: number
}

/** The mean of squares and, where centred, of gradients: trees like the parameters. */
export interface RmsState {
  square: unknown
  mean: unknown
}

/** Gradients divided by the root of their running mean square; `eps` outside of the root. */
export function scaleByRms({ decay = 0.99, eps = 1e-8, centered = false }: RmspropOptions = {}): Optimizer<RmsState> {
  checkDecay('rmsprop: decay', decay)
  return {
    init: params => ({ square: zerosOf(params), mean: centered ? zerosOf(params) : null }),
    update<P>(gradients: P, state: RmsState): [P, RmsState] {
      const squares = averaged(state.square as P, gradients, decay, square)
      const mean = centered ? averaged(state.mean as P, gradients, decay) : null
      const deviation = mean === null ? squares : treeMap((v, m) => sub(v, square(m)), squares, mean)
      const divide = (gradient: Tensor, v: Tensor) => div(gradient, add(sqrt(v), eps))
      return [treeMap(divide, gradients, deviation), { square: squares, mean }]
    },
  }
}

/** RMSprop (Hinton 2012, lecture 6e), as PyTorch has it: momentum takes the divided gradients. */
export function rmsprop(
  learningRate: LearningRate,
  { momentum = 0, ...options }: RmspropOptions = {},
): Optimizer<[RmsState, [TraceState | null, ScheduleState]]> {
  return chain(scaleByRms(options), sgd(learningRate, { momentum }))
}

/** The sum of squares so far, a tree like the parameters. */
export interface AdagradState {
  sum: unknown
}

/** Adagrad (Duchi et al. 2011): gradients divided by the root of the sum of their squares, plus `eps` (1e-10). */
export function adagrad(
  learningRate: LearningRate,
  { eps = 1e-10, initialAccumulator = 0 }: { eps?: number; initialAccumulator?: number } = {},
): Optimizer<[AdagradState, ScheduleState]> {
  const divide: Optimizer<AdagradState> = {
    init: params => ({ sum: treeMap(leaf => full(leaf.shape, initialAccumulator), params) }),
    update<P>(gradients: P, state: AdagradState): [P, AdagradState] {
      const sum = treeMap((total, gradient) => add(total, square(gradient)), state.sum as P, gradients)
      return [treeMap((gradient, total) => div(gradient, add(sqrt(total), eps)), gradients, sum), { sum }]
    },
  }
  return chain(divide, scaleByLearningRate(learningRate))
}
