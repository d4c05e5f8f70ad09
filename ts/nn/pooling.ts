// Pools as links of a chain: functions of one example, [channels, ...].
import { checkOptions } from '../core/options.js'
import { range, showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import {
  MEAN_POOL_NAMES,
  type MeanPoolOptions,
  maxPool as maxOf,
  meanPool as meanOf,
  POOL_NAMES,
  type PoolOptions,
} from '../ops/pool.js'
import { max, mean } from '../ops/reduce.js'
import type { PerAxis } from '../ops/windows.js'

/**
 * The function that takes the largest element of each window: [..., H, W] -> [..., H', W']; `size` (a number of the last two
 * dimensions, or one for each) and options are those of `maxPool` of heddle.
 * @example
 * const model = chain(conv2d(10, 5), relu, maxPool(2), flatten, dense(10))
 * const params = model.init(random.key(0), { shape: [1, 28, 28] })
 * model.apply(params, zeros([1, 28, 28])).shape // [10]
 */
export function maxPool(size: PerAxis, options: PoolOptions = {}): (x: Tensor) => Tensor {
  checkOptions('maxPool', options, POOL_NAMES)
  return x => maxOf(x, size, options)
}

/**
 * The function that takes the mean of each window: [..., H, W] -> [..., H', W']; `size` (a number of the last two
 * dimensions, or one for each) and options are those of `meanPool` of heddle.
 * @example
 * const halve = meanPool(2)
 * halve(ones([3, 8, 8])).shape // [3, 4, 4]
 */
export function meanPool(size: PerAxis, options: MeanPoolOptions = {}): (x: Tensor) => Tensor {
  checkOptions('meanPool', options, MEAN_POOL_NAMES)
  return x => meanOf(x, size, options)
}

function spatial(name: string, { shape }: Tensor): number[] {
  if (shape.length > 1) return range(shape.length).slice(1)
  throw typeError(`${name}: an example has shape ${showShape(shape)}, expected [channels, ...]`)
}

/**
 * The largest element of each channel: [C, ...] -> [C]. Throws where there are no dimensions behind the channels.
 * @example globalMaxPool(tensor([[1, 3], [2, 0]])) // [3, 2]
 */
export const globalMaxPool = (x: Tensor): Tensor => max(x, { axis: spatial('globalMaxPool', x) })

/**
 * The mean of each channel: [C, ...] -> [C] (Lin et al. 2014). Throws where there are no dimensions behind the channels.
 * @example globalMeanPool(tensor([[1, 3], [2, 0]])) // [2, 1]
 */
export const globalMeanPool = (x: Tensor): Tensor => mean(x, { axis: spatial('globalMeanPool', x) })
