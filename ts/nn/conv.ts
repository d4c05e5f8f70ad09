// Convolutional layers over one example, [channels, ...]; layouts and options are those of the operations.
import { checkOptions, type OptionNames } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { rangeError } from '../errors.js'
import {
  CONV_NAMES,
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d as convolve1d,
  conv2d as convolve2d,
  conv3d as convolve3d,
  convTranspose1d as transposed1d,
  convTranspose2d as transposed2d,
  convTranspose3d as transposed3d,
} from '../ops/conv.js'
import { split } from '../ops/random.js'
import { transpose } from '../ops/transpose.js'
import { type PerAxis, perAxis } from '../ops/windows.js'
import { channelCount, checkCount, checkFunctions, checkParams, drawn } from './check.js'
import { glorotUniform, type Initializer, zeros } from './initializers.js'
import type { Layer } from './layer.js'

/** Whether a convolution has a bias, and how its parameters start. */
interface Start {
  /** Whether a bias is added (true). */
  bias?: boolean
  /** How the weights start (`glorotUniform`), drawn as [...size, inputs, filters]. */
  init?: Initializer
  /** How the bias starts (`zeros`). */
  biasInit?: Initializer
}

/** How windows are laid, and how parameters start. */
export interface ConvLayerOptions extends Omit<ConvOptions, 'bias'>, Start {}

/** How windows are laid, and how parameters start. */
export interface ConvTransposeLayerOptions extends Omit<ConvTransposeOptions, 'bias'>, Start {}

const LAYER_NAMES: OptionNames<ConvLayerOptions> = { ...CONV_NAMES, init: 1, biasInit: 1 }

const TRANSPOSE_NAMES: OptionNames<ConvTransposeLayerOptions> = { ...LAYER_NAMES, outputPadding: 1 }

/** Weights `w` [filters, channels / groups, ...size] (transposed: [channels, filters / groups, ...size]) and bias `b` [filters]. */
export interface ConvParams {
  w: Tensor
  b: Tensor
}

type Convolution = (x: Tensor, w: Tensor, options: ConvOptions & ConvTransposeOptions) => Tensor

/** A layer of the operation that is called the same. */
function convolution<Options extends ConvLayerOptions | ConvTransposeLayerOptions>(
  name: string,
  n: number,
  apply: Convolution,
  names: OptionNames<NoInfer<Options>>,
) {
  return ((filters: number, size: PerAxis, options: Options = {} as Options) => {
    checkOptions(name, options, names)
    checkCount(name, 'filters', filters)
    checkFunctions(name, options)
    const window = perAxis(name, 'size', size, n)
    const { bias = true, init = glorotUniform, biasInit = zeros, ...own } = options
    const { groups = 1 } = own
    checkCount(name, 'groups', groups)
    const isTransposed = name.startsWith('convTranspose')
    const layer: Layer<{ w: Tensor; b?: Tensor }> = {
      init(key, input) {
        const channels = channelCount(name, input, n)
        if (channels % groups > 0 || filters % groups > 0) {
          throw rangeError(`${name}: ${groups} groups do not divide ${channels} channels and ${filters} filters`)
        }
        const [weightKey, biasKey] = split(key)
        const [inputs, outputs] = isTransposed ? [channels, filters / groups] : [channels / groups, filters]
        const kernel = drawn(name, init, weightKey, [...window, inputs, outputs])
        const w = transpose(kernel, [...(isTransposed ? [n, n + 1] : [n + 1, n]), ...window.map((_, i) => i)])
        return bias ? { w, b: drawn(name, biasInit, biasKey, [filters]) } : { w }
      },
      apply(params, x) {
        const { w, b } = checkParams(name, params, ['w'])
        return apply(x, w, { ...own, bias: b } as ConvOptions & ConvTransposeOptions)
      },
    }
    return layer
  }) as ConvLayer<Options>
}

// A docstring of a signature would be shown in the place of the layer's own.
interface ConvLayer<Options> {
  // With a bias.
  (filters: number, size: PerAxis, options?: Options & { bias?: true }): Layer<ConvParams>
  // Without.
  (filters: number, size: PerAxis, options: Options & { bias: false }): Layer<{ w: Tensor }>
  // With one or without, as the option turns out.
  (filters: number, size: PerAxis, options: Options): Layer<{ w: Tensor; b?: Tensor }>
}

/**
 * Convolution of a sequence of channels: [C, L] -> [filters, L'], with windows of `size`; lengths and options are those of
 * `conv1d` of heddle. Throws at `init` where the input has another rank or groups do not divide its channels.
 * @example
 * const causal = conv1d(8, 3, { padding: [[2, 0]] })
 * const params = causal.init(random.key(0), { shape: [4, 20] })
 * params.w.shape // [8, 4, 3]
 * causal.apply(params, ones([4, 20])).shape // [8, 20]
 */
export const conv1d: ConvLayer<ConvLayerOptions> = convolution('conv1d', 1, convolve1d, LAYER_NAMES)

/**
 * Convolution of an image: [C, H, W] -> [filters, H', W'], with windows of `size` (a number, or [h, w]); lengths and
 * options are those of `conv2d` of heddle. Throws at `init` where the input has another rank or groups do not divide its
 * channels.
 * @example
 * const layer = conv2d(16, 3, { stride: 2, padding: 1, init: initializers.heNormal })
 * const params = layer.init(random.key(0), { shape: [3, 32, 32] })
 * params.w.shape // [16, 3, 3, 3]
 * layer.apply(params, ones([3, 32, 32])).shape // [16, 16, 16]
 */
export const conv2d: ConvLayer<ConvLayerOptions> = convolution('conv2d', 2, convolve2d, LAYER_NAMES)

/**
 * Convolution of a volume, or of a clip: [C, D, H, W] -> [filters, D', H', W']; lengths and options are those of `conv3d` of
 * heddle. Throws at `init` where the input has another rank or groups do not divide its channels.
 * @example
 * const layer = conv3d(4, [3, 5, 5], { padding: 'same' })
 * const params = layer.init(random.key(0), { shape: [1, 6, 8, 8] })
 * layer.apply(params, ones([1, 6, 8, 8])).shape // [4, 6, 8, 8]
 */
export const conv3d: ConvLayer<ConvLayerOptions> = convolution('conv3d', 3, convolve3d, LAYER_NAMES)

/**
 * Transposed convolution of a sequence: [C, L] -> [filters, L']; lengths and options are those of `convTranspose1d` of
 * heddle. Throws at `init` where the input has another rank or groups do not divide its channels.
 * @example
 * const layer = convTranspose1d(3, 4, { stride: 2, padding: 1 })
 * const params = layer.init(random.key(0), { shape: [8, 10] })
 * layer.apply(params, ones([8, 10])).shape // [3, 20]
 */
export const convTranspose1d: ConvLayer<ConvTransposeLayerOptions> = convolution(
  'convTranspose1d',
  1,
  transposed1d,
  TRANSPOSE_NAMES,
)

/**
 * Transposed convolution of an image, as decoders enlarge them: [C, H, W] -> [filters, H', W']; lengths and options are
 * those of `convTranspose2d` of heddle. Throws at `init` where the input has another rank or groups do not divide its
 * channels.
 * @example
 * const layer = convTranspose2d(8, 4, { stride: 2, padding: 1 })
 * const params = layer.init(random.key(0), { shape: [16, 7, 7] })
 * params.w.shape // [16, 8, 4, 4]
 * layer.apply(params, ones([16, 7, 7])).shape // [8, 14, 14]
 */
export const convTranspose2d: ConvLayer<ConvTransposeLayerOptions> = convolution(
  'convTranspose2d',
  2,
  transposed2d,
  TRANSPOSE_NAMES,
)

/**
 * Transposed convolution of a volume: [C, D, H, W] -> [filters, D', H', W']; lengths and options are those of
 * `convTranspose3d` of heddle. Throws at `init` where the input has another rank or groups do not divide its channels.
 * @example
 * const layer = convTranspose3d(2, 2, { stride: 2 })
 * const params = layer.init(random.key(0), { shape: [4, 3, 3, 3] })
 * layer.apply(params, ones([4, 3, 3, 3])).shape // [2, 6, 6, 6]
 */
export const convTranspose3d: ConvLayer<ConvTransposeLayerOptions> = convolution(
  'convTranspose3d',
  3,
  transposed3d,
  TRANSPOSE_NAMES,
)
