// Reductions: sum, product and extremes over any axes.

import { ReduceOp } from '../../assembly/format.js'
import { emitReduce } from '../compiler/emit-reduce.js'
import type { DType } from '../core/dtype.js'
import { checkOptions, type OptionNames } from '../core/options.js'
import type { Primitive } from '../core/primitive.js'
import { dropAxes, normalizeAxes, range, showShape, sizeOf } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { div, mul, square, sub } from './arithmetic.js'
import { bitwiseNot } from './bitwise.js'
import { broadcastInDim } from './broadcast.js'
import { cast } from './cast.js'
import { equal } from './compare.js'
import { sqrt } from './exponential.js'
import { absolute, build, distinct, get, indices, type Laws, type NdArray, values, wrap } from './laws.js'
import { reshape } from './reshape.js'
import { transpose } from './transpose.js'

export interface ReduceParams {
  /** Ascending. */
  axes: readonly number[]
}

type ReduceOps = Partial<Record<DType, ReduceOp>>

/** The rules of a reduction; `ops` by dtype. */
export function reduction(
  name: string,
  ops: ReduceOps,
  rules: Pick<Primitive<ReduceParams>, 'jvp' | 'transpose'>,
): Primitive<ReduceParams> {
  const primitive: Primitive<ReduceParams> = {
    name,
    type([{ shape, dtype }], { axes }) {
      if (ops[dtype] === undefined) {
        throw typeError(`${name}: dtype ${dtype} is not accepted, only ${Object.keys(ops).join(', ')}`)
      }
      return [{ shape: dropAxes(shape, axes), dtype }]
    },
    ...rules,
    batch([input], [dim], { axes }) {
      const shifted = axes.map(axis => (axis >= dim! ? axis + 1 : axis))
      const at = dim! - shifted.filter(axis => axis < dim!).length
      return { results: [bind1(primitive, [input], { axes: shifted })], dims: [at] }
    },
    lower(lowering, { inputs, outputs }, { axes }) {
      const op = ops[inputs[0].aval.dtype]!
      emitReduce(lowering, op, lowering.view(inputs[0]), axes, lowering.output(outputs[0]))
    },
  }
  return primitive
}

export const sumPrimitive = reduction(
  'sum',
  { float32: ReduceOp.SumF32, int32: ReduceOp.SumI32, uint32: ReduceOp.SumI32 },
  {
    jvp: (_primals, [tangent], _results, { axes }) => [sumAxes(tangent!, axes)],
    transpose: ([cotangent], _inputs, [{ shape }], { axes }) => [cotangent && spread(cotangent, shape, axes)],
  },
)

/** Tangent of an extreme: the mean of the tangents where it is attained. */
const extremeJvp: Primitive<ReduceParams>['jvp'] = ([x], [tangent], [extreme], { axes }) => {
  const attained = cast(equal(x, spread(extreme, x.shape, axes)), 'float32')
  return [div(sumAxes(mul(tangent!, attained), axes), sumAxes(attained, axes))]
}

export const reduceMaxPrimitive = reduction(
  'reduceMax',
  { float32: ReduceOp.MaxF32, int32: ReduceOp.MaxI32, uint32: ReduceOp.MaxU32, bool: ReduceOp.MaxU32 },
  { jvp: extremeJvp, transpose: null },
)

export const reduceMinPrimitive = reduction(
  'reduceMin',
  { float32: ReduceOp.MinF32, int32: ReduceOp.MinI32, uint32: ReduceOp.MinU32, bool: ReduceOp.MinU32 },
  { jvp: extremeJvp, transpose: null },
)

/** The value of a reduction repeated over the axes that it lost. */
export const spread = (x: Tensor, shape: readonly number[], axes: readonly number[]): Tensor =>
  broadcastInDim(
    x,
    shape,
    range(shape.length).filter(axis => !axes.includes(axis)),
  )

/** The sum over normalised axes. */
export const sumAxes = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0 ? x : bind1(sumPrimitive, [x], { axes })

/** Which axes a reduction runs over (all by default) and whether they stay with length 1. @inline */
export interface ReduceOptions {
  /** The axis or axes that the result does not have (all). */
  axis?: number | readonly number[]
  /** Whether they stay with length 1 (false). */
  keepDims?: boolean
}

/** The names of the options of all reductions. */
export const REDUCE_NAMES: OptionNames<ReduceOptions> = { axis: 1, keepDims: 1 }

/** The axes that a reduction runs over; throws if there are none such, or for other options than `names`. */
export function axesOf(name: string, x: Tensor, options: ReduceOptions, names = REDUCE_NAMES): number[] {
  checkTensor(name, x)
  checkOptions(name, options, names)
  return normalizeAxes(name, options.axis, x.rank)
}

/** Applies a reduction with its options. */
export function reduce(name: string, primitive: Primitive<ReduceParams>, x: Tensor, options: ReduceOptions): Tensor {
  const axes = axesOf(name, x, options)
  const result = axes.length === 0 ? x : bind1(primitive, [x], { axes })
  return options.keepDims ? withOnes(result, x.shape, axes) : result
}

/** A result with the reduced axes of length 1 where they were in `shape`. */
export const withOnes = (x: Tensor, shape: readonly number[], axes: readonly number[]): Tensor =>
  reshape(
    x,
    shape.map((length, i) => (axes.includes(i) ? 1 : length)),
  )

/** The axes (ascending) as one, behind the others. */
export const asRows = (x: Tensor, axes: readonly number[]): Tensor =>
  reshape(transpose(x, [...dropAxes(range(x.rank), axes), ...axes]), [
    ...dropAxes(x.shape, axes),
    sizeOf(axes.map(axis => x.shape[axis])),
  ])

/** Extremes of nothing do not exist. */
function notEmpty(name: string, x: Tensor, options: ReduceOptions): void {
  if (axesOf(name, x, options).some(i => x.shape[i] === 0)) {
    throw rangeError(`${name}: shape ${showShape(x.shape)} has nothing along the reduced axes`)
  }
}

/**
 * The sum over `axis` (all axes by default), which stay with length 1 where `keepDims` is true; 0 of nothing; `bool`
 * counts. Float32 sums keep an order that depends on the shape only.
 * @example
 * const x = tensor([[1, 2, 3], [4, 5, 6]])
 * sum(x) // 21
 * sum(x, { axis: 0 }) // [5, 7, 9]
 * sum(x, { axis: -1, keepDims: true }) // [[6], [15]]
 */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkTensor('sum', x)
  return reduce('sum', sumPrimitive, x.dtype === 'bool' ? cast(x, 'int32') : x, options)
}

/**
 * The arithmetic mean over `axis` (all axes by default), float32; NaN of nothing.
 * @example
 * mean(tensor([[1, 2], [3, 6]]), { axis: 1 }) // [1.5, 4.5]
 * grad(mean)(tensor([1, 2, 3, 4])) // [0.25, 0.25, 0.25, 0.25]
 */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const count = axesOf('mean', x, options).reduce((product, axis) => product * x.shape[axis], 1)
  return div(sum(cast(x, 'float32'), options), count)
}

/** As for all reductions, and what the number of elements is lessened by. @inline */
export interface VarianceOptions extends ReduceOptions {
  /** 0 for all there is, 1 for a sample (0). */
  correction?: number
}

const VARIANCE_NAMES: OptionNames<VarianceOptions> = { ...REDUCE_NAMES, correction: 1 }

/**
 * The mean squared distance from the mean over `axis` (all axes by default), float32; divided by count - `correction`
 * (0; 1 for a sample, as Bessel's).
 * @example
 * variance(tensor([1, 2, 3, 4])) // 1.25
 * variance(tensor([1, 2, 3, 4]), { correction: 1 }) // 1.6667
 */
export function variance(x: Tensor, options: VarianceOptions = {}): Tensor {
  const axes = axesOf('variance', x, options, VARIANCE_NAMES)
  const count = axes.reduce((product, axis) => product * x.shape[axis], 1)
  const centred = sub(x, mean(x, { axis: axes, keepDims: true }))
  return div(sum(square(centred), { axis: axes, keepDims: options.keepDims }), count - (options.correction ?? 0))
}

/**
 * The standard deviation over `axis` (all axes by default): the square root of the `variance`.
 * @example std(tensor([[1, 3], [0, 8]]), { axis: 1 }) // [1, 4]
 */
export function std(x: Tensor, options: VarianceOptions = {}): Tensor {
  axesOf('std', x, options, VARIANCE_NAMES)
  return sqrt(variance(x, options))
}

/**
 * The largest value over `axis` (all axes by default); NaN if one is NaN. Throws if there is nothing to compare.
 * @example
 * max(tensor([[1, 5], [7, 2]]), { axis: 1 }) // [5, 7]
 * grad(max)(tensor([1, 5, 2])) // [0, 1, 0]
 */
export function max(x: Tensor, options: ReduceOptions = {}): Tensor {
  notEmpty('max', x, options)
  return reduce('max', reduceMaxPrimitive, x, options)
}

/**
 * The smallest value over `axis` (all axes by default); NaN if one is NaN. Throws if there is nothing to compare.
 * @example min(tensor([[1, 5], [7, 2]]), { axis: 0 }) // [1, 2]
 */
export function min(x: Tensor, options: ReduceOptions = {}): Tensor {
  notEmpty('min', x, options)
  return reduce('min', reduceMinPrimitive, x, options)
}

/**
 * True where any value over `axis` (all axes by default) is not zero; false for nothing.
 * @example any(isNan(tensor([1, NaN, 3]))) // true
 */
export function any(x: Tensor, options: ReduceOptions = {}): Tensor {
  checkTensor('any', x)
  return reduce('any', reduceMaxPrimitive, cast(x, 'bool'), options)
}

/**
 * True where all values over `axis` (all axes by default) are not zero; true for nothing.
 * @example all(greater(tensor([[1, 2], [-1, 3]]), 0), { axis: 1 }) // [true, false]
 */
export function all(x: Tensor, options: ReduceOptions = {}): Tensor {
  axesOf('all', x, options)
  return bitwiseNot(any(bitwiseNot(cast(x, 'bool')), options))
}

/** Folds the elements along the axes, in the order of their indices. */
export const fold = (
  x: NdArray,
  axes: readonly number[],
  start: number,
  f: (a: number, b: number) => number,
): NdArray => {
  const kept = range(x.shape.length).filter(axis => !axes.includes(axis))
  return build(dropAxes(x.shape, axes), x.dtype, outer => {
    const element = (inner: number[]) =>
      get(
        x,
        x.shape.map((_, axis) => (kept.includes(axis) ? outer[kept.indexOf(axis)] : inner[axes.indexOf(axis)])),
      )
    return wrap(
      indices(axes.map(axis => x.shape[axis])).reduce((result, inner) => f(result, element(inner)), start),
      x.dtype,
    )
  })
}

export const drawAxes = (draw: Parameters<Laws<ReduceParams>['draw']>[0], shape: readonly number[]): number[] =>
  range(shape.length).filter(() => draw.integer(0, 1) === 1)

const total = (a: number, b: number): number => a + b

export const sumLaws: Laws<ReduceParams> = {
  primitive: sumPrimitive,
  tolerance: 8,
  reference: ([x], { axes }) => [fold(x, axes, 0, total)],
  magnitude: ([x], { axes }) => [fold(absolute(x), axes, 0, total)],
  draw(draw) {
    const shape = draw.shape()
    const dtype = draw.pick(['float32', 'float32', 'int32', 'uint32'] as const)
    return { inputs: [values(draw, shape, dtype)], params: { axes: drawAxes(draw, shape) } }
  },
}

const extremeLaws = (primitive: Primitive<ReduceParams>, f: (a: number, b: number) => number): Laws<ReduceParams> => ({
  primitive,
  tolerance: 0,
  reference: ([x], { axes }) => {
    const ends = { float32: Infinity, int32: 2147483648, uint32: 4294967295, bool: 1 }
    const end = ends[x.dtype]
    const low = x.dtype === 'float32' ? -end : x.dtype === 'int32' ? -2147483648 : 0
    return [fold(x, axes, f(low, end) === end ? low : end, f)]
  },
  draw(draw) {
    const shape = draw.shape({ minLength: 1 })
    const dtype = draw.pick(['float32', 'float32', 'int32', 'uint32', 'bool'] as const)
    const x = dtype === 'float32' ? distinct(draw, shape) : values(draw, shape, dtype)
    return { inputs: [x], params: { axes: drawAxes(draw, shape) } }
  },
  edges: () =>
    [Number.NaN, Infinity, -Infinity].map(special => ({
      inputs: [build([2, 9], 'float32', ([i, j]) => (i === 1 && j === 7 ? special : Math.fround(i - j / 3)))],
      params: { axes: [1] },
    })),
})

export const reduceMaxLaws = extremeLaws(reduceMaxPrimitive, Math.max)
export const reduceMinLaws = extremeLaws(reduceMinPrimitive, Math.min)
