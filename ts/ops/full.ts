// Tensors made of one value or of their indices. In a traced program a constant is a broadcast scalar: it takes no memory.

import { Opcode } from '../../assembly/format.js'
import { write } from '../compiler/lowering.js'
import { elements } from '../compiler/view.js'
import { type DType, isDType } from '../core/dtype.js'
import type { Primitive } from '../core/primitive.js'
import { checkShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1, scalar } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { add, mul } from './arithmetic.js'
import { broadcastInDim } from './broadcast.js'
import { cast } from './cast.js'
import { equal } from './compare.js'
import { build, type Laws } from './laws.js'
import { expandDims } from './reshape.js'

interface IotaParams {
  length: number
  dtype: DType
}

export const iotaPrimitive: Primitive<IotaParams> = {
  name: 'iota',
  type: (_inputs, { length, dtype }) => [{ shape: [length], dtype }],
  jvp: () => [null],
  transpose: null,
  batch: (_inputs, _dims, params) => ({ results: [bind1(iotaPrimitive, [], params)], dims: [null] }),
  lower(lowering, { outputs }, { length, dtype }) {
    const out = lowering.output(outputs[0])
    if (elements(out.shape) > 0) lowering.emit(Opcode.Iota, [dtype === 'float32' ? 1 : 0, length, write(out)])
  },
  cheap: true,
}

/**
 * A tensor of `shape` filled with `value`. Throws if a length is no whole number or the dtype cannot hold the value.
 * @example full([2, 3], 0.5) // [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]
 */
export function full(shape: readonly number[], value: number, dtype: DType = 'float32'): Tensor {
  checkShape('full', shape)
  if (!isDType(dtype)) throw typeError(`full: unknown dtype ${JSON.stringify(dtype)}`)
  if (typeof value !== 'number' || (dtype !== 'float32' && !Number.isInteger(value))) {
    throw typeError(`full: ${String(value)} is not a value of dtype ${dtype}`)
  }
  return broadcastInDim(scalar(value, dtype), shape, [])
}

/**
 * Zeros of `shape`; a scalar for []. Throws if a length is no whole number.
 * @example
 * zeros([2, 3]) // [[0, 0, 0], [0, 0, 0]]
 * zeros([4], 'int32').dtype // 'int32'
 */
export const zeros = (shape: readonly number[], dtype: DType = 'float32'): Tensor => full(shape, 0, dtype)

/**
 * Ones of `shape`; a scalar for []. Throws if a length is no whole number.
 * @example ones([2, 2]) // [[1, 1], [1, 1]]
 */
export const ones = (shape: readonly number[], dtype: DType = 'float32'): Tensor => full(shape, 1, dtype)

/**
 * Zeros with the shape and dtype of `x`.
 * @example
 * const params = { w: ones([2, 3]), b: ones([3]) }
 * treeMap(zerosLike, params).b // [0, 0, 0]
 */
export const zerosLike = (x: { shape: readonly number[]; dtype: DType }): Tensor => {
  checkLike('zerosLike', x)
  return zeros(x.shape, x.dtype)
}

/**
 * Ones with the shape and dtype of `x`.
 * @example onesLike(tensor([[1, 2], [3, 4]])) // [[1, 1], [1, 1]]
 */
export const onesLike = (x: { shape: readonly number[]; dtype: DType }): Tensor => {
  checkLike('onesLike', x)
  return ones(x.shape, x.dtype)
}

function checkLike(operation: string, x: unknown): void {
  if (typeof x !== 'object' || x === null || !('shape' in x)) checkTensor(operation, x)
}

/**
 * The numbers from `start` (0) up to but without `stop`, `step` (1) apart: `arange(stop)`, `arange(start, stop, step)`.
 * int32 unless a bound is not an integer or `dtype` says otherwise. Throws if the step is 0.
 * @example
 * arange(5) // [0, 1, 2, 3, 4]
 * arange(1, 0, -0.25) // [1, 0.75, 0.5, 0.25]
 */
export function arange(start: number, stop?: number, step = 1, dtype?: DType): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  if (step === 0 || ![from, to, step].every(Number.isFinite)) {
    throw rangeError(`arange: bounds are finite and the step is not 0: ${from}, ${to}, ${step}`)
  }
  const length = Math.max(0, Math.ceil((to - from) / step))
  const kind = dtype ?? ([from, to, step].every(Number.isInteger) ? 'int32' : 'float32')
  const index = bind1(iotaPrimitive, [], { length, dtype: kind })
  const scaled = step === 1 ? index : mul(index, step)
  return from === 0 ? scaled : add(scaled, from)
}

function checkCount(operation: string, what: string, count: number): void {
  if (!Number.isInteger(count) || count < 0)
    throw rangeError(`${operation}: ${what} is a non-negative integer, not ${count}`)
}

/**
 * `count` (50) numbers evenly spaced over [start, stop], both included, as float32 [count].
 * @example linspace(0, 1, 5) // [0, 0.25, 0.5, 0.75, 1]
 */
export function linspace(start: number, stop: number, count = 50): Tensor {
  checkCount('linspace', 'the count', count)
  if (![start, stop].every(Number.isFinite)) throw rangeError(`linspace: bounds are finite: ${start}, ${stop}`)
  const index = bind1(iotaPrimitive, [], { length: count, dtype: 'float32' })
  return count === 1 ? add(index, start) : add(mul(index, (stop - start) / (count - 1)), start)
}

/**
 * The identity matrix [n, m] (m = n by default): ones where row and column are the same, else zeros.
 * @example eye(2, 3) // [[1, 0, 0], [0, 1, 0]]
 */
export function eye(n: number, m = n, dtype: DType = 'float32'): Tensor {
  checkCount('eye', 'a size', n)
  checkCount('eye', 'a size', m)
  return cast(equal(expandDims(arange(n), 1), arange(m)), dtype)
}

export const iotaLaws: Laws<IotaParams> = {
  primitive: iotaPrimitive,
  tolerance: 0,
  reference: (_inputs, { length, dtype }) => [build([length], dtype, ([i]) => i)],
  draw: draw => ({
    inputs: [],
    params: { length: draw.integer(0, 20), dtype: draw.pick(['float32', 'int32', 'uint32'] as const) },
  }),
}
