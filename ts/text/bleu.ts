// BLEU: how many of a translation's runs of words are in what it should be.
import { checkOptions } from '../core/options.js'
import { rangeError } from '../errors.js'
import { exp, log } from '../ops/exponential.js'
import { mean } from '../ops/reduce.js'
import { tensor } from '../ops/tensor.js'
import { checkPairs } from './edit-distance.js'
import { checkTokens } from './tokens.js'

/** How BLEU counts. */
export interface BleuOptions {
  /** The longest runs (4). */
  order?: number
  /**
   * What stands for no run in common, of which the geometric mean would be 0. 'none' (the default): nothing. 'addOne': one
   * more of each for runs longer than one (Lin and Och 2004). 'exponential': 1/2, 1/4, ... of one run (NIST's script).
   */
  smoothing?: 'none' | 'addOne' | 'exponential'
}

/** The score and what it is made of. */
export interface Bleu {
  /** In [0, 1]. */
  score: number
  /** The share of runs of 1, 2, ... tokens that are in the references. */
  precisions: number[]
  /** exp(1 - reference / hypothesis) where hypotheses are shorter, else 1. */
  brevityPenalty: number
}

/**
 * BLEU of a corpus: brevity penalty times the geometric mean of the precisions of runs of 1 to 4 tokens, each counted at
 * most as often as in one of its references; the reference of the nearest length counts for brevity (Papineni et al. 2002).
 * Hypotheses are lists of tokens, references a list of them for each. Throws unless there are as many of both.
 * @example
 * import { bleu, splitWords } from 'heddle/text'
 * const { score } = bleu([splitWords('the cat is on a mat')], [[splitWords('the cat is on the mat')]])
 * score // 0.5373
 */
export function bleu(
  hypotheses: readonly (readonly string[])[],
  references: readonly (readonly (readonly string[])[])[],
  options: BleuOptions = {},
): Bleu {
  checkOptions('bleu', options, { order: 1, smoothing: 1 })
  const { order = 4, smoothing = 'none' } = options
  checkPairs('bleu', hypotheses, references)
  if (!Number.isInteger(order) || order < 1) throw rangeError(`bleu: order is a positive integer, not ${order}`)
  if (!['none', 'addOne', 'exponential'].includes(smoothing)) {
    throw rangeError(`bleu: smoothing is 'none', 'addOne' or 'exponential', not ${JSON.stringify(smoothing)}`)
  }
  let [said, meant] = [0, 0]
  const matches = new Array<number>(order).fill(0)
  const totals = new Array<number>(order).fill(0)
  hypotheses.forEach((hypothesis, i) => {
    checkTokens('bleu', `hypothesis ${i}`, hypothesis)
    for (const reference of references[i]) checkTokens('bleu', `a reference of hypothesis ${i}`, reference)
    if (references[i].length === 0) throw rangeError(`bleu: hypothesis ${i} has no reference`)
    said += hypothesis.length
    meant += nearestLength(hypothesis.length, references[i])
    for (let n = 1; n <= order; n++) {
      const most = new Map<string, number>()
      for (const reference of references[i])
        for (const [run, count] of runs(reference, n)) most.set(run, Math.max(count, most.get(run) ?? 0))
      for (const [run, count] of runs(hypothesis, n)) {
        matches[n - 1] += Math.min(count, most.get(run) ?? 0)
        totals[n - 1] += count
      }
    }
  })
  let half = 1
  const precisions = matches.map((match, i) => {
    const total = totals[i]
    if (total === 0) return 0
    if (smoothing === 'addOne' && i > 0) return (match + 1) / (total + 1)
    if (smoothing === 'exponential' && match === 0) {
      half /= 2
      return half / total
    }
    return match / total
  })
  const brevity = said === 0 ? Number.NEGATIVE_INFINITY : Math.min(0, 1 - meant / said)
  const [score, brevityPenalty] = exp(tensor([brevity + mean(log(tensor(precisions))).item(), brevity])).data()
  return { score, precisions, brevityPenalty }
}

/** Runs of n tokens with how often they are there. */
function runs(tokens: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (let i = 0; i + n <= tokens.length; i++) {
    const run = JSON.stringify(tokens.slice(i, i + n))
    counts.set(run, (counts.get(run) ?? 0) + 1)
  }
  return counts
}

/** The length nearest to that of the hypothesis, of two the shorter one. */
const nearestLength = (length: number, references: readonly (readonly string[])[]): number =>
  references.map(reference => reference.length).sort((a, b) => Math.abs(a - length) - Math.abs(b - length) || a - b)[0]
