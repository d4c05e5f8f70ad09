// From the steps of a CTC model (`ctcLoss` of heddle/nn) to labels: the best path, and the best labels over all paths. Lists
// of labels differ in length, so these are functions over numbers, not over traced tensors.
import { checkOptions, type OptionNames } from '../core/options.js'
import { showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { argmax } from '../ops/argmax.js'
import { log } from '../ops/exponential.js'
import { softmax } from '../ops/softmax.js'
import { tensor } from '../ops/tensor.js'
import { checkWhole } from './prompt.js'

/** What the steps are. */
export interface CtcDecodeOptions {
  /** The class that says nothing (0). */
  blank?: number
  /** How many steps of each input count: int32 [N] (all T). */
  lengths?: Tensor
}

const CTC_NAMES: OptionNames<CtcDecodeOptions> = { blank: 1, lengths: 1 }

/** How wide the search is. */
export interface CtcBeamOptions extends CtcDecodeOptions {
  /** How many beginnings are followed side by side. */
  width: number
  /** How many come back of each input, at most `width` (1). */
  results?: number
}

/** Labels and how likely they are. */
export interface CtcHypothesis {
  /** Without blanks. */
  labels: number[]
  /** The logarithm of the summed probabilities of all paths found that say the labels. */
  logProbability: number
}

/**
 * What the likeliest class of each step says: equal neighbours are one, blanks nothing (Graves et al. 2006, section 3.2).
 * Logits [N, T, C] to N lists of labels. Throws if the shapes do not fit.
 * @example
 * import { oneHot, tensor } from 'heddle'
 * import { ctcGreedy } from 'heddle/decode'
 * const steps = tensor([[1, 1, 0, 1, 2, 2]], { dtype: 'int32' }) // 0 is the blank
 * ctcGreedy(oneHot(steps, 3)) // [[1, 1, 2]]
 */
export function ctcGreedy(logits: Tensor, options: CtcDecodeOptions = {}): number[][] {
  checkOptions('ctcGreedy', options, CTC_NAMES)
  const { count, steps, blank, ends } = checkSteps('ctcGreedy', logits, options)
  const best = argmax(logits, -1).data()
  return Array.from({ length: count }, (_, n) => {
    const path = best.subarray(n * steps, n * steps + ends[n])
    return Array.from(path).filter((label, t) => label !== blank && (t === 0 || label !== path[t - 1]))
  })
}

/**
 * The likeliest labels, each with the probabilities of all its paths summed, as a beam of beginnings finds them (Graves
 * 2012, section 7.5.3; Hannun et al. 2014): logits [N, T, C] to N lists, best first. Throws if the shapes do not fit.
 * @example
 * import { log, tensor } from 'heddle'
 * import { ctcBeam } from 'heddle/decode'
 * // The likeliest path has blanks only; that a label is said at one step or the other is likelier.
 * const [[best]] = ctcBeam(log(tensor([[[0.6, 0.4], [0.6, 0.4]]])), { width: 4 })
 * best // { labels: [1], logProbability: -0.4463 }
 */
export function ctcBeam(logits: Tensor, options: CtcBeamOptions): CtcHypothesis[][] {
  checkOptions('ctcBeam', options, { ...CTC_NAMES, width: 1, results: 1 })
  const { width, results = 1 } = options
  checkWhole('ctcBeam', 'width', width, 1)
  checkWhole('ctcBeam', 'results', results, 1)
  if (results > width) throw rangeError(`ctcBeam: ${results} results are more than the width ${width}`)
  const { count, steps, classes, blank, ends } = checkSteps('ctcBeam', logits, options)
  const probabilities = softmax(logits).data()
  return Array.from({ length: count }, (_, n) => {
    const start = n * steps * classes
    const rows = probabilities.subarray(start, start + ends[n] * classes) as Float32Array
    return searchPrefixes(rows, classes, blank, width, results)
  })
}

/** A beginning: labels as a path from the root, and what its paths have in this step. */
interface Prefix {
  readonly parent: Prefix | null
  readonly label: number
  readonly children: Map<number, Prefix>
  /** Probability of the paths that end in a blank, and of the others. */
  silent: number
  voiced: number
}

const prefix = (parent: Prefix | null, label: number): Prefix => ({
  parent,
  label,
  children: new Map(),
  silent: 0,
  voiced: 0,
})

const probabilityOf = ({ silent, voiced }: Prefix): number => silent + voiced

/** Products of probabilities are kept above this by factors of its inverse, which are exact. */
const SMALL = 2 ** -64

function searchPrefixes(
  rows: Float32Array,
  classes: number,
  blank: number,
  width: number,
  results: number,
): CtcHypothesis[] {
  let beam = [{ ...prefix(null, -1), silent: 1 }]
  let factors = 0
  for (let at = 0; at < rows.length; at += classes) {
    const before = beam.map(({ silent, voiced }) => ({ silent, voiced }))
    const reached = new Set<Prefix>()
    const reach = (node: Prefix): Prefix => {
      if (!reached.has(node)) {
        node.silent = node.voiced = 0
        reached.add(node)
      }
      return node
    }
    beam.forEach((node, i) => {
      const { silent, voiced } = before[i]
      const stay = reach(node)
      stay.silent += (silent + voiced) * rows[at + blank]
      if (node.parent !== null) stay.voiced += voiced * rows[at + node.label]
      for (let label = 0; label < classes; label++) {
        if (label === blank) continue
        const child = node.children.get(label) ?? prefix(node, label)
        node.children.set(label, child)
        // The same label once more needs a blank between.
        reach(child).voiced += (label === node.label ? silent : silent + voiced) * rows[at + label]
      }
    })
    beam = [...reached].sort((a, b) => probabilityOf(b) - probabilityOf(a)).slice(0, width)
    while (probabilityOf(beam[0]) < SMALL && probabilityOf(beam[0]) > 0) {
      for (const node of beam) {
        node.silent /= SMALL
        node.voiced /= SMALL
      }
      factors++
    }
  }
  const found = beam.slice(0, results).filter(node => probabilityOf(node) > 0)
  const logs = log(tensor(Float32Array.from(found, probabilityOf))).data()
  return found.map((node, i) => ({
    labels: labelsOf(node),
    logProbability: logs[i] - factors * 64 * Math.LN2,
  }))
}

function labelsOf(node: Prefix): number[] {
  const labels: number[] = []
  for (let at = node; at.parent !== null; at = at.parent) labels.unshift(at.label)
  return labels
}

function checkSteps(name: string, logits: Tensor, { blank = 0, lengths }: CtcDecodeOptions) {
  checkTensor(name, logits, 'logits')
  if (logits.rank !== 3) throw typeError(`${name}: logits are [N, T, C], not ${showShape(logits.shape)}`)
  const [count, steps, classes] = logits.shape
  if (!Number.isInteger(blank) || blank < 0 || blank >= classes) {
    throw rangeError(`${name}: the blank is one of ${classes} classes, not ${blank}`)
  }
  const list = lengths === undefined ? new Array<number>(count).fill(steps) : [...lengths.data()]
  if (list.length !== count || list.some(length => !Number.isInteger(length) || length < 0 || length > steps)) {
    throw rangeError(`${name}: lengths are ${count} integers from 0 to ${steps}, not ${list.join(', ')}`)
  }
  return { count, steps, classes, blank, ends: list }
}
