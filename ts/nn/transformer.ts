// The whole Transformer: an encoder reads the source, a decoder writes the target, all of it at once while it learns, one token
// after the other when it speaks.
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { scalar } from '../core/trace.js'
import { typeError } from '../errors.js'
import { add, mul } from '../ops/arithmetic.js'
import { less } from '../ops/compare.js'
import { stack } from '../ops/concat.js'
import { matmul } from '../ops/dot-general.js'
import { arange } from '../ops/full.js'
import { split } from '../ops/random.js'
import { take } from '../ops/take.js'
import { transpose } from '../ops/transpose.js'
import {
  type BlockOptions,
  type DecoderBlockParams,
  type DecoderMode,
  decoderBlock,
  type EncoderBlockParams,
  encoderBlock,
  throughBlocks,
} from './blocks.js'
import { checkCount, checkIds, checkText } from './check.js'
import type { Memory } from './decoders.js'
import { dropout as dropoutLayer } from './dropout.js'
import type { EncoderDecoder } from './encoder-decoder.js'
import { TRANSFORMER_NAMES, type TransformerCarry, within } from './gpt.js'
import { normal } from './initializers.js'
import type { Layer, Mode } from './layer.js'
import { partMode } from './link.js'
import { layerNorm, type NormParams } from './norm.js'
import { type Positions, sinusoidalPositions } from './positions.js'

/** What an encoder-decoder Transformer is like; what is not said is as in the paper. */
export interface TransformerOptions<N = NormParams> extends Omit<BlockOptions<N>, 'causal'> {
  /** How many tokens source and target share, with one table for both, or how many each has. */
  vocabulary: number | { source: number; target: number }
  /** Features of a place (512). */
  width?: number
  /** Blocks of the encoder and of the decoder (6), or how many each has. */
  layers?: number | { encoder: number; decoder: number }
  /** How many tokens are written at most (256). */
  length?: number
  /** Logits are products with the target's embedded tokens (true), or with weights of their own: Press and Wolf 2017. */
  tied?: boolean
  /** What tells places apart (`sinusoidalPositions()`, also where `rotary` turns queries and keys: the memory's are not turned). */
  positions?: Positions<{ w: Tensor } | null>
}

/**
 * `source` [V, D] (null where the target's table is for both), `target` [V, D], `positions`, the blocks', the last norms' (null
 * unless blocks normalise first), and `head` [D, V] (null where it is tied).
 */
export interface TransformerParams<N = NormParams> {
  source: Tensor | null
  target: Tensor
  positions: { w: Tensor } | null
  encoder: EncoderBlockParams<N>[]
  decoder: DecoderBlockParams<N>[]
  norms: { encoder: N; decoder: N } | null
  head: Tensor | null
}

/** An encoder-decoder of which training is no loop. */
export interface Transformer<P = TransformerParams> extends EncoderDecoder<P, TransformerCarry, null> {
  /** The weights [layers, heads, T, S] by which each place of a target looked at the source. */
  attention(params: P, source: Tensor, target: Tensor, mode?: Mode): Tensor
}

/**
 * The Transformer of Vaswani et al. 2017 for one example: source ids [S] and target ids [T] -> logits [T, V] of the tokens that
 * follow. Unless options say otherwise it is that of the paper: embedded tokens times sqrt(width) and sines, 6 blocks on either
 * side that normalise after each sum, relu, logits by the target's table. `length` in a mode is that of the source, where it is
 * padded; a target is padded at its end, which changes nothing before it. It is run as any `encoderDecoder`, and `step` keeps
 * keys and values. Throws where a size is no positive integer, and where width does not divide into heads.
 * @example
 * import { random, tensor } from 'heddle'
 * import { greedy } from 'heddle/decode'
 * import { transformer } from 'heddle/nn'
 * const model = transformer({ vocabulary: { source: 9, target: 7 }, width: 16, heads: 2, layers: 2, length: 10 })
 * const ids = (list: number[]) => tensor(list, { dtype: 'int32' })
 * const params = model.init(random.key(0), ids([3, 1, 4]))
 * model.apply(params, ids([3, 1, 4]), ids([1, 5])).logits.shape // [2, 7]
 * const memory = model.encode(params, ids([3, 1, 4]))
 * const start = model.initialCarry(params, memory)
 * const [, said] = greedy(model.step(params, memory), start, ids([1]), { length: 5, end: 2 })
 */
export function transformer<N = NormParams>(options: TransformerOptions<N>): Transformer<TransformerParams<N>> {
  checkOptions('transformer', options, TRANSFORMER_NAMES)
  const { vocabulary, width = 512, layers = 6, length = 256, tied = true, positions: given, ...own } = options
  const sizes = typeof vocabulary === 'number' ? { source: vocabulary, target: vocabulary } : vocabulary
  const depth = typeof layers === 'number' ? { encoder: layers, decoder: layers } : layers
  const counts = {
    'vocabulary.source': sizes?.source,
    'vocabulary.target': sizes?.target,
    'layers.encoder': depth?.encoder,
    'layers.decoder': depth?.decoder,
    width,
    length,
  }
  for (const [name, count] of Object.entries(counts)) checkCount('transformer', name, count)
  const positions = given ?? (sinusoidalPositions() as Positions<{ w: Tensor } | null>)
  const { dropout = 0, preNorm = false } = own
  const norm = own.norm ?? (layerNorm() as unknown as Layer<N>)
  const [reads, writes] = [encoderBlock({ ...own, norm }), decoderBlock({ ...own, norm })]
  const left = dropoutLayer(dropout)
  const tableInit = normal(1 / Math.sqrt(width))
  type Params = TransformerParams<N>

  const embedded = (table: Tensor, ids: Tensor): Tensor => mul(take(table, ids), Math.sqrt(width))
  /** Embedded tokens at their places, in training with some left out. */
  const entered = (params: Params, table: Tensor, ids: Tensor, mode: Mode): Tensor => {
    checkText('transformer', ids)
    return left.apply(null, positions.apply(params.positions, embedded(table, ids)), mode)
  }
  const logitsOf = ({ norms, head, target }: Params, x: Tensor): Tensor =>
    matmul(norms === null ? x : norm.apply(norms.decoder, x), head ?? transpose(target))

  const encode = (params: Params, ids: Tensor, { train, key, length }: Mode = {}): Memory => {
    const x = entered(params, params.source ?? params.target, ids, partMode({ train, key }, 0))
    const encoded = params.encoder.reduce((y, p, i) => reads.apply(p, y, partMode({ train, key, length }, 2 + i)), x)
    const keys = params.norms === null ? encoded : norm.apply(params.norms.encoder, encoded)
    return {
      carry: null,
      keys,
      ...(length === undefined ? {} : { mask: less(arange(ids.shape[0]), length) }),
    }
  }
  /** The decoder over a whole target, each block run as `run` says. */
  const decode = (
    params: Params,
    source: Tensor,
    target: Tensor,
    mode: Mode,
    run: (p: DecoderBlockParams<N>, y: Tensor, mode: DecoderMode) => Tensor,
  ): Tensor => {
    const { keys: memory, mask: memoryMask } = encode(params, source, mode)
    // Without the length, which is that of the source.
    const plain = { train: mode.train, key: mode.key }
    const x = entered(params, params.target, target, partMode(plain, 1))
    return params.decoder.reduce(
      (y, p, i) => run(p, y, { ...partMode(plain, 2 + params.encoder.length + i), memory, memoryMask }),
      x,
    )
  }

  return {
    init(key, source, target = { shape: [1], dtype: 'int32' }) {
      checkIds('transformer', source)
      checkIds('transformer', target)
      const [sourceKey, targetKey, placeKey, headKey, normKey, blockKey] = split(key, 6)
      const x = { shape: [1, width] }
      const blocks = split(blockKey, depth.encoder + depth.decoder)
      const [k1, k2] = split(normKey)
      return {
        source: typeof vocabulary === 'number' ? null : tableInit(sourceKey, [sizes.source, width]),
        target: tableInit(targetKey, [sizes.target, width]),
        positions: positions.init(placeKey, x),
        encoder: blocks.slice(0, depth.encoder).map(own => reads.init(own, x)),
        decoder: blocks.slice(depth.encoder).map(own => writes.init(own, x, x)),
        norms: preNorm ? { encoder: norm.init(k1, x), decoder: norm.init(k2, x) } : null,
        head: tied ? null : tableInit(headKey, [width, sizes.target]),
      }
    },
    encode,
    apply(params, source, target, { samplingProbability = 0, ...mode } = {}) {
      if (samplingProbability !== 0)
        throw typeError('transformer: it learns all places at once, without samplingProbability')
      return { logits: logitsOf(params, decode(params, source, target, mode, writes.apply)), weights: null }
    },
    attention(params, source, target, mode = {}) {
      const all: Tensor[] = []
      decode(params, source, target, mode, (...block) => {
        const { output, weights } = writes.attend(...block)
        all.push(weights)
        return output
      })
      return stack(all)
    },
    initialCarry: ({ decoder }) => ({
      position: scalar(0, 'int32'),
      caches: decoder.map(p => writes.initialCache(p, length)),
    }),
    step(params, { keys, mask: memoryMask }) {
      const memories = params.decoder.map(p => writes.project(p, keys))
      return (carry, token) => {
        const { position } = carry
        const x = positions.at(params.positions, embedded(params.target, token), position)
        const [caches, y] = throughBlocks(params.decoder, x, (p, before, i) =>
          writes.step(p, carry.caches[i], before, position, { memory: memories[i], memoryMask }),
        )
        return [{ position: add(position, 1), caches }, within(logitsOf(params, y), carry)]
      }
    },
  }
}
