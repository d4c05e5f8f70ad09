// heddle/optim: optimisers as pairs of pure functions.
export { clipByGlobalNorm, globalNorm } from './clip.js'
export { addDecayedWeights } from './decay.js'
export {
  type AdagradState,
  type AdamOptions,
  type AdamState,
  adagrad,
  adam,
  adamw,
  type MomentumOptions,
  type RmspropOptions,
  type RmsState,
  rmsprop,
  scaleByAdam,
  scaleByRms,
  sgd,
  type TraceState,
  trace,
} from './moments.js'
export { type LearningRate, type Schedule, type ScheduleState, scale, scaleByLearningRate } from './schedule.js'
export { applyUpdates, chain, type Optimizer, type StateOf } from './transformation.js'
