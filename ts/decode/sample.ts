// A model fed with its own draws. Prompt and loop are one loop each, so under `jit` the whole text is one call.
import { checkOptions, type OptionNames } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { scalar } from '../core/trace.js'
import type { Tree } from '../core/tree.js'
import { rangeError } from '../errors.js'
import { argmax } from '../ops/argmax.js'
import { add, div, maximum, sub } from '../ops/arithmetic.js'
import { logicalAnd } from '../ops/bitwise.js'
import { equal, less, notEqual } from '../ops/compare.js'
import { cumsum } from '../ops/cumulate.js'
import { dynamicUpdateSlice } from '../ops/dynamic-slice.js'
import { arange, full } from '../ops/full.js'
import { pad } from '../ops/pad.js'
import { categorical, foldIn } from '../ops/random.js'
import { max } from '../ops/reduce.js'
import { expandDims } from '../ops/reshape.js'
import { slice } from '../ops/slice.js'
import { softmax } from '../ops/softmax.js'
import { topK as largest } from '../ops/sort.js'
import { take } from '../ops/take.js'
import { where } from '../ops/where.js'
import { scan } from '../transforms/scan.js'
import { whileLoop } from '../transforms/while-loop.js'
import { checkLength, checkWhole, PROMPT_NAMES, type PromptOptions, readPrompt, type Step } from './prompt.js'

/** How a text is continued. */
export interface SpeakOptions extends PromptOptions {
  /** How many tokens are made. */
  length: number
  /** The token after which there is nothing more to say: all that follow it are the same (none). */
  end?: number
}

const SPEAK_NAMES: OptionNames<SpeakOptions> = { ...PROMPT_NAMES, length: 1, end: 1 }

/** How tokens are drawn. */
export interface SampleOptions extends SpeakOptions {
  /** The key of the draws. */
  key: Tensor
  /** Logits are divided by it: below 1 bolder, above 1 more even, 0 the likeliest token (1). */
  temperature?: number | Tensor
  /** Only that many of the likeliest tokens are drawn: Fan et al. 2018 (all). */
  topK?: number
  /** Only the likeliest tokens that together have this probability are drawn, at least one: Holtzman et al. 2020 (1). */
  topP?: number | Tensor
}

/**
 * Tokens drawn from a model one after the other: `prompt` (int32 [P], at least one token) is read from `carry` on, then
 * `length` tokens follow, each drawn with probability softmax(logits / temperature), among all or the `topK` likeliest of
 * them, and of these among the likeliest that have probability `topP`. Returns [the carry before the last token is read,
 * int32 [length]]. With `end` the loop stops where it is drawn. Throws if the prompt is empty or not of integers.
 * @example
 * import { random, take, tensor } from 'heddle'
 * import { type Step, sample } from 'heddle/decode'
 * const table = tensor([[0, 1, 0], [0, 0, 4], [2, 0, 0]]) // logits of the next token by the last one
 * const step: Step<null> = (carry, token) => [carry, take(table, token)]
 * const prompt = tensor([0], { dtype: 'int32' })
 * const [, ids] = sample(step, null, prompt, { length: 5, key: random.key(0), temperature: 0 })
 * ids.toArray() // [1, 2, 0, 1, 2]
 * const [, some] = sample(step, null, prompt, { length: 5, key: random.key(0), topK: 2, topP: 0.9 })
 */
export function sample<C extends Tree>(step: Step<C>, carry: C, prompt: Tensor, options: SampleOptions): [C, Tensor] {
  checkOptions('sample', options, { ...SPEAK_NAMES, key: 1, temperature: 1, topK: 1, topP: 1 })
  const { key, temperature = 1, topK, topP } = options
  if (topK !== undefined) checkWhole('sample', 'topK', topK, 1)
  if (typeof topP === 'number' && !(topP > 0 && topP <= 1)) {
    throw rangeError(`sample: topP lies in (0, 1], not ${topP}`)
  }
  const draw = (logits: Tensor, place: Tensor): Tensor => {
    const own = foldIn(key, place)
    const tempered = div(sub(logits, max(logits)), maximum(temperature, TINY))
    if (topK === undefined && topP === undefined) return categorical(own, tempered)
    const [sorted, tokens] = largest(tempered, Math.min(topK ?? logits.size, logits.size))
    return take(tokens, categorical(own, topP === undefined || topP === 1 ? sorted : nucleus(sorted, topP)))
  }
  return speak('sample', step, carry, prompt, draw, options)
}

/**
 * As `sample`, but always the likeliest token, the first of equal ones.
 * @example
 * const next = tensor([[0, 9, 1], [2, 0, 5], [7, 1, 0]])
 * const step = (carry: null, token: Tensor): [null, Tensor] => [carry, take(next, token)]
 * greedy(step, null, tensor([0], { dtype: 'int32' }), { length: 5 })[1] // [1, 2, 0, 1, 2]
 */
export function greedy<C extends Tree>(step: Step<C>, carry: C, prompt: Tensor, options: SpeakOptions): [C, Tensor] {
  checkOptions('greedy', options, SPEAK_NAMES)
  return speak('greedy', step, carry, prompt, logits => argmax(logits), options)
}

/** The smallest normal float32: so cold that only the likeliest token is left. */
const TINY = 1.1754943508222875e-38

/** Descending logits without those before which the probabilities have reached `p` already. */
function nucleus(sorted: Tensor, p: number | Tensor): Tensor {
  const before = pad(slice(cumsum(softmax(sorted)), [0], [-1]), [[1, 0]], -1)
  return where(less(before, p), sorted, Number.NEGATIVE_INFINITY)
}

function speak<C extends Tree>(
  name: string,
  step: Step<C>,
  start: C,
  prompt: Tensor,
  choose: (logits: Tensor, place: Tensor) => Tensor,
  { length, end, promptLength }: SpeakOptions,
): [C, Tensor] {
  checkLength(name, length)
  const [carry, first] = readPrompt(name, step, start, prompt, { promptLength })
  if (end === undefined) {
    const [last, spoken] = scan(
      ({ carry, token }: Speaking<C>, place: Tensor): [Speaking<C>, Tensor] => {
        const [next, logits] = step(carry, token)
        const chosen = choose(logits, place)
        return [{ carry: next, token: chosen }, chosen]
      },
      { carry, token: first } as Speaking<C>,
      arange(length),
    )
    return [last.carry, spoken]
  }
  checkWhole(name, 'end', end, 0)
  const last = whileLoop(
    ({ place, isOver }) => logicalAnd(less(place, length), equal(isOver, false)),
    ({ carry, token, place, spoken }) => {
      const [next, logits] = step(carry, token)
      const chosen = choose(logits, place)
      return {
        carry: next,
        token: chosen,
        place: add(place, 1),
        isOver: equal(chosen, end),
        spoken: dynamicUpdateSlice(spoken, expandDims(chosen, 0), [place]),
      }
    },
    {
      carry,
      token: first,
      place: scalar(0, 'int32'),
      isOver: notEqual(scalar(0, 'int32'), 0),
      spoken: full([Math.max(length, 1)], end, 'int32'),
    } as Speaking<C> & { place: Tensor; isOver: Tensor; spoken: Tensor },
  )
  return [last.carry, slice(last.spoken, [0], [length])]
}

interface Speaking<C> {
  carry: C
  token: Tensor
}
