// What the tests of laws share: random applications from fast-check, arrays to tensors and back, comparisons.
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { DType } from '../ts/core/dtype.js'
import { checkProgram, type Program } from '../ts/core/program.js'
import type { Tensor } from '../ts/core/tensor.js'
import { build, type Draw, type NdArray, values } from '../ts/ops/laws.js'
import { tensor } from '../ts/ops/tensor.js'
import { mulberry32 } from './mulberry32.js'

/** Runs a property on random applications; one seed, so that every run tests the same ones. */
export function forAll(runs: number, property: (draw: Draw) => void, seed = 20260): void {
  const result = fc.check(
    fc.property(fc.gen(), g => {
      const integer = (low: number, high: number) => g(fc.integer, { min: low, max: high })
      const pick = <T>(list: readonly T[]): T => list[integer(0, list.length - 1)]
      property({
        integer,
        pick,
        shape: ({ minRank = 0, maxRank = 4, minLength = 0 } = {}) =>
          Array.from({ length: integer(minRank, maxRank) }, () =>
            pick([1, 2, 3, 3, 5, 7, 0].filter(length => length >= minLength)),
          ),
        random: () => mulberry32(integer(0, 2 ** 31 - 1)),
      })
    }),
    { numRuns: runs, seed },
  )
  if (!result.failed) return
  const { errorInstance: cause, counterexamplePath, numRuns } = result
  const found = cause instanceof Error ? cause.message : String(cause)
  throw new Error(`${found} (application ${numRuns}, fast-check seed ${seed}, path "${counterexamplePath}")`, { cause })
}

export const toTensor = ({ shape, dtype, data }: NdArray): Tensor => tensor([...data], { shape, dtype })

export const array = (shape: number[], data: readonly number[]): NdArray => ({
  shape,
  dtype: 'float32',
  data: Float64Array.from(data),
})

export const fromTensor = (x: Tensor): NdArray => ({
  shape: x.shape,
  dtype: x.dtype,
  data: Float64Array.from(x.data()),
})

/** The program itself, once it has been checked. */
export function checked(program: Program): Program {
  checkProgram(program)
  return program
}

/** Random directions for the float arrays among inputs; null for the others. */
export const directions = (draw: Draw, inputs: readonly NdArray[]): (NdArray | null)[] =>
  inputs.map(({ shape, dtype }) => (dtype === 'float32' ? values(draw, shape, dtype, -1, 1) : null))

/** x + step * direction. */
export const moved = (x: NdArray, direction: NdArray | null, step: number): NdArray =>
  direction === null ? x : { ...x, data: x.data.map((value, i) => value + step * direction.data[i]) }

/** The directional derivative of a function of arrays by central differences; float outputs only, others are null. */
export function centralDifference(
  f: (inputs: readonly NdArray[]) => NdArray[],
  inputs: readonly NdArray[],
  along: readonly (NdArray | null)[],
  step = 1e-5,
): (NdArray | null)[] {
  const at = (distance: number) => f(inputs.map((x, i) => moved(x, along[i], distance)))
  const [ahead, behind] = [at(step), at(-step)]
  return ahead.map((high, k) =>
    high.dtype === 'float32'
      ? { ...high, data: high.data.map((value, i) => (value - behind[k].data[i]) / (2 * step)) }
      : null,
  )
}

const inner = (x: NdArray, y: NdArray): number => x.data.reduce((sum, value, i) => sum + value * y.data[i], 0)

/** The sum of the inner products of lists of arrays. */
export const innerProduct = (xs: readonly NdArray[], ys: readonly NdArray[]): number =>
  xs.reduce((sum, x, i) => sum + inner(x, ys[i]), 0)

/** The sum of the absolute terms of an inner product, plus 1. */
export const innerScale = (xs: readonly NdArray[], ys: readonly NdArray[]): number =>
  xs.reduce((sum, x, i) => sum + x.data.reduce((s, value, k) => s + Math.abs(value * ys[i].data[k]), 0), 1)

/** Throws unless shapes and dtypes are the same and each element lies within `tolerance` of its magnitude. */
export function sameWithin(
  what: string,
  actual: NdArray,
  expected: NdArray,
  tolerance: number,
  magnitude: NdArray = expected,
): void {
  assert.equal([actual.shape, actual.dtype], [expected.shape, expected.dtype], `${what}: type`)
  for (let i = 0; i < expected.data.length; i++) {
    const [y, right] = [actual.data[i], expected.data[i]]
    if (Object.is(y, right) || y === right || (Number.isNaN(y) && Number.isNaN(right))) continue
    // Where float32 overflows or is subnormal.
    if (Math.abs(right) > 3.4028235e38 && y === Math.sign(right) * Infinity) continue
    const allowed = tolerance * Math.abs(magnitude.data[i]) + (tolerance > 0 ? 2e-45 : 0)
    if (Math.abs(y - right) <= allowed) continue
    assert.unreachable(
      `${what}: element ${i} of ${actual.dtype}[${actual.shape}] is ${y}, expected ${right} within ${allowed}`,
    )
  }
}

/** Throws unless each element lies within `tolerance` of the largest element, or of 1 where that is less. */
export function close(what: string, actual: NdArray, expected: NdArray, tolerance = 2e-4): void {
  const largest = expected.data.reduce((most, x) => Math.max(most, Math.abs(x)), 1)
  const magnitude = build(expected.shape, expected.dtype, () => largest)
  sameWithin(what, actual, expected, tolerance, magnitude)
}

/** Throws unless all bits agree. */
export function sameBits(what: string, actual: readonly Tensor[], expected: readonly Tensor[]): void {
  assert.is(actual.length, expected.length, `${what}: number of results`)
  actual.forEach((x, i) => {
    assert.equal([x.shape, x.dtype], [expected[i].shape, expected[i].dtype], `${what}: type`)
    const [a, b] = [x.data(), expected[i].data()]
    for (let k = 0; k < a.length; k++) {
      if (!Object.is(a[k], b[k])) assert.unreachable(`${what}: element ${k} is ${a[k]}, expected ${b[k]}`)
    }
  })
}

/** Arrays of one type as the entries of a new dimension. */
export function stackArrays(
  arrays: readonly NdArray[],
  axis: number,
  type: { shape: readonly number[]; dtype: DType },
) {
  const shape = [...type.shape.slice(0, axis), arrays.length, ...type.shape.slice(axis)]
  return build(shape, type.dtype, index => {
    const [own, rest] = [index[axis], index.filter((_, i) => i !== axis)]
    return arrays[own].data[rest.reduce((at, i, d) => at * type.shape[d] + i, 0)]
  })
}

/** Entry `i` along an axis. */
export const entryOf = ({ shape, dtype, data }: NdArray, axis: number, entry: number): NdArray =>
  build(
    shape.filter((_, i) => i !== axis),
    dtype,
    index => {
      const full = [...index.slice(0, axis), entry, ...index.slice(axis)]
      return data[full.reduce((at, i, d) => at * shape[d] + i, 0)]
    },
  )
