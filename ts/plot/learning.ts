// The curves of a training: what is learnt of the examples seen, and of others.
import { checkOptions } from '../core/options.js'
import { describe } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { type Curve, type CurvesOptions, curves, DRAWING_NAMES, type Mark } from './curves.js'

/** One entry of a history, as `fit` of heddle/train keeps it. */
export interface LearningEntry {
  step: number
  loss: number
  validation: number | null
}

/** The title, the names of the axes and the size of the drawing. */
export interface LearningOptions extends Omit<CurvesOptions, 'marks'> {
  /** A loss to beat, drawn with dashes: of guessing, of another model. */
  baseline?: { name: string; loss: number }
}

/**
 * The losses of training and validation over the steps, as the text of an SVG file, with the best validation marked, and
 * the stretch behind it, where the model goes on to learn the examples by heart, if validation got worse by the end.
 * Underfitting shows as two curves that fall side by side, or stay high.
 * @example
 * import { learningCurves } from 'heddle/plot'
 * const history = [{ step: 10, loss: 2, validation: 2.1 }, { step: 20, loss: 1.4, validation: 1.9 }]
 * const svg = learningCurves(history, { yLabel: 'nats' })
 */
export function learningCurves(history: readonly LearningEntry[], options: LearningOptions = {}): string {
  checkOptions('learningCurves', options, { ...DRAWING_NAMES, yScale: 1, baseline: 1 })
  if (!Array.isArray(history)) {
    throw typeError(`learningCurves: the history is a list, as finish(fit(...)) returns it, not ${describe(history)}`)
  }
  history.forEach((entry, i) => {
    if (typeof entry?.loss === 'number') return
    throw typeError(`learningCurves: entry ${i} is ${describe(entry)} without step, loss and validation`)
  })
  const { baseline, ...rest } = options
  const validated = history.flatMap(({ step, validation }) => (validation === null ? [] : [{ step, validation }]))
  const list: Curve[] = [
    { name: 'training', xs: history.map(({ step }) => step), ys: history.map(({ loss }) => loss) },
    {
      name: 'validation',
      xs: validated.map(({ step }) => step),
      ys: validated.map(({ validation }) => validation),
    },
  ]
  const [first, last] = [history[0]?.step ?? 0, history.at(-1)?.step ?? 1]
  if (baseline !== undefined) {
    list.push({ name: baseline.name, xs: [first, last], ys: [baseline.loss, baseline.loss], dashed: true })
  }
  const marks: Mark[] = []
  if (validated.length > 0) {
    const best = validated.reduce((a, b) => (b.validation < a.validation ? b : a))
    marks.push({ name: `best ${Number(best.validation.toPrecision(4))} at ${best.step}`, x: best.step })
    const end = validated[validated.length - 1]
    if (end.validation > best.validation) marks.push({ name: '', x: best.step, to: end.step })
  }
  return curves(validated.length > 0 ? list : list.filter(({ name }) => name !== 'validation'), {
    xLabel: 'step',
    yLabel: 'loss',
    ...rest,
    marks,
  })
}
