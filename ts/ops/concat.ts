// Concatenation and splitting: each the other's transpose, both addressing.

import { emitCopy } from '../compiler/emit-copy.js'
import { sameView, sliceView, type View } from '../compiler/view.js'
import type { Primitive } from '../core/primitive.js'
import type { Atom, Var } from '../core/program.js'
import { normalizeAxis, range, removeAt, sameShape, showShape } from '../core/shape.js'
import { checkTensor, describe, type Tensor } from '../core/tensor.js'
import { bind, bind1 } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { placeBatch } from './batching.js'
import { zeros, zerosLike } from './full.js'
import { build, get, type Laws, type NdArray, values } from './laws.js'
import { sameDtype } from './operand.js'
import { expandDims } from './reshape.js'

interface ConcatParams {
  axis: number
}

interface SplitParams {
  axis: number
  sizes: readonly number[]
}

const withLength = (shape: readonly number[], axis: number, length: number): number[] =>
  shape.map((old, i) => (i === axis ? length : old))

export const concatPrimitive: Primitive<ConcatParams> = {
  name: 'concat',
  type(inputs, { axis }) {
    const [first] = inputs
    for (const { shape, dtype } of inputs) {
      if (dtype !== first.dtype) throw typeError(`concat: dtypes differ: ${first.dtype} and ${dtype}`)
      if (shape.length !== first.shape.length || !sameShape(removeAt(shape, axis), removeAt(first.shape, axis))) {
        throw typeError(`concat: shapes differ besides axis ${axis}: ${showShape(first.shape)} and ${showShape(shape)}`)
      }
    }
    const length = inputs.reduce((total, input) => total + input.shape[axis], 0)
    return [{ shape: withLength(first.shape, axis, length), dtype: first.dtype }]
  },
  jvp: (primals, tangents, _results, { axis }) => [
    bind1(
      concatPrimitive,
      tangents.map((tangent, i) => tangent ?? zerosLike(primals[i])),
      { axis },
    ),
  ],
  transpose([cotangent], inputs, types, { axis }) {
    if (cotangent === null) return inputs.map(() => null)
    const parts = bind(splitPrimitive, [cotangent], { axis, sizes: types.map(({ shape }) => shape[axis]) })
    return inputs.map((input, i) => (input === null ? parts[i] : null))
  },
  batch(inputs, dims, { axis }, size) {
    const at = dims.find(dim => dim !== null)!
    const operands = inputs.map((input, i) => placeBatch(input, dims[i], at, size))
    return { results: [bind1(concatPrimitive, operands, { axis: axis >= at ? axis + 1 : axis })], dims: [at] }
  },
  aim(lowering, { inputs, outputs, params }, isElementwise) {
    const parts = inputs.filter(
      (atom): atom is Var => atom.kind === 'var' && isElementwise(atom) && !lowering.destination(atom),
    )
    const place = parts.length === 0 ? null : lowering.vacantPlace(outputs[0])
    if (place === null) return
    placesIn(place, inputs, params.axis).forEach((view, i) => {
      const atom = inputs[i]
      if (parts.includes(atom as Var)) lowering.aim(atom as Var, view)
    })
  },
  lower(lowering, { inputs, outputs }, { axis }) {
    placesIn(lowering.output(outputs[0]), inputs, axis).forEach((place, i) => {
      const view = lowering.view(inputs[i])
      if (!sameView(view, place)) emitCopy(lowering, view, place)
    })
  },
}

/** Where each operand lies in the result. */
function placesIn(out: View, inputs: readonly Atom[], axis: number): View[] {
  let start = 0
  return inputs.map(({ aval }) => {
    const from = out.shape.map((_, i) => (i === axis ? start : 0))
    const to = withLength(out.shape, axis, start + aval.shape[axis])
    start += aval.shape[axis]
    return sliceView(
      out,
      from,
      to,
      out.shape.map(() => 1),
    )
  })
}

export const splitPrimitive: Primitive<SplitParams> = {
  name: 'split',
  type: ([{ shape, dtype }], { axis, sizes }) => sizes.map(size => ({ shape: withLength(shape, axis, size), dtype })),
  jvp: (_primals, [tangent], _results, params) => bind(splitPrimitive, [tangent!], params),
  transpose: (cotangents, _inputs, [{ shape, dtype }], { axis, sizes }) => [
    cotangents.every(cotangent => cotangent === null)
      ? null
      : bind1(
          concatPrimitive,
          cotangents.map((cotangent, i) => cotangent ?? zeros(withLength(shape, axis, sizes[i]), dtype)),
          { axis },
        ),
  ],
  batch([input], [dim], { axis, sizes }) {
    const results = bind(splitPrimitive, [input], { axis: axis >= dim! ? axis + 1 : axis, sizes })
    return { results, dims: results.map(() => dim) }
  },
  lower(lowering, { inputs, outputs }, { axis, sizes }) {
    const view = lowering.view(inputs[0])
    let start = 0
    outputs.forEach((output, i) => {
      const from = view.shape.map((_, d) => (d === axis ? start : 0))
      const to = withLength(view.shape, axis, start + sizes[i])
      lowering.define(
        output,
        sliceView(
          view,
          from,
          to,
          view.shape.map(() => 1),
        ),
      )
      start += sizes[i]
    })
  },
  cheap: true,
}

function checkList(operation: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors))
    throw typeError(`${operation}: the first argument is a list of tensors, not ${describe(tensors)}`)
  if (tensors.length === 0) throw typeError(`${operation}: there is no tensor`)
  tensors.forEach((tensor, i) => {
    checkTensor(operation, tensor, `element ${i} of the list`)
  })
}

/**
 * Tensors one after the other along `axis` (0). Throws if shapes differ elsewhere or there is none.
 * @example
 * concat([ones([2, 3]), zeros([1, 3])]).shape // [3, 3]
 * concat([tensor([[1], [2]]), tensor([[3], [4]])], 1) // [[1, 3], [2, 4]]
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  checkList('concat', tensors)
  const operands = sameDtype('concat', tensors)
  if (operands[0].rank === 0) throw typeError('concat: scalars have no axis; use stack')
  return operands.length === 1
    ? operands[0]
    : bind1(concatPrimitive, operands, { axis: normalizeAxis('concat', axis, operands[0].rank) })
}

/**
 * Tensors of one shape as the entries of a new dimension `axis` (0). Throws if shapes differ or there is none.
 * @example
 * stack([tensor([1, 2]), tensor([3, 4])]) // [[1, 2], [3, 4]]
 * stack([tensor([1, 2]), tensor([3, 4])], 1) // [[1, 3], [2, 4]]
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  checkList('stack', tensors)
  const [{ shape, rank }] = tensors
  const odd = tensors.find(tensor => !sameShape(tensor.shape, shape))
  if (odd) throw typeError(`stack: shapes differ: ${showShape(shape)} and ${showShape(odd.shape)}`)
  const dim = normalizeAxis('stack', axis, rank + 1)
  return concat(
    tensors.map(tensor => expandDims(tensor, dim)),
    dim,
  )
}

/**
 * `x` cut along `axis` (the last): into `parts` equal ones, or into parts of the given sizes. Throws if they do not add
 * up to the length.
 * @example
 * const gates = arange(8)
 * const [i, f, g, o] = split(gates, 4)
 * o // [6, 7]
 * const [head, tail] = split(gates, [2, 6])
 * tail.shape // [6]
 */
export function split(x: Tensor, parts: number | readonly number[], axis = -1): Tensor[] {
  checkTensor('split', x)
  const dim = normalizeAxis('split', axis, x.rank)
  const length = x.shape[dim]
  if (typeof parts !== 'number' && !Array.isArray(parts)) {
    throw typeError(`split: the parts are a number or a list of sizes, not ${describe(parts)}`)
  }
  if (typeof parts === 'number' && (!Number.isInteger(parts) || parts < 1)) {
    throw rangeError(`split: the number of parts is a positive integer, not ${parts}`)
  }
  const sizes = typeof parts === 'number' ? new Array<number>(parts).fill(length / parts) : parts
  const isExact =
    sizes.every(size => Number.isInteger(size) && size >= 0) && sizes.reduce((a, b) => a + b, 0) === length
  if (!isExact)
    throw rangeError(`split: axis ${dim} of ${showShape(x.shape)} does not split into ${JSON.stringify(parts)}`)
  return bind(splitPrimitive, [x], { axis: dim, sizes })
}

/** The part of an array from `start` on, `length` long, along one axis. */
const part = (x: NdArray, axis: number, start: number, length: number): NdArray =>
  build(withLength(x.shape, axis, length), x.dtype, index =>
    get(
      x,
      index.map((i, d) => (d === axis ? i + start : i)),
    ),
  )

export const concatLaws: Laws<ConcatParams> = {
  primitive: concatPrimitive,
  tolerance: 0,
  reference(inputs, { axis }) {
    const owners = inputs.flatMap(input => range(input.shape[axis]).map(i => ({ input, i })))
    const element = (index: number[]) => {
      const { input, i } = owners[index[axis]]
      return get(input, withLength(index, axis, i))
    }
    return [build(withLength(inputs[0].shape, axis, owners.length), inputs[0].dtype, element)]
  },
  draw(draw) {
    const shape = draw.shape({ minRank: 1 })
    const axis = draw.integer(0, shape.length - 1)
    const dtype = draw.pick(['float32', 'float32', 'int32'] as const)
    const inputs = range(draw.integer(1, 4)).map(() => values(draw, withLength(shape, axis, draw.integer(0, 4)), dtype))
    return { inputs, params: { axis } }
  },
}

export const splitLaws: Laws<SplitParams> = {
  primitive: splitPrimitive,
  tolerance: 0,
  reference: ([x], { axis, sizes }) =>
    sizes.map((size, i) =>
      part(
        x,
        axis,
        sizes.slice(0, i).reduce((sum, length) => sum + length, 0),
        size,
      ),
    ),
  draw(draw) {
    const shape = draw.shape({ minRank: 1 })
    const axis = draw.integer(0, shape.length - 1)
    const sizes = range(draw.integer(1, 4)).map(() => draw.integer(0, 3))
    const length = sizes.reduce((sum, size) => sum + size, 0)
    return { inputs: [values(draw, withLength(shape, axis, length))], params: { axis, sizes } }
  },
}
