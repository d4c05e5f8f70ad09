// What all ways to let a model speak begin with: its step function, and the prompt that it reads.
import { isInteger } from '../core/dtype.js'
import type { OptionNames } from '../core/options.js'
import { showShape } from '../core/shape.js'
import { checkTensor, describe, type Tensor } from '../core/tensor.js'
import type { Tree } from '../core/tree.js'
import { rangeError, typeError } from '../errors.js'
import { clip, sub } from '../ops/arithmetic.js'
import { cast } from '../ops/cast.js'
import { toTensor } from '../ops/operand.js'
import { at, slice } from '../ops/slice.js'
import { take } from '../ops/take.js'
import { scan } from '../transforms/scan.js'

/** One step of a model for one example: a token (int32 []) in, [the next carry, the logits [V] of the next token]. */
export type Step<C> = (carry: C, token: Tensor) => readonly [NoInfer<C>, Tensor]

/** How a prompt is read. */
export interface PromptOptions {
  /** How many tokens of the prompt count, at least one, where a batch pads prompts to one length (all). */
  promptLength?: number | Tensor
}

/** The names of the options of how a prompt is read. */
export const PROMPT_NAMES: OptionNames<PromptOptions> = { promptLength: 1 }

/** The carry that has read all of the prompt but its last token, and that one. Throws for what is no prompt. */
export function readPrompt<C extends Tree>(
  name: string,
  step: Step<C>,
  carry: C,
  prompt: Tensor,
  { promptLength }: PromptOptions,
): [C, Tensor] {
  if (typeof step !== 'function') {
    throw typeError(`${name}: step is ${describe(step)}, not a function of carry and token: [carry, logits]`)
  }
  checkTensor(name, prompt, 'the prompt')
  if (prompt.rank !== 1 || prompt.size === 0 || !isInteger(prompt.dtype)) {
    throw typeError(
      `${name}: the prompt is at least one token (int32 [P]), not ${prompt.dtype}${showShape(prompt.shape)}`,
    )
  }
  const tokens = cast(prompt, 'int32')
  const last =
    promptLength === undefined ? undefined : clip(sub(toTensor(name, promptLength, 'int32'), 1), 0, prompt.size - 1)
  const [read] = scan((c: C, token: Tensor): [C, null] => [step(c, token)[0], null], carry, slice(tokens, [0], [-1]), {
    lengths: last,
  })
  return [read, last === undefined ? at(tokens, -1) : take(tokens, last)]
}

/** Throws unless `length` is a number of tokens. */
export function checkLength(name: string, length: number): void {
  if (!Number.isInteger(length) || length < 0) throw rangeError(`${name}: length is a number of tokens, not ${length}`)
}

/** Throws unless `value` is an integer of at least `least`. */
export function checkWhole(name: string, what: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw rangeError(`${name}: ${what} is an integer of at least ${least}, not ${value}`)
  }
}
