// Initialisers: functions of a key and a shape. The last two dimensions of a shape are [inputs, outputs], those before
// them a receptive field.

import type { Tensor } from '../core/tensor.js'
import { scalar } from '../core/trace.js'
import { rangeError } from '../errors.js'
import { add, div, mul, sub } from '../ops/arithmetic.js'
import { matmul, outer } from '../ops/dot-general.js'
import { sqrt } from '../ops/exponential.js'
import { eye, ones as filledWithOnes, zeros as filledWithZeros } from '../ops/full.js'
import { normal as standardNormal, uniform as uniformBetween } from '../ops/random.js'
import { sum } from '../ops/reduce.js'
import { transpose } from '../ops/transpose.js'
import { scan } from '../transforms/scan.js'

/** Values of `shape` from a key (uint32[2]). */
export type Initializer = (key: Tensor, shape: readonly number[]) => Tensor

/** How many inputs reach one output, and how many outputs one input reaches. */
function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const field = shape.slice(0, -2).reduce((product, length) => product * length, 1)
  return { fanIn: field * (shape.at(-2) ?? 1), fanOut: field * (shape.at(-1) ?? 1) }
}

/**
 * Zeros of any shape, as biases start.
 * @example initializers.zeros(random.key(0), [3]) // [0, 0, 0]
 */
export const zeros: Initializer = (_key, shape) => filledWithZeros(shape)

/**
 * Ones of any shape, as scales start.
 * @example dense(3, { biasInit: initializers.ones }).init(random.key(0), { shape: [5] }).b // [1, 1, 1]
 */
export const ones: Initializer = (_key, shape) => filledWithOnes(shape)

/**
 * Uniform in [-scale, scale).
 * @example
 * const layer = dense(10, { init: initializers.uniform(0.1) })
 * max(abs(layer.init(random.key(0), { shape: [784] }).w)) // 0.1
 */
export const uniform =
  (scale: number): Initializer =>
  (key, shape) =>
    uniformBetween(key, shape, -scale, scale)

/**
 * Normal with mean 0 and the given standard deviation (1).
 * @example
 * const table = embedding(65, 128, { init: initializers.normal(0.02) })
 * std(table.init(random.key(0), { shape: [], dtype: 'int32' }).w) // 0.0203
 */
export const normal =
  (deviation = 1): Initializer =>
  (key, shape) =>
    mul(standardNormal(key, shape), deviation)

/**
 * The identity matrix times `gain` (1), for the state's weights: Le et al. 2015. Throws unless the shape has two dimensions.
 * @example
 * initializers.identity(0.5)(random.key(0), [2, 2]) // [[0.5, 0], [0, 0.5]]
 */
export const identity =
  (gain = 1): Initializer =>
  (_key, shape) => {
    checkMatrix('identity', shape)
    return mul(eye(shape[0], shape[1]), gain)
  }

function checkMatrix(name: string, shape: readonly number[]): void {
  if (shape.length !== 2) throw rangeError(`${name}: the shape has two dimensions, not [${shape.join(', ')}]`)
}

/**
 * Uniform in +-sqrt(6 / (inputs + outputs)): Glorot and Bengio 2010, equation 16. For layers with tanh or sigmoid.
 * @example max(abs(initializers.glorotUniform(random.key(0), [300, 300]))) // 0.1
 */
export const glorotUniform: Initializer = (key, shape) => {
  const { fanIn, fanOut } = fans(shape)
  return uniform(Math.sqrt(6 / Math.max(1, fanIn + fanOut)))(key, shape)
}

/**
 * Normal with variance 2 / inputs: He et al. 2015, equation 10. For layers with relu.
 * @example
 * const layer = dense(256, { init: initializers.heNormal })
 * std(layer.init(random.key(0), { shape: [512] }).w) // 0.0626
 */
export const heNormal: Initializer = (key, shape) => normal(Math.sqrt(2 / Math.max(1, fans(shape).fanIn)))(key, shape)

/**
 * A random matrix with orthonormal rows (or columns, whichever are fewer), uniform over all such: Saxe et al. 2014.
 * Random normal rows made orthonormal one after the other by Gram-Schmidt, done twice (Giraud et al. 2005: twice is
 * enough). Throws unless `shape` has two dimensions.
 * @example
 * const w = initializers.orthogonal(random.key(0), [2, 64])
 * matmul(w, transpose(w)) // [[1, 0], [0, 1]]
 */
export const orthogonal: Initializer = (key, shape) => {
  checkMatrix('orthogonal', shape)
  const [rows, columns] = shape
  if (rows > columns) return transpose(orthogonal(key, [columns, rows]))
  const without = (vector: Tensor, basis: Tensor) => sub(vector, matmul(matmul(basis, vector), basis))
  const [basis] = scan(
    (done, [vector, place]) => {
      const rest = without(without(vector, done), done)
      return [add(done, outer(place, div(rest, sqrt(sum(mul(rest, rest)))))), scalar(0, 'float32')]
    },
    filledWithZeros(shape),
    [standardNormal(key, shape), eye(rows)] as [Tensor, Tensor],
  )
  return basis
}
