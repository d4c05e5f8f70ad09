// heddle/plot: drawings as SVG text.
export { type Curve, type CurvesOptions, curves } from './curves.js'
export { gradientFlowPlot } from './gradient-flow.js'
export { type HeatMapOptions, heatMap } from './heat-map.js'
export { ticks } from './ticks.js'
