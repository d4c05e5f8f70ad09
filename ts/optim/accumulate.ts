// Optimisers around optimisers: one update from several steps' gradients, and none from gradients that are broken.
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { treeLeaves, treeMap } from '../core/tree.js'
import { rangeError } from '../errors.js'
import { add, mul } from '../ops/arithmetic.js'
import { logicalAnd, logicalOr } from '../ops/bitwise.js'
import { equal, less } from '../ops/compare.js'
import { full, zeros, zerosLike } from '../ops/full.js'
import { all } from '../ops/reduce.js'
import { isFinite as isFiniteElement } from '../ops/rounding.js'
import { where } from '../ops/where.js'
import { cond } from '../transforms/cond.js'
import { zerosOf } from './average.js'
import { checkOptimizer, mapPairs, type Optimizer } from './transformation.js'

/** What is there since the last update: how many gradients (int32), and their sum. */
export interface AccumulateState<S> {
  count: Tensor
  sum: unknown
  inner: S
}

/** Updates that change no bit. */
const still = <P>(gradients: P): P => treeMap(({ shape }) => full(shape, -0), gradients)

/**
 * One update of `optimizer` from the mean of `steps` gradients, none in between (Optax's `MultiSteps`): a batch as large as
 * is wanted in the memory of a small one. Schedules count updates. Throws unless `steps` is a positive integer.
 * @example
 * import { tensor } from 'heddle'
 * import { accumulate, sgd } from 'heddle/optim'
 * const { init, update } = accumulate(2, sgd(1))
 * const [nothing, state] = update(tensor([1]), init(tensor([0])))
 * nothing.toArray() // [-0]
 * update(tensor([3]), state)[0].toArray() // [-2]
 */
export function accumulate<S>(steps: number, optimizer: Optimizer<S>): Optimizer<AccumulateState<S>> {
  if (!Number.isInteger(steps) || steps < 1) throw rangeError(`accumulate: ${steps} is not a positive number of steps`)
  checkOptimizer('accumulate', optimizer)
  return {
    init: params => ({ count: zeros([], 'int32'), sum: zerosOf(params), inner: optimizer.init(params) }),
    update<P>(gradients: P, state: AccumulateState<S>, params?: P): [P, AccumulateState<S>] {
      const sum = mapPairs(add, state.sum as P, gradients)
      const count = add(state.count, 1)
      const isLast = equal(count, steps)
      const update = (total: P, inner: S, own?: P): [P, S] => {
        const mean = treeMap(leaf => mul(leaf, 1 / steps), total)
        return optimizer.update(mean, inner, own)
      }
      const [updates, inner] = cond(
        isLast,
        update,
        (total, own) => [still(total), own] as [P, S],
        sum,
        state.inner,
        params,
      )
      const rest = treeMap(total => where(isLast, zerosLike(total), total), sum)
      return [updates, { count: where(isLast, 0, count), sum: rest, inner }]
    },
  }
}

/** Gradients that were not finite: in a row, and in all (int32). */
export interface FiniteState<S> {
  inARow: Tensor
  total: Tensor
  inner: S
}

/**
 * No update where a gradient has a NaN or an infinity: parameters and state stay as they are; more than `maxInARow` (5) such
 * in a row are let through, so that the training is seen to fail (Optax's `applyIfFinite`).
 * @example
 * import { tensor } from 'heddle'
 * import { applyIfFinite, sgd } from 'heddle/optim'
 * const { init, update } = applyIfFinite(sgd(1))
 * update(tensor([1, NaN]), init(tensor([0, 0])))[0].toArray() // [-0, -0]
 */
export function applyIfFinite<S>(
  optimizer: Optimizer<S>,
  options: { maxInARow?: number } = {},
): Optimizer<FiniteState<S>> {
  checkOptions('applyIfFinite', options, { maxInARow: 1 })
  const { maxInARow = 5 } = options
  checkOptimizer('applyIfFinite', optimizer)
  if (!Number.isInteger(maxInARow) || maxInARow < 0) {
    throw rangeError(`applyIfFinite: ${maxInARow} is not a number of steps`)
  }
  return {
    init: params => ({ inARow: zeros([], 'int32'), total: zeros([], 'int32'), inner: optimizer.init(params) }),
    update<P>(gradients: P, state: FiniteState<S>, params?: P): [P, FiniteState<S>] {
      const isSound = treeLeaves(gradients)
        .map(leaf => all(isFiniteElement(leaf)))
        .reduce((a, b) => logicalAnd(a, b), full([], 1, 'bool'))
      const inARow = where(isSound, 0, add(state.inARow, 1))
      const isApplied = logicalOr(isSound, less(maxInARow, inARow))
      const update = (g: P, inner: S, own?: P): [P, S] => optimizer.update(g, inner, own)
      const skip = (g: P, inner: S): [P, S] => [still(g), inner]
      const [updates, inner] = cond(isApplied, update, skip, gradients, state.inner, params)
      return [updates, { inARow, total: where(isSound, state.total, add(state.total, 1)), inner }]
    },
  }
}
