// Sequence to sequence: an encoder reads the source, a decoder writes the target, one token after the other.

import { isInteger } from '../core/dtype.js'
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { logicalAnd } from '../ops/bitwise.js'
import { cast } from '../ops/cast.js'
import { greater, less } from '../ops/compare.js'
import { arange, zeros } from '../ops/full.js'
import { bernoulli, categorical, foldIn, split } from '../ops/random.js'
import { expandDims } from '../ops/reshape.js'
import { where } from '../ops/where.js'
import { evalShape, type Spec } from '../transforms/eval-shape.js'
import { scan } from '../transforms/scan.js'
import type { Cell } from './cell.js'
import { stepSpec } from './check.js'
import type { Decoder, Memory, MemorySpec } from './decoders.js'
import type { Layer, Mode } from './layer.js'
import { partMode } from './link.js'
import { recurrent } from './recurrent.js'

/** An encoder with a way of its own: `run` gives its last carry and what it says at each step, [S, K]. */
export interface Encoder<P = unknown, C = unknown> {
  /** Parameters from a key and what the input looks like. */
  init(key: Tensor, input: Spec): P
  /** `[last carry, what is said at each step]`. */
  run(params: P, xs: Tensor, mode?: Mode): readonly [C, Tensor]
}

/** How a target is learnt. */
export interface TeacherOptions extends Mode {
  /**
   * Scheduled sampling (Bengio et al. 2015): the probability, of each step but the first, that the decoder reads what it
   * drew itself from the logits before instead of the given token (0: teacher forcing). Needs a `key`.
   */
  samplingProbability?: number | Tensor
}

export interface EncoderDecoderOptions<S, E, T, P, C, W extends Tensor | null, H> {
  /** What makes vectors [S, D] of a source: an embedding (the source itself). */
  source?: Layer<S>
  /**
   * A cell, run from the first step to the last; a layer that can `run`, in either direction or both; or a layer of which
   * the output is all that there is: of a vector it is carry and only key, of vectors [S, K] the keys.
   */
  encoder: Encoder<E> | Cell<E> | Layer<E>
  /** What makes a vector of a token: an embedding (the target itself, which then holds vectors). */
  target?: Layer<T>
  decoder: Decoder<P, C, W>
  /** What makes logits of what the decoder says. */
  head: Layer<H>
}

/** The parameters of each part, null where there is none. */
export interface EncoderDecoderParams<S, E, T, P, H> {
  source: S
  encoder: E
  target: T
  decoder: P
  head: H
}

/** Logits [T, V] of the tokens that follow, and the weights [T, S] of attention, if there is any. */
export interface Taught<W extends Tensor | null> {
  logits: Tensor
  weights: W
}

/** An encoder-decoder over ONE example. */
export interface EncoderDecoder<P, C, W extends Tensor | null> {
  /** Parameters from a key and what a source and a target (token ids) look like; their lengths may be any. */
  init(key: Tensor, source: Spec, target?: Spec): P
  /** What the encoder leaves of a source. */
  encode(params: P, source: Tensor, mode?: Mode): Memory
  /** For training: the logits after each token of a target [T] that is given, the first of them a start token. */
  apply(params: P, source: Tensor, target: Tensor, options?: TeacherOptions): Taught<W>
  /** The decoder's carry before the first token. */
  initialCarry(params: P, memory: Memory): C
  /** One token and the logits of the next: what `greedy`, `sample` and `beam` of heddle/decode take. */
  step(params: P, memory: Memory): (carry: C, token: Tensor) => readonly [C, Tensor]
}

/** A layer that leaves things as they are. */
const same: Layer<null> = { init: () => null, apply: (_params, x) => x }

/** What a layer with a state gives beside its output is no carry. */
const runsItself = <E>(encoder: Encoder<E> | Cell<E> | Layer<E>): encoder is Encoder<E> =>
  'run' in encoder && !('initState' in encoder)

/** Any of the three as one that runs. */
function runnable<E>(encoder: Encoder<E> | Cell<E> | Layer<E>): Encoder<E> {
  if (runsItself(encoder)) return encoder
  if ('initialCarry' in encoder) return recurrent(encoder)
  return {
    init: (key, input) => encoder.init(key, input),
    run(params, xs, mode) {
      const y = encoder.apply(params, xs, mode)
      return y.rank === 1 ? [y, expandDims(y, 0)] : [null, y]
    },
  }
}

/**
 * An encoder that reads a source and a decoder that writes a target (Sutskever et al. 2014; Cho et al. 2014), with attention
 * where the decoder has it, for one example; `vmap` makes it a batch. `length` in a mode is that of the source, where it is
 * padded. Training is one scan over the target; heddle/decode speaks with `step`. Throws if a part is missing.
 * @example
 * import { random, tensor } from 'heddle'
 * import { greedy } from 'heddle/decode'
 * import { bahdanauAttention, bahdanauDecoder, bidirectional, dense, embedding, encoderDecoder, gruCell } from 'heddle/nn'
 * const model = encoderDecoder({
 *   source: embedding(9, 4),
 *   encoder: bidirectional(gruCell(8)),
 *   target: embedding(7, 4),
 *   decoder: bahdanauDecoder(gruCell(8), bahdanauAttention(8)),
 *   head: dense(7),
 * })
 * const ids = (list: number[]) => tensor(list, { dtype: 'int32' })
 * const params = model.init(random.key(0), ids([3, 1, 4]))
 * const { logits, weights } = model.apply(params, ids([3, 1, 4]), ids([1, 5]))
 * logits.shape // [2, 7]
 * weights.shape // [2, 3]
 * const memory = model.encode(params, ids([3, 1, 4]))
 * const start = model.initialCarry(params, memory)
 * const [, said] = greedy(model.step(params, memory), start, ids([1]), { length: 5, end: 2 })
 */
export function encoderDecoder<P, C, W extends Tensor | null, E, H, S = null, T = null>(
  options: EncoderDecoderOptions<S, E, T, P, C, W, H>,
): EncoderDecoder<EncoderDecoderParams<S, E, T, P, H>, C, W> {
  checkOptions('encoderDecoder', options, { source: 1, encoder: 1, target: 1, decoder: 1, head: 1 })
  for (const name of ['encoder', 'decoder', 'head'] as const) {
    const { init, apply = (options[name] as { run?: unknown })?.run } = (options[name] ?? {}) as Partial<Layer>
    if (typeof init === 'function' && typeof apply === 'function') continue
    throw typeError(`encoderDecoder: ${name} is none: it has no init and apply`)
  }
  const { decoder, head } = options
  const encoder = runnable(options.encoder)
  const source = (options.source ?? same) as Layer<S>
  const target = (options.target ?? same) as Layer<T>
  type Params = EncoderDecoderParams<S, E, T, P, H>

  const encode = (params: Pick<Params, 'source' | 'encoder'>, xs: Tensor, mode: Mode = {}): Memory => {
    const read = source.apply(params.source, xs, partMode(mode, 0))
    const [carry, keys] = encoder.run(params.encoder, read, partMode(mode, 1))
    const { length } = mode
    return length === undefined ? { carry, keys } : { carry, keys, mask: less(arange(keys.shape[0]), length) }
  }
  const logitsOf = (params: Params, output: Tensor, mode: Mode): Tensor =>
    head.apply(params.head, output, partMode(mode, 3))

  return {
    init(key, sourceSpec, targetSpec = { shape: [1], dtype: 'int32' }) {
      const [sourceKey, encoderKey, targetKey, decoderKey, headKey] = split(key, 5)
      const seen = source.init(sourceKey, sourceSpec)
      const read = { source: seen, encoder: encoder.init(encoderKey, outputOf(source, seen, sourceSpec)) }
      const memory = evalShape((p: typeof read, xs: Tensor) => encode(p, xs))(read as never, sourceSpec as never)
      const written = target.init(targetKey, targetSpec)
      const x = stepSpec('encoderDecoder', outputOf(target, written, targetSpec))
      const decoded = decoder.init(decoderKey, x, memory as unknown as MemorySpec)
      const said = evalShape(
        (p: P, own: Memory, step: Tensor) => decoder.apply(p, decoder.initialCarry(p, own), step, own)[1].output,
      )
      const output = said(decoded as never, memory as never, x as never) as Spec
      return { ...read, target: written, decoder: decoded, head: head.init(headKey, output) }
    },

    encode,

    initialCarry: (params, memory) => decoder.initialCarry(params.decoder, memory),

    step: (params, memory) => (carry, token) => {
      const x = target.apply(params.target, token)
      const [next, { output }] = decoder.apply(params.decoder, carry, x, memory)
      return [next, head.apply(params.head, output)]
    },

    apply(params, xs, given, { samplingProbability = 0, ...mode } = {}) {
      const memory = encode(params, xs, mode)
      const start = decoder.initialCarry(params.decoder, memory)
      const { length: _, ...own } = mode
      const vectorsOf = (tokens: Tensor): Tensor => target.apply(params.target, tokens, partMode(own, 2))
      if (samplingProbability === 0) {
        const [, { output, weights }] = scan(
          (carry: C, x: Tensor) => decoder.apply(params.decoder, carry, x, memory),
          start,
          vectorsOf(given),
        )
        return { logits: logitsOf(params, output, own), weights }
      }
      const { key } = own
      if (key === undefined)
        throw typeError('encoderDecoder: samplingProbability needs a key: { key, samplingProbability }')
      const steps = arange(given.shape[0])
      const isOwn = logicalAnd(bernoulli(foldIn(key, 4), samplingProbability, steps.shape), greater(steps, 0))
      const drawKey = foldIn(key, 5)
      const [, taught] = scan(
        ([carry, said]: [C, Tensor], [token, draws, step]: [Tensor, Tensor, Tensor]) => {
          const [next, { output, weights }] = decoder.apply(
            params.decoder,
            carry,
            vectorsOf(where(draws, said, token)),
            memory,
          )
          const logits = logitsOf(params, output, own)
          const draw = isInteger(given.dtype) ? cast(categorical(foldIn(drawKey, step), logits), given.dtype) : logits
          return [[next, draw] as [C, Tensor], { logits, weights }]
        },
        [start, zeros(given.shape.slice(1), given.dtype)] as [C, Tensor],
        [given, isOwn, steps] as [Tensor, Tensor, Tensor],
      )
      return taught
    },
  }
}

/** What a layer makes of inputs like `spec`. */
const outputOf = <P>(layer: Layer<P>, params: P, spec: Spec): Spec =>
  evalShape((p: P, x: Tensor) => layer.apply(p, x))(params as never, spec as never) as Spec
