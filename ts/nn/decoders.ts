// Decoders: cells that write one sequence while they look at another, for one step of one example. A decoder of your own
// is such a record too.
import { checkOptions, type OptionNames } from '../core/options.js'
import { sameShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { flatten, showStructure, type TreeDef, treeLeaves, unflatten } from '../core/tree.js'
import { typeError } from '../errors.js'
import { concat, split } from '../ops/concat.js'
import { matmul } from '../ops/dot-general.js'
import { zeros } from '../ops/full.js'
import { split as splitKey } from '../ops/random.js'
import { reshape } from '../ops/reshape.js'
import { tanh } from '../ops/sigmoidal.js'
import { evalShape, type Spec } from '../transforms/eval-shape.js'
import type { Attention } from './alignment.js'
import type { Cell } from './cell.js'
import { checkCount, checkFunctions, drawn, lastLength } from './check.js'
import { type DenseParams, dense, linear } from './dense.js'
import { glorotUniform, type Initializer } from './initializers.js'
import { checkCell } from './recurrent.js'

/** What an encoder leaves of a source. */
export interface Memory {
  /** Its last carry, from which a decoder starts: any tree of tensors, or null for none. */
  carry: unknown
  /** What it says at each step [S, K]: what attention is over. */
  keys: Tensor
  /** bool [S]: false where the source is padding (left out: nowhere). */
  mask?: Tensor
}

/** What a decoder says at a step: `output`, of which logits are made, and the weights [S] of its attention, if it has any. */
export interface Decoded<W extends Tensor | null = Tensor | null> {
  output: Tensor
  weights: W
}

/** A decoder: as a cell, but beside a memory. */
export interface Decoder<P = unknown, C = unknown, W extends Tensor | null = Tensor | null> {
  /** Parameters from a key, what the input of one step looks like, and what a memory does (specs, or tensors). */
  init(key: Tensor, input: Spec, memory: MemorySpec): P
  /** The carry before the first step. */
  initialCarry(params: P, memory: Memory): C
  /** One step: `[carry, what it says]`. */
  apply(params: P, carry: C, x: Tensor, memory: Memory): readonly [C, Decoded<W>]
}

/** A memory with specs in the place of tensors. */
export interface MemorySpec {
  carry: unknown
  keys: Spec
}

/** `cell`: the cell's parameters; `bridge`: from the encoder's carry to the cell's, null where they look alike. */
export interface PlainParams<P> {
  cell: P
  bridge: DenseParams | null
}

export interface AttendingParams<P, A> extends PlainParams<P> {
  attention: A
}

/** `combine`: the weights W_c [K + H, units] of the attentional state. */
export interface LuongParams<P, A> extends AttendingParams<P, A> {
  combine: { w: Tensor }
}

/** The cell's carry, and the attentional state that is fed to the next step, or null. */
export interface LuongCarry<C> {
  cell: C
  fed: Tensor | null
}

/** What a carry says to attention: itself, its `h`, or that of the last entry of a list that has one. */
function hiddenState(carry: unknown): Tensor {
  const found = findState(carry)
  if (found !== null) return found
  throw typeError("decoder: no hidden state is found in the cell's carry; give { query: carry => ... }")
}

function findState(carry: unknown): Tensor | null {
  if (Array.isArray(carry)) return carry.reduceRight((found, entry) => found ?? findState(entry), null)
  if (typeof carry !== 'object' || carry === null) return null
  return 'shape' in carry ? (carry as Tensor) : findState((carry as { h?: unknown }).h)
}

/** Which state asks. */
export interface QueryOptions<C> {
  /** The vector in the cell's carry that attention is asked with (the carry itself, its `h`, or that of the last cell). */
  query?: (carry: C) => Tensor
}

/** The names of the options of all that asks. */
const QUERY_NAMES: OptionNames<QueryOptions<unknown>> = { query: 1 }

/** A carry as one vector. */
const vectorOf = (leaves: readonly Tensor[]): Tensor => concat(leaves.map(leaf => reshape(leaf, [leaf.size])))

/** Where a memory has no carry, or one like the cell's, there is no bridge; else its parameters. */
function bridgeParams<P>(key: Tensor, cell: Cell<P, unknown>, params: P, carry: unknown): DenseParams | null {
  let isAlike = true
  let length = 0
  const traced = evalShape((own: P, given: unknown) => {
    const [from, to] = [flatten(given), flatten(cell.initialCarry(own))]
    isAlike =
      from.leaves.length === 0 ||
      (showStructure(from.structure) === showStructure(to.structure) &&
        from.leaves.every((leaf, i) => sameShape((leaf as Tensor).shape, (to.leaves[i] as Tensor).shape)))
    if (isAlike) return []
    length = vectorOf(to.leaves as Tensor[]).size
    return vectorOf(from.leaves as Tensor[])
  })(params as never, carry as never) as Spec
  return isAlike ? null : dense(length).init(key, traced)
}

/** The carry that the cell starts from: the encoder's, what the bridge makes of it, or the cell's own. */
function cellStart<P, C>(cell: Cell<P, C>, { cell: params, bridge }: PlainParams<P>, { carry }: Memory): C {
  const leaves = treeLeaves(carry)
  if (bridge === null) return leaves.length === 0 ? cell.initialCarry(params) : (carry as C)
  const { leaves: wanted, structure } = flatten(cell.initialCarry(params)) as {
    leaves: Tensor[]
    structure: TreeDef
  }
  const start = tanh(linear(vectorOf(leaves), bridge.w, bridge.b))
  const parts = split(
    start,
    wanted.map(({ size }) => size),
  )
  return unflatten(
    structure,
    parts.map((part, i) => reshape(part, wanted[i].shape)),
  ) as C
}

function checkAttention(name: string, attention: unknown): void {
  if (typeof (attention as Attention)?.apply === 'function') return
  throw typeError(`${name}: the second argument is not attention ({ init, apply })`)
}

const sum = (a: Spec, b: Spec): Spec => ({ shape: [lastLength('decoder', a) + lastLength('decoder', b)] })

/** What asks first: the state that the cell starts from. */
const firstQuery = <P, C>(cell: Cell<P, C>, params: P, query: (carry: C) => Tensor): Spec =>
  evalShape((own: P) => query(cell.initialCarry(own)))(params as never) as Spec

/** The last dimension of keys, as that of one of them. */
const oneKey = ({ shape }: Spec): Spec => ({ shape: shape.slice(-1) })

/**
 * The decoder that sees no more of the source than the carry which its encoder ends with (Sutskever et al. 2014): the
 * cell's outputs. It starts from that carry if it is like the cell's own, else from `tanh(carry W + b)`, with all of the
 * carry as one vector: a vector as a memory's carry makes sequences of vectors. Throws if `cell` is no cell.
 * @example
 * const captions = plainDecoder(gruCell(32))
 */
export function plainDecoder<P, C>(cell: Cell<P, C>): Decoder<PlainParams<P>, C, null> {
  checkCell('plainDecoder', cell)
  return {
    init(key, input, { carry }) {
      const [cellKey, bridgeKey] = splitKey(key)
      const params = cell.init(cellKey, input)
      return { cell: params, bridge: bridgeParams(bridgeKey, cell, params, carry) }
    },
    initialCarry: (params, memory) => cellStart(cell, params, memory),
    apply(params, carry, x) {
      const [next, output] = cell.apply(params.cell, carry, x)
      return [next, { output, weights: null }]
    },
  }
}

/**
 * The decoder of Bahdanau et al. 2015: the state before a step asks, and the cell takes the context beside its input; what
 * it says is [state; context], of which logits are made. Any attention will do. It starts as `plainDecoder` does.
 * Throws if an argument is not what it should be.
 * @example
 * const decoder = bahdanauDecoder(gruCell(256), bahdanauAttention(256))
 */
export function bahdanauDecoder<P, C, A>(
  cell: Cell<P, C>,
  attention: Attention<A>,
  options: QueryOptions<C> = {},
): Decoder<AttendingParams<P, A>, C, Tensor> {
  checkCell('bahdanauDecoder', cell)
  checkOptions('bahdanauDecoder', options, QUERY_NAMES)
  const { query = hiddenState } = options
  checkAttention('bahdanauDecoder', attention)
  return {
    init(key, input, { carry, keys }) {
      const [cellKey, bridgeKey, attentionKey] = splitKey(key, 3)
      const params = cell.init(cellKey, sum(input, oneKey(keys)))
      return {
        cell: params,
        bridge: bridgeParams(bridgeKey, cell, params, carry),
        attention: attention.init(attentionKey, firstQuery(cell, params, query), keys),
      }
    },
    initialCarry: (params, memory) => cellStart(cell, params, memory),
    apply(params, carry, x, { keys, mask }) {
      const { context, weights } = attention.apply(params.attention, query(carry), keys, { mask })
      const [next, state] = cell.apply(params.cell, carry, concat([x, context]))
      return [next, { output: concat([state, context]), weights }]
    },
  }
}

export interface LuongDecoderOptions<C> extends QueryOptions<C> {
  /** How long the attentional state is. */
  units: number
  /** The attentional state is given to the next step beside its input (true): section 3.3. */
  inputFeeding?: boolean
  /** How the weights W_c start (`glorotUniform`). */
  init?: Initializer
}

/**
 * The decoder of Luong et al. 2015: the state after a step asks, and what is said is the attentional state
 * `tanh([context; state] W_c)` [units] (equation 5), which with input feeding goes into the next step too. Any attention
 * will do. It starts as `plainDecoder` does. Throws if an argument is not what it should be.
 * @example
 * const decoder = luongDecoder(lstmCell(256), luongAttention('general'), { units: 256 })
 */
export function luongDecoder<P, C, A>(
  cell: Cell<P, C>,
  attention: Attention<A>,
  options: LuongDecoderOptions<C>,
): Decoder<LuongParams<P, A>, LuongCarry<C>, Tensor> {
  checkCell('luongDecoder', cell)
  checkOptions('luongDecoder', options, { ...QUERY_NAMES, units: 1, inputFeeding: 1, init: 1 })
  const { units, inputFeeding = true, query = hiddenState, init = glorotUniform } = options
  checkAttention('luongDecoder', attention)
  checkCount('luongDecoder', 'units', units)
  checkFunctions('luongDecoder', options)
  return {
    init(key, input, { carry, keys }) {
      const [cellKey, bridgeKey, attentionKey, combineKey] = splitKey(key, 4)
      const params = cell.init(cellKey, inputFeeding ? sum(input, { shape: [units] }) : input)
      const state = firstQuery(cell, params, query)
      return {
        cell: params,
        bridge: bridgeParams(bridgeKey, cell, params, carry),
        attention: attention.init(attentionKey, state, keys),
        combine: { w: drawn('luongDecoder', init, combineKey, [sum(oneKey(keys), state).shape[0], units]) },
      }
    },
    initialCarry: (params, memory) => ({
      cell: cellStart(cell, params, memory),
      fed: inputFeeding ? zeros([units]) : null,
    }),
    apply(params, { cell: carry, fed }, x, { keys, mask }) {
      const [next] = cell.apply(params.cell, carry, fed === null ? x : concat([x, fed]))
      const state = query(next)
      const { context, weights } = attention.apply(params.attention, state, keys, { mask })
      const output = tanh(matmul(concat([context, state]), params.combine.w))
      return [
        { cell: next, fed: fed === null ? null : output },
        { output, weights },
      ]
    },
  }
}
