// A model fed with its own draws. Prompt and loop are two scans, so under `jit` the whole text is one call.
import { isInteger } from '../core/dtype.js'
import { showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { scalar } from '../core/trace.js'
import type { Tree } from '../core/tree.js'
import { argmax } from '../ops/argmax.js'
import { div, maximum, sub } from '../ops/arithmetic.js'
import { logicalOr } from '../ops/bitwise.js'
import { cast } from '../ops/cast.js'
import { equal } from '../ops/compare.js'
import { arange } from '../ops/full.js'
import { categorical, foldIn } from '../ops/random.js'
import { max } from '../ops/reduce.js'
import { at, slice } from '../ops/slice.js'
import { where } from '../ops/where.js'
import { scan } from '../transforms/scan.js'

/** One step of a model for one example: a token (int32 []) in, [the next carry, the logits [V] of the next token]. */
export type Step<C> = (carry: C, token: Tensor) => readonly [NoInfer<C>, Tensor]

/** How long a model speaks. */
export interface SpeakOptions {
  /** How many tokens are made. */
  length: number
  /** The token after which there is nothing more to say: all that follow it are the same (none). */
  end?: number
}

/** How tokens are drawn. */
export interface SampleOptions extends SpeakOptions {
  /** The key of the draws. */
  key: Tensor
  /** Logits are divided by it: below 1 bolder, above 1 more even, 0 the likeliest token (1). */
  temperature?: number | Tensor
}

/**
 * Tokens drawn from a model one after the other: `prompt` (int32 [P], at least one token) is read from `carry` on, then
 * `length` tokens follow, each drawn with probability softmax(logits / temperature). Returns [the last carry, int32
 * [length]]. Throws if the prompt is empty or not of integers.
 * @example
 * const next = log(tensor([[0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.8, 0.1, 0.1]])) // how likely a token follows another
 * const step = (read: Tensor, token: Tensor): [Tensor, Tensor] => [add(read, 1), take(next, token)]
 * const prompt = tensor([0, 1], { dtype: 'int32' })
 * const [read, tokens] = sample(step, tensor(0), prompt, { length: 8, key: random.key(2), temperature: 1.2 })
 * tokens // [2, 0, 1, 2, 2, 0, 1, 2]
 * read // 9
 */
export function sample<C extends Tree>(
  step: Step<C>,
  carry: C,
  prompt: Tensor,
  { key, temperature = 1, length, end }: SampleOptions,
): [C, Tensor] {
  const draw = (logits: Tensor, place: Tensor): Tensor =>
    categorical(foldIn(key, place), div(sub(logits, max(logits)), maximum(temperature, TINY)))
  return speak('sample', step, carry, prompt, draw, { length, end })
}

/**
 * As `sample`, but always the likeliest token, the first of equal ones: [the last carry, int32 [length]].
 * @example
 * const next = tensor([[0, 9, 1], [2, 0, 5], [7, 1, 0]])
 * const step = (carry: null, token: Tensor): [null, Tensor] => [carry, take(next, token)]
 * greedy(step, null, tensor([0], { dtype: 'int32' }), { length: 5 })[1] // [1, 2, 0, 1, 2]
 */
export const greedy = <C extends Tree>(step: Step<C>, carry: C, prompt: Tensor, options: SpeakOptions): [C, Tensor] =>
  speak('greedy', step, carry, prompt, logits => argmax(logits), options)

/** The smallest normal float32: so cold that only the likeliest token is left. */
const TINY = 1.1754943508222875e-38

function speak<C extends Tree>(
  name: string,
  step: Step<C>,
  carry: C,
  prompt: Tensor,
  choose: (logits: Tensor, place: Tensor) => Tensor,
  { length, end }: SpeakOptions,
): [C, Tensor] {
  if (!Number.isInteger(length) || length < 0) {
    throw new RangeError(`${name}: length is a number of tokens, not ${length}`)
  }
  if (prompt.rank !== 1 || prompt.size === 0 || !isInteger(prompt.dtype)) {
    throw new TypeError(
      `${name}: the prompt is at least one token (int32 [P]), not ${prompt.dtype}${showShape(prompt.shape)}`,
    )
  }
  const tokens = cast(prompt, 'int32')
  const [read] = scan((c: C, token: Tensor): [C, null] => [step(c, token)[0], null], carry, slice(tokens, [0], [-1]))
  const [last, spoken] = scan(
    (state: Speaking<C>, place: Tensor): [Speaking<C>, Tensor] => {
      const [next, logits] = step(state.carry, state.token)
      const chosen = choose(logits, place)
      if (end === undefined) return [{ carry: next, token: chosen, isOver: state.isOver }, chosen]
      const token = where(state.isOver, end, chosen)
      return [{ carry: next, token, isOver: logicalOr(state.isOver, equal(token, end)) }, token]
    },
    { carry: read, token: at(tokens, -1), isOver: equal(scalar(0, 'int32'), 1) } as Speaking<C>,
    arange(length),
  )
  return [last.carry, spoken]
}

interface Speaking<C> {
  carry: C
  token: Tensor
  isOver: Tensor
}
