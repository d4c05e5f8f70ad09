// A cell run over a sequence, in one direction or in both. The shapes of a sequence problem are its forms: as many outputs
// as inputs (`recurrent(cell)`), one output (`returnSequences: false`), one input (`chain(repeatVector(T), recurrent(cell))`,
// or `rollout(cell, T)` where each output is the next input).
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { add, maximum, mul, sub } from '../ops/arithmetic.js'
import { concat } from '../ops/concat.js'
import { arange } from '../ops/full.js'
import { split } from '../ops/random.js'
import { at } from '../ops/slice.js'
import { take } from '../ops/take.js'
import { scan } from '../transforms/scan.js'
import type { Cell, CellRun, StepMode } from './cell.js'
import { checkCount, checkMode, checkParams, stepSpec } from './check.js'
import type { Layer, Mode } from './layer.js'

/** Which outputs of the steps `recurrent` returns, and their order. */
export interface RecurrentOptions {
  /** All outputs [T, ...] (true), or only that of the step that ran last. */
  returnSequences?: boolean
  /** From the last step to the first; outputs keep their places (false). */
  reverse?: boolean
}

/** How a recurrent layer is run from a carry of its own. */
export interface RunOptions<C> extends Mode {
  /** The carry before the first step (the cell's initial one). */
  carry?: C
}

/** A layer over sequences that takes and gives carries where asked. */
export interface Recurrent<P, C, X = Tensor, Y = Tensor> extends Layer<P, X, Y> {
  /** `[last carry, outputs]`: the next piece of a long stream goes on from that carry. */
  run(params: P, xs: X, options?: RunOptions<C>): [C, Y]
}

/** Throws unless this is a cell. */
export function checkCell(operation: string, cell: unknown): void {
  const { init, initialCarry, apply } = (cell ?? {}) as Cell
  if ([init, initialCarry, apply].every(part => typeof part === 'function')) return
  throw typeError(`${operation}: the argument is not a cell ({ init, initialCarry, apply })`)
}

/** One step after the other; steps are counted where there is a key. */
export function scanSteps<C, X, Y>(
  apply: (carry: C, x: X, mode: StepMode) => readonly [C, Y],
  carry: C,
  xs: X,
  { reverse, mode = {} }: CellRun,
): [C, Y] {
  const { length: lengths, ...own } = mode
  const options = { reverse, lengths }
  if (own.key === undefined) return scan((before: C, x: X) => apply(before, x, own), carry, xs, options)
  const steps = arange((xs as Tensor).shape[0])
  return scan(
    (before: C, [x, step]: [X, Tensor]) => apply(before, x, { ...own, step }),
    carry,
    [xs, steps] as [X, Tensor],
    options,
  )
}

/** A cell over a sequence. */
export const scanCell = <P, C, X, Y>(cell: Cell<P, C, X, Y>, params: P, carry: C, xs: X, run: CellRun): [C, Y] =>
  cell.scan === undefined
    ? scanSteps((before, x: X, mode) => cell.apply(params, before, x, mode), carry, xs, run)
    : cell.scan(params, carry, xs, run)

/** The output of the step that ran last; zeros where none did. */
function lastOutput(ys: Tensor, reverse: boolean, length: Tensor | number | undefined): Tensor {
  const steps = ys.shape[0]
  if (steps === 0) throw rangeError('recurrent: a sequence of no steps has no last output')
  if (reverse) return at(ys, 0)
  if (typeof length !== 'object') return at(ys, Math.min(Math.max(length ?? steps, 1), steps) - 1)
  return take(ys, maximum(sub(length, 1), 0), 0)
}

/**
 * The layer that runs `cell` over a sequence [T, ...]: [T, D] -> [T, H], or [H] with `returnSequences: false`. `apply`
 * starts from the cell's initial carry; `run` from any, and returns the last one: `[carry, outputs]`. Of a sequence of
 * `length` (in the mode) no more steps run; later outputs are zeros, and what stands there changes nothing.
 * Throws if `cell` is none, and where there is no last output.
 * @example
 * const tagger = chain(embedding(65, 128), recurrent(lstmCell(256)), dense(65))
 * const classifier = chain(embedding(65, 128), recurrent(lstmCell(256), { returnSequences: false }), dense(2))
 * @example
 * const layer = recurrent(gruCell(4))
 * const xs = random.normal(random.key(1), [6, 3])
 * const params = layer.init(random.key(0), xs)
 * const [carry] = layer.run(params, slice(xs, [0], [2]))
 * const [, ys] = layer.run(params, slice(xs, [2]), { carry }) // the rest of the stream
 * @example
 * const layer = recurrent(gruCell(4), { returnSequences: false })
 * const batch = zeros([2, 5, 3])
 * const params = layer.init(random.key(0), { shape: [5, 3] })
 * const ragged = vmap((xs: Tensor, length: Tensor) => layer.apply(params, xs, { length }))
 * ragged(batch, tensor([5, 2], { dtype: 'int32' })).shape // [2, 4]
 */
export function recurrent<P, C, X = Tensor>(cell: Cell<P, C, X>, options: RecurrentOptions = {}): Recurrent<P, C, X> {
  checkCell('recurrent', cell)
  checkOptions('recurrent', options, { returnSequences: 1, reverse: 1 })
  const { returnSequences = true, reverse = false } = options
  const run = (params: P, xs: X, given: RunOptions<C> = {}): [C, Tensor] => {
    checkMode('recurrent', given)
    const { carry, ...mode } = given
    const start = carry === undefined ? cell.initialCarry(params, stepOf(xs)) : carry
    const [last, ys] = scanCell(cell, params, start, xs, { reverse, mode })
    return [last, returnSequences ? ys : lastOutput(ys, reverse, mode.length)]
  }
  return {
    init: (key, input) => cell.init(key, stepSpec('recurrent', input)),
    run,
    apply: (params, xs, mode) => run(params, xs, mode)[1],
  }
}

/** What one step of a sequence looks like; unknown where it is no tensor. */
const stepOf = (xs: unknown) => {
  const { shape, dtype } = xs as Tensor
  return shape === undefined ? undefined : { shape: shape.slice(1), dtype }
}

const MERGES = {
  concat: (forward: Tensor, backward: Tensor) => concat([forward, backward], -1),
  sum: (forward: Tensor, backward: Tensor) => add(forward, backward),
  mean: (forward: Tensor, backward: Tensor) => mul(0.5, add(forward, backward)),
  mul: (forward: Tensor, backward: Tensor) => mul(forward, backward),
}

/** The cell of the other direction, and what becomes of the outputs of both. */
export interface BidirectionalOptions<Q, D> {
  /** The cell that runs from the last step to the first (as the other). */
  backward?: Cell<Q, D>
  /** What becomes of the outputs of both: one after the other along the last axis ('concat'), or of one size. */
  merge?: keyof typeof MERGES | ((forward: Tensor, backward: Tensor) => Tensor)
  /** All outputs [T, ...] (true), or those of the steps that ran last in their direction. */
  returnSequences?: boolean
}

/** One for each direction. */
export interface BothWays<F, B = F> {
  forward: F
  backward: B
}

/**
 * The layer that runs a cell over a sequence in both directions, each with parameters of its own (Schuster and Paliwal
 * 1997): [T, D] -> [T, 2 H], or [T, H] where outputs are added, averaged or multiplied. Options as for `recurrent`, to
 * which it is as like in all else; carries are `{ forward, backward }`.
 * @example
 * const tagger = chain(bidirectional(lstmCell(32)), bidirectional(lstmCell(32), { merge: 'sum' }), dense(12))
 * const params = tagger.init(random.key(0), { shape: [20, 8] })
 * tagger.apply(params, zeros([20, 8])).shape // [20, 12]
 */
export function bidirectional<P, C, Q = P, D = C>(
  cell: Cell<P, C>,
  options: BidirectionalOptions<Q, D> = {},
): Recurrent<BothWays<P, Q>, BothWays<C, D>> {
  checkCell('bidirectional', cell)
  checkOptions('bidirectional', options, { backward: 1, merge: 1, returnSequences: 1 })
  const { backward: other = cell as unknown as Cell<Q, D>, merge = 'concat', returnSequences = true } = options
  checkCell('bidirectional', other)
  const merged = typeof merge === 'function' ? merge : Object.hasOwn(MERGES, merge) ? MERGES[merge] : null
  if (merged === null) {
    throw rangeError(`bidirectional: merge is ${Object.keys(MERGES).join(', ')} or a function, not ${String(merge)}`)
  }
  const [ahead, back] = [recurrent(cell, { returnSequences }), recurrent(other, { returnSequences, reverse: true })]
  const run: Recurrent<BothWays<P, Q>, BothWays<C, D>>['run'] = (params, xs, given = {}) => {
    checkParams('bidirectional', params, ['forward', 'backward'])
    checkMode('bidirectional', given)
    const { carry, key, ...mode } = given
    const keys = key === undefined ? [] : split(key)
    const [forward, y] = ahead.run(params.forward, xs, { ...mode, key: keys[0], carry: carry?.forward })
    const [backward, z] = back.run(params.backward, xs, { ...mode, key: keys[1], carry: carry?.backward })
    return [{ forward, backward }, merged(y, z)]
  }
  return {
    init(key, input) {
      const keys = split(key)
      return { forward: ahead.init(keys[0], input), backward: back.init(keys[1], input) }
    },
    run,
    apply: (params, xs, mode) => run(params, xs, mode)[1],
  }
}

/**
 * The layer that makes a sequence of one vector by feeding each output of `cell` back as the next input: [D] -> [steps, D].
 * `run` takes a carry (what an encoder leaves, for instance) and returns the last one. Throws unless `steps` is a positive
 * integer, and where an output is not like its input.
 * @example
 * const walk = rollout(stacked(gruCell(16), dense(2)), 12)
 * const params = walk.init(random.key(0), { shape: [2] })
 * walk.apply(params, zeros([2])).shape // [12, 2]
 */
export function rollout<P, C>(cell: Cell<P, C>, steps: number): Recurrent<P, C> {
  checkCell('rollout', cell)
  checkCount('rollout', 'steps', steps)
  const run: Recurrent<P, C>['run'] = (params, x, given = {}) => {
    checkMode('rollout', given)
    const { carry, ...mode } = given
    const start = carry === undefined ? cell.initialCarry(params, x) : carry
    const [[last], ys] = scanSteps(
      ([before, input]: [C, Tensor], _step: Tensor, own) => {
        const [after, y] = cell.apply(params, before, input, own)
        return [[after, y] as [C, Tensor], y]
      },
      [start, x] as [C, Tensor],
      arange(steps),
      { mode },
    )
    return [last, ys as Tensor]
  }
  return { init: (key, input) => cell.init(key, input), run, apply: (params, x, mode) => run(params, x, mode)[1] }
}
