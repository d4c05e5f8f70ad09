// Softmax, its logarithm and the logarithm of a sum of exponentials: primitives, because the chain rule through max,
// exp and sum would give worse formulas. They run along the last axis; other axes are moved there.

import { Opcode, SoftmaxKind } from '../../assembly/format.js'
import { read, write } from '../compiler/lowering.js'
import { elements, ITEM_BYTES } from '../compiler/view.js'
import type { Primitive } from '../core/primitive.js'
import { normalizeAxis } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { typeError } from '../errors.js'
import { mul, sub } from './arithmetic.js'
import type { NoParams } from './elementwise.js'
import { exp } from './exponential.js'
import { build, get, type Laws, type NdArray, values } from './laws.js'
import { asRows, axesOf, type ReduceOptions, sum, withOnes } from './reduce.js'
import { moveaxis } from './transpose.js'

function alongRows(name: string, kind: SoftmaxKind, jvp: Primitive<NoParams>['jvp']): Primitive<NoParams> {
  const primitive: Primitive<NoParams> = {
    name,
    type([{ shape, dtype }]) {
      if (dtype !== 'float32') throw typeError(`${name}: dtype ${dtype} is not accepted, only float32`)
      if (shape.length === 0) throw typeError(`${name}: a scalar has no axis`)
      return [{ shape: kind === SoftmaxKind.LogSumExp ? shape.slice(0, -1) : shape, dtype }]
    },
    jvp,
    transpose: null,
    batch([input], [dim]) {
      const isLast = dim === input.rank - 1
      return { results: [bind1(primitive, [isLast ? moveaxis(input, dim!, 0) : input], {})], dims: [isLast ? 0 : dim] }
    },
    lower(lowering, { inputs, outputs }) {
      const from = lowering.contiguous(lowering.view(inputs[0]))
      const out = lowering.output(outputs[0])
      const length = from.shape.at(-1)!
      const rows = elements(from.shape.slice(0, -1))
      if (elements(out.shape) === 0) return
      const outRow = kind === SoftmaxKind.LogSumExp ? ITEM_BYTES : length * ITEM_BYTES
      lowering.emit(Opcode.Softmax, [kind, rows, length, write(out), outRow, read(from), length * ITEM_BYTES])
    },
  }
  return primitive
}

/** y (t - <y, t>) */
export const softmaxPrimitive = alongRows('softmax', SoftmaxKind.Softmax, (_primals, [tangent], [y]) => [
  mul(y, sub(tangent!, sum(mul(y, tangent!), { axis: -1, keepDims: true }))),
])

/** t - <softmax, t> */
export const logSoftmaxPrimitive = alongRows('logSoftmax', SoftmaxKind.LogSoftmax, (_primals, [tangent], [y]) => [
  sub(tangent!, sum(mul(exp(y), tangent!), { axis: -1, keepDims: true })),
])

/** <softmax, t> */
export const logSumExpPrimitive = alongRows('logSumExp', SoftmaxKind.LogSumExp, ([x], [tangent]) => [
  sum(mul(softmax(x), tangent!), { axis: -1 }),
])

function along(name: string, primitive: Primitive<NoParams>, x: Tensor, axis: number): Tensor {
  checkTensor(name, x)
  const dim = normalizeAxis(name, axis, x.rank)
  return moveaxis(bind1(primitive, [moveaxis(x, dim, -1)], {}), -1, dim)
}

/**
 * exp(x) divided by its sum along `axis` (the last), without overflow; a row of -Infinity gives NaN.
 * @example softmax(tensor([[1, 1], [1000, 0]])) // [[0.5, 0.5], [1, 0]]
 */
export const softmax = (x: Tensor, axis = -1): Tensor => along('softmax', softmaxPrimitive, x, axis)

/**
 * The logarithm of the softmax along `axis` (the last), without overflow.
 * @example logSoftmax(tensor([0, 0, 1000])) // [-1000, -1000, 0]
 */
export const logSoftmax = (x: Tensor, axis = -1): Tensor => along('logSoftmax', logSoftmaxPrimitive, x, axis)

/**
 * log(sum(exp(x))) over one axis or several (all by default), without overflow; -Infinity of nothing.
 * @example
 * logsumexp(tensor([1000, 1000])) // 1000.6931
 * grad((x: Tensor) => logsumexp(x))(tensor([0, 0])) // [0.5, 0.5]
 */
export function logsumexp(x: Tensor, options: ReduceOptions = {}): Tensor {
  const axes = axesOf('logsumexp', x, options)
  const result = bind1(logSumExpPrimitive, [asRows(x, axes)], {})
  return options.keepDims ? withOnes(result, x.shape, axes) : result
}

/** The largest element of the row at an index, and the sum of exp(element - largest). */
function rowSum(x: NdArray, index: readonly number[]): { top: number; total: number } {
  const row = Array.from({ length: x.shape.at(-1)! }, (_, i) => get(x, [...index.slice(0, x.shape.length - 1), i]))
  const top = Math.max(...row)
  return { top, total: row.reduce((sum, value) => sum + Math.exp(value - top), 0) }
}

function logSum(x: NdArray, index: readonly number[]): number {
  const { top, total } = rowSum(x, index)
  return Number.isFinite(top) ? top + Math.log(total) : top
}

const rowLaws = (
  primitive: Primitive<NoParams>,
  tolerance: number,
  reference: (x: NdArray) => NdArray,
  magnitude?: (x: NdArray) => NdArray,
): Laws<NoParams> => ({
  primitive,
  tolerance,
  reference: ([x]) => [reference(x)],
  magnitude: magnitude && (([x]) => [magnitude(x)]),
  draw(draw) {
    const shape = draw.shape({ minRank: 1 })
    const rows = [...shape.slice(0, -1), Math.max(1, shape[shape.length - 1])]
    return { inputs: [values(draw, rows, 'float32', -3, 3)], params: {} }
  },
  edges: () =>
    [
      ...[80, -80, 1e30].map(shift => build([2, 5], 'float32', ([i, j]) => Math.fround(shift * i + 0.5 * j * (i + 1)))),
      build([2, 3], 'float32', ([i, j]) => (i === j ? 0.5 : -Infinity)),
      build([2, 0], 'float32', () => 0),
    ].map(x => ({ inputs: [x], params: {} })),
})

export const softmaxLaws = rowLaws(softmaxPrimitive, 16, x =>
  build(x.shape, x.dtype, index => {
    const { top, total } = rowSum(x, index)
    return Math.exp(get(x, index) - top) / total
  }),
)

/** Both terms of x - logsumexp(x). */
const bothTerms = (x: NdArray): NdArray =>
  build(x.shape, x.dtype, index => 1 + Math.abs(get(x, index)) + Math.abs(logSum(x, index)))

export const logSoftmaxLaws = rowLaws(
  logSoftmaxPrimitive,
  8,
  x =>
    build(x.shape, x.dtype, index => {
      const { top, total } = rowSum(x, index)
      return get(x, index) - top - Math.log(total)
    }),
  bothTerms,
)

export const logSumExpLaws = rowLaws(
  logSumExpPrimitive,
  8,
  x => build(x.shape.slice(0, -1), x.dtype, index => logSum(x, index)),
  x => build(x.shape.slice(0, -1), x.dtype, index => 1 + Math.abs(logSum(x, index))),
)
