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
export type { DType, TypedArray } from './core/dtype.js'
export type { Shape } from './core/shape.js'
export { type Nested, Tensor } from './core/tensor.js'
export { type Tree, treeLeaves, treeMap } from './core/tree.js'
export { argmax, argmin } from './ops/argmax.js'
export { abs, add, clip, div, maximum, minimum, mul, neg, pow, rem, sign, square, sub } from './ops/arithmetic.js'
export { meshgrid, repeat, roll, tile, unstack } from './ops/arrange.js'
export {
  bitwiseAnd,
  bitwiseNot,
  bitwiseOr,
  bitwiseXor,
  logicalAnd,
  logicalNot,
  logicalOr,
  shiftLeft,
  shiftRight,
} from './ops/bitwise.js'
export { broadcastTo } from './ops/broadcast.js'
export { cast } from './ops/cast.js'
export { equal, greater, greaterEqual, less, lessEqual, notEqual } from './ops/compare.js'
export { concat, split, stack } from './ops/concat.js'
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
export { softmaxCrossEntropy } from './ops/cross-entropy.js'
export { type CumulateOptions, cummax, cummin, cumprod, cumsum } from './ops/cumulate.js'
export { type DiagonalOptions, diag, diagonal, trace, tril, triu } from './ops/diagonal.js'
export { floorDivide, mod, reciprocal } from './ops/division.js'
export { dot, dotGeneral, matmul, outer } from './ops/dot-general.js'
export { dynamicSlice, dynamicUpdateSlice } from './ops/dynamic-slice.js'
export { einsum } from './ops/einsum.js'
export { exp, exp2, expm1, log, log1p, log2, log10, logAddExp, rsqrt, sqrt } from './ops/exponential.js'
export { arange, eye, full, linspace, ones, onesLike, zeros, zerosLike } from './ops/full.js'
export { acosh, asinh, atanh, cosh, sinh } from './ops/hyperbolic.js'
export { countNonzero, norm } from './ops/norm.js'
export type { PadMode } from './ops/pad-modes.js'
export { argmaxPool, lpPool, maxPool, meanPool, type PoolOptions } from './ops/pool.js'
export { prod } from './ops/prod.js'
export { inner, kron, tensordot, vdot } from './ops/products.js'
/** Random numbers, all of them functions of a key: the same key gives the same bits everywhere. */
export * as random from './ops/random.js'
export { all, any, max, mean, min, std, sum, variance } from './ops/reduce.js'
export { expandDims, flatten, reshape, squeeze } from './ops/reshape.js'
export { ceil, floor, isFinite, isInf, isNan, type NanToNumOptions, nanToNum, round, trunc } from './ops/rounding.js'
export { addAlongAxis, putAlongAxis, scatter } from './ops/scatter.js'
export { flatnonzero, oneHot, searchsorted } from './ops/search.js'
export { erf, sigmoid, tanh } from './ops/sigmoidal.js'
export { at, flip, pad, slice } from './ops/slice.js'
export { logSoftmax, logsumexp, softmax } from './ops/softmax.js'
export { argsort, type SortOptions, sort, topK } from './ops/sort.js'
export { stopGradient } from './ops/stop-gradient.js'
export { scatterAdd, take, takeAlongAxis } from './ops/take.js'
export { tensor } from './ops/tensor.js'
export { moveaxis, swapaxes, transpose } from './ops/transpose.js'
export { acos, asin, atan, atan2, cos, hypot, sin, tan } from './ops/trigonometric.js'
export { where } from './ops/where.js'
export { type PerAxis, windows } from './ops/windows.js'
export { init } from './runtime/core.js'
export { type MemoryUse, memory, setMemoryLimit } from './runtime/usage.js'
export { checkpoint } from './transforms/checkpoint.js'
export { cond, switchCase } from './transforms/cond.js'
export { customJvp } from './transforms/custom-jvp.js'
export { customVjp } from './transforms/custom-vjp.js'
/** Looking into compiled functions. */
export * as debug from './transforms/debug.js'
export { evalShape, type Shapes, type Spec, type Specs } from './transforms/eval-shape.js'
export { grad, valueAndGrad, vjp } from './transforms/grad.js'
export { hessian, type Jacobian, jacfwd, jacrev } from './transforms/jacobian.js'
export { jit } from './transforms/jit.js'
export { jvp } from './transforms/jvp.js'
export { linearize } from './transforms/linearize.js'
export { makeProgram } from './transforms/make-program.js'
export { scan } from './transforms/scan.js'
export { vmap } from './transforms/vmap.js'
export { whileLoop } from './transforms/while-loop.js'
