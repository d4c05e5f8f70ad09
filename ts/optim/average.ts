// Running averages of gradients, leaf by leaf: what most optimisers keep.

import type { Tensor } from '../core/tensor.js'
import { treeMap } from '../core/tree.js'
import { rangeError } from '../errors.js'
import { add, mul, neg } from '../ops/arithmetic.js'
import { cast } from '../ops/cast.js'
import { expm1, log1p } from '../ops/exponential.js'
import { zerosLike } from '../ops/full.js'
import { checkDifferentiable } from '../transforms/arguments.js'
import { mapPairs } from './transformation.js'

/** Zeros for each leaf: where an average starts. Throws unless all leaves are float32. */
export function zerosOf(params: unknown): unknown {
  checkDifferentiable('optimizer', params)
  return treeMap(zerosLike, params)
}

/** Throws unless `value` lies in [0, 1). */
export function checkDecay(name: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw rangeError(`${name} lies in [0, 1), not ${value}`)
}

/** `decay * average + (1 - decay) * f(gradient)` for each leaf. */
export function averaged<P>(average: P, gradients: P, decay: number, f: (gradient: Tensor) => Tensor = g => g): P {
  return mapPairs((old, gradient) => add(mul(old, decay), mul(f(gradient), 1 - decay)), average, gradients)
}

/**
 * `1 - decay^step`, the weight that an average started at zero has gathered; as -expm1(step log1p(decay - 1)), because
 * in float32 1 - 0.999 is already wrong in the fifth digit.
 */
export const gathered = (decay: number, step: Tensor): Tensor =>
  neg(expm1(mul(cast(step, 'float32'), log1p(decay - 1))))
