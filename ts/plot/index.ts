// heddle/plot: drawings as SVG text.
export { type Curve, type CurvesOptions, curves, type Mark } from './curves.js'
export { type LearningEntry, type LearningOptions, learningCurves } from './learning.js'
export { ticks } from './ticks.js'
