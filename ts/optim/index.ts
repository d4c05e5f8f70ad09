// heddle/optim: optimisers as pairs of pure functions.
export { type AdamOptions, type AdamState, adam, adamw, scaleByAdam } from './adam.js'
export { clipByGlobalNorm, globalNorm } from './clip.js'
export { addDecayedWeights } from './decay.js'
export { type AdagradState, adagrad, type RmspropOptions, type RmsState, rmsprop, scaleByRms } from './rms.js'
export { type LearningRate, type Schedule, type ScheduleState, scale, scaleByLearningRate } from './schedule.js'
export { type MomentumOptions, sgd, type TraceState, trace } from './sgd.js'
export { applyUpdates, chain, type Optimizer, type StateOf } from './transformation.js'
