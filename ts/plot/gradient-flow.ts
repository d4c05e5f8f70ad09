// How far gradients reach back, drawn.
import { checkOptions } from '../core/options.js'
import { describe } from '../core/tensor.js'
import { isPlainObject } from '../core/tree.js'
import { typeError } from '../errors.js'
import { type CurvesOptions, curves, DRAWING_NAMES } from './curves.js'

/**
 * The norm of a loss's gradient by time step on a log scale, as the text of an SVG file, a curve for each name: what
 * `gradientFlow` of heddle/train gives. A straight line downwards to the left is a gradient that vanishes on its way back,
 * one upwards a gradient that explodes (Bengio et al. 1994). Norms of 0 leave a gap. Options as for `curves`.
 * @example
 * import { gradientFlowPlot } from 'heddle/plot'
 * const halved = Array.from({ length: 50 }, (_, t) => 0.5 ** (50 - t))
 * const svg = gradientFlowPlot({ 'w = 0.5': halved }, { title: 'vanishing' })
 */
export function gradientFlowPlot(
  norms: Readonly<Record<string, ArrayLike<number>>>,
  options: Omit<CurvesOptions, 'yScale'> = {},
): string {
  checkOptions('gradientFlowPlot', options, { ...DRAWING_NAMES, marks: 1 })
  if (!isPlainObject(norms)) {
    throw typeError(`gradientFlowPlot: the norms come by name, as { gru: norms }, not as ${describe(norms)}`)
  }
  return curves(
    Object.entries(norms).map(([name, ys]) => ({ name, ys })),
    { xLabel: 'time step', yLabel: 'norm of the gradient', ...options, yScale: 'log' },
  )
}
