// What the generic tests need beside a primitive: a reference in float64, a tolerance and random applications. The records
// are exports of their own that the library never imports, so bundlers drop them.
import type { DType } from '../core/dtype.js'
import type { Primitive } from '../core/primitive.js'
import type { Program } from '../core/program.js'

/** Numbers in row-major order: float64 whatever the dtype, integers exact, bools 0 or 1. */
export interface NdArray {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly data: Float64Array
}

/** One application of a primitive. */
export interface Case<P> {
  readonly inputs: readonly NdArray[]
  readonly params: P
}

/** Where random applications come from. */
export interface Draw {
  /** An integer in [low, high]. */
  integer(low: number, high: number): number
  /** One of the list. */
  pick<T>(list: readonly T[]): T
  /** Lengths of up to `maxRank` (4) dimensions, at least `minRank`; 0, 1 and odd lengths among them. */
  shape(options?: { minRank?: number; maxRank?: number; minLength?: number }): number[]
  /** A fresh source of numbers in [0, 1), for the values. */
  random(): () => number
}

/** The results of a program by its primitives' references. */
export type Run = (program: Program, inputs: readonly NdArray[]) => NdArray[]

export interface Laws<P> {
  readonly primitive: Primitive<P>
  /** The results, by the definition and nothing else. */
  reference(inputs: readonly NdArray[], params: P, run: Run): NdArray[]
  /**
   * The largest error of an element of a float32 result, in units of 2^-24 of its magnitude (of the result itself, or
   * of what `magnitude` says); 0: exact.
   */
  readonly tolerance: number
  /** What errors are measured by: for sums, the sum of the absolute terms. */
  magnitude?(inputs: readonly NdArray[], params: P, run: Run): NdArray[]
  /** True: there is no reverse mode. */
  readonly forwardOnly?: boolean
  /** A random application, away from kinks and poles: central differences of the reference hold. */
  draw(draw: Draw): Case<P>
  /** Applications at the ends of the domain, where only the result is compared. */
  edges?(): Case<P>[]
}

/** A record for a list that holds all of them. */
// biome-ignore lint/suspicious/noExplicitAny: a list of laws holds primitives of all parameter types
export type AnyLaws = Laws<any>

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1)

/** The array of this shape whose element at each index is `element(index)`. */
export function build(shape: readonly number[], dtype: DType, element: (index: number[]) => number): NdArray {
  const data = new Float64Array(sizeOf(shape))
  const index = shape.map(() => 0)
  for (let i = 0; i < data.length; i++) {
    data[i] = element(index.slice())
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0
  }
  return { shape, dtype, data }
}

/** The element at an index. */
export const get = ({ shape, data }: NdArray, index: readonly number[]): number =>
  data[index.reduce((at, i, axis) => at * shape[axis] + i, 0)]

/** All indices of a shape in row-major order. */
export function indices(shape: readonly number[]): number[][] {
  const all: number[][] = []
  build(shape, 'bool', index => all.push(index))
  return all
}

/** What a result of integer arithmetic is in 32 bits; floats stay in double precision. */
export const wrap = (value: number, dtype: DType): number =>
  dtype === 'int32' ? value | 0 : dtype === 'uint32' ? value >>> 0 : dtype === 'bool' ? Number(value !== 0) : value

/** Random values of a dtype: floats in [-2, 2), small integers, bools. */
export function values(draw: Draw, shape: readonly number[], dtype: DType = 'float32', low = -2, high = 2): NdArray {
  const random = draw.random()
  return build(shape, dtype, () => value(random, dtype, low, high))
}

function value(random: () => number, dtype: DType, low: number, high: number): number {
  if (dtype === 'float32') return Math.fround(low + (high - low) * random())
  if (dtype === 'bool') return Number(random() < 0.5)
  return Math.floor(random() * 200) - (dtype === 'int32' ? 100 : 0)
}

/** Distinct floats at least 0.05 apart, in random order: no two are equal within a central difference. */
export function distinct(draw: Draw, shape: readonly number[]): NdArray {
  const random = draw.random()
  const order = Array.from({ length: sizeOf(shape) }, (_, i) => ({ i, key: random() })).sort((a, b) => a.key - b.key)
  const array = build(shape, 'float32', () => 0)
  order.forEach(({ i }, rank) => {
    array.data[i] = Math.fround(0.0625 * (rank - order.length / 2) + 0.01 * random())
  })
  return array
}

/** The absolute values: what the magnitude of a linear function is computed of. */
export const absolute = ({ shape, dtype, data }: NdArray): NdArray => ({ shape, dtype, data: data.map(Math.abs) })

const DTYPES: readonly DType[] = ['float32', 'int32', 'uint32', 'bool']

/** The dtypes that a primitive accepts for all its operands. */
export function acceptedDtypes(primitive: Primitive<never>, operands: number): DType[] {
  return DTYPES.filter(dtype => {
    try {
      primitive.type(new Array(operands).fill({ shape: [], dtype }), {} as never)
      return true
    } catch {
      return false
    }
  })
}

interface ElementwiseOptions {
  /** Units of 2^-24 of the result. */
  tolerance?: number
  /** Float operands of one element, away from kinks and poles; [-2, 2) each where left out. */
  sample?(random: () => number): number[]
  /** Float values whose combinations are compared too. */
  edges?: readonly number[]
  /** Integer operands of one element. */
  integers?(random: () => number, dtype: DType): number[]
  result?: DType
}

/** Numbers on which elementwise functions differ from each other. */
export const SPECIAL = [0, -0, 1, -1, 0.5, -2.5, 1e-30, 1e30, -1e30, Infinity, -Infinity, Number.NaN]

/** Uniform in [low, high). */
export const between =
  (low: number, high: number) =>
  (random: () => number): number[] => [low + (high - low) * random()]

/** Either sign, at a distance in [low, high) from 0. */
export const apart =
  (low: number, high: number) =>
  (random: () => number): number[] => [(random() < 0.5 ? -1 : 1) * (low + (high - low) * random())]

/** The laws of an elementwise primitive from the function of one element. */
export function elementwiseLaws(
  primitive: Primitive<Record<string, never>>,
  operands: number,
  f: (dtype: DType, ...operands: number[]) => number,
  { tolerance = 1, sample, edges = [], integers, result }: ElementwiseOptions = {},
): Laws<Record<string, never>> {
  const operandTuple = (random: () => number, dtype: DType): number[] => {
    const many = (one: () => number) => Array.from({ length: operands }, one)
    if (dtype === 'float32') return (sample?.(random) ?? many(() => 4 * random() - 2)).map(Math.fround)
    if (dtype !== 'bool' && integers) return integers(random, dtype).map(x => wrap(x, dtype))
    return many(() => value(random, dtype, 0, 1))
  }
  return {
    primitive,
    tolerance,
    reference(inputs) {
      const [{ dtype }] = inputs
      const { shape } = inputs.reduce((largest, input) => (input.shape.length > largest.shape.length ? input : largest))
      const element = (index: number[]) =>
        wrap(f(dtype, ...inputs.map(x => (x.shape.length === 0 ? x.data[0] : get(x, index)))), result ?? dtype)
      return [build(shape, result ?? dtype, element)]
    },
    draw(draw) {
      const dtype = draw.pick(acceptedDtypes(primitive as Primitive<never>, operands))
      const shape = draw.shape()
      const random = draw.random()
      const inputs = Array.from({ length: operands }, () => build(shape, dtype, () => 0))
      for (let i = 0; i < sizeOf(shape); i++) {
        operandTuple(random, dtype).forEach((operand, k) => {
          inputs[k].data[i] = operand
        })
      }
      return { inputs, params: {} }
    },
    edges() {
      if (edges.length === 0) return []
      const shape = new Array<number>(operands).fill(edges.length)
      const floats = edges.map(Math.fround)
      const grid = shape.map((_, k) => build(shape, 'float32', index => floats[index[k]]))
      // A scalar operand beside a larger one, on either side.
      const row = build([edges.length], 'float32', ([i]) => floats[i])
      const one = build([], 'float32', () => 0.75)
      const scalars = operands === 2 ? [row, one, one, row] : []
      return [grid, scalars.slice(0, 2), scalars.slice(2)]
        .filter(list => list.length > 0)
        .map(inputs => ({ inputs, params: {} }))
    },
  }
}
