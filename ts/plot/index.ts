/**
 * Drawings as SVG text.
 * @module heddle/plot
 * @example
 * import { writeFileAtomic } from 'heddle/io'
 * import { curves } from 'heddle/plot'
 * await writeFileAtomic('loss.svg', curves([{ name: 'training', ys: [3, 2, 1.5, 1.3] }], { xLabel: 'step' }))
 */
export { type Curve, type CurvesOptions, curves, type Mark } from './curves.js'
export { gradientFlowPlot } from './gradient-flow.js'
export { type HeatMapOptions, heatMap } from './heat-map.js'
export { type LearningEntry, type LearningOptions, learningCurves } from './learning.js'
export { ticks } from './ticks.js'
