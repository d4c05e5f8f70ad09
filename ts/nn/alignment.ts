// Attention as recurrent decoders use it: one query, the state of a decoder, over the keys that an encoder left. What of
// it does not depend on the query leaves the decoder's loop by itself.
import { checkOptions, type OptionNames } from '../core/options.js'
import { sameShape, showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { add } from '../ops/arithmetic.js'
import { matmul } from '../ops/dot-general.js'
import { split as splitKey } from '../ops/random.js'
import { tanh } from '../ops/sigmoidal.js'
import { softmax } from '../ops/softmax.js'
import { where } from '../ops/where.js'
import type { Spec } from '../transforms/eval-shape.js'
import { checkCount, checkFunctions, checkParams, drawn, lastLength } from './check.js'
import { glorotUniform, type Initializer, zeros } from './initializers.js'

/** What attention finds: `weights` [S] that add up to 1, and the keys' mean by them, `context` [K]. */
export interface Attended {
  context: Tensor
  weights: Tensor
}

/** Which keys there are. */
export interface AttendOptions {
  /** bool [S]: false where a key is padding; its weight is 0. Where all are, so are all weights. */
  mask?: Tensor
}

/** Attention of one query [Q] over keys [S, K]; `vmap` lifts it over queries, examples or both. */
export interface Attention<P = unknown> {
  /** Parameters from a key and what a query and the keys look like. */
  init(key: Tensor, query: Spec, keys: Spec): P
  /** The keys' weights for one query, and their mean by them. */
  apply(params: P, query: Tensor, keys: Tensor, options?: AttendOptions): Attended
}

/** How the parameters of attention start. */
export interface AttentionOptions {
  /** Weights (`glorotUniform`). */
  init?: Initializer
}

const ALIGNMENT_NAMES: OptionNames<AttentionOptions> = { init: 1 }

/** The query's weights `wq` [Q, A], the keys' `wk` [K, A], the bias `b` [A], and the vector `v` [A] that makes scores. */
export interface BahdanauParams {
  wq: Tensor
  wk: Tensor
  b: Tensor
  v: Tensor
}

/** The weights `wq` [Q, A] and `wk` [K, A] (one above the other they are W of Luong, transposed), and the vector `v` of length A. */
export type ConcatParams = Omit<BahdanauParams, 'b'>

/** Below every score that there is. */
export const LOWEST = -3.4028234663852886e38

/** Throws unless query, keys and mask are what attention is over. */
function checkAttended(name: string, query: Tensor, keys: Tensor, mask: Tensor | undefined): void {
  if (query.rank !== 1 || keys.rank !== 2) {
    throw typeError(
      `${name}: one query [Q] and keys [S, K] are expected, not ${showShape(query.shape)} and ${showShape(keys.shape)}`,
    )
  }
  if (mask !== undefined && (mask.dtype !== 'bool' || !sameShape(mask.shape, keys.shape.slice(0, 1)))) {
    throw typeError(
      `${name}: the mask of keys ${showShape(keys.shape)} is bool[${keys.shape[0]}], not ${mask.dtype}${showShape(mask.shape)}`,
    )
  }
}

/** Attention from how its parameters start and how it scores all keys, [S]. */
const attentionBy = <P>(
  name: string,
  init: Attention<P>['init'],
  scored: (params: P, query: Tensor, keys: Tensor) => Tensor,
): Attention<P> => ({
  init,
  apply(params, query, keys, options = {}) {
    checkOptions(name, options, { mask: 1 })
    const { mask } = options
    checkAttended(name, query, keys, mask)
    const scores = scored(params, query, keys)
    const weights = mask === undefined ? softmax(scores) : where(mask, softmax(where(mask, scores, LOWEST)), 0)
    return { context: matmul(weights, keys), weights }
  },
})

/** Scores v . tanh(q Wq + k Wk + b) of all keys. */
const additive = ({ wq, wk, v }: ConcatParams, query: Tensor, keys: Tensor, b?: Tensor): Tensor => {
  const own = matmul(query, wq)
  return matmul(tanh(add(b === undefined ? own : add(own, b), matmul(keys, wk))), v)
}

function additiveParams(
  name: string,
  key: Tensor,
  query: Spec,
  keys: Spec,
  { units, init = glorotUniform }: AttentionOptions & { units: number },
): ConcatParams {
  const [kq, kk, kv] = splitKey(key, 3)
  return {
    wq: drawn(name, init, kq, [lastLength(name, query), units]),
    wk: drawn(name, init, kk, [lastLength(name, keys), units]),
    v: drawn(name, init, kv, [units]),
  }
}

/**
 * Additive attention (Bahdanau et al. 2015, section A.1.2): the score of a key is v . tanh(q Wq + k Wk + b), its weight
 * the softmax over all keys: q [Q], keys [S, K] -> { context [K], weights [S] }. Throws unless `units` is a positive
 * integer, and at a query, keys or a mask of other shapes.
 * @example
 * import { ones, random, tensor } from 'heddle'
 * import { bahdanauAttention } from 'heddle/nn'
 * const attention = bahdanauAttention(8)
 * const keys = ones([3, 5])
 * const params = attention.init(random.key(0), { shape: [4] }, keys)
 * attention.apply(params, ones([4]), keys).weights.toArray() // [0.3333, 0.3333, 0.3333]
 * const mask = tensor([true, false, true])
 * attention.apply(params, ones([4]), keys, { mask }).weights.toArray() // [0.5, 0, 0.5]
 */
export function bahdanauAttention(units: number, options: AttentionOptions = {}): Attention<BahdanauParams> {
  const name = 'bahdanauAttention'
  checkOptions(name, options, ALIGNMENT_NAMES)
  checkFunctions(name, options)
  checkCount(name, 'units', units)
  return attentionBy(
    name,
    (key, query, keys) => {
      const { wq, wk, v } = additiveParams(name, key, query, keys, { ...options, units })
      return { wq, wk, b: zeros(key, [units]), v }
    },
    (params, query, keys) => additive(checkParams(name, params, ['wq', 'wk', 'b', 'v']), query, keys, params.b),
  )
}

/** How Luong's attention scores a key k for a query q. */
export type LuongScore = 'dot' | 'general' | 'concat'

export interface LuongOptions extends AttentionOptions {
  /** The length A of v where scores are made by `'concat'` (the query's). */
  units?: number
}

/** The weights `w` [Q, K] of the `'general'` score. */
export interface GeneralParams {
  w: Tensor
}

/**
 * Multiplicative attention (Luong et al. 2015, equation 8): the score of a key is q . k ('dot'), q W k ('general'), or
 * v . tanh(W [q; k]) ('concat'), its weight the softmax over all keys: q [Q], keys [S, K] -> { context [K], weights [S] }.
 * 'dot' has no parameters, and needs Q = K. Throws at another score, and at a query, keys or a mask of other shapes.
 * @example
 * import { tensor } from 'heddle'
 * import { luongAttention } from 'heddle/nn'
 * const keys = tensor([[1, 0], [0, 1], [1, 1]])
 * luongAttention('dot').apply(null, tensor([2, 0]), keys).weights.toArray() // [0.4683, 0.0634, 0.4683]
 */
export function luongAttention(score: 'dot', options?: LuongOptions): Attention<null>
export function luongAttention(score?: 'general', options?: LuongOptions): Attention<GeneralParams>
export function luongAttention(score: 'concat', options?: LuongOptions): Attention<ConcatParams>
export function luongAttention(
  score: LuongScore = 'general',
  options: LuongOptions = {},
): Attention<null> | Attention<GeneralParams> | Attention<ConcatParams> {
  const name = 'luongAttention'
  checkOptions(name, options, { ...ALIGNMENT_NAMES, units: 1 })
  checkFunctions(name, options)
  const { units, init = glorotUniform } = options
  if (units !== undefined) checkCount(name, 'units', units)
  if (score === 'dot') {
    const checkSizes = (query: number, keys: number): null => {
      if (query === keys) return null
      throw typeError(`${name}: 'dot' needs queries and keys of one length, not ${query} and ${keys}; try 'general'`)
    }
    return attentionBy(
      name,
      (_key, query, keys) => checkSizes(lastLength(name, query), lastLength(name, keys)),
      (_params, query, keys) => {
        checkSizes(query.size, keys.shape[1])
        return matmul(keys, query)
      },
    )
  }
  if (score === 'general') {
    return attentionBy<GeneralParams>(
      name,
      (key, query, keys) => ({ w: drawn(name, init, key, [lastLength(name, query), lastLength(name, keys)]) }),
      (params, query, keys) => matmul(keys, matmul(query, checkParams(name, params, ['w']).w)),
    )
  }
  if (score === 'concat') {
    return attentionBy<ConcatParams>(
      name,
      (key, query, keys) => additiveParams(name, key, query, keys, { units: units ?? lastLength(name, query), init }),
      (params, query, keys) => additive(checkParams(name, params, ['wq', 'wk', 'v']), query, keys),
    )
  }
  throw rangeError(`${name}: the score is 'dot', 'general' or 'concat', not ${JSON.stringify(score)}`)
}
