// Gradients divided by the size that they usually have: RMSprop, Adagrad, Adadelta.
import { checkOptions, type OptionNames } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { treeMap } from '../core/tree.js'
import { add, div, mul, square, sub } from '../ops/arithmetic.js'
import { cast } from '../ops/cast.js'
import { sqrt } from '../ops/exponential.js'
import { full } from '../ops/full.js'
import { averaged, checkDecay, zerosOf } from './average.js'
import { checkLearningRate, descent, type LearningRate, type Schedule, type ScheduleState } from './schedule.js'
import { momentumDescent, type TraceState } from './sgd.js'
import { chain, mapPairs, type Optimizer } from './transformation.js'

/** How RMSprop averages. */
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

const RMS_NAMES: OptionNames<Omit<RmspropOptions, 'momentum'>> = { decay: 1, eps: 1, centered: 1 }

/** The mean of squares and, where centred, of gradients: trees like the parameters. */
export interface RmsState {
  square: unknown
  mean: unknown
}

/**
 * Gradients divided by the root of their running mean square; `eps` outside of the root.
 * @example
 * const direction = scaleByRms({ decay: 0.75 })
 * direction.update(tensor([3, -4]), direction.init(zeros([2])))[0] // [2, -2]
 */
export function scaleByRms(options: Omit<RmspropOptions, 'momentum'> = {}): Optimizer<RmsState> {
  checkOptions('scaleByRms', options, RMS_NAMES)
  return rmsDirection('scaleByRms', options)
}

/** Divided gradients for the optimizer of this name. */
function rmsDirection(operation: string, options: RmspropOptions): Optimizer<RmsState> {
  const { decay = 0.99, eps = 1e-8, centered = false } = options
  checkDecay(`${operation}: decay`, decay)
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

/**
 * RMSprop (Hinton 2012, lecture 6e), as PyTorch has it: momentum takes the divided gradients.
 * @example
 * const optimizer = rmsprop(0.1, { decay: 0.75, momentum: 0.9 })
 * optimizer.update(tensor([3, -4]), optimizer.init(zeros([2])))[0] // [-0.2, 0.2]
 */
export function rmsprop(
  learningRate: LearningRate,
  options: RmspropOptions = {},
): Optimizer<[RmsState, [TraceState | null, ScheduleState]]> {
  checkOptions('rmsprop', options, { ...RMS_NAMES, momentum: 1 })
  const { momentum } = options
  return chain(rmsDirection('rmsprop', options), momentumDescent('rmsprop', learningRate, { momentum }))
}

/** The sum of squares so far, a tree like the parameters. */
export interface AdagradState {
  sum: unknown
}

/** How the sum of squares begins and what keeps its root from zero. */
export interface AdagradOptions {
  /** Added to the root (1e-10). */
  eps?: number
  /** The sum before the first step (0). */
  initialAccumulator?: number
  /** Divides the learning rate of step t = 0, 1, ... by 1 + t times this (0). */
  learningRateDecay?: number
}

/**
 * Adagrad (Duchi et al. 2011): gradients divided by the root of the sum of their squares, plus `eps`.
 * @example
 * const optimizer = adagrad(0.1)
 * const [first, state] = optimizer.update(tensor([3, -4]), optimizer.init(zeros([2])))
 * first // [-0.1, 0.1]
 * optimizer.update(tensor([4, -3]), state)[0] // [-0.08, 0.06]
 */
export function adagrad(
  learningRate: LearningRate,
  options: AdagradOptions = {},
): Optimizer<[AdagradState, ScheduleState]> {
  checkOptions('adagrad', options, { eps: 1, initialAccumulator: 1, learningRateDecay: 1 })
  checkLearningRate('adagrad', learningRate)
  const { eps = 1e-10, initialAccumulator = 0, learningRateDecay = 0 } = options
  const divide: Optimizer<AdagradState> = {
    init: params => ({ sum: treeMap(leaf => full(leaf.shape, initialAccumulator), params) }),
    update<P>(gradients: P, state: AdagradState): [P, AdagradState] {
      const sum = mapPairs((total, gradient) => add(total, square(gradient)), state.sum as P, gradients)
      return [treeMap((gradient, total) => div(gradient, add(sqrt(total), eps)), gradients, sum), { sum }]
    },
  }
  const decayed: Schedule = step => {
    const rate = typeof learningRate === 'function' ? learningRate(step) : learningRate
    return div(rate, add(1, mul(cast(step, 'float32'), learningRateDecay)))
  }
  return chain(divide, descent('adagrad', learningRateDecay === 0 ? learningRate : decayed))
}

/** The means of squares of gradients and of updates: trees like the parameters. */
export interface AdadeltaState {
  square: unknown
  delta: unknown
}

/**
 * Adadelta (Zeiler 2012, algorithm 1): gradients times the ratio of the root mean squares of past updates and of past
 * gradients, each with `eps` (1e-6) under the root; the learning rate is 1 in the paper.
 * @example const optimizer = adadelta(1, { decay: 0.95 })
 */
export function adadelta(
  learningRate: LearningRate = 1,
  options: { decay?: number; eps?: number } = {},
): Optimizer<[AdadeltaState, ScheduleState]> {
  checkOptions('adadelta', options, { decay: 1, eps: 1 })
  const { decay = 0.9, eps = 1e-6 } = options
  checkDecay('adadelta: decay', decay)
  const size = (x: Tensor) => sqrt(add(x, eps))
  const direction: Optimizer<AdadeltaState> = {
    init: params => ({ square: zerosOf(params), delta: zerosOf(params) }),
    update<P>(gradients: P, state: AdadeltaState): [P, AdadeltaState] {
      const squares = averaged(state.square as P, gradients, decay, square)
      const move = (gradient: Tensor, v: Tensor, delta: Tensor) => mul(gradient, div(size(delta), size(v)))
      const updates = treeMap(move, gradients, squares, state.delta)
      return [updates, { square: squares, delta: averaged(state.delta as P, updates, decay, square) }]
    },
  }
  return chain(direction, descent('adadelta', learningRate))
}
