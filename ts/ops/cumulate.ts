// Running reductions along an axis, and the first-order recurrence that the derivative of the running product is; exact
// with zeros, because nothing is divided.
import { MapOp, Opcode } from '../../assembly/format.js'
import { emitExtended } from '../compiler/emit-extended.js'
import { read, write } from '../compiler/lowering.js'
import { elements } from '../compiler/view.js'
import type { DType } from '../core/dtype.js'
import { checkOptions } from '../core/options.js'
import type { Primitive } from '../core/primitive.js'
import { normalizeAxis } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { typeError } from '../errors.js'
import { add, mul } from './arithmetic.js'
import { placeBatch } from './batching.js'
import { broadcastInDim } from './broadcast.js'
import { cast } from './cast.js'
import { equal } from './compare.js'
import { arange } from './full.js'
import { absolute, build, distinct, get, type Laws, type NdArray, values, wrap } from './laws.js'
import { pad } from './pad.js'
import { reshape } from './reshape.js'
import { slice } from './slice.js'
import { takeAlongAxis } from './take.js'
import { where } from './where.js'

interface CumulateParams {
  axis: number
  reverse: boolean
}

/** The rules of a recurrence along an axis; `ops` by the dtype of the last operand. */
function running(
  name: string,
  ops: Partial<Record<DType, MapOp>>,
  rules: Pick<Primitive<CumulateParams>, 'jvp' | 'transpose'>,
): Primitive<CumulateParams> {
  const primitive: Primitive<CumulateParams> = {
    name,
    type(inputs) {
      const { shape, dtype } = inputs[0]
      if (ops[dtype] === undefined) {
        throw typeError(`${name}: dtype ${dtype} is not accepted, only ${Object.keys(ops).join(', ')}`)
      }
      return [{ shape, dtype }]
    },
    ...rules,
    batch(inputs, dims, { axis, reverse }, size) {
      // Where the batch stands it may stay, unless the operands disagree.
      const dim = dims.every(own => own === dims[0]) ? dims[0]! : 0
      const xs = inputs.map((x, i) => (dims[i] === dim ? x : placeBatch(x, dims[i], 0, size)))
      return { results: [bind1(primitive, xs, { axis: axis >= dim ? axis + 1 : axis, reverse })], dims: [dim] }
    },
    lower(lowering, { inputs, outputs }, { axis, reverse }) {
      const [x, factors = x] = inputs.map(input => lowering.contiguous(lowering.view(input)))
      const out = lowering.output(outputs[0])
      const [outer, inner] = [out.shape.slice(0, axis), out.shape.slice(axis + 1)].map(elements)
      if (elements(out.shape) === 0) return
      emitExtended(lowering, Opcode.Cumulate, [
        ops[inputs[0].aval.dtype]! | (reverse ? 1 << 16 : 0),
        outer,
        out.shape[axis],
        inner,
        write(out),
        read(x),
        read(factors),
      ])
    },
  }
  return primitive
}

/** `x` moved by one element along the axis, in the direction of the walk; `start` takes the free place. */
export function shifted(x: Tensor, { axis, reverse }: CumulateParams, start: number): Tensor {
  const n = x.shape[axis]
  if (n === 0) return x
  const only = (value: number) => x.shape.map((_, i) => (i === axis ? value : 0))
  const kept = slice(
    x,
    only(reverse ? 1 : 0),
    x.shape.map((length, i) => (i === axis && !reverse ? n - 1 : length)),
  )
  return pad(
    kept,
    only(1).map(width => (reverse ? [0, width] : [width, 0])),
    start,
  )
}

/** y[l] = factors[l] y[l - 1] + terms[l], from 0; the operands are the terms and the factors. */
export const recurrencePrimitive = running(
  'recurrence',
  { float32: MapOp.MulAddF },
  {
    jvp([, factors], [dTerms, dFactors], [y], params) {
      const more = dFactors && mul(dFactors, shifted(y, params, 0))
      return [recurrence(more && dTerms ? add(dTerms, more) : (more ?? dTerms!), factors, params)]
    },
    transpose: ([cotangent], [, factors], _types, params) => {
      const back = { ...params, reverse: !params.reverse }
      return [cotangent && recurrence(cotangent, shifted(factors!, back, 0), back), null]
    },
  },
)

const recurrence = (terms: Tensor, factors: Tensor, params: CumulateParams): Tensor =>
  bind1(recurrencePrimitive, [terms, factors], params)

export const cumsumPrimitive = running(
  'cumsum',
  { float32: MapOp.AddF, int32: MapOp.AddI, uint32: MapOp.AddI },
  {
    jvp: (_primals, [tangent], _results, params) => [bind1(cumsumPrimitive, [tangent!], params)],
    transpose: ([cotangent], _inputs, _types, params) => [
      cotangent && bind1(cumsumPrimitive, [cotangent], { ...params, reverse: !params.reverse }),
    ],
  },
)

export const cumprodPrimitive = running(
  'cumprod',
  { float32: MapOp.MulF, int32: MapOp.MulI, uint32: MapOp.MulI },
  {
    jvp: ([x], [dx], [y], params) => [recurrence(mul(dx!, shifted(y, params, 1)), x, params)],
    transpose: null,
  },
)

/** The tangent of a running extreme is that of the element at which it was attained last. */
const extremeJvp: Primitive<CumulateParams>['jvp'] = ([x], [dx], [y], params) => {
  const { axis, reverse } = params
  const n = x.shape[axis]
  const place = broadcastInDim(arange(n), x.shape, [axis])
  const attained = where(equal(x, y), place, reverse ? n - 1 : 0)
  return [takeAlongAxis(dx!, bind1(reverse ? cumminPrimitive : cummaxPrimitive, [attained], params), axis)]
}

export const cummaxPrimitive = running(
  'cummax',
  { float32: MapOp.MaxF, int32: MapOp.MaxI, uint32: MapOp.MaxU, bool: MapOp.MaxU },
  { jvp: extremeJvp, transpose: null },
)

export const cumminPrimitive = running(
  'cummin',
  { float32: MapOp.MinF, int32: MapOp.MinI, uint32: MapOp.MinU, bool: MapOp.MinU },
  { jvp: extremeJvp, transpose: null },
)

/** Along which axis (the flattened tensor where none is given), and whether from its end. */
export interface CumulateOptions {
  /** Along which axis (the flattened tensor's). */
  axis?: number
  /** Whether from the end (false). */
  reverse?: boolean
}

function cumulate(name: string, primitive: Primitive<CumulateParams>, x: Tensor, options: CumulateOptions): Tensor {
  checkTensor(name, x)
  checkOptions(name, options, { axis: 1, reverse: 1 })
  const { axis, reverse = false } = options
  const operand = axis === undefined ? reshape(x, [x.size]) : x
  return bind1(primitive, [operand], { axis: normalizeAxis(name, axis ?? 0, operand.rank), reverse })
}

/** Bools count. */
const counted = (name: string, x: Tensor): Tensor => {
  checkTensor(name, x)
  return x.dtype === 'bool' ? cast(x, 'int32') : x
}

/**
 * The running sum along `axis`, or of the flattened tensor; with `reverse` from the end. `bool` counts, integers wrap.
 * @example
 * cumsum(tensor([1, 2, 3])) // [1, 3, 6]
 * cumsum(tensor([1, 2, 3]), { reverse: true }) // [6, 5, 3]
 */
export const cumsum = (x: Tensor, options: CumulateOptions = {}): Tensor =>
  cumulate('cumsum', cumsumPrimitive, counted('cumsum', x), options)

/**
 * The running product along `axis`, or of the flattened tensor; with `reverse` from the end. Integers wrap. The gradient
 * is exact with zeros too.
 * @example cumprod(tensor([2, 3, 4])) // [2, 6, 24]
 */
export const cumprod = (x: Tensor, options: CumulateOptions = {}): Tensor =>
  cumulate('cumprod', cumprodPrimitive, counted('cumprod', x), options)

/**
 * The largest value so far along `axis`, or in the flattened tensor; with `reverse` from the end. NaN stays.
 * @example cummax(tensor([1, 3, 2])) // [1, 3, 3]
 */
export const cummax = (x: Tensor, options: CumulateOptions = {}): Tensor =>
  cumulate('cummax', cummaxPrimitive, x, options)

/**
 * The smallest value so far along `axis`, or in the flattened tensor; with `reverse` from the end. NaN stays.
 * @example cummin(tensor([2, 3, 1])) // [2, 2, 1]
 */
export const cummin = (x: Tensor, options: CumulateOptions = {}): Tensor =>
  cumulate('cummin', cumminPrimitive, x, options)

/** Each element from the one before it. */
function walk(
  x: NdArray,
  { axis, reverse }: CumulateParams,
  next: (before: number, index: number[]) => number,
): NdArray {
  const y = build(x.shape, x.dtype, () => 0)
  const n = x.shape[axis]
  const at = (index: readonly number[]) => index.reduce((flat, i, d) => flat * x.shape[d] + i, 0)
  const other = x.shape.filter((_, i) => i !== axis)
  build(other, 'bool', index => {
    for (let step = 0; step < n; step++) {
      const l = reverse ? n - 1 - step : step
      const own = [...index.slice(0, axis), l, ...index.slice(axis)]
      const before = own.with(axis, reverse ? l + 1 : l - 1)
      y.data[at(own)] = step === 0 ? get(x, own) : wrap(next(y.data[at(before)], own), x.dtype)
    }
    return 0
  })
  return y
}

function cumulateLaws(
  primitive: Primitive<CumulateParams>,
  dtypes: readonly DType[],
  f: (a: number, b: number, dtype: DType) => number,
  tolerance: number,
): Laws<CumulateParams> {
  const reference = ([x]: readonly NdArray[], params: CumulateParams) => [
    walk(x, params, (y, at) => f(y, get(x, at), x.dtype)),
  ]
  return {
    primitive,
    tolerance,
    reference,
    magnitude: ([x], params) => (tolerance > 0 ? reference([absolute(x)], params) : reference([x], params)),
    draw(draw) {
      const shape = draw.shape({ minRank: 1, maxRank: 3 })
      const dtype = draw.pick(['float32', ...dtypes] as const)
      const x = dtype === 'float32' && tolerance === 0 ? distinct(draw, shape) : values(draw, shape, dtype)
      return { inputs: [x], params: { axis: draw.integer(0, shape.length - 1), reverse: draw.integer(0, 1) === 1 } }
    },
  }
}

export const cumsumLaws = cumulateLaws(cumsumPrimitive, ['float32', 'int32', 'uint32'], (a, b) => a + b, 16)
export const cumprodLaws = cumulateLaws(
  cumprodPrimitive,
  ['float32', 'int32', 'uint32'],
  (a, b, dtype) => (dtype === 'float32' ? a * b : Math.imul(a, b)),
  16,
)
export const cummaxLaws = cumulateLaws(
  cummaxPrimitive,
  ['float32', 'int32', 'uint32', 'bool'],
  (a, b) => Math.max(a, b),
  0,
)
export const cumminLaws = cumulateLaws(
  cumminPrimitive,
  ['float32', 'int32', 'uint32', 'bool'],
  (a, b) => Math.min(a, b),
  0,
)

const recur = (terms: NdArray, factors: NdArray, params: CumulateParams): NdArray =>
  walk(terms, params, (y, at) => get(factors, at) * y + get(terms, at))

export const recurrenceLaws: Laws<CumulateParams> = {
  primitive: recurrencePrimitive,
  tolerance: 32,
  reference: ([terms, factors], params) => [recur(terms, factors, params)],
  magnitude: ([terms, factors], params) => [recur(absolute(terms), absolute(factors), params)],
  draw(draw) {
    const shape = draw.shape({ minRank: 1, maxRank: 3 })
    return {
      inputs: [values(draw, shape), values(draw, shape, 'float32', -1, 1)],
      params: { axis: draw.integer(0, shape.length - 1), reverse: draw.integer(0, 1) === 1 },
    }
  },
}
