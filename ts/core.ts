/**
 * The part of heddle that most programs live on, for pages that load modules as they are and for starts that count bytes:
 * at most 60 KB gzipped, the WebAssembly among them. `heddle` is this and all the rest, on the same tensors.
 * @module heddle/core
 * @example
 * import { grad, square, tensor } from 'heddle/core'
 * grad(square)(tensor(3)) // 6
 */
export type { DType, TypedArray } from './core/dtype.js'
export type { Shape } from './core/shape.js'
export { type Nested, Tensor } from './core/tensor.js'
export { type Tree, treeLeaves, treeMap } from './core/tree.js'
export { argmax, argmin } from './ops/argmax.js'
export { abs, add, clip, div, maximum, minimum, mul, neg, pow, rem, sign, square, sub } from './ops/arithmetic.js'
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
export { softmaxCrossEntropy } from './ops/cross-entropy.js'
export { dot, dotGeneral, matmul, outer } from './ops/dot-general.js'
export { exp, expm1, log, log1p, rsqrt, sqrt } from './ops/exponential.js'
export { arange, eye, full, linspace, ones, onesLike, zeros, zerosLike } from './ops/full.js'
export type { Operand } from './ops/operand.js'
/** Random numbers, all of them functions of a key: the same key gives the same bits everywhere. */
export * as random from './ops/random.js'
export { all, any, max, mean, min, type ReduceOptions, std, sum, type VarianceOptions, variance } from './ops/reduce.js'
export { expandDims, flatten, reshape, squeeze } from './ops/reshape.js'
export { erf, sigmoid, tanh } from './ops/sigmoidal.js'
export { at, flip, slice } from './ops/slice.js'
export { logSoftmax, logsumexp, softmax } from './ops/softmax.js'
export { stopGradient } from './ops/stop-gradient.js'
export { scatterAdd, take, takeAlongAxis } from './ops/take.js'
export { type TensorOptions, tensor } from './ops/tensor.js'
export { moveaxis, swapaxes, transpose } from './ops/transpose.js'
export { where } from './ops/where.js'
export { init } from './runtime/core.js'
export { type MemoryUse, memory, setMemoryLimit } from './runtime/usage.js'
export { type GradOptions, grad, valueAndGrad, vjp } from './transforms/grad.js'
export { type JitOptions, jit } from './transforms/jit.js'
export { jvp } from './transforms/jvp.js'
export { linearize } from './transforms/linearize.js'
export { type ScanOptions, scan } from './transforms/scan.js'
export { type Axes, type VmapOptions, vmap } from './transforms/vmap.js'
