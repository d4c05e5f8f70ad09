// The blocks that Transformers are made of: residual branches of attention and of a network for each place, normalised before
// them or after their sum.
import { checkOptions, type OptionNames } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { add, mul } from '../ops/arithmetic.js'
import { zeros } from '../ops/full.js'
import { split } from '../ops/random.js'
import { expandDims, reshape } from '../ops/reshape.js'
import type { Spec } from '../transforms/eval-shape.js'
import { relu } from './activations.js'
import {
  HEAD_NAMES,
  type KeyValues,
  type MultiHeadAttention,
  type MultiHeadMode,
  type MultiHeadOptions,
  type MultiHeadParams,
  multiHeadAttention,
} from './attention.js'
import { checkCount, checkFunctions, checkMode, checkParams, checkRate, drawn, lastLength } from './check.js'
import { linear } from './dense.js'
import { dropout as dropoutLayer } from './dropout.js'
import { glorotUniform, type Initializer } from './initializers.js'
import type { Layer, Mode } from './layer.js'
import { partMode } from './link.js'
import { layerNorm, type NormParams } from './norm.js'

/** What a network for each place is like. */
export interface FeedForwardOptions {
  /** How many hidden units there are (4 times the features). */
  hidden?: number
  /** What is made of them (`relu`). */
  activation?: (x: Tensor) => Tensor
  /** Hidden units are multiplied by a second product of the input, `activation(x w1) * (x w3)` (false): Shazeer 2020. */
  gated?: boolean
  /** Whether biases are added (true). */
  bias?: boolean
  /** How the weights start (`glorotUniform`). */
  init?: Initializer
  /** How the weights of the output start (as the others). */
  outputInit?: Initializer
}

/** The names of the options of a network for each place. */
const FEED_FORWARD_NAMES: OptionNames<FeedForwardOptions> = {
  hidden: 1,
  activation: 1,
  gated: 1,
  bias: 1,
  init: 1,
  outputInit: 1,
}

/** Weights `w1` [D, F], `w2` [F, D], if gated `w3` [D, F], and biases `b1`, `b2`, `b3`, if there are any. */
export interface FeedForwardParams {
  w1: Tensor
  w2: Tensor
  w3?: Tensor
  b1?: Tensor
  b2?: Tensor
  b3?: Tensor
}

/**
 * The network that a Transformer has for each place (Vaswani et al. 2017, section 3.3): `activation(x w1 + b1) w2 + b2`,
 * [..., D] -> [..., D]. Throws unless `hidden` is a positive integer.
 * @example
 * const layer = feedForward({ hidden: 64, activation: silu, gated: true })
 * const params = layer.init(random.key(0), { shape: [10, 16] })
 * layer.apply(params, ones([10, 16])).shape // [10, 16]
 */
export function feedForward(options: FeedForwardOptions = {}): Layer<FeedForwardParams> {
  checkOptions('feedForward', options, FEED_FORWARD_NAMES)
  const { hidden, activation = relu, gated = false, bias = true, init = glorotUniform, outputInit = init } = options
  if (hidden !== undefined) checkCount('feedForward', 'hidden', hidden)
  checkFunctions('feedForward', options)
  return {
    init(key, input) {
      const width = lastLength('feedForward', input)
      const units = hidden ?? 4 * width
      const [k1, k2, k3] = split(key, 3)
      return {
        w1: drawn('feedForward', init, k1, [width, units]),
        w2: drawn('feedForward', outputInit, k2, [units, width]),
        ...(gated ? { w3: drawn('feedForward', init, k3, [width, units]) } : {}),
        ...(bias ? { b1: zeros([units]), b2: zeros([width]) } : {}),
        ...(bias && gated ? { b3: zeros([units]) } : {}),
      }
    },
    apply(params, x) {
      const { w1, w2, w3, b1, b2, b3 } = checkParams('feedForward', params, ['w1', 'w2'])
      const units = activation(linear(x, w1, b1))
      return linear(w3 === undefined ? units : mul(units, linear(x, w3, b3)), w2, b2)
    },
  }
}

/** What a block is like: its attention, its network, and how branches are joined. */
export interface BlockOptions<N = NormParams> extends Omit<MultiHeadOptions, 'dropout'>, FeedForwardOptions {
  /** What normalises (`layerNorm()`). */
  norm?: Layer<N>
  /** Branches read what is normalised, and their sum is left as it is (false: it is normalised after each sum). */
  preNorm?: boolean
  /** With which probability a number of what a branch adds is left out while training (0). */
  dropout?: number
  /** With which probability a weight of attention is (0). */
  attentionDropout?: number
}

/** The names of the options of a block, where what it sees is not asked. */
export const BLOCK_NAMES: OptionNames<Omit<BlockOptions, 'causal'>> = {
  ...HEAD_NAMES,
  ...FEED_FORWARD_NAMES,
  norm: 1,
  preNorm: 1,
  attentionDropout: 1,
}

/** The parameters of an encoder's block. */
export interface EncoderBlockParams<N = NormParams> {
  norm1: N
  attention: MultiHeadParams
  norm2: N
  feedForward: FeedForwardParams
}

/** The parameters of a decoder's block: `cross` attends to what the encoder left. */
export interface DecoderBlockParams<N = NormParams> extends EncoderBlockParams<N> {
  cross: MultiHeadParams
  norm3: N
}

/** How an encoder's block is run: `length` says how many places of the sequence count. */
export interface BlockMode extends Mode {
  /** bool, true where a place is seen, or float32, added to the scores: [T, T], what broadcasts to it, or [heads, T, T]. */
  mask?: Tensor
}

/** A block over one sequence: [T, D] -> [T, D]. */
export interface EncoderBlock<P = EncoderBlockParams> extends Layer<P> {
  apply(params: P, x: Tensor, mode?: BlockMode): Tensor
  /** A cache for `length` places, empty. */
  initialCache(params: P, length: number): KeyValues
  /** A cache for `length` places that holds a causal sequence x [T, D] already: [cache, output [T, D]]. */
  fill(params: P, x: Tensor, length: number): [KeyValues, Tensor]
  /** The place `position` (int32 []) of a causal sequence, x [D], after those that the cache holds: [cache, output [D]]. */
  step(params: P, cache: KeyValues, x: Tensor, position: Tensor): [KeyValues, Tensor]
}

/** How a decoder's block is run. */
export interface DecoderMode extends BlockMode {
  /** What the encoder left, [S, K]. */
  memory: Tensor | KeyValues
  /** Which places of the memory are seen, as `mask` of attention: bool [S], for instance. */
  memoryMask?: Tensor
  /** How many places of the memory count (all). */
  memoryLength?: Tensor | number
}

/** A block over one sequence beside what an encoder left of another. */
export interface DecoderBlock<P = DecoderBlockParams> {
  /** Parameters from a key and what the sequence and the memory look like. */
  init(key: Tensor, input: Spec, memory: Spec): P
  /** [T, D] -> [T, D]. */
  apply(params: P, x: Tensor, mode: DecoderMode): Tensor
  /** The same, and the weights [heads, T, S] by which it looked at the memory. */
  attend(params: P, x: Tensor, mode: DecoderMode): { output: Tensor; weights: Tensor }
  /** The memory as `step` takes it. */
  project(params: P, memory: Tensor): KeyValues
  /** A cache for `length` places, empty. */
  initialCache(params: P, length: number): KeyValues
  /** One place, as that of an encoder's block; of the mode the memory (projected) and what of it is seen count. */
  step(params: P, cache: KeyValues, x: Tensor, position: Tensor, mode: DecoderMode): [KeyValues, Tensor]
}

/** What both kinds of blocks have. */
function partsOf<N>(name: string, options: BlockOptions<N>, isCausal: boolean) {
  checkOptions(name, options, { ...BLOCK_NAMES, causal: 1 })
  const {
    norm = layerNorm() as unknown as Layer<N>,
    preNorm = false,
    dropout = 0,
    attentionDropout = 0,
    ...parts
  } = options
  const { hidden, activation, gated, ...heads } = parts
  const { bias, init, outputInit } = heads
  checkRate(name, 'dropout', dropout)
  checkRate(name, 'attentionDropout', attentionDropout)
  const left = dropoutLayer(dropout)
  /** x and what a branch makes of it, the branch number `place` of the block. */
  const join = (place: number, params: N, x: Tensor, mode: Mode, branch: (x: Tensor, mode: Mode) => Tensor): Tensor => {
    const { train, key } = mode
    const own = (part: number): Mode => partMode({ train, key }, 2 * place + part)
    const added = branch(preNorm ? norm.apply(params, x) : x, own(0))
    const sum = add(x, train ? left.apply(null, added, own(1)) : added)
    return preNorm ? sum : norm.apply(params, sum)
  }
  return {
    norm,
    attention: multiHeadAttention({ ...heads, causal: isCausal, dropout: attentionDropout }),
    cross: multiHeadAttention({ ...heads, causal: false, rotary: false, dropout: attentionDropout }),
    network: feedForward({ hidden, activation, gated, bias, init, outputInit }),
    join,
    /** The first branch where attention hands a cache on. */
    attend(params: N, x: Tensor, look: (x: Tensor) => [KeyValues, Tensor]): [KeyValues, Tensor] {
      let cache: KeyValues | undefined
      const sum = join(0, params, x, {}, y => {
        const [own, output] = look(y)
        cache = own
        return output
      })
      return [cache!, sum]
    },
  }
}

/**
 * A block of an encoder (Vaswani et al. 2017, section 3.1), or with `causal` of a decoder that has no encoder: attention of a
 * sequence to itself, then a network for each place, each added to what it read: [T, D] -> [T, D]. Normalised after each sum,
 * or with `preNorm` before each branch (Xiong et al. 2020). Throws where D does not divide into heads.
 * @example
 * const model = chain(embedding(65, 32), encoderBlock({ heads: 4, causal: true, preNorm: true }), layerNorm(), dense(65))
 * const params = model.init(random.key(0), { shape: [20], dtype: 'int32' })
 * model.apply(params, zeros([20], 'int32')).shape // [20, 65]
 */
export function encoderBlock<N = NormParams>(options: BlockOptions<N>): EncoderBlock<EncoderBlockParams<N>> {
  const { norm, attention, network, join, attend } = partsOf('encoderBlock', options, options?.causal ?? false)
  type Params = EncoderBlockParams<N>
  const finish = (p: Params, [cache, x]: [KeyValues, Tensor]): [KeyValues, Tensor] => [
    cache,
    join(1, p.norm2, x, {}, y => network.apply(p.feedForward, y)),
  ]
  return {
    init(key, input) {
      const [k1, k2, k3, k4] = split(key, 4)
      return {
        norm1: norm.init(k1, input),
        attention: attention.init(k2, input),
        norm2: norm.init(k3, input),
        feedForward: network.init(k4, input),
      }
    },
    apply(p, x, given = {}) {
      checkMode('encoderBlock', given)
      const { mask, length, ...mode } = given
      const attended = join(0, p.norm1, x, mode, (y, own) => attention.apply(p.attention, y, { ...own, mask, length }))
      return join(1, p.norm2, attended, mode, y => network.apply(p.feedForward, y))
    },
    initialCache: (p, length) => attention.initialCache(p.attention, length),
    fill: (p, x, length) =>
      finish(
        p,
        attend(p.norm1, x, y => attention.fill(p.attention, y, length)),
      ),
    step: (p, cache, x, position) =>
      finish(
        p,
        attend(p.norm1, x, y => attention.step(p.attention, cache, y, position)),
      ),
  }
}

/** Through one block after the other, each with its parameters: the caches that they hand on, and what the last one gives. */
export function throughBlocks<P>(
  blocks: readonly P[],
  x: Tensor,
  run: (params: P, x: Tensor, i: number) => readonly [KeyValues, Tensor],
): [KeyValues[], Tensor] {
  let y = x
  const caches = blocks.map((params, i) => {
    const [cache, output] = run(params, y, i)
    y = output
    return cache
  })
  return [caches, y]
}

/** How attention of the mode's memory is run. */
function memoryMode({ memory, memoryMask, memoryLength }: DecoderMode): MultiHeadMode {
  if (memory === undefined) throw typeError('decoderBlock: the memory is missing: apply(params, x, { memory })')
  return { ...('k' in memory ? { projected: memory } : { keys: memory }), mask: memoryMask, length: memoryLength }
}

/**
 * A block of a decoder (Vaswani et al. 2017, section 3.1): causal attention of a sequence to itself, attention to what an
 * encoder left, [S, K], and a network for each place: [T, D] -> [T, D]. Options as for `encoderBlock`; `causal` is true unless
 * it is said otherwise. Throws where D does not divide into heads.
 * @example
 * const block = decoderBlock({ heads: 4 })
 * const [x, memory] = [ones([5, 32]), ones([9, 16])]
 * const params = block.init(random.key(0), x, memory)
 * block.apply(params, x, { memory }).shape // [5, 32]
 * block.attend(params, x, { memory, memoryLength: 7 }).weights.shape // [4, 5, 9]
 */
export function decoderBlock<N = NormParams>(options: BlockOptions<N>): DecoderBlock<DecoderBlockParams<N>> {
  const { norm, attention, cross, network, join, attend } = partsOf('decoderBlock', options, options?.causal ?? true)
  type Params = DecoderBlockParams<N>
  const rest = (p: Params, x: Tensor, mode: DecoderMode, look: MultiHeadAttention['apply']): Tensor => {
    const seen = join(1, p.norm2, x, mode, (y, own) => look(p.cross, y, { ...own, ...memoryMode(mode) }))
    return join(2, p.norm3, seen, mode, y => network.apply(p.feedForward, y))
  }
  const apply = (p: Params, x: Tensor, mode: DecoderMode, look = cross.apply): Tensor => {
    checkMode('decoderBlock', mode)
    const { mask, length } = mode
    const attended = join(0, p.norm1, x, mode, (y, own) => attention.apply(p.attention, y, { ...own, mask, length }))
    return rest(p, attended, mode, look)
  }
  return {
    init(key, input, memory) {
      const [k1, k2, k3, k4, k5, k6] = split(key, 6)
      return {
        norm1: norm.init(k1, input),
        attention: attention.init(k2, input),
        norm2: norm.init(k3, input),
        cross: cross.init(k4, input, memory),
        norm3: norm.init(k5, input),
        feedForward: network.init(k6, input),
      }
    },
    apply: (p, x, mode = {} as DecoderMode) => apply(p, x, mode),
    attend(p, x, mode = {} as DecoderMode) {
      let weights: Tensor | undefined
      const output = apply(p, x, mode, (own, y, given) => {
        const looked = cross.attend(own, y, given)
        weights = looked.weights
        return looked.output
      })
      return { output, weights: weights! }
    },
    project: (p, memory) => cross.project(p.cross, memory),
    initialCache: (p, length) => attention.initialCache(p.attention, length),
    step(p, cache, x, position, mode) {
      const [next, attended] = attend(p.norm1, x, y => attention.step(p.attention, cache, y, position))
      const look: MultiHeadAttention['apply'] = (own, y, given) =>
        reshape(cross.apply(own, expandDims(y, 0), given), [-1])
      return [next, rest(p, attended, mode, look)]
    },
  }
}
