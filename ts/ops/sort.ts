// Sorting along the last axis: values, and the permutation through which their derivative goes. Stable; NaN counts as
// larger than every number, and -0 as equal to 0 (NumPy, JAX).
import { Opcode, Sort, SortKind } from '../../assembly/format.js'
import { emitExtended } from '../compiler/emit-extended.js'
import { read, write } from '../compiler/lowering.js'
import { elements, ITEM_BYTES } from '../compiler/view.js'
import type { DType } from '../core/dtype.js'
import { checkOptions } from '../core/options.js'
import type { MaybeZero, Primitive } from '../core/primitive.js'
import { normalizeAxis, range, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind, bind1 } from '../core/trace.js'
import { rangeError } from '../errors.js'
import { indices as allIndices, build, distinct, get, type Laws, type NdArray, SPECIAL, values } from './laws.js'
import { takeAlongAxis } from './take.js'
import { moveaxis } from './transpose.js'

interface SortParams {
  descending: boolean
  /** How many of each row are wanted. */
  keep: number
  /** Which results there are: the sorted values, and where they stood (int32). */
  wants: 'values' | 'indices' | 'both'
}

/** Rows that have scratch of their own: as many shares can sort at a time. */
const GROUPS = 4

const both = (x: Tensor, params: SortParams): Tensor[] => bind(sortPrimitive, [x], { ...params, wants: 'both' })

const kinds: Record<DType, SortKind> = {
  float32: SortKind.Float,
  int32: SortKind.Signed,
  uint32: SortKind.Unsigned,
  bool: SortKind.Unsigned,
}

function sortJvp([x]: readonly Tensor[], [dx]: readonly MaybeZero[], params: SortParams) {
  if (params.wants === 'indices') return { results: bind(sortPrimitive, [x], params), tangents: [null] }
  const [sorted, order] = both(x, params)
  const tangents = [takeAlongAxis(dx!, order), null]
  return params.wants === 'both'
    ? { results: [sorted, order], tangents }
    : { results: [sorted], tangents: tangents.slice(0, 1) }
}

/** Along the last axis. */
export const sortPrimitive: Primitive<SortParams> = {
  name: 'sort',
  type([{ shape, dtype }], { keep, wants }) {
    const kept = [...shape.slice(0, -1), keep]
    const sorted = { shape: kept, dtype }
    const order = { shape: kept, dtype: 'int32' as const }
    return wants === 'both' ? [sorted, order] : [wants === 'values' ? sorted : order]
  },
  jvp: (primals, tangents, _results, params) => sortJvp(primals, tangents, params).tangents,
  jvpWithResults: sortJvp,
  transpose: null,
  batch([x], [dim], params) {
    const isLast = dim === x.rank - 1
    const results = bind(sortPrimitive, [isLast ? moveaxis(x, dim!, 0) : x], params)
    return { results, dims: results.map(() => (isLast ? 0 : dim)) }
  },
  lower(lowering, { inputs, outputs }, { descending, keep, wants }) {
    const from = lowering.contiguous(lowering.view(inputs[0]))
    const outs = outputs.map(output => lowering.output(output))
    if (elements(outs[0].shape) === 0) return
    const [first, second] = wants === 'indices' ? [null, outs[0]] : [outs[0], outs[1] ?? null]
    const length = from.shape.at(-1)!
    const rows = elements(from.shape) / length
    const groups = Math.min(rows, GROUPS)
    const isWanted = (i: number) => lowering.useCount(outputs[i]) > 0
    const hasValues = first !== null && (second === null || isWanted(0))
    const hasIndices = second !== null && (first === null || !hasValues || isWanted(1))
    emitExtended(lowering, Opcode.Sort, [
      kinds[inputs[0].aval.dtype] |
        (descending ? Sort.Descending : 0) |
        (hasValues ? Sort.Values : 0) |
        (hasIndices ? Sort.Indices : 0),
      rows,
      length,
      keep,
      groups,
      write(first ?? outs[0]),
      write(second ?? outs[0]),
      read(from),
      write(lowering.temporary([groups, length * 4 + Sort.Counts / ITEM_BYTES])),
    ])
  },
}

/** How to sort: along which axis (-1) and whether the largest comes first. */
export interface SortOptions {
  /** Along which axis (-1). */
  axis?: number
  /** Whether the largest comes first (false). */
  descending?: boolean
}

function sortAlong(name: string, x: Tensor, options: SortOptions, wants: SortParams['wants']): Tensor {
  checkTensor(name, x)
  checkOptions(name, options, { axis: 1, descending: 1 })
  const { axis = -1, descending = false } = options
  const dim = normalizeAxis(name, axis, x.rank)
  return moveaxis(bind1(sortPrimitive, [moveaxis(x, dim, -1)], { descending, keep: x.shape[dim], wants }), -1, dim)
}

/**
 * `x` sorted along `axis` (-1), NaN last; `descending` reverses the order, NaN first. Equal elements keep their order.
 * Differentiable: the cotangents go back to where the elements stood.
 * @example sort(tensor([3, 1, 2])) // [1, 2, 3]
 */
export const sort = (x: Tensor, options: SortOptions = {}): Tensor => sortAlong('sort', x, options, 'values')

/**
 * The indices (int32) that sort `x` along `axis` (-1): `takeAlongAxis(x, argsort(x))` is `sort(x)`. Equal elements keep
 * their order.
 * @example argsort(tensor([3, 1, 2]), { descending: true }) // [0, 2, 1]
 */
export const argsort = (x: Tensor, options: SortOptions = {}): Tensor => sortAlong('argsort', x, options, 'indices')

/**
 * The `k` largest elements along `axis` (-1), largest first, and their indices (int32); of equal ones the first come
 * first, and NaN counts as the largest (JAX's `top_k`). Throws unless 0 <= k <= the length of the axis.
 * @example
 * const [values, indices] = topK(tensor([1, 4, 2, 4]), 2)
 * values // [4, 4]
 * indices // [1, 3]
 */
export function topK(x: Tensor, k: number, axis = -1): [Tensor, Tensor] {
  checkTensor('topK', x)
  const dim = normalizeAxis('topK', axis, x.rank)
  if (!Number.isInteger(k) || k < 0 || k > x.shape[dim]) {
    throw rangeError(
      `topK: k is an integer from 0 to ${x.shape[dim]}, the length of axis ${dim} of ${showShape(x.shape)}, not ${k}`,
    )
  }
  const [sorted, order] = both(moveaxis(x, dim, -1), { descending: true, keep: k, wants: 'both' })
  return [moveaxis(sorted, -1, dim), moveaxis(order, -1, dim)]
}

/** NaN above all, zeros equal. */
const compare = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a < b ? -1 : a > b ? 1 : 0

const sortedRows = (x: NdArray, { descending, keep, wants }: SortParams): NdArray[] => {
  const lead = x.shape.slice(0, -1)
  const rows = allIndices(lead).map(index =>
    range(x.shape.at(-1)!)
      .map(i => ({ i, value: get(x, [...index, i]) }))
      .sort((a, b) => (descending ? -1 : 1) * compare(a.value, b.value) || a.i - b.i),
  )
  const row = (index: readonly number[]) => rows[index.slice(0, -1).reduce((at, i, axis) => at * lead[axis] + i, 0)]
  const shape = [...lead, keep]
  const sorted = build(shape, x.dtype, index => row(index)[index.at(-1)!].value)
  const order = build(shape, 'int32', index => row(index)[index.at(-1)!].i)
  return wants === 'both' ? [sorted, order] : [wants === 'values' ? sorted : order]
}

export const sortLaws: Laws<SortParams> = {
  primitive: sortPrimitive,
  tolerance: 0,
  reference: ([x], params) => sortedRows(x, params),
  draw(draw) {
    const shape = [...draw.shape({ maxRank: 2 }), draw.pick([1, 2, 3, 7, 20, 60])]
    const dtype = draw.pick(['float32', 'float32', 'int32', 'uint32', 'bool'] as const)
    const keep = draw.integer(0, 2) > 0 ? shape.at(-1)! : draw.integer(0, shape.at(-1)!)
    return {
      inputs: [dtype === 'float32' ? distinct(draw, shape) : values(draw, shape, dtype)],
      params: { descending: draw.integer(0, 1) === 1, keep, wants: draw.pick(['values', 'indices', 'both'] as const) },
    }
  },
  edges: () =>
    [true, false].flatMap(descending =>
      [1, 5, 9].flatMap(copies => {
        const row = range(copies)
          .flatMap(() => SPECIAL)
          .map(Math.fround)
        const x = build([row.length], 'float32', ([i]) => row[i])
        return [3, row.length].map(keep => ({ inputs: [x], params: { descending, keep, wants: 'both' as const } }))
      }),
    ),
}
