// Attention of many queries at once, in many heads. A head is a plain function; `vmap` makes it all heads, and those that share
// keys and values leave these unmapped.
import { checkOptions, type OptionNames } from '../core/options.js'
import { showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { add, mul } from '../ops/arithmetic.js'
import { ATTENTION_NAMES, type AttentionOptions, checkMask, scaledDotProductAttention } from '../ops/attention.js'
import { logicalAnd } from '../ops/bitwise.js'
import { broadcastTo } from '../ops/broadcast.js'
import { greater, less, lessEqual } from '../ops/compare.js'
import { concat, split } from '../ops/concat.js'
import { matmul } from '../ops/dot-general.js'
import { dynamicUpdateSlice } from '../ops/dynamic-slice.js'
import { arange, ones, zeros } from '../ops/full.js'
import { pad } from '../ops/pad.js'
import { split as splitKey } from '../ops/random.js'
import { expandDims, reshape } from '../ops/reshape.js'
import { softmax } from '../ops/softmax.js'
import { transpose } from '../ops/transpose.js'
import { where } from '../ops/where.js'
import type { Spec } from '../transforms/eval-shape.js'
import { vmap } from '../transforms/vmap.js'
import { LOWEST } from './alignment.js'
import { checkCount, checkFunctions, checkMode, checkParams, checkRate, drawn, lastLength } from './check.js'
import { linear } from './dense.js'
import { dropout as dropoutLayer } from './dropout.js'
import { glorotUniform, type Initializer } from './initializers.js'
import type { Layer, Mode } from './layer.js'
import { ANGLE_NAMES, type AngleOptions, rotary as turned } from './positions.js'

/**
 * The weights of one head, `softmax(scale * q kᵀ + mask)`, those by which `scaledDotProductAttention` takes the mean of values,
 * with the same options: [Tq, D], [Tk, D] -> [Tq, Tk]. A query that sees no key has weights 0. Throws where shapes do not fit.
 * @example
 * const keys = tensor([[0, 0], [0, 0]])
 * attentionWeights(tensor([[1, 2], [3, 4]]), keys, { causal: true }) // [[1, 0], [0.5, 0.5]]
 */
export function attentionWeights(q: Tensor, k: Tensor, options: AttentionOptions = {}): Tensor {
  const name = 'attentionWeights'
  checkOptions(name, options, ATTENTION_NAMES)
  checkTensor(name, q, 'q')
  checkTensor(name, k, 'k')
  if (q.rank !== 2 || k.rank !== 2 || q.shape[1] !== k.shape[1]) {
    throw typeError(
      `${name}: one head has q [Tq, D] and k [Tk, D], not ${showShape(q.shape)} and ${showShape(k.shape)}`,
    )
  }
  const { causal = false, mask, keyLength, scale = 1 / Math.sqrt(q.shape[1]) } = options
  const [queries, keys] = [q.shape[0], k.shape[0]]
  if (mask !== undefined) checkMask(name, mask, [queries, keys])
  const isBias = mask !== undefined && mask.dtype !== 'bool'
  const products = mul(matmul(q, transpose(k)), scale)
  const scores = isBias ? add(products, mask) : products
  const seen: Tensor[] = []
  if (causal) seen.push(lessEqual(arange(keys), expandDims(arange(queries), 1)))
  if (mask !== undefined) seen.push(isBias ? greater(mask, Number.NEGATIVE_INFINITY) : mask)
  if (keyLength !== undefined) seen.push(less(arange(keys), keyLength))
  if (seen.length === 0) return softmax(scores)
  const visible = broadcastTo(
    seen.reduce((a, b) => logicalAnd(a, b)),
    [queries, keys],
  )
  return where(visible, softmax(where(visible, scores, LOWEST)), 0)
}

/** How many heads there are, and what they are like. */
export interface MultiHeadOptions {
  /** Heads of queries. */
  heads: number
  /** Heads of keys and values, each for heads / keyValueHeads of queries (heads): Ainslie et al. 2023. */
  keyValueHeads?: number
  /** How long the vectors of a head are (features / heads). */
  headSize?: number
  /** Whether biases are added (true). */
  bias?: boolean
  /** Each place sees itself and those before it (false). */
  causal?: boolean
  /** Queries and keys are turned by their positions (false): `rotary`, with its options. */
  rotary?: boolean | AngleOptions
  /** With which probability a weight is left out while training (0). */
  dropout?: number
  /** How the weights start (`glorotUniform`). */
  init?: Initializer
  /** How the weights of the output start (as the others). */
  outputInit?: Initializer
}

/** The names of the options of many heads, where what they see is not asked. */
export const HEAD_NAMES: OptionNames<Omit<MultiHeadOptions, 'causal'>> = {
  heads: 1,
  keyValueHeads: 1,
  headSize: 1,
  bias: 1,
  rotary: 1,
  dropout: 1,
  init: 1,
  outputInit: 1,
}

/**
 * For H heads of size d and G of keys: weights `wq` [D, H d], `wk` [K, G d], `wv` [V, G d], `wo` [H d, D], and biases
 * `bq`, `bk`, `bv`, `bo`, if there are any.
 */
export interface MultiHeadParams {
  wq: Tensor
  wk: Tensor
  wv: Tensor
  wo: Tensor
  bq?: Tensor
  bk?: Tensor
  bv?: Tensor
  bo?: Tensor
}

/** Keys `k` and values `v` of all heads, [heads, T, size]: what has been projected already, and what a cache holds. */
export interface KeyValues {
  k: Tensor
  v: Tensor
}

/** What is attended to. */
export interface MultiHeadMode extends Mode {
  /** How many of the keys count (all), clamped to [0, Tk]: int32 [], under `vmap` each its own. */
  length?: Tensor | number
  /** What keys are made of, [Tk, K] (the queries' own sequence). */
  keys?: Tensor
  /** What values are made of, [Tk, V] (`keys`). */
  values?: Tensor
  /** Keys and values as `project` made them, in the place of both. */
  projected?: KeyValues
  /** bool, true where a key counts, or float32, added to the scores: [Tq, Tk] or what broadcasts to it, or [heads, Tq, Tk]. */
  mask?: Tensor
}

/** Attention in many heads, over ONE example; it is a layer that attends to its own input. */
export interface MultiHeadAttention extends Layer<MultiHeadParams> {
  /** Parameters from a key and what queries, keys and values look like. */
  init(key: Tensor, query: Spec, keys?: Spec, values?: Spec): MultiHeadParams
  /** [Tq, D] -> [Tq, D], over its own sequence or the mode's keys. */
  apply(params: MultiHeadParams, x: Tensor, mode?: MultiHeadMode): Tensor
  /** The same, and the weights [heads, Tq, Tk]. */
  attend(params: MultiHeadParams, x: Tensor, mode?: MultiHeadMode): { output: Tensor; weights: Tensor }
  /** Keys and values of another sequence, for a loop that attends to them again and again. */
  project(params: MultiHeadParams, keys: Tensor, values?: Tensor): KeyValues
  /** A cache for `length` places, empty. */
  initialCache(params: MultiHeadParams, length: number): KeyValues
  /** A cache for `length` places that holds a causal sequence x [T, D] already: [cache, output [T, D]]. */
  fill(params: MultiHeadParams, x: Tensor, length: number): [KeyValues, Tensor]
  /** The place `position` (int32 []) of a causal sequence, x [D], after those that the cache holds: [cache, output [D]]. */
  step(params: MultiHeadParams, cache: KeyValues, x: Tensor, position: Tensor): [KeyValues, Tensor]
}

/** What several weights make of one input, in one product. */
function together(x: Tensor, weights: Tensor[], biases: (Tensor | undefined)[]): Tensor[] {
  const bias = biases[0] && concat(biases as Tensor[])
  const sizes = weights.map(({ shape }) => shape[1])
  return split(linear(x, concat(weights, 1), bias), sizes, -1)
}

/** What heads find, and where they are asked for the weights by which they do. */
interface Head {
  output: Tensor
  weights?: Tensor
}

interface HeadOptions extends AttentionOptions {
  isWeighed?: boolean
  /** [heads, Tq, Tk]: what weights are multiplied by. */
  kept?: Tensor
}

/** Throws unless the mask is one for all heads, or one for each. */
function checkMasks(mask: Tensor | undefined, heads: number, shape: readonly [number, number]): void {
  const name = 'multiHeadAttention'
  if (mask?.rank !== 3) {
    if (mask !== undefined) checkMask(name, mask, shape)
    return
  }
  const [own, ...rest] = mask.shape
  if (own === heads && rest.every((n, i) => n === 1 || n === shape[i])) return
  throw typeError(
    `${name}: mask ${showShape(mask.shape)} is not one for each of ${heads} heads, ${showShape([heads, ...shape])}`,
  )
}

/** All heads: q [Tq, H, d], k, v [G, Tk, d] -> output [Tq, H d], weights [H, Tq, Tk]. */
function allHeads(q: Tensor, { k, v }: KeyValues, { isWeighed = false, kept, mask, ...options }: HeadOptions): Head {
  const head = (qh: Tensor, kh: Tensor, vh: Tensor, own: { mask?: Tensor; kept?: Tensor }): Head => {
    const given = { ...options, mask: own.mask ?? mask }
    if (!isWeighed && own.kept === undefined) return { output: scaledDotProductAttention(qh, kh, vh, given) }
    const weights = attentionWeights(qh, kh, given)
    const left = own.kept === undefined ? weights : mul(weights, own.kept)
    return { output: matmul(left, vh), ...(isWeighed ? { weights } : {}) }
  }
  const [queries, heads, size] = q.shape
  const [groups, keys] = k.shape
  checkMasks(mask, heads, [queries, keys])
  const outAxes = isWeighed ? { output: 1, weights: 0 } : { output: 1 }
  const own = { ...(mask?.rank === 3 ? { mask } : {}), ...(kept === undefined ? {} : { kept }) }
  const result =
    groups === heads
      ? vmap(head, [1, 0, 0, 0], outAxes)(q, k, v, own)
      : vmap(vmap(head, [1, null, null, 0], outAxes), [1, 0, 0, 0], outAxes)(
          reshape(q, [queries, groups, heads / groups, size]),
          k,
          v,
          Object.fromEntries(
            Object.entries(own).map(([name, x]) => [name, reshape(x, [groups, heads / groups, ...x.shape.slice(1)])]),
          ),
        )
  return {
    output: reshape(result.output, [queries, heads * v.shape[2]]),
    ...(result.weights && { weights: reshape(result.weights, [heads, queries, keys]) }),
  }
}

/**
 * Attention in many heads (Vaswani et al. 2017, section 3.2.2) over one example: queries, keys and values are projected, each
 * head takes its part of them, and what all heads find is projected once more: [T, D] -> [T, D]. Keys may be those of another
 * sequence, masks any, and heads of queries may share heads of keys. Where weights are neither asked for nor left out at
 * random, no [T, T] tensor is made. Throws where counts do not divide, and where shapes do not fit.
 * @example
 * const layer = multiHeadAttention({ heads: 4, causal: true })
 * const x = random.normal(random.key(1), [10, 32])
 * const params = layer.init(random.key(0), x)
 * layer.apply(params, x).shape // [10, 32]
 * layer.attend(params, x).weights.shape // [4, 10, 10]
 * @example
 * const layer = multiHeadAttention({ heads: 4, keyValueHeads: 2 })
 * const [x, keys] = [ones([3, 32]), ones([7, 16])]
 * const params = layer.init(random.key(0), x, keys)
 * layer.apply(params, x, { keys, length: 5 }).shape // [3, 32]
 */
export function multiHeadAttention(options: MultiHeadOptions): MultiHeadAttention {
  const name = 'multiHeadAttention'
  checkOptions(name, options, { ...HEAD_NAMES, causal: 1 })
  const { heads, keyValueHeads = heads, headSize, bias = true, causal = false, rotary, dropout = 0 } = options
  const angles = rotary === true ? {} : rotary || undefined
  if (angles !== undefined) checkOptions(`${name}: rotary`, angles, ANGLE_NAMES)
  checkCount(name, 'heads', heads)
  checkCount(name, 'keyValueHeads', keyValueHeads)
  checkRate(name, 'dropout', dropout)
  checkFunctions(name, options)
  const { init = glorotUniform, outputInit = init } = options
  if (headSize !== undefined) checkCount(name, 'headSize', headSize)
  if (heads % keyValueHeads !== 0) {
    throw rangeError(`${name}: ${heads} heads cannot share ${keyValueHeads} of keys and values alike`)
  }
  /** Throws unless a sequence is the same step by step as at once. */
  const checkCausal = (): void => {
    if (!causal) throw typeError(`${name}: only with { causal: true } can a sequence go step by step`)
  }
  const left = dropoutLayer(dropout)

  /** Throws unless `w` takes the vectors of this sequence. */
  const checkSequence = (what: string, x: Tensor, w: Tensor): void => {
    checkTensor(name, x, what)
    const own = showShape(x.shape)
    if (x.rank !== 2) throw typeError(`${name}: one sequence [T, D] is expected, not ${own}`)
    if (x.shape[1] === w.shape[0]) return
    throw typeError(`${name}: ${what} has shape ${own}, the parameters are for [T, ${w.shape[0]}]`)
  }
  /** [T, G d] -> [T, G, d], turned. */
  const headsOf = (x: Tensor, count: number, positions?: Tensor, isTurned = true): Tensor => {
    const own = reshape(x, [x.shape[0], count, x.shape[1] / count])
    if (angles === undefined || !isTurned) return own
    return vmap((one: Tensor) => turned(one, positions, angles), [1], 1)(own)
  }
  const keyValues = (k: Tensor, v: Tensor, positions?: Tensor): KeyValues => ({
    k: transpose(headsOf(k, keyValueHeads, positions), [1, 0, 2]),
    v: transpose(headsOf(v, keyValueHeads, positions, false), [1, 0, 2]),
  })
  const project: MultiHeadAttention['project'] = ({ wk, wv, bk, bv }, keys, values = keys) => {
    checkSequence('keys', keys, wk)
    checkSequence('values', values, wv)
    const [k, v] = keys === values ? together(keys, [wk, wv], [bk, bv]) : [linear(keys, wk, bk), linear(values, wv, bv)]
    return keyValues(k, v)
  }
  /** Of one sequence all three, in one product. */
  const ownOf = (p: MultiHeadParams, x: Tensor, positions?: Tensor): [Tensor, KeyValues] => {
    for (const w of [p.wq, p.wk, p.wv]) checkSequence('x', x, w)
    const [q, k, v] = together(x, [p.wq, p.wk, p.wv], [p.bq, p.bk, p.bv])
    return [headsOf(q, heads, positions), keyValues(k, v, positions)]
  }
  const run = (params: MultiHeadParams, x: Tensor, mode: MultiHeadMode, isWeighed: boolean): Head => {
    checkMode(name, mode)
    checkSequence('x', x, checkParams(name, params, ['wq', 'wk', 'wv', 'wo']).wq)
    const { keys, values, projected, mask, length } = mode
    const isOwn = projected === undefined && keys === undefined && values === undefined
    const [q, own] = isOwn
      ? ownOf(params, x)
      : [headsOf(linear(x, params.wq, params.bq), heads), projected ?? project(params, keys ?? x, values ?? keys ?? x)]
    const kept =
      mode.train && dropout > 0 ? left.apply(null, ones([heads, x.shape[0], own.k.shape[1]]), mode) : undefined
    const { output, weights } = allHeads(q, own, { causal, mask, keyLength: length, isWeighed, kept })
    return { output: linear(output, params.wo, params.bo), weights }
  }

  return {
    init(key, query, keys = query, values = keys) {
      const width = lastLength(name, query)
      const size = headSize ?? width / heads
      if (!Number.isInteger(size)) throw rangeError(`${name}: ${width} features do not divide into ${heads} heads`)
      const [kq, kk, kv, ko] = splitKey(key, 4)
      const [inner, shared] = [heads * size, keyValueHeads * size]
      return {
        wq: drawn(name, init, kq, [width, inner]),
        wk: drawn(name, init, kk, [lastLength(name, keys), shared]),
        wv: drawn(name, init, kv, [lastLength(name, values), shared]),
        wo: drawn(name, outputInit, ko, [inner, width]),
        ...(bias ? { bq: zeros([inner]), bk: zeros([shared]), bv: zeros([shared]), bo: zeros([width]) } : {}),
      }
    },
    project,
    apply: (params, x, mode = {}) => run(params, x, mode, false).output,
    attend: (params, x, mode = {}) => run(params, x, mode, true) as { output: Tensor; weights: Tensor },
    initialCache({ wk, wv }, length) {
      const empty = ({ shape }: Tensor) => zeros([keyValueHeads, length, shape[1] / keyValueHeads])
      return { k: empty(wk), v: empty(wv) }
    },
    fill(params, x, length) {
      checkCausal()
      const [q, own] = ownOf(params, x)
      const [steps] = x.shape
      if (steps > length) throw rangeError(`${name}: a sequence of ${steps} does not fit into a cache for ${length}`)
      const { output } = allHeads(q, own, { causal: true })
      const room = (part: Tensor) =>
        pad(part, [
          [0, 0],
          [0, length - steps],
          [0, 0],
        ])
      return [{ k: room(own.k), v: room(own.v) }, linear(output, params.wo, params.bo)]
    },
    step(params, cache, x, position) {
      checkCausal()
      checkTensor(name, x)
      if (x.rank !== 1) throw typeError(`${name}: one step is a vector [D], not ${showShape(x.shape)}`)
      const [q, { k, v }] = ownOf(params, expandDims(x, 0), expandDims(position, 0))
      const next = {
        k: dynamicUpdateSlice(cache.k, k, [0, position, 0]),
        v: dynamicUpdateSlice(cache.v, v, [0, position, 0]),
      }
      const { output } = allHeads(q, next, { keyLength: add(position, 1) })
      return [next, reshape(linear(output, params.wo, params.bo), [-1])]
    },
  }
}
