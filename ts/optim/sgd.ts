// Gradient descent and momentum.

import type { Tensor } from '../core/tensor.js'
import { treeMap } from '../core/tree.js'
import { rangeError } from '../errors.js'
import { add, mul } from '../ops/arithmetic.js'
import { checkDecay, zerosOf } from './average.js'
import { type LearningRate, type ScheduleState, scaleByLearningRate } from './schedule.js'
import { chain, type Optimizer } from './transformation.js'

/** The sum of gradients that momentum keeps, a tree like the parameters. */
export interface TraceState {
  trace: unknown
}

/** How velocity is kept. */
export interface MomentumOptions {
  /** How much of the last velocity stays (0.9). */
  momentum?: number
  /** Nesterov's form: the velocity one step ahead (false). */
  nesterov?: boolean
}

/**
 * Momentum: `velocity = momentum * velocity + gradient`; the first velocity is the gradient (PyTorch, no dampening).
 * @example
 * const momentum = trace({ momentum: 0.5 })
 * const [first, state] = momentum.update(tensor([1, 2]), momentum.init(zeros([2])))
 * first // [1, 2]
 * momentum.update(tensor([1, 2]), state)[0] // [1.5, 3]
 */
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
  { momentum = 0, nesterov = false }: MomentumOptions = {},
): Optimizer<[TraceState | null, ScheduleState]> {
  const still: Optimizer<TraceState | null> = { init: () => null, update: gradients => [gradients, null] }
  const moving = trace({ momentum, nesterov }) as Optimizer<TraceState | null>
  if (momentum === 0 && nesterov) throw rangeError('sgd: nesterov needs a momentum')
  return chain(momentum === 0 ? still : moving, scaleByLearningRate(learningRate))
}
