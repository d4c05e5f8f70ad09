// Beam search: the likeliest texts that a model would say, as far as a beam of them can see, in one compiled loop. What the
// beams have said is kept as tokens and parents by step and read backwards at the end; carries are gathered by parent.
import { checkOptions, type OptionNames } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { scalar } from '../core/trace.js'
import { type Tree, treeMap } from '../core/tree.js'
import { rangeError, typeError } from '../errors.js'
import { add, div, maximum, pow, rem } from '../ops/arithmetic.js'
import { logicalAnd } from '../ops/bitwise.js'
import { broadcastTo } from '../ops/broadcast.js'
import { cast } from '../ops/cast.js'
import { equal, greater, less } from '../ops/compare.js'
import { concat } from '../ops/concat.js'
import { floorDivide } from '../ops/division.js'
import { dynamicUpdateSlice } from '../ops/dynamic-slice.js'
import { arange, full, zeros } from '../ops/full.js'
import { max } from '../ops/reduce.js'
import { expandDims, reshape } from '../ops/reshape.js'
import { at, slice } from '../ops/slice.js'
import { logSoftmax } from '../ops/softmax.js'
import { topK } from '../ops/sort.js'
import { take } from '../ops/take.js'
import { transpose } from '../ops/transpose.js'
import { where } from '../ops/where.js'
import { scan } from '../transforms/scan.js'
import { vmap } from '../transforms/vmap.js'
import { whileLoop } from '../transforms/while-loop.js'
import { checkLength, checkWhole, PROMPT_NAMES, type PromptOptions, readPrompt, type Step } from './prompt.js'

/** How a beam search goes. */
export interface BeamOptions extends PromptOptions {
  /** How many tokens a text has at most. */
  length: number
  /** How many texts are followed side by side. */
  width: number
  /** The token that ends a text, and counts as one of its tokens (none: all have `length` tokens). */
  end?: number
  /** Texts are ranked by `logProbability / ((5 + tokens) / 6)^lengthPenalty` (0): Wu et al. 2016, equation 14. */
  lengthPenalty?: number | Tensor
  /** How many texts come back, at most `width` (all). */
  results?: number
  /**
   * Which texts go on after a step. `'keep'` (the default): the `width` likeliest that have not ended. `'shrink'`: those of
   * the `width` likeliest that have not ended, so that fewer go on where some have. Either way a text that ends counts if it
   * is among the `width` likeliest.
   */
  pruning?: 'keep' | 'shrink'
}

const BEAM_NAMES: OptionNames<BeamOptions> = {
  ...PROMPT_NAMES,
  length: 1,
  width: 1,
  end: 1,
  lengthPenalty: 1,
  results: 1,
  pruning: 1,
}

/** Texts, best first. Where there are fewer than asked for, the last ones have length 0 and the score -Infinity. */
export interface Hypotheses {
  /** int32 [results, length]; behind its length a text has only `end` (0 without one). */
  tokens: Tensor
  /** How many tokens each text has, its end among them: int32 [results]. */
  lengths: Tensor
  /** The sum of the log-probabilities of its tokens: [results]. */
  logProbabilities: Tensor
  /** That, divided by the length penalty: [results]. */
  scores: Tensor
}

/**
 * The best texts that a beam search finds after a prompt (int32 [P], at least one token): at each step the likeliest
 * continuations of the beam's texts, ranked at the end by their score. It stops as soon as no text of the beam can become
 * one of the best. `vmap` searches for a batch. Throws if the prompt is empty or not of integers.
 * @example
 * import { log, take, tensor } from 'heddle'
 * import { beam, type Step } from 'heddle/decode'
 * // The likeliest first token leads to unlikely texts.
 * const table = log(tensor([[0, 0.55, 0.45], [0.4, 0.3, 0.3], [0.9, 0.05, 0.05]]))
 * const prompt = tensor([0], { dtype: 'int32' })
 * const step: Step<null> = (carry, token) => [carry, take(table, token)]
 * const { tokens, scores } = beam(step, null, prompt, { length: 3, width: 2, end: 0 })
 * tokens.toArray() // [[2, 0, 0], [1, 0, 0]]
 * scores.toArray() // [-0.9039, -1.5141]
 */
export function beam<C extends Tree>(step: Step<C>, carry: C, prompt: Tensor, options: BeamOptions): Hypotheses {
  checkOptions('beam', options, BEAM_NAMES)
  const { length, width, end, lengthPenalty = 0, results = width, pruning = 'keep' } = options
  checkLength('beam', length)
  checkWhole('beam', 'width', width, 1)
  checkWhole('beam', 'results', results, 1)
  if (results > width) throw rangeError(`beam: ${results} results are more than the width ${width}`)
  if (end !== undefined) checkWhole('beam', 'end', end, 0)
  if (pruning !== 'keep' && pruning !== 'shrink') {
    throw rangeError(`beam: pruning is 'keep' or 'shrink', not ${JSON.stringify(pruning)}`)
  }
  const [read, first] = readPrompt('beam', step, carry, prompt, options)
  const penalty = (tokens: Tensor): Tensor => pow(div(add(5, cast(tokens, 'float32')), 6), lengthPenalty)
  const longest = penalty(scalar(length, 'int32'))
  const stepAll = vmap(step) as (carries: C, tokens: Tensor) => [C, Tensor]

  const extend = (state: Search<C>): Search<C> => {
    const { time } = state
    const [carries, logits] = stepAll(state.carries, state.last)
    if (logits.rank !== 2) throw typeError(`beam: the step gives logits [V], not of rank ${logits.rank - 1}`)
    const size = logits.shape[1]
    const sums = reshape(add(expandDims(state.sums, 1), logSoftmax(logits)), [width * size])
    const [best, places] = topK(sums, Math.min(pruning === 'keep' ? 2 * width : width, width * size))
    const parents = floorDivide(places, size)
    const tokens = rem(places, size)
    const isFirst = less(arange(best.size), width)
    const isEnd = end === undefined ? equal(tokens, -1) : equal(tokens, end)
    const isDone = logicalAnd(logicalAnd(isEnd, isFirst), greater(best, NEVER))
    const done = where(isDone, best, NEVER)
    const [alive, order] = widened(topK(where(isEnd, NEVER, best), Math.min(width, best.size)), width)
    const [from, said] = [take(parents, order), take(tokens, order)]
    const now = add(time, 1)
    return {
      carries: treeMap(leaf => take(leaf, from), carries) as C,
      last: said,
      sums: alive,
      time: now,
      tokens: dynamicUpdateSlice(state.tokens, expandDims(said, 0), [time, 0]),
      parents: dynamicUpdateSlice(state.parents, expandDims(from, 0), [time, 0]),
      ended: bestOf(results, state.ended, {
        scores: div(done, penalty(now)),
        sums: done,
        lengths: where(isDone, now, 0),
        inTable: where(isDone, time, 0),
        places: parents,
      }),
    }
  }
  /** No score is better than that of the likeliest text, whatever its length becomes: sums only fall. */
  const mayImprove = ({ time, sums, ended }: Search<C>): Tensor => {
    const bound = div(max(sums), maximum(longest, penalty(add(time, 1))))
    return logicalAnd(less(time, length), greater(bound, at(ended.scores, -1)))
  }
  const rows = Math.max(length, 1)
  const nothing = full([results], NEVER)
  const none = zeros([results], 'int32')
  const last = whileLoop(mayImprove, extend, {
    carries: treeMap(leaf => broadcastTo(leaf, [width, ...leaf.shape]), read) as C,
    last: broadcastTo(first, [width]),
    sums: where(equal(arange(width), 0), 0, NEVER),
    time: scalar(0, 'int32'),
    tokens: full([rows, width], end ?? 0, 'int32'),
    parents: zeros([rows, width], 'int32'),
    ended: { scores: nothing, sums: nothing, lengths: none, inTable: none, places: none },
  } as Search<C>)
  // What has not ended counts as it is. Where the loop has stopped before, none of it is good enough.
  const written = where(greater(last.sums, NEVER), last.time, 0)
  const { scores, sums, lengths, inTable, places } = bestOf(results, last.ended, {
    scores: div(last.sums, longest),
    sums: last.sums,
    lengths: written,
    inTable: written,
    places: arange(width),
  })
  const [, tokens] = scan(
    (place: Tensor, { time, said, parents }: { time: Tensor; said: Tensor; parents: Tensor }): [Tensor, Tensor] => {
      const isIn = less(time, inTable)
      return [where(isIn, take(parents, place), place), where(isIn, take(said, place), end ?? 0)]
    },
    places,
    { time: arange(rows), said: last.tokens, parents: last.parents },
    { reverse: true },
  )
  return { tokens: slice(transpose(tokens), [0, 0], [results, length]), lengths, logProbabilities: sums, scores }
}

const NEVER = Number.NEGATIVE_INFINITY

interface Search<C> {
  carries: C
  /** The last token of each text. */
  last: Tensor
  /** The log-probability of each text, -Infinity where there is none. */
  sums: Tensor
  time: Tensor
  /** By step and place in the beam: what was said, and the place of what it continues. */
  tokens: Tensor
  parents: Tensor
  ended: Ended
}

/** The best of the texts that have ended. */
interface Ended {
  scores: Tensor
  sums: Tensor
  lengths: Tensor
  /** How many of their tokens are in the table, the last of them at `places`: an end is not. */
  inTable: Tensor
  places: Tensor
}

/** The first `count` by score, of equal ones those of `a` first. */
function bestOf(count: number, a: Ended, b: Ended): Ended {
  const all = treeMap((x, y) => concat([x, y]), a, b)
  const [, order] = topK(all.scores, count)
  return treeMap(leaf => take(leaf, order), all)
}

/** As many as the beam is wide, where a small vocabulary has fewer. */
function widened([values, order]: [Tensor, Tensor], width: number): [Tensor, Tensor] {
  const missing = width - values.size
  if (missing === 0) return [values, order]
  return [concat([values, full([missing], NEVER)]), concat([order, zeros([missing], 'int32')])]
}
