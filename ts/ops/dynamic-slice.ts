// Windows whose place is a value: reading one, and writing one into a tensor, which happens in its place where the tensor
// dies (a key-value cache in a loop). Starts are clamped so that the window lies inside (JAX).
import { MapOp } from '../../assembly/format.js'
import { emitMap } from '../compiler/emit-map.js'
import { emitWindows, type Windows } from '../compiler/emit-window.js'
import { machinePrimitive } from '../compiler/machine-primitive.js'
import { isInteger } from '../core/dtype.js'
import type { BatchDim, Primitive } from '../core/primitive.js'
import type { Aval } from '../core/program.js'
import { checkShape, range, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { placeBatch } from './batching.js'
import { cast } from './cast.js'
import { zeros, zerosLike } from './full.js'
import { build, type Draw, get, type Laws, type NdArray, values } from './laws.js'
import { type Operand, toTensor } from './operand.js'
import { clamp } from './take.js'
import { moveaxis } from './transpose.js'

interface SliceParams extends Windows {
  /** Length of the window along each of `axes`. */
  sizes: readonly number[]
}

const windowShape = ({ shape }: Aval, { axes, sizes }: SliceParams): number[] =>
  shape.map((length, axis) => (axes.includes(axis) ? sizes[axes.indexOf(axis)] : length))

/** The primitive over a batch: only starts of their own make a batch dimension of the window. */
function batchWindow<P extends Windows>(
  apply: (inputs: readonly Tensor[], params: P) => Tensor,
  inputs: readonly Tensor[],
  dims: readonly BatchDim[],
  params: P,
  size: number,
  tensors: number,
): { results: Tensor[]; dims: BatchDim[] } {
  const isShared = dims.slice(tensors).every(dim => dim === null)
  // Starts in common: the batch is a dimension like the others, behind those that starts have.
  const at = isShared ? params.batch : 0
  const moved = inputs.map((x, i) => {
    if (isShared && i >= tensors) return x
    const first = placeBatch(x, dims[i], 0, size)
    return moveaxis(first, 0, at)
  })
  const axes = params.axes.map(axis => axis + 1)
  return { results: [apply(moved, { ...params, axes, batch: params.batch + (isShared ? 0 : 1) })], dims: [at] }
}

/** Inputs: the tensor, then a start (int32) for each of `axes`. */
export const dynamicSlicePrimitive: Primitive<SliceParams> = {
  name: 'dynamicSlice',
  type: ([x], params) => [{ shape: windowShape(x, params), dtype: x.dtype }],
  jvp: ([, ...starts], [dx], _results, params) => [bind1(dynamicSlicePrimitive, [dx!, ...starts], params)],
  transpose: ([cotangent], [, ...starts], [{ shape, dtype }], { axes, batch }) => [
    cotangent &&
      bind1(dynamicUpdateSlicePrimitive, [zeros(shape, dtype), cotangent, ...(starts as Tensor[])], { axes, batch }),
    ...starts.map(() => null),
  ],
  batch: (inputs, dims, params, size) =>
    batchWindow((xs, own) => bind1(dynamicSlicePrimitive, xs, own), inputs, dims, params, size, 1),
  lower(lowering, { inputs, outputs }, params) {
    const [x, ...starts] = inputs.map(input => lowering.view(input))
    emitWindows(lowering, params, starts, x, lowering.output(outputs[0]), false)
  },
}

/** Inputs: what is added to, the window, its starts. */
const addWindowPrimitive = machinePrimitive<Windows>({
  name: 'addWindow',
  type: ([sum]) => [sum],
  lower(lowering, { inputs, outputs }, windows) {
    const [, window, ...starts] = inputs.map(input => lowering.view(input))
    const out = lowering.outputFrom(inputs[0], outputs[0])
    const own = lowering.temporary(window.shape)
    emitWindows(lowering, windows, starts, out, own, false)
    emitMap(lowering, MapOp.AddF, [own, window], own)
    emitWindows(lowering, windows, starts, out, own, true)
  },
  startsFrom: 0,
})

/** Inputs: the tensor, the window, then a start (int32) for each of `axes`. */
export const dynamicUpdateSlicePrimitive: Primitive<Windows> = {
  name: 'dynamicUpdateSlice',
  type: ([x]) => [x],
  jvp: ([x, window, ...starts], [dx, dw], _results, params) => [
    bind1(dynamicUpdateSlicePrimitive, [dx ?? zerosLike(x), dw ?? zerosLike(window), ...starts], params),
  ],
  transpose([cotangent], [x, window, ...others], types, params) {
    const starts = others as Tensor[]
    const sizes = params.axes.map(axis => types[1].shape[axis])
    const none = others.map(() => null)
    if (cotangent === null) return [null, null, ...none]
    // The window is read first, so that the rest may be made in the cotangent's place.
    const part = window === null ? bind1(dynamicSlicePrimitive, [cotangent, ...starts], { ...params, sizes }) : null
    const rest =
      x === null ? bind1(dynamicUpdateSlicePrimitive, [cotangent, zerosLike(types[1]), ...starts], params) : null
    return [rest, part, ...none]
  },
  batch: (inputs, dims, params, size) =>
    batchWindow((xs, own) => bind1(dynamicUpdateSlicePrimitive, xs, own), inputs, dims, params, size, 2),
  lower(lowering, { inputs, outputs }, params) {
    const [, window, ...starts] = inputs.map(input => lowering.view(input))
    emitWindows(lowering, params, starts, lowering.outputFrom(inputs[0], outputs[0]), window, true)
  },
  startsFrom: 0,
  accumulating: () => addWindowPrimitive,
}

function checkStarts(name: string, x: Tensor, starts: readonly Operand[]): Tensor[] {
  if (!Array.isArray(starts) || starts.length !== x.rank) {
    throw typeError(`${name}: shape ${showShape(x.shape)} takes a list of ${x.rank} starts`)
  }
  return starts.map(start => {
    const index = toTensor(name, start, 'int32')
    if (index.rank > 0 || !isInteger(index.dtype)) {
      throw typeError(`${name}: a start is an integer scalar, not ${index.dtype}${showShape(index.shape)}`)
    }
    return cast(index, 'int32')
  })
}

/** The axes along which the window is shorter than the tensor: elsewhere the clamped start is 0. */
const shorter = (x: Tensor, sizes: readonly number[]): number[] =>
  range(x.rank).filter(axis => sizes[axis] !== x.shape[axis])

function checkWindow(name: string, x: Tensor, sizes: readonly number[]): void {
  if (sizes.length !== x.rank || sizes.some((size, axis) => size > x.shape[axis])) {
    throw rangeError(`${name}: a window ${showShape(sizes)} does not fit into ${showShape(x.shape)}`)
  }
}

/**
 * The window of `sizes` at `starts`, a number or an int32 scalar (it may be traced) for each dimension; starts are clamped
 * so that the window lies inside. Throws if it is larger than `x`.
 * @example
 * dynamicSlice(arange(6), [2], [3]) // [2, 3, 4]
 * dynamicSlice(arange(6), [5], [3]) // [3, 4, 5]
 */
export function dynamicSlice(x: Tensor, starts: readonly Operand[], sizes: readonly number[]): Tensor {
  checkTensor('dynamicSlice', x, 'x')
  checkShape('dynamicSlice', sizes)
  checkWindow('dynamicSlice', x, sizes)
  const indices = checkStarts('dynamicSlice', x, starts)
  const axes = shorter(x, sizes)
  if (axes.length === 0) return x
  const params = { axes, sizes: axes.map(axis => sizes[axis]), batch: 0 }
  return bind1(dynamicSlicePrimitive, [x, ...axes.map(axis => indices[axis])], params)
}

/**
 * `x` with the window at `starts` replaced by `update`, of the same rank; starts are as in `dynamicSlice`. Where `x` is
 * not used again (a carry of `scan`, a donated argument of `jit`), only the window is written.
 * @example dynamicUpdateSlice(zeros([5]), tensor([1, 2]), [3]) // [0, 0, 0, 1, 2]
 */
export function dynamicUpdateSlice(x: Tensor, update: Tensor, starts: readonly Operand[]): Tensor {
  checkTensor('dynamicUpdateSlice', x, 'x')
  checkTensor('dynamicUpdateSlice', update, 'update')
  checkWindow('dynamicUpdateSlice', x, update.shape)
  const indices = checkStarts('dynamicUpdateSlice', x, starts)
  if (x.dtype !== update.dtype) throw typeError(`dynamicUpdateSlice: dtypes ${x.dtype} and ${update.dtype} differ`)
  const axes = shorter(x, update.shape)
  if (axes.length === 0) return update
  return bind1(dynamicUpdateSlicePrimitive, [x, update, ...axes.map(axis => indices[axis])], { axes, batch: 0 })
}

/** Where the window of a reference lies: the index of its first element in each dimension, for one example. */
function cornerOf(x: NdArray, sizes: readonly number[], starts: readonly NdArray[], { axes, batch }: Windows) {
  return (index: readonly number[]): number[] =>
    x.shape.map((length, axis) => {
      const i = axes.indexOf(axis)
      return i < 0 ? 0 : clamp(get(starts[i], index.slice(0, batch)), length - sizes[i] + 1)
    })
}

function drawWindow(draw: Draw) {
  const shape = draw.shape({ minRank: 1, maxRank: 3, minLength: 1 })
  const batch = draw.integer(0, 1)
  const axes = range(shape.length).filter(axis => axis >= batch && draw.integer(0, 1) === 1)
  const sizes = axes.map(axis => draw.integer(0, shape[axis]))
  const random = draw.random()
  const starts = axes.map(axis =>
    build(shape.slice(0, batch), 'int32', () => Math.floor(random() * (shape[axis] + 3)) - 1),
  )
  const x = values(draw, shape, draw.pick(['float32', 'float32', 'int32'] as const))
  return { x, starts, params: { axes, sizes, batch } }
}

export const dynamicSliceLaws: Laws<SliceParams> = {
  primitive: dynamicSlicePrimitive,
  tolerance: 0,
  reference([x, ...starts], params) {
    const corner = cornerOf(x, params.sizes, starts, params)
    return [
      build(windowShape(x, params), x.dtype, index =>
        get(
          x,
          corner(index).map((at, axis) => at + index[axis]),
        ),
      ),
    ]
  },
  draw(draw) {
    const { x, starts, params } = drawWindow(draw)
    return { inputs: [x, ...starts], params }
  },
}

export const dynamicUpdateSliceLaws: Laws<Windows> = {
  primitive: dynamicUpdateSlicePrimitive,
  tolerance: 0,
  reference([x, window, ...starts], params) {
    const corner = cornerOf(
      x,
      params.axes.map(axis => window.shape[axis]),
      starts,
      params,
    )
    return [
      build(x.shape, x.dtype, index => {
        const own = corner(index).map((at, axis) => index[axis] - at)
        return own.every((i, axis) => i >= 0 && i < window.shape[axis]) ? get(window, own) : get(x, index)
      }),
    ]
  },
  draw(draw) {
    const { x, starts, params } = drawWindow(draw)
    const window = values(draw, windowShape(x, params), x.dtype)
    return { inputs: [x, window, ...starts], params: { axes: params.axes, batch: params.batch } }
  },
}
