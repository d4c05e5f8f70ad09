/**
 * Optimisers as pairs of pure functions, `init` and `update`, in Optax's shape; `chain` composes them.
 * @module heddle/optim
 * @example
 * import { grad, square, sub, type Tensor, tensor } from 'heddle'
 * import { adam, applyUpdates, chain, clipByGlobalNorm } from 'heddle/optim'
 * const optimizer = chain(clipByGlobalNorm(1), adam(0.1))
 * const gradient = grad((x: Tensor) => square(sub(x, 3)))(tensor(0))
 * const [updates, state] = optimizer.update(gradient, optimizer.init(tensor(0)))
 * applyUpdates(tensor(0), updates) // 0.1
 */
export { type AccumulateState, accumulate, applyIfFinite, type FiniteState } from './accumulate.js'
export {
  type AdamOptions,
  type AdamState,
  adam,
  adamw,
  type LionState,
  lion,
  nadam,
  scaleByAdam,
  type WeightDecayOptions,
} from './adam.js'
export { clipByGlobalNorm, clipByValue, globalNorm } from './clip.js'
export { addDecayedWeights } from './decay.js'
export { type EmaState, ema } from './ema.js'
export { freeze, masked, multiTransform } from './mask.js'
export {
  type AdadeltaState,
  type AdagradOptions,
  type AdagradState,
  adadelta,
  adagrad,
  type RmspropOptions,
  type RmsState,
  rmsprop,
  scaleByRms,
} from './rms.js'
export { type LearningRate, type Schedule, type ScheduleState, scale, scaleByLearningRate } from './schedule.js'
export {
  constantSchedule,
  cosineDecaySchedule,
  exponentialDecay,
  joinSchedules,
  linearSchedule,
  noamSchedule,
  type OneCycleOptions,
  oneCycleSchedule,
  piecewiseConstantSchedule,
  polynomialSchedule,
  sgdrSchedule,
  type WarmupCosine,
  warmupCosineDecaySchedule,
} from './schedules.js'
export type { Selection } from './select.js'
export { type MomentumOptions, sgd, type TraceState, trace } from './sgd.js'
export { applyUpdates, chain, type Optimizer, type StateOf } from './transformation.js'
