// Small layers and functions around sequences.
import type { Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { div, maximum, mul, square } from '../ops/arithmetic.js'
import { broadcastTo } from '../ops/broadcast.js'
import { stack } from '../ops/concat.js'
import { sqrt } from '../ops/exponential.js'
import { split } from '../ops/random.js'
import { sum } from '../ops/reduce.js'
import { vmap } from '../transforms/vmap.js'
import { checkCount, stepSpec } from './check.js'
import type { Layer } from './layer.js'

/**
 * `layer` at each step of a sequence, with the same parameters: [T, ...] -> [T, ...]. Most layers do so by themselves
 * (`dense` works along the last axis); convolutions over the frames of a clip do not.
 * @example
 * const perFrame = timeDistributed(chain(x => flatten(x), dense(4)))
 * const clip = zeros([5, 8, 8])
 * perFrame.apply(perFrame.init(random.key(0), clip), clip).shape // [5, 4]
 */
export function timeDistributed<P, Y extends Tensor>(layer: Layer<P, Tensor, Y>): Layer<P, Tensor, Y> {
  if (typeof layer?.init !== 'function' || typeof layer.apply !== 'function') {
    throw typeError('timeDistributed: the argument is not a layer ({ init, apply })')
  }
  return {
    init: (key, input) => layer.init(key, stepSpec('timeDistributed', input)),
    apply(params, xs, { key, length: _, ...mode } = {}) {
      if (key === undefined) return vmap((x: Tensor) => layer.apply(params, x, mode))(xs)
      const each = (x: Tensor, own: Tensor) => layer.apply(params, x, { ...mode, key: own })
      return vmap(each)(xs, stack(split(key, xs.shape[0])))
    },
  }
}

/**
 * A function that repeats what it is given, one copy for each of `steps` steps: [...] -> [steps, ...]. Throws unless
 * `steps` is a positive integer.
 * @example
 * const decoder = chain(repeatVector(10), recurrent(gruCell(16)), dense(3))
 * const params = decoder.init(random.key(0), { shape: [32] })
 * decoder.apply(params, zeros([32])).shape // [10, 3]
 */
export function repeatVector(steps: number): (x: Tensor) => Tensor {
  checkCount('repeatVector', 'steps', steps)
  return x => broadcastTo(x, [steps, ...x.shape])
}

/**
 * Weights whose vectors along `axis` (0: those that reach one output) are no longer than `limit`: longer ones are scaled
 * to it, for use after an update (Srivastava et al. 2014, section 5.1). Throws unless `limit` is positive.
 * @example
 * maxNorm(tensor([[3, 0.3], [4, 0.4]]), 1) // [[0.6, 0.3], [0.8, 0.4]]
 */
export function maxNorm(w: Tensor, limit: number, axis: number | readonly number[] = 0): Tensor {
  if (!(limit > 0)) throw typeError(`maxNorm: the limit is a positive number, not ${String(limit)}`)
  return mul(w, div(limit, maximum(sqrt(sum(square(w), { axis, keepDims: true })), limit)))
}
