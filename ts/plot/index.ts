// heddle/plot: drawings as SVG text.
export { type Curve, type CurvesOptions, curves } from './curves.js'
export { ticks } from './ticks.js'
