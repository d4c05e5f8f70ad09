// ONNX's operators on shapes and indices.
import * as h from '../../ts/index.js'
import { add, arange, equal, expandDims, mul, reshape, sub, type Tensor, take, where } from '../../ts/index.js'
import { fromStored, ints, later, type Operators, range } from './onnx-operator.js'

const product = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1)

/** Indices from the end made those from the start. */
const wrapped = (indices: Tensor, length: number): Tensor => where(h.less(indices, 0), add(indices, length), indices)

const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

/** Positions [...] in rows, from indices [..., n] of the first n dimensions of `shape`. */
function flatIndices(indices: Tensor, shape: readonly number[]): Tensor {
  return h
    .split(indices, indices.shape.at(-1)!, -1)
    .map(part => h.squeeze(part, -1))
    .reduce<Tensor>((flat, part, i) => add(mul(flat, shape[i]), wrapped(part, shape[i])), h.zeros([], 'int32'))
}

function gatherNd(data: Tensor, indices: Tensor, batchDims: number): Tensor {
  if (batchDims > 0) return h.vmap((x: Tensor, i: Tensor) => gatherNd(x, i, batchDims - 1))(data, indices)
  const [n, inner] = [indices.shape.at(-1)!, data.shape.slice(indices.shape.at(-1))]
  const rows = reshape(data, [product(data.shape.slice(0, n)), ...inner])
  return take(rows, flatIndices(indices, data.shape))
}

/** `x` [N, R] with rows `updates` [U, R] written to (or combined with) those that `indices` [U] names. */
function scattered(x: Tensor, indices: Tensor, updates: Tensor, reduction = 'none'): Tensor {
  const isHit = expandDims(equal(expandDims(indices, 1), arange(x.shape[0])), 2)
  const over = (identity: number) => where(isHit, expandDims(updates, 1), identity)
  if (reduction === 'min') return h.minimum(x, h.min(over(Number.POSITIVE_INFINITY), { axis: 0 }))
  if (reduction === 'max') return h.maximum(x, h.max(over(Number.NEGATIVE_INFINITY), { axis: 0 }))
  if (reduction === 'mul') return mul(x, later.prod(over(1), { axis: 0 }))
  const total = h.sum(over(0), { axis: 0 })
  return reduction === 'add' ? add(x, total) : where(h.any(isHit, { axis: 0 }), total, x)
}

/** Padding, slices and splits name all axes here, some of them there. */
const perAxis = <T>(rank: number, axes: readonly number[] | undefined, values: readonly T[], rest: T): T[] => {
  const all = new Array<T>(rank).fill(rest)
  for (const [i, value] of values.entries()) all[axes ? axisOf(axes[i], rank) : i] = value
  return all
}

/** `count` pieces as equal as possible, the last one smaller. */
const pieces = (length: number, count: number): number[] => {
  const size = Math.ceil(length / count)
  return range(count).map(i => Math.max(0, Math.min(size, length - i * size)))
}

const padWidths = (rank: number, pads: number[], axes?: number[]): [number, number][] => {
  const half = pads.length / 2
  return perAxis<[number, number]>(
    rank,
    axes,
    range(half).map(i => [pads[i], pads[i + half]]),
    [0, 0],
  )
}

export const arrays: Operators = {
  Concat: (inputs, { axis }) => h.concat(inputs, axis),
  Constant: (_, { value }) => fromStored(value),
  CumSum: ([x, axis], { exclusive, reverse }) => {
    const total = later.cumsum(x, { axis: axis.item(), reverse: reverse === 1 })
    return exclusive ? sub(total, x) : total
  },
  Expand: ([x, shape]) => {
    const wanted = ints(shape)
    const rank = Math.max(wanted.length, x.rank)
    const [to, from] = [wanted, x.shape].map(lengths => [...new Array(rank - lengths.length).fill(1), ...lengths])
    return h.broadcastTo(
      x,
      to.map((length, i) => (length === 1 ? from[i] : length)),
    )
  },
  Flatten: ([x], { axis = 1 }) => reshape(x, [product(x.shape.slice(0, axisOf(axis, x.rank))), -1]),
  Gather: ([x, indices], { axis = 0 }) => take(x, wrapped(indices, x.shape[axisOf(axis, x.rank)]), axis),
  GatherElements: ([x, indices], { axis = 0 }) =>
    h.takeAlongAxis(x, wrapped(indices, x.shape[axisOf(axis, x.rank)]), axis),
  GatherND: ([x, indices], { batch_dims: batchDims = 0 }) => gatherNd(x, indices, batchDims),
  OneHot: ([indices, depth, values], { axis = -1 }) => {
    const [count] = ints(depth)
    const ids = expandDims(wrapped(h.cast(indices, 'int32'), count), axis < 0 ? axis + indices.rank + 1 : axis)
    const classes = reshape(arange(count), [count, ...new Array(axis < 0 ? -axis - 1 : indices.rank - axis).fill(1)])
    return where(equal(ids, classes), h.at(values, 1), h.at(values, 0))
  },
  Pad: ([x, pads, value, axes], { mode }) => {
    const widths = padWidths(x.rank, ints(pads), axes && ints(axes))
    return mode === 'constant' ? h.pad(x, widths, value?.item()) : later.pad(x, widths, mode)
  },
  Range: inputs => {
    const [start, limit, delta] = inputs.map(x => x.item())
    return arange(start, limit, delta, inputs[0].dtype)
  },
  Reshape: ([x, shape], { allowzero }) =>
    reshape(
      x,
      ints(shape).map((length, i) => (length === 0 && !allowzero ? x.shape[i] : length)),
    ),
  ReverseSequence: ([x, lengths], { batch_axis: batch, time_axis: time }) => {
    const reversed = (row: Tensor, length: Tensor) => {
      const t = arange(row.shape[0])
      return take(row, where(h.less(t, length), sub(sub(length, 1), t), t))
    }
    const along = (rows: Tensor, length: Tensor) =>
      h.moveaxis(reversed(h.moveaxis(rows, time - (batch < time ? 1 : 0), 0), length), 0, time - (batch < time ? 1 : 0))
    return h.vmap(along, [batch, 0], batch)(x, lengths)
  },
  ScatterElements: ([x, indices, updates], { axis = 0, reduction }) => {
    const dim = axisOf(axis, x.rank)
    // Each position's index in all dimensions: its own, but along the axis the one that is given.
    const own = x.shape.map((length, i) =>
      i === dim
        ? wrapped(indices, length)
        : h.broadcastTo(
            reshape(
              arange(indices.shape[i]),
              indices.shape.map((n, k) => (k === i ? n : 1)),
            ),
            indices.shape,
          ),
    )
    const flat = reshape(flatIndices(h.stack(own, -1), x.shape), [-1])
    return reshape(scattered(reshape(x, [-1, 1]), flat, reshape(updates, [-1, 1]), reduction), x.shape)
  },
  ScatterND: ([x, indices, updates], { reduction }) => {
    const n = indices.shape.at(-1)!
    const flat = reshape(flatIndices(indices, x.shape), [-1])
    const rows = reshape(x, [product(x.shape.slice(0, n)), -1])
    return reshape(scattered(rows, flat, reshape(updates, [flat.size, -1]), reduction), x.shape)
  },
  Slice: ([x, starts, ends, axes, steps]) => {
    const along = axes && ints(axes)
    return h.slice(
      x,
      perAxis(x.rank, along, ints(starts), 0),
      perAxis(x.rank, along, ints(ends), Number.POSITIVE_INFINITY).map((end, i) => Math.min(end, x.shape[i])),
      perAxis(x.rank, along, steps ? ints(steps) : [], 1),
    )
  },
  Split: ([x, sizes], { axis = 0, num_outputs: count = 3 }) =>
    h.split(x, sizes ? ints(sizes) : pieces(x.shape[axisOf(axis, x.rank)], count), axis),
  Squeeze: ([x, axes]) => h.squeeze(x, ints(axes)),
  Tile: ([x, repeats]) => later.tile(x, ints(repeats)),
  TopK: ([x, k], { axis = -1 }) => later.topK(x, k.item(), axis),
  Transpose: ([x], { perm }) => h.transpose(x, perm),
  Trilu: ([x, k], { upper = 1 }) => (upper ? later.triu : later.tril)(x, k?.item() ?? 0),
  Unsqueeze: ([x, given], { axes = ints(given) }) => {
    const rank = x.rank + axes.length
    return axes
      .map((axis: number) => axisOf(axis, rank))
      .sort((a: number, b: number) => a - b)
      .reduce((y: Tensor, axis: number) => expandDims(y, axis), x)
  },
}
