/**
 * The loop around a training step, gradients through time and what they look like on the way.
 * @module heddle/train
 * @example
 * import { grad, mul, square, sub, type Tensor, tensor } from 'heddle'
 * import { fit } from 'heddle/train'
 * const loss = (x: Tensor) => square(sub(x, 3))
 * const step = (x: Tensor): [Tensor, Tensor] => [sub(x, mul(0.1, grad(loss)(x))), loss(x)]
 * for await (const report of fit(step, tensor(0), { steps: 20 })) report.loss // 9, 5.76, 3.69, ...
 */
export { breathe } from './breathe.js'
export { type CheckpointStore, fileStore, type Settings } from './checkpoint.js'
export { type FitOptions, type Fitted, finish, fit, type Report, type TrainStep } from './fit.js'
export { gradientFlow } from './gradient-flow.js'
export { type Best, type Entry, historyCsv } from './history.js'
export { type ProgressBarOptions, progressBar, progressLine } from './progress.js'
export { type RtrlState, rtrl, rtrlState, rtrlStep } from './rtrl.js'
export { bptt, type CellStep, type GradientThroughTime, type StepLoss, tbptt } from './through-time.js'
