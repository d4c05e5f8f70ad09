// How likely a model holds a given text: what a search maximises, and what other texts are compared by.
import { isInteger } from '../core/dtype.js'
import { checkOptions } from '../core/options.js'
import { showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import type { Tree } from '../core/tree.js'
import { typeError } from '../errors.js'
import { neg } from '../ops/arithmetic.js'
import { cast } from '../ops/cast.js'
import { equal } from '../ops/compare.js'
import { concat } from '../ops/concat.js'
import { softmaxCrossEntropy } from '../ops/cross-entropy.js'
import { cumsum } from '../ops/cumulate.js'
import { pad } from '../ops/pad.js'
import { sum } from '../ops/reduce.js'
import { expandDims } from '../ops/reshape.js'
import { slice } from '../ops/slice.js'
import { where } from '../ops/where.js'
import { scan } from '../transforms/scan.js'
import { checkWhole, PROMPT_NAMES, type PromptOptions, readPrompt, type Step } from './prompt.js'

/** How likely a text is. */
export interface Likelihood {
  /** The sum of the log-probabilities of its tokens, in nats: float32 []. */
  logProbability: Tensor
  /** How many of its tokens count, the end among them: int32 []. */
  length: Tensor
}

/**
 * The log-probability that a model gives `tokens` (int32 [T]) after a prompt (int32 [P], at least one token); what follows
 * the first `end` does not count. Differentiable; `vmap` takes a batch of texts. Throws if prompt or tokens are not lists of
 * integers.
 * @example
 * import { log, take, tensor } from 'heddle'
 * import { logLikelihood, type Step } from 'heddle/decode'
 * const table = log(tensor([[0.5, 0.5], [0.75, 0.25]]))
 * const step: Step<null> = (carry, token) => [carry, take(table, token)]
 * const prompt = tensor([0], { dtype: 'int32' })
 * const { logProbability } = logLikelihood(step, null, prompt, tensor([1, 1, 0], { dtype: 'int32' }))
 * logProbability.item() // -2.3671
 */
export function logLikelihood<C extends Tree>(
  step: Step<C>,
  carry: C,
  prompt: Tensor,
  tokens: Tensor,
  options: PromptOptions & { end?: number } = {},
): Likelihood {
  checkOptions('logLikelihood', options, { ...PROMPT_NAMES, end: 1 })
  const { end } = options
  checkTensor('logLikelihood', tokens, 'the text')
  if (tokens.rank !== 1 || !isInteger(tokens.dtype)) {
    throw typeError(`logLikelihood: the text is int32 [T], not ${tokens.dtype}${showShape(tokens.shape)}`)
  }
  if (end !== undefined) checkWhole('logLikelihood', 'end', end, 0)
  const [read, first] = readPrompt('logLikelihood', step, carry, prompt, options)
  const said = cast(tokens, 'int32')
  const heard = slice(concat([expandDims(first, 0), said]), [0], [said.size])
  const [, surprise] = scan(
    (c: C, { from, to }: { from: Tensor; to: Tensor }): [C, Tensor] => {
      const [next, logits] = step(c, from)
      return [next, softmaxCrossEntropy(logits, to)]
    },
    read,
    { from: heard, to: said },
  )
  const ends = cast(equal(said, end ?? -1), 'int32')
  const counts = equal(said.size === 0 ? ends : cumsum(pad(slice(ends, [0], [-1]), [[1, 0]])), 0)
  return { logProbability: neg(sum(where(counts, surprise, 0))), length: sum(cast(counts, 'int32')) }
}
