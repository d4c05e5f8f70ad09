/**
 * Tensors, operations on them, and transforms of functions of them. Where an operation takes an `Operand`, that is a
 * tensor, or a number or boolean which takes the dtype of the tensor beside it. In all examples of this reference a
 * comment behind a line is its value, a tensor's as nested arrays.
 * @module heddle
 * @example
 * import { grad, jit, matmul, mean, square, sub, type Tensor, tensor, vmap } from 'heddle'
 * const predict = (w: Tensor, x: Tensor) => matmul(w, x) // for one example
 * const predictAll = vmap(predict, [null, 0])
 * const loss = (w: Tensor, xs: Tensor, ys: Tensor) => mean(square(sub(predictAll(w, xs), ys)))
 * const gradient = jit(grad(loss))
 * gradient(tensor([1, 2]), tensor([[1, 0], [0, 1]]), tensor([0, 0])) // [1, 2]
 */
// Bundlers leave out what a program does not use; heddle/core is what a page without a bundler loads.
export * from './core.js'
export { meshgrid, repeat, roll, tile, unstack } from './ops/arrange.js'
export { type AttentionOptions, scaledDotProductAttention } from './ops/attention.js'
export { type AxisName, pmean, psum } from './ops/collective.js'
export {
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type Padding,
} from './ops/conv.js'
export { type CumulateOptions, cummax, cummin, cumprod, cumsum } from './ops/cumulate.js'
export { type DiagonalOptions, diag, diagonal, trace, tril, triu } from './ops/diagonal.js'
export { floorDivide, mod, reciprocal } from './ops/division.js'
export { dynamicSlice, dynamicUpdateSlice } from './ops/dynamic-slice.js'
export { einsum } from './ops/einsum.js'
export { acosh, asinh, atanh, cosh, sinh } from './ops/hyperbolic.js'
export { exp2, log2, log10, logAddExp } from './ops/logarithms.js'
export { countNonzero, norm, type VectorNormOptions } from './ops/norm.js'
export { type PadMode, pad } from './ops/pad.js'
export {
  argmaxPool,
  type LpPoolOptions,
  lpPool,
  type MeanPoolOptions,
  maxPool,
  meanPool,
  type PoolOptions,
} from './ops/pool.js'
export { prod } from './ops/prod.js'
export { inner, kron, tensordot, vdot } from './ops/products.js'
export { ceil, floor, isFinite, isInf, isNan, type NanToNumOptions, nanToNum, round, trunc } from './ops/rounding.js'
export { addAlongAxis, putAlongAxis, scatter } from './ops/scatter.js'
export { flatnonzero, oneHot, searchsorted } from './ops/search.js'
export { argsort, type SortOptions, sort, topK } from './ops/sort.js'
export { acos, asin, atan, atan2, cos, hypot, sin, tan } from './ops/trigonometric.js'
export { type PerAxis, type WindowsOptions, windows } from './ops/windows.js'
/** Random numbers, all of them functions of a key: the same key gives the same bits everywhere. */
export * as random from './random.js'
export { checkpoint } from './transforms/checkpoint.js'
export { cond, switchCase } from './transforms/cond.js'
export { customJvp } from './transforms/custom-jvp.js'
export { customVjp } from './transforms/custom-vjp.js'
/** Looking into compiled functions. */
export * as debug from './transforms/debug.js'
export { evalShape, type Shapes, type Spec, type Specs } from './transforms/eval-shape.js'
export { hessian, type Jacobian, jacfwd, jacrev } from './transforms/jacobian.js'
export { makeProgram } from './transforms/make-program.js'
export { whileLoop } from './transforms/while-loop.js'
