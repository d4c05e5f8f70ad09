// heddle/train: the loop around a training step.
export { breathe } from './breathe.js'
export { type FitOptions, fit, type Report, type TrainStep } from './fit.js'
