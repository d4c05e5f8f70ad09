// Clipping: by the norm of all gradients together, or element by element.

import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { scalar } from '../core/trace.js'
import { treeLeaves, treeMap } from '../core/tree.js'
import { rangeError } from '../errors.js'
import { abs, add, clip, div, maximum, mul, square } from '../ops/arithmetic.js'
import { sqrt } from '../ops/exponential.js'
import { max, sum } from '../ops/reduce.js'
import type { Optimizer } from './transformation.js'

/**
 * The norm of all leaves of a tree together, of `order` 2, 1 or Infinity; 0 of an empty tree.
 * @example
 * import { tensor } from 'heddle'
 * import { globalNorm } from 'heddle/optim'
 * globalNorm({ w: tensor([3, 0]), b: tensor(-4) }).item() // 5
 */
export function globalNorm(tree: unknown, order = 2): Tensor {
  const own = NORMS[order]
  if (own === undefined) throw rangeError(`globalNorm: the order is 1, 2 or Infinity, not ${order}`)
  const total = treeLeaves(tree).reduce((norm, leaf) => own.join(norm, own.of(leaf)), scalar(0, 'float32'))
  return order === 2 ? sqrt(total) : total
}

const NORMS: Record<number, { of(leaf: Tensor): Tensor; join(a: Tensor, b: Tensor): Tensor }> = {
  1: { of: leaf => sum(abs(leaf)), join: (a, b) => add(a, b) },
  2: { of: leaf => sum(square(leaf)), join: (a, b) => add(a, b) },
  // Nothing has no largest element.
  Infinity: { of: leaf => (leaf.size === 0 ? scalar(0, 'float32') : max(abs(leaf))), join: (a, b) => maximum(a, b) },
}

/**
 * Gradients scaled down together so that their global norm (of `order` 2, 1 or Infinity) is at most `max`; smaller ones
 * pass unchanged, NaN spreads to all. Pascanu et al. 2013, algorithm 1. Throws unless `max` is positive.
 * @example clipByGlobalNorm(1).update({ w: tensor([3, 0]), b: tensor(-4) }, null)[0] // { w: [0.6, 0], b: -0.8 }
 */
export function clipByGlobalNorm(max: number, options: { order?: number } = {}): Optimizer<null> {
  checkOptions('clipByGlobalNorm', options, { order: 1 })
  if (!(max > 0)) throw rangeError(`clipByGlobalNorm: the largest norm is positive, not ${max}`)
  return {
    init: () => null,
    update(gradients) {
      const factor = div(max, maximum(globalNorm(gradients, options.order), max))
      return [treeMap(gradient => mul(gradient, factor), gradients), null]
    },
  }
}

/**
 * Each element of the gradients moved into [-max, max]; NaN stays. Throws unless `max` is positive.
 * @example
 * import { tensor } from 'heddle'
 * import { clipByValue } from 'heddle/optim'
 * clipByValue(1).update(tensor([0.5, -3]), null)[0].toArray() // [0.5, -1]
 */
export function clipByValue(max: number): Optimizer<null> {
  if (!(max > 0)) throw rangeError(`clipByValue: the largest value is positive, not ${max}`)
  return { init: () => null, update: gradients => [treeMap(gradient => clip(gradient, -max, max), gradients), null] }
}
