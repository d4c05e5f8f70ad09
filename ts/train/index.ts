// heddle/train: the loop around a training step.
export { breathe } from './breathe.js'
export { type CheckpointStore, fileStore, type Settings } from './checkpoint.js'
export { type FitOptions, type Fitted, finish, fit, type Report, type TrainStep } from './fit.js'
export { type Best, type Entry, historyCsv } from './history.js'
export { type ProgressBarOptions, progressBar, progressLine } from './progress.js'
