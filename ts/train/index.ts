// heddle/train: the loop around a training step, gradients through time and what they look like on the way.
export { breathe } from './breathe.js'
export { type FitOptions, fit, type Report, type TrainStep } from './fit.js'
export { gradientFlow } from './gradient-flow.js'
export { type RtrlState, rtrl, rtrlState, rtrlStep } from './rtrl.js'
export { bptt, type CellStep, type GradientThroughTime, type StepLoss, tbptt } from './through-time.js'
