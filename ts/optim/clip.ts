// Clipping by the norm of all gradients together.

import type { Tensor } from '../core/tensor.js'
import { scalar } from '../core/trace.js'
import { treeLeaves, treeMap } from '../core/tree.js'
import { rangeError } from '../errors.js'
import { add, div, maximum, mul, square } from '../ops/arithmetic.js'
import { sqrt } from '../ops/exponential.js'
import { sum } from '../ops/reduce.js'
import type { Optimizer } from './transformation.js'

/**
 * The 2-norm of all leaves of a tree together; 0 of an empty tree.
 * @example globalNorm({ w: tensor([3, 0]), b: tensor(-4) }) // 5
 */
export const globalNorm = (tree: unknown): Tensor =>
  sqrt(treeLeaves(tree).reduce((total, leaf) => add(total, sum(square(leaf))), scalar(0, 'float32')))

/**
 * Gradients scaled down together so that their global norm is at most `max`; smaller ones pass unchanged, NaN spreads
 * to all. Pascanu et al. 2013, algorithm 1. Throws unless `max` is positive.
 * @example clipByGlobalNorm(1).update({ w: tensor([3, 0]), b: tensor(-4) }, null)[0] // { w: [0.6, 0], b: -0.8 }
 */
export function clipByGlobalNorm(max: number): Optimizer<null> {
  if (!(max > 0)) throw rangeError(`clipByGlobalNorm: the largest norm is positive, not ${max}`)
  return {
    init: () => null,
    update(gradients) {
      const factor = div(max, maximum(globalNorm(gradients), max))
      return [treeMap(gradient => mul(gradient, factor), gradients), null]
    },
  }
}
