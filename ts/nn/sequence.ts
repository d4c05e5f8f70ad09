// Small layers and functions around sequences.
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { div, maximum, mul, square } from '../ops/arithmetic.js'
import { broadcastTo } from '../ops/broadcast.js'
import { stack } from '../ops/concat.js'
import { sqrt } from '../ops/exponential.js'
import { zeros } from '../ops/full.js'
import { split } from '../ops/random.js'
import { sum } from '../ops/reduce.js'
import type { Spec } from '../transforms/eval-shape.js'
import { vmap } from '../transforms/vmap.js'
import { checkCount, checkMode, stepSpec } from './check.js'
import type { ParamsOf, StatefulLayer, StateOf } from './layer.js'
import { checkLink, initialState, initLink, type Link, runLink } from './link.js'

/** What a layer at each step may know of the others. */
export interface TimeOptions {
  /** The name of the axis of steps, for `batchNorm` over them: `batchNorm({ axisName: ['batch', 'time'] })` ('time'). */
  axisName?: string
}

/**
 * `layer` (or a function of one tensor) at each step of a sequence, with the same parameters and, if it has one, the same state:
 * [T, ...] -> [T, ...]. Most layers do so by themselves (`dense` works along the last axis); convolutions over the frames of
 * a clip do not.
 * @example
 * const perFrame = timeDistributed(chain(x => flatten(x), dense(4)))
 * const clip = zeros([5, 8, 8])
 * perFrame.apply(perFrame.init(random.key(0), clip), clip).shape // [5, 4]
 */
export function timeDistributed<const L extends Link>(
  layer: L,
  options: TimeOptions = {},
): StatefulLayer<ParamsOf<L>, StateOf<L>> {
  checkLink('timeDistributed: the argument', layer)
  checkOptions('timeDistributed', options, { axisName: 1 })
  const { axisName = 'time' } = options
  const stepOf = (input: Spec) => stepSpec('timeDistributed', input)
  const distributed: StatefulLayer<unknown, unknown> = {
    init: (key, input) => initLink(layer, key, stepOf(input)),
    initState: input => initialState(layer, stepOf(input)),
    run(params, xs, given = { state: null }) {
      checkMode('timeDistributed', given)
      const { key, length: _, ...mode } = given
      const each = (x: Tensor, own?: Tensor) =>
        runLink('timeDistributed: the argument', layer, params, x, own ? { ...mode, key: own } : mode)
      const over = vmap(each, key === undefined ? [0] : [0, 0], [null, 0], { axisName })
      if (key === undefined) return over(xs)
      const [steps] = xs.shape
      return over(xs, steps === 0 ? zeros([0, ...key.shape], key.dtype) : stack(split(key, steps)))
    },
    apply: (params, xs, mode) => distributed.run(params, xs, mode as { state: unknown })[1],
  }
  return distributed as StatefulLayer<ParamsOf<L>, StateOf<L>>
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
