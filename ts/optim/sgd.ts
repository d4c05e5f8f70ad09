// Gradient descent and momentum.

import { checkOptions, type OptionNames } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { treeMap } from '../core/tree.js'
import { rangeError } from '../errors.js'
import { add, mul } from '../ops/arithmetic.js'
import { greater } from '../ops/compare.js'
import { zeros } from '../ops/full.js'
import { where } from '../ops/where.js'
import { checkDecay, zerosOf } from './average.js'
import { descent, type LearningRate, type ScheduleState } from './schedule.js'
import { chain, mapPairs, type Optimizer } from './transformation.js'

/** The sum of gradients that momentum keeps, a tree like the parameters, and, where there is dampening, the steps made. */
export interface TraceState {
  trace: unknown
  step: Tensor | null
}

/** How velocity is kept. */
export interface MomentumOptions {
  /** How much of the last velocity stays (0.9). */
  momentum?: number
  /** Nesterov's form: the velocity one step ahead (false). */
  nesterov?: boolean
  /** How much of each gradient after the first is left out (0). */
  dampening?: number
}

const MOMENTUM_NAMES: OptionNames<MomentumOptions> = { momentum: 1, nesterov: 1, dampening: 1 }

/**
 * Momentum: `velocity = momentum * velocity + (1 - dampening) * gradient`; the first velocity is the gradient (PyTorch's SGD).
 * @example
 * const momentum = trace({ momentum: 0.5 })
 * const [first, state] = momentum.update(tensor([1, 2]), momentum.init(zeros([2])))
 * first // [1, 2]
 * momentum.update(tensor([1, 2]), state)[0] // [1.5, 3]
 */
export function trace(options: MomentumOptions = {}): Optimizer<TraceState> {
  checkOptions('trace', options, MOMENTUM_NAMES)
  return velocity('trace', options)
}

/** Momentum for the optimizer of this name. */
function velocity(operation: string, options: MomentumOptions): Optimizer<TraceState> {
  const { momentum = 0.9, nesterov = false, dampening = 0 } = options
  checkDecay(`${operation}: momentum`, momentum)
  checkDecay(`${operation}: dampening`, dampening)
  if (nesterov && dampening > 0) throw rangeError(`${operation}: nesterov has no dampening`)
  return {
    init: params => ({ trace: zerosOf(params), step: dampening > 0 ? zeros([], 'int32') : null }),
    update<P>(gradients: P, state: TraceState): [P, TraceState] {
      const share = state.step === null ? null : where(greater(state.step, 0), 1 - dampening, 1)
      const move = (velocity: Tensor, gradient: Tensor) =>
        add(mul(velocity, momentum), share === null ? gradient : mul(gradient, share))
      const next = mapPairs(move, state.trace as P, gradients)
      const step = state.step === null ? null : add(state.step, 1)
      return [nesterov ? treeMap(move, next, gradients) : next, { trace: next, step }]
    },
  }
}

/**
 * Stochastic gradient descent, with momentum where given (`nesterov`: Sutskever et al. 2013, equation 7, as PyTorch has
 * it).
 * @example
 * const optimizer = sgd(0.1, { momentum: 0.9 })
 * const [first, state] = optimizer.update(tensor([1, 2]), optimizer.init(zeros([2])))
 * first // [-0.1, -0.2]
 * optimizer.update(tensor([1, 2]), state)[0] // [-0.19, -0.38]
 */
export function sgd(
  learningRate: LearningRate,
  options: MomentumOptions = {},
): Optimizer<[TraceState | null, ScheduleState]> {
  checkOptions('sgd', options, MOMENTUM_NAMES)
  return momentumDescent('sgd', learningRate, options)
}

/** Gradient descent, with momentum where given, for the optimizer of this name. */
export function momentumDescent(
  operation: string,
  learningRate: LearningRate,
  { momentum = 0, ...options }: MomentumOptions,
): Optimizer<[TraceState | null, ScheduleState]> {
  if (momentum === 0 && options.nesterov) throw rangeError(`${operation}: nesterov needs a momentum`)
  const still: Optimizer<TraceState | null> = { init: () => null, update: gradients => [gradients, null] }
  const moving = velocity(operation, { momentum, ...options }) as Optimizer<TraceState | null>
  return chain(momentum === 0 ? still : moving, descent(operation, learningRate))
}
