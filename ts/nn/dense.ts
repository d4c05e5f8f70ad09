// The fully connected layer.
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { add } from '../ops/arithmetic.js'
import { matmul } from '../ops/dot-general.js'
import { split } from '../ops/random.js'
import { checkCount, checkFunctions, checkParams, drawn, lastLength } from './check.js'
import { glorotUniform, type Initializer, zeros } from './initializers.js'
import type { Layer } from './layer.js'

/** Whether `dense` has a bias, and how its parameters start. */
export interface DenseOptions {
  /** Whether a bias is added (true). */
  bias?: boolean
  /** How the weights start (`glorotUniform`). */
  init?: Initializer
  /** How the bias starts (`zeros`). */
  biasInit?: Initializer
}

/** Weights `w` [inputs, units] and bias `b` [units]. */
export interface DenseParams {
  w: Tensor
  b: Tensor
}

/** x w + b, without b where there is none. */
export const linear = (x: Tensor, w: Tensor, b: Tensor | undefined): Tensor =>
  b === undefined ? matmul(x, w) : add(matmul(x, w), b)

/**
 * `x w + b`: [..., inputs] -> [..., units]. Throws at `init` if the input is a scalar.
 * @example
 * const layer = dense(10)
 * const params = layer.init(random.key(0), { shape: [784] })
 * params.w.shape // [784, 10]
 * layer.apply(params, ones([32, 784])).shape // [32, 10]
 */
export function dense(units: number, options?: DenseOptions & { bias?: true }): Layer<DenseParams>
export function dense(units: number, options: DenseOptions & { bias: false }): Layer<{ w: Tensor }>
export function dense(units: number, options: DenseOptions): Layer<{ w: Tensor; b?: Tensor }>
export function dense(units: number, options: DenseOptions = {}): Layer<{ w: Tensor; b?: Tensor }> {
  checkOptions('dense', options, { bias: 1, init: 1, biasInit: 1 })
  const { bias = true, init = glorotUniform, biasInit = zeros } = options
  checkCount('dense', 'units', units)
  checkFunctions('dense', options)
  return {
    init(key, input) {
      const [weightKey, biasKey] = split(key)
      const w = drawn('dense', init, weightKey, [lastLength('dense', input), units])
      return bias ? { w, b: drawn('dense', biasInit, biasKey, [units]) } : { w }
    },
    apply(params, x) {
      const { w, b } = checkParams('dense', params, ['w'])
      return linear(x, w, b)
    },
  }
}
