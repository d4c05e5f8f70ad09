// A Transformer that continues a text: embedded tokens, causal blocks, logits of the token that follows each.
import { checkOptions, type OptionNames } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { scalar } from '../core/trace.js'
import { rangeError } from '../errors.js'
import { add } from '../ops/arithmetic.js'
import { less } from '../ops/compare.js'
import { matmul } from '../ops/dot-general.js'
import { split } from '../ops/random.js'
import { take } from '../ops/take.js'
import { transpose } from '../ops/transpose.js'
import { where } from '../ops/where.js'
import { gelu } from './activations.js'
import type { KeyValues } from './attention.js'
import { BLOCK_NAMES, type BlockOptions, type EncoderBlockParams, encoderBlock, throughBlocks } from './blocks.js'
import { checkCount, checkIds, checkMode, checkText, drawn } from './check.js'
import { dropout as dropoutLayer } from './dropout.js'
import { normal } from './initializers.js'
import type { Layer, Mode } from './layer.js'
import { partMode } from './link.js'
import { layerNorm, type NormParams } from './norm.js'
import { learnedPositions, type Positions } from './positions.js'

/** What a decoder-only Transformer is like; what is not said is GPT-2's. */
export interface GptOptions<N = NormParams> extends Omit<BlockOptions<N>, 'causal'> {
  /** How many tokens there are. */
  vocabulary: number
  /** How many places a text has at most. */
  length: number
  /** Features of a place. */
  width: number
  /** Blocks. */
  layers: number
  /** Logits are products with the embedded tokens (true), or with weights of their own: Press and Wolf 2017. */
  tied?: boolean
  /** What tells places apart (`learnedPositions(length)`; nothing where `rotary` turns queries and keys). */
  positions?: Positions<{ w: Tensor } | null>
}

/** The names of the options of a whole Transformer, this one or `transformer`. */
export const TRANSFORMER_NAMES: OptionNames<GptOptions> = {
  vocabulary: 1,
  length: 1,
  width: 1,
  layers: 1,
  tied: 1,
  positions: 1,
  ...BLOCK_NAMES,
}

/** `tokens` [V, D], `positions` and `head` [D, V] (null where there is none), the blocks', and those of the last norm. */
export interface GptParams<N = NormParams> {
  tokens: Tensor
  positions: { w: Tensor } | null
  blocks: EncoderBlockParams<N>[]
  norm: N | null
  head: Tensor | null
}

/** The place of the token that is read next (int32 []), and what each block holds of those before it. */
export interface TransformerCarry {
  position: Tensor
  caches: KeyValues[]
}

/** A decoder-only Transformer over ONE text: ids [T] -> logits [T, V]. */
export interface Gpt<P = GptParams> extends Layer<P> {
  /** Caches for `length` places (all that there may be), empty. */
  initialCarry(params: P, length?: number): TransformerCarry
  /** Caches for `length` places (all) that hold a text already, ids [T]: what `step` goes on from, made in one pass. */
  read(params: P, ids: Tensor, length?: number): TransformerCarry
  /** One token and the logits of the next, NaN where the caches are full: for `greedy`, `sample` and `beam` of heddle/decode. */
  step(params: P): (carry: TransformerCarry, token: Tensor) => [TransformerCarry, Tensor]
}

/** A layer without parameters and effect. */
export const nowhere: Positions<null> = { init: () => null, apply: (_params, x) => x, at: (_params, x) => x }

/** What is said of a place that the caches have no room for. */
export const within = (logits: Tensor, { position, caches }: TransformerCarry): Tensor =>
  caches.length === 0 ? logits : where(less(position, caches[0].k.shape[1]), logits, Number.NaN)

/**
 * A decoder-only Transformer (Radford et al. 2019): embedded tokens and positions, `layers` causal blocks, a norm, and logits
 * of the token that follows each: ids [T] -> [T, V], T at most `length`. Unless options say otherwise it is GPT-2's: blocks
 * normalise before each branch, gelu (its tanh form), the embedding's table makes the logits too, and weights start normal with
 * deviation 0.02, those that end a branch with 0.02 / sqrt(2 layers). `initialCarry` (or `read`, for a long prompt) and `step` let it
 * speak, one token at a time, with keys and values kept. Throws where a size is no positive integer, or a text is too long.
 * @example
 * import { jit, random, type Tensor, tensor } from 'heddle'
 * import { sample } from 'heddle/decode'
 * import { gpt } from 'heddle/nn'
 * const model = gpt({ vocabulary: 65, length: 64, width: 32, layers: 2, heads: 4 })
 * const ids = tensor([7, 1, 9], { dtype: 'int32' })
 * const params = model.init(random.key(0), ids)
 * model.apply(params, ids).shape // [3, 65]
 * const speak = jit((p: typeof params, prompt: Tensor, key: Tensor) =>
 *   sample(model.step(p), model.initialCarry(p), prompt, { length: 20, key })[1])
 * speak(params, ids, random.key(1)).shape // [20]
 */
export function gpt<N = NormParams>(options: GptOptions<N>): Gpt<GptParams<N>> {
  checkOptions('gpt', options, TRANSFORMER_NAMES)
  const { vocabulary, length, width, layers, tied = true, positions: given, ...own } = options
  for (const [name, count] of Object.entries({ vocabulary, length, width, layers })) checkCount('gpt', name, count)
  const positions = given ?? (own.rotary ? nowhere : learnedPositions(length))
  const { init = normal(0.02), outputInit = normal(0.02 / Math.sqrt(2 * layers)), dropout = 0 } = own
  const { preNorm = true, activation = (x: Tensor) => gelu(x, { approximate: true }) } = own
  const norm = own.norm ?? (layerNorm() as unknown as Layer<N>)
  const block = encoderBlock({ ...own, norm, preNorm, activation, init, outputInit, causal: true })
  const left = dropoutLayer(dropout)
  type Params = GptParams<N>

  /** Throws unless caches may have so many places. */
  const checkPlaces = (places: number): void => {
    checkCount('gpt', 'the length of a cache', places)
    if (places > length) throw rangeError(`gpt: a cache for ${places} places is longer than a text can be, ${length}`)
  }
  const logitsOf = ({ norm: own, head, tokens }: Params, x: Tensor): Tensor =>
    matmul(own === null ? x : norm.apply(own, x), head ?? transpose(tokens))

  return {
    init(key, input) {
      checkIds('gpt', input)
      const [tokenKey, positionKey, normKey, headKey, ...keys] = split(key, 4 + layers)
      const x = { shape: [Math.min(input.shape[0] ?? 1, length), width] }
      return {
        tokens: drawn('gpt', init, tokenKey, [vocabulary, width]),
        positions: positions.init(positionKey, x),
        blocks: keys.map(own => block.init(own, x)),
        norm: preNorm ? norm.init(normKey, x) : null,
        head: tied ? null : drawn('gpt', init, headKey, [width, vocabulary]),
      }
    },
    apply(params, ids, given = {}) {
      checkText('gpt', ids, length)
      checkMode('gpt', given)
      const { train, key } = given
      const mode = (place: number): Mode => partMode({ train, key }, place)
      const x = left.apply(null, positions.apply(params.positions, take(params.tokens, ids)), mode(0))
      return logitsOf(
        params,
        params.blocks.reduce((y, own, i) => block.apply(own, y, mode(i + 1)), x),
      )
    },
    initialCarry(params, places = length) {
      checkPlaces(places)
      return { position: scalar(0, 'int32'), caches: params.blocks.map(own => block.initialCache(own, places)) }
    },
    read(params, ids, places = length) {
      checkPlaces(places)
      checkText('gpt', ids, places)
      const x = positions.apply(params.positions, take(params.tokens, ids))
      const [caches] = throughBlocks(params.blocks, x, (own, y) => block.fill(own, y, places))
      return { position: scalar(ids.size, 'int32'), caches }
    },
    step: params => (carry, token) => {
      const { position } = carry
      const x = positions.at(params.positions, take(params.tokens, token), position)
      const [caches, y] = throughBlocks(params.blocks, x, (own, before, i) =>
        block.step(own, carry.caches[i], before, position),
      )
      return [{ position: add(position, 1), caches }, within(logitsOf(params, y), carry)]
    },
  }
}
