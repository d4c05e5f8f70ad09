// Normalisation of channels, [channels, ...]: over an example's own pixels, over neighbouring channels, or over a batch.
import { checkOptions, type OptionNames } from '../core/options.js'
import { range, showShape, sizeOf } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { add, div, maximum, mul, pow, square, sub } from '../ops/arithmetic.js'
import { type AxisName, checkAxes, pmean, psum } from '../ops/collective.js'
import { rsqrt, sqrt } from '../ops/exponential.js'
import { ones, zeros } from '../ops/full.js'
import { meanPool } from '../ops/pool.js'
import { mean } from '../ops/reduce.js'
import { reshape } from '../ops/reshape.js'
import { stopGradient } from '../ops/stop-gradient.js'
import { channelCount, checkCount, checkMode, checkParams } from './check.js'
import type { Layer, Mode, StatefulLayer } from './layer.js'
import { type NormParams, standardize } from './norm.js'

/** What is learned, and how zero variances are kept from dividing. */
export interface ChannelNormOptions {
  /** Whether each channel has a scale (from 1) and a bias (from 0) that are learned (true). */
  affine?: boolean
  /** Added to the variance (1e-5). */
  epsilon?: number
}

/** The names of the options of all that normalises channels. */
const CHANNEL_NORM_NAMES: OptionNames<ChannelNormOptions> = { affine: 1, epsilon: 1 }

/** One value for each channel of `x`. */
const perChannel = (v: Tensor, x: Tensor): Tensor => reshape(v, [v.size, ...new Array<number>(x.rank - 1).fill(1)])

const initAffine = (channels: number, affine: boolean): NormParams | null =>
  affine ? { scale: ones([channels]), bias: zeros([channels]) } : null

const applyAffine = (params: NormParams | null, x: Tensor): Tensor =>
  params ? add(mul(x, perChannel(params.scale, x)), perChannel(params.bias, x)) : x

/** Each of as many groups of channels as `groupsOf` says brought to mean 0 and variance 1. */
const grouped = (
  name: string,
  groupsOf: (channels: number) => number,
  { affine = true, epsilon = 1e-5 }: ChannelNormOptions,
): Layer<NormParams | null> => {
  const checked = (input: { readonly shape: readonly number[] }): number => {
    const channels = channelCount(name, input)
    const groups = groupsOf(channels)
    if (channels % groups === 0) return groups
    throw rangeError(`${name}: ${groups} groups do not divide ${channels} channels`)
  }
  return {
    init(_key, input) {
      checked(input)
      return initAffine(input.shape[0], affine)
    },
    apply(params, x) {
      if (params) checkParams(name, params, ['scale', 'bias'])
      checkTensor(name, x)
      const rows = reshape(x, [checked(x), -1])
      return applyAffine(params, reshape(standardize(rows, { epsilon }), x.shape))
    },
  }
}

/**
 * Group normalisation (Wu and He 2018): channels in `groups` groups, each brought to mean 0 and variance 1 over its channels and
 * pixels, then scaled and shifted: [C, ...] -> [C, ...]. One group is layer normalisation of the whole example. Throws
 * unless the groups divide the channels.
 * @example
 * const layer = groupNorm(2)
 * const params = layer.init(random.key(0), { shape: [4, 2] })
 * layer.apply(params, tensor([[1, 2], [3, 4], [0, 0], [8, 8]])) // [[-1.3416, -0.4472], [0.4472, 1.3416], [-1, -1], [1, 1]]
 */
export function groupNorm(groups: number, options?: ChannelNormOptions & { affine?: true }): Layer<NormParams>
export function groupNorm(groups: number, options: ChannelNormOptions & { affine: false }): Layer<null>
export function groupNorm(groups: number, options: ChannelNormOptions): Layer<NormParams | null>
export function groupNorm(groups: number, options: ChannelNormOptions = {}): Layer<NormParams | null> {
  checkOptions('groupNorm', options, CHANNEL_NORM_NAMES)
  checkCount('groupNorm', 'groups', groups)
  return grouped('groupNorm', () => groups, options)
}

/**
 * Instance normalisation (Ulyanov et al. 2016): each channel brought to mean 0 and variance 1 over its pixels, then scaled and
 * shifted: [C, ...] -> [C, ...].
 * @example
 * const layer = instanceNorm({ affine: false })
 * layer.apply(null, tensor([[1, 3], [0, 8]])) // [[-1, 1], [-1, 1]]
 */
export function instanceNorm(options?: ChannelNormOptions & { affine?: true }): Layer<NormParams>
export function instanceNorm(options: ChannelNormOptions & { affine: false }): Layer<null>
export function instanceNorm(options: ChannelNormOptions): Layer<NormParams | null>
export function instanceNorm(options: ChannelNormOptions = {}): Layer<NormParams | null> {
  checkOptions('instanceNorm', options, CHANNEL_NORM_NAMES)
  return grouped('instanceNorm', channels => channels, options)
}

/** The constants of local response normalisation. */
export interface LocalResponseOptions {
  /** Times the mean square of the channels around (1e-4). */
  alpha?: number
  /** The exponent (0.75). */
  beta?: number
  /** Added to the mean square (1). */
  k?: number
}

/**
 * The function that divides each element by what the `size` channels around hold at its place: `x / (k + alpha / size * sum
 * x^2)^beta`, [C, ...] -> [C, ...] (Krizhevsky et al. 2012, section 3.3, where alpha is not divided; PyTorch's). Throws
 * unless `size` is a positive integer.
 * @example localResponseNorm(1, { alpha: 1, beta: 0.5, k: 0 })(tensor([[3], [-4]])) // [[1], [-1]]
 */
export function localResponseNorm(size: number, options: LocalResponseOptions = {}): (x: Tensor) => Tensor {
  checkOptions('localResponseNorm', options, { alpha: 1, beta: 1, k: 1 })
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options
  checkCount('localResponseNorm', 'size', size)
  const before = size >> 1
  const around = { stride: 1, padding: [[before, size - 1 - before] as const, 0] }
  return x => {
    checkTensor('localResponseNorm', x)
    const channels = channelCount('localResponseNorm', x)
    const squares = meanPool(reshape(square(x), [channels, -1]), [size, 1], around)
    const sums = add(mul(reshape(squares, x.shape), alpha), k)
    // The paper's exponent needs no powers.
    return mul(x, beta === 0.75 ? mul(rsqrt(sums), sqrt(rsqrt(sums))) : pow(sums, -beta))
  }
}

/** What batch normalisation knows of the examples it has seen: the `mean` and `variance` of each channel. */
export interface RunningStatistics {
  mean: Tensor
  variance: Tensor
}

/** How statistics are gathered. */
export interface BatchNormOptions extends ChannelNormOptions {
  /** The share of a new batch in the running statistics (0.1, PyTorch's; Keras' momentum is 1 less it). */
  momentum?: number
  /** The name of the `vmap` whose examples are the batch ('batch'), or of several. */
  axisName?: AxisName
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015) of one example [C, ...] (a vector of features is [C]): each channel brought to
 * mean 0 and variance 1, then scaled and shifted. While training the statistics are those of the whole batch, which is
 * the `vmap` around that names its axis (`{ axisName: 'batch' }`); otherwise they are the running ones, the layer's state,
 * which `run` moves towards each batch: `(1 - momentum) * running + momentum * batch`, the variance without bias.
 * Throws in training without such a `vmap`, otherwise without a state.
 * @example
 * const model = chain(conv2d(8, 3), batchNorm(), relu, globalMeanPool, dense(10))
 * const images = random.normal(random.key(1), [16, 3, 12, 12])
 * const params = model.init(random.key(0), { shape: [3, 12, 12] })
 * const state = model.initState({ shape: [3, 12, 12] })
 * // All examples share parameters, state before and state after.
 * const train = vmap(
 *   (p: typeof params, s: typeof state, x: Tensor) => model.run(p, x, { train: true, state: s }),
 *   [null, null, 0],
 *   [null, 0],
 *   { axisName: 'batch' },
 * )
 * const [next, logits] = train(params, state, images)
 * next[1].mean.shape // [8]
 * logits.shape // [16, 10]
 * vmap((x: Tensor) => model.apply(params, x, { state: next }))(images).shape // [16, 10]
 */
export function batchNorm(options?: BatchNormOptions & { affine?: true }): StatefulLayer<NormParams, RunningStatistics>
export function batchNorm(options: BatchNormOptions & { affine: false }): StatefulLayer<null, RunningStatistics>
export function batchNorm(options: BatchNormOptions): StatefulLayer<NormParams | null, RunningStatistics>
export function batchNorm(options: BatchNormOptions = {}): StatefulLayer<NormParams | null, RunningStatistics> {
  checkOptions('batchNorm', options, { ...CHANNEL_NORM_NAMES, momentum: 1, axisName: 1 })
  const { momentum = 0.1, epsilon = 1e-5, affine = true, axisName = 'batch' } = options
  if (!(momentum >= 0 && momentum <= 1)) throw rangeError(`batchNorm: momentum is in [0, 1], not ${String(momentum)}`)
  const normalized = (params: NormParams | null, centred: Tensor, variance: Tensor): Tensor => {
    const inverse = rsqrt(add(variance, epsilon))
    const factor = params ? mul(inverse, params.scale) : inverse
    const y = mul(centred, perChannel(factor, centred))
    return params ? add(y, perChannel(params.bias, y)) : y
  }
  const initState = (input: { readonly shape: readonly number[] }): RunningStatistics => {
    const shape = [channelCount('batchNorm', input)]
    return { mean: zeros(shape), variance: ones(shape) }
  }
  const run = (params: NormParams | null, x: Tensor, mode: Mode): [RunningStatistics, Tensor] => {
    if (params) checkParams('batchNorm', params, ['scale', 'bias'])
    checkTensor('batchNorm', x)
    checkMode('batchNorm', mode)
    const state = checkState(mode, x)
    if (!mode.train) {
      return [state, normalized(params, sub(x, perChannel(state.mean, x)), state.variance)]
    }
    checkAxes('batchNorm', axisName)
    const axis = range(x.rank).slice(1)
    const own = (v: Tensor): Tensor => pmean(mean(v, { axis }), axisName)
    const centre = own(x)
    const centred = sub(x, perChannel(centre, x))
    const variance = own(square(centred))
    const count = mul(psum(1, axisName), sizeOf(x.shape.slice(1)))
    const unbiased = mul(variance, div(count, maximum(sub(count, 1), 1)))
    const moved = (before: Tensor, now: Tensor) => add(mul(1 - momentum, before), mul(momentum, now))
    const next = { mean: moved(state.mean, centre), variance: moved(state.variance, unbiased) }
    return [stopGradient(next), normalized(params, centred, variance)]
  }
  /** The state of the mode; in training it may be left out, where only the output is asked for. */
  const checkState = ({ state, train }: Mode, x: Tensor): RunningStatistics => {
    const given = state as RunningStatistics | null | undefined
    if (given == null) {
      if (train) return initState(x)
      throw typeError('batchNorm: the running statistics are missing: apply(params, x, { state })')
    }
    const channels = channelCount('batchNorm', x)
    if (given.mean?.size === channels && given.variance?.size === channels) return given
    throw typeError(`batchNorm: the state is not that of ${channels} channels, as the input ${showShape(x.shape)} has`)
  }
  return {
    init: (_key, input) => initAffine(channelCount('batchNorm', input), affine),
    initState,
    run,
    apply: (params, x, mode = {}) => run(params, x, mode)[1],
  }
}
