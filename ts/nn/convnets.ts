// Convolutional networks that have a name, composed of layers: LeNet, AlexNet, ResNet. All give logits.
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { rangeError } from '../errors.js'
import type { AxisName } from '../ops/collective.js'
import { flatten } from '../ops/reshape.js'
import { tanh } from '../ops/sigmoidal.js'
import { relu } from './activations.js'
import { chain } from './chain.js'
import { batchNorm, localResponseNorm } from './channel-norm.js'
import { checkCount } from './check.js'
import { conv2d } from './conv.js'
import { dense } from './dense.js'
import { dropout } from './dropout.js'
import { heNormal } from './initializers.js'
import type { StatefulLayer } from './layer.js'
import type { Link } from './link.js'
import { globalMeanPool, maxPool, meanPool } from './pooling.js'
import { residual } from './residual.js'

/** A network whose layers depend on numbers: a list of parameters and one of states, a tree each. */
// biome-ignore lint/suspicious/noExplicitAny: which layers stand in the list is known at run time only
export type Network = StatefulLayer<any[], any[]>

/** Convolutions and pools, then dense layers, as LeCun et al. 1998 arranged them. */
export interface LeNetOptions {
  /** How many filters each convolution has ([6, 16]). */
  filters?: readonly number[]
  /** The size of the windows, one for all convolutions or one for each (5). */
  size?: number | readonly number[]
  /** Zeros around the inputs of each convolution ([2, 0], which makes 32 x 32 of 28 x 28; otherwise 0). */
  padding?: number | readonly number[]
  /** The units of the dense layers before the last ([120, 84]). */
  units?: readonly number[]
  /** Follows each convolution and each dense layer but the last (tanh). */
  activation?: (x: Tensor) => Tensor
  /** Follows each activated convolution (`meanPool(2)`). */
  pool?: (x: Tensor) => Tensor
}

/**
 * LeNet-5 (LeCun et al. 1998, figure 2, with all maps connected) over images [C, 28, 28]: convolution, activation and pool, twice,
 * then dense layers: [C, H, W] -> [classes]. Options make its many relatives.
 * @example
 * const model = leNet(10)
 * const params = model.init(random.key(0), { shape: [1, 28, 28] })
 * model.apply(params, zeros([1, 28, 28])).shape // [10]
 * const plain = leNet(10, { filters: [10, 20], padding: 0, units: [], activation: relu, pool: maxPool(2) })
 */
export function leNet(classes: number, options: LeNetOptions = {}): Network {
  checkOptions('leNet', options, { filters: 1, size: 1, padding: 1, units: 1, activation: 1, pool: 1 })
  const { filters = [6, 16], size = 5, padding = [2, 0], units = [120, 84] } = options
  const { activation = tanh, pool = meanPool(2) } = options
  checkCount('leNet', 'classes', classes)
  const of = (list: number | readonly number[], i: number): number => (typeof list === 'number' ? list : (list[i] ?? 0))
  return chain(
    ...filters.flatMap((count, i): Link[] => [
      conv2d(count, of(size, i), { padding: of(padding, i) }),
      activation,
      pool,
    ]),
    flatten,
    ...units.flatMap((count): Link[] => [dense(count), activation]),
    dense(classes),
  ) as Network
}

/** The size of AlexNet. */
export interface AlexNetOptions {
  /** How many filters and units there are, as a share of the paper's (1). */
  width?: number
  /** The rate of dropout behind the first two dense layers (0.5). */
  rate?: number
}

/**
 * AlexNet (Krizhevsky et al. 2012, section 3.5), its two halves as groups: [3, 227, 227] -> [classes], 60 965 224 parameters for
 * 1000 classes. Training needs a key.
 * @example
 * const small = alexNet(5, { width: 1 / 16 })
 * const params = small.init(random.key(0), { shape: [3, 67, 67] })
 * small.apply(params, zeros([3, 67, 67])).shape // [5]
 */
export function alexNet(classes: number, options: AlexNetOptions = {}): Network {
  checkOptions('alexNet', options, { width: 1, rate: 1 })
  const { width = 1, rate = 0.5 } = options
  checkCount('alexNet', 'classes', classes)
  if (!(width > 0)) throw rangeError(`alexNet: the width is a positive number, not ${String(width)}`)
  // Both halves have as many.
  const part = (count: number): number => 2 * Math.max(1, Math.round((count * width) / 2))
  const conv = (filters: number, size: number, windows = {}): Link[] => [
    conv2d(part(filters), size, { init: heNormal, ...windows }),
    relu,
  ]
  // The paper's alpha is not divided by the number of channels around.
  const respond = localResponseNorm(5, { alpha: 5e-4, beta: 0.75, k: 2 })
  const pool = maxPool(3, { stride: 2 })
  const wide = (): Link[] => [dense(part(4096), { init: heNormal }), relu, dropout(rate)]
  return chain(
    ...conv(96, 11, { stride: 4 }),
    respond,
    pool,
    ...conv(256, 5, { padding: 2, groups: 2 }),
    respond,
    pool,
    ...conv(384, 3, { padding: 1 }),
    ...conv(384, 3, { padding: 1, groups: 2 }),
    ...conv(256, 3, { padding: 1, groups: 2 }),
    pool,
    flatten,
    ...wide(),
    ...wide(),
    dense(classes),
  ) as Network
}

/** How deep and how wide a residual network is. */
export interface ResNetOptions {
  /** How many blocks each stage has ([2, 2, 2, 2]: ResNet-18; [3, 4, 6, 3] has 34, or 50 with bottlenecks). */
  blocks?: readonly number[]
  /** The filters of the first stage (64); each further stage has twice as many. */
  filters?: number
  /** Blocks of three convolutions, the middle one a quarter as wide as what they give, rather than of two (false). */
  bottleneck?: boolean
  /** Whether images are large, and first made four times smaller (true), or as small as CIFAR's. */
  large?: boolean
  /** The axis of the batch, for the statistics of `batchNorm` ('batch'). */
  axisName?: AxisName
}

/**
 * A residual network (He et al. 2016) of `batchNorm`, so that it is run with a state: [C, H, W] -> [classes]. ResNet-18 for
 * large images unless the options say otherwise; `{ blocks: [3, 3, 3], filters: 16, large: false }` is the paper's
 * ResNet-20 for CIFAR-10. Where a stage begins, the way around is a convolution of size 1 (option B), strides stand in the
 * convolutions of size 3.
 * @example
 * const model = resNet(10, { blocks: [1, 1], filters: 8, large: false })
 * const image = { shape: [3, 16, 16] }
 * const [params, state] = [model.init(random.key(0), image), model.initState(image)]
 * model.apply(params, zeros([3, 16, 16]), { state }).shape // [10]
 */
export function resNet(classes: number, options: ResNetOptions = {}): Network {
  checkOptions('resNet', options, { blocks: 1, filters: 1, bottleneck: 1, large: 1, axisName: 1 })
  const { blocks = [2, 2, 2, 2], filters = 64, bottleneck = false, large = true, axisName = 'batch' } = options
  checkCount('resNet', 'classes', classes)
  const conv = (count: number, size: number, stride = 1): Link[] => [
    conv2d(count, size, { stride, padding: size >> 1, bias: false, init: heNormal }),
    batchNorm({ axisName }),
  ]
  const block = (count: number, stride: number, isFirst: boolean): Link[] => {
    const out = bottleneck ? 4 * count : count
    const body = bottleneck
      ? chain(...conv(count, 1), relu, ...conv(count, 3, stride), relu, ...conv(out, 1))
      : chain(...conv(count, 3, stride), relu, ...conv(out, 3))
    return [isFirst ? residual(body, chain(...conv(out, 1, stride))) : residual(body), relu]
  }
  const stages = blocks.flatMap((depth, stage) =>
    Array.from({ length: depth }, (_, i) => {
      const stride = stage > 0 && i === 0 ? 2 : 1
      // What comes in has as many channels in the first stage, unless blocks give four times as many.
      return block(filters * 2 ** stage, stride, i === 0 && (stage > 0 || bottleneck))
    }).flat(),
  )
  const stem = large
    ? [...conv(filters, 7, 2), relu, maxPool(3, { stride: 2, padding: 1 })]
    : [...conv(filters, 3), relu]
  return chain(...stem, ...stages, globalMeanPool, dense(classes)) as Network
}
