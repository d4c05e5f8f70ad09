// Contractions as matrix products: which kernel reads which strides, and when B is packed.
import { GemmKind, Opcode } from '../../assembly/format.js'
import { range } from '../core/shape.js'
import { type Lowering, read, update, write } from './lowering.js'
import { packOnce } from './passes/pack.js'
import { collapse, elements, ITEM_BYTES, type Level, permuteView, type View } from './view.js'

/** The dimensions that a contraction contracts and those it shares, as pairs of lists: [of lhs, of rhs]. */
export interface Contraction {
  readonly contract: readonly [readonly number[], readonly number[]]
  readonly batch: readonly [readonly number[], readonly number[]]
}

const PANEL = 8

/** out [batch, lhs free, rhs free] = lhs · rhs, or += with `accumulate`; `out` is contiguous. */
export function emitGemm(
  lowering: Lowering,
  lhs: View,
  rhs: View,
  out: View,
  { contract, batch }: Contraction,
  accumulate = false,
): void {
  if (elements(out.shape) === 0) return
  const nBatch = batch[0].length
  const lhsFree = free(lhs, contract[0], batch[0])
  const rhsFree = free(rhs, contract[1], batch[1])
  const outM = out.strides.slice(nBatch, nBatch + lhsFree.length)
  const outN = out.strides.slice(nBatch + lhsFree.length)
  // What multiplies a vector is read along its rows or its columns, as it lies, which makes two orders of summation.
  const isOne = (view: View, axes: readonly number[]) => axes.every(axis => view.shape[axis] === 1)
  if (!lowering.reorders && (isOne(lhs, lhsFree) || isOne(rhs, rhsFree))) {
    lhs = lowering.contiguous(lhs)
    rhs = lowering.contiguous(rhs)
  }

  const batches = collapse(
    batch[0].map((axis, i) => ({
      length: lhs.shape[axis],
      strides: [lhs.strides[axis], rhs.strides[batch[1][i]], out.strides[i]],
    })),
  )
  const m = collapse(lhsFree.map((axis, i) => ({ length: lhs.shape[axis], strides: [lhs.strides[axis], outM[i]] })))
  const n = collapse(rhsFree.map((axis, i) => ({ length: rhs.shape[axis], strides: [rhs.strides[axis], outN[i]] })))
  const k = collapse(
    contract[0].map((axis, i) => ({
      length: lhs.shape[axis],
      strides: [lhs.strides[axis], rhs.strides[contract[1][i]]],
    })),
  )
  if ([batches, k, m, n].some(levels => levels.length > 2)) {
    if (lowering.emitViews) {
      lowering.emitViews(lowering, { view: lhs, free: m }, { view: rhs, free: n }, out, batches, k, accumulate)
      return
    }
    // Copies in the order of the result walk each index by one stride.
    const copies = [lhs, rhs].map((view, i) =>
      lowering.copy(permuteView(view, [...batch[i], ...[lhsFree, rhsFree][i], ...contract[i]])),
    )
    const order = range(nBatch)
    const last = range(contract[0].length)
    emitGemm(
      lowering,
      copies[0],
      copies[1],
      out,
      {
        contract: [last.map(i => nBatch + lhsFree.length + i), last.map(i => nBatch + rhsFree.length + i)],
        batch: [order, order],
      },
      accumulate,
    )
    return
  }
  const a: Side = { view: lhs, free: twoLevels(m, 0), contract: twoLevels(k, 0), batch: twoLevels(batches, 0) }
  const b: Side = { view: rhs, free: twoLevels(n, 0), contract: twoLevels(k, 1), batch: twoLevels(batches, 1) }
  const c = twoLevels(batches, 2)
  // A column of results is a row of the transposed product.
  if (b.free.length === 1 && a.free.length > 1) emitMatrixProduct(lowering, b, a, out, c, accumulate)
  else emitMatrixProduct(lowering, a, b, out, c, accumulate)
}

/** An index walked by at most two levels: index i lies at floor(i / inner) * outerStride + (i % inner) * innerStride. */
interface TwoLevels {
  length: number
  inner: number
  outerStride: number
  innerStride: number
  outer: number
}

interface Side {
  view: View
  free: TwoLevels
  contract: TwoLevels
  batch: TwoLevels
}

function twoLevels(levels: readonly Level[], operand: number): TwoLevels {
  const inner = levels.at(-1)
  if (inner === undefined) return { length: 1, inner: 1, outer: 1, outerStride: 0, innerStride: ITEM_BYTES }
  const outer = levels.length === 2 ? levels[0] : { length: 1, strides: [0, 0, 0] }
  return {
    length: outer.length * inner.length,
    inner: inner.length,
    outer: outer.length,
    outerStride: outer.strides[operand],
    innerStride: inner.strides[operand],
  }
}

function emitMatrixProduct(lowering: Lowering, a: Side, b: Side, out: View, c: TwoLevels, accumulate: boolean): void {
  const [m, n, k] = [a.free.length, b.free.length, a.contract.length]
  const singleB = b.contract.outer === 1 && b.free.outer === 1
  let kind: GemmKind =
    m > 1 || !singleB
      ? GemmKind.Packed
      : b.free.innerStride === ITEM_BYTES
        ? GemmKind.VectorNN
        : b.contract.innerStride === ITEM_BYTES
          ? GemmKind.VectorNT
          : GemmKind.Packed
  if (kind === GemmKind.Packed && packsHere(lowering, a, b)) kind = GemmKind.Unpacked
  let bView = b.view
  let bBatch = [b.batch.outerStride, b.batch.innerStride]
  const batchCounts = [a.batch.outer, a.batch.inner]
  if (kind === GemmKind.Packed) {
    const panelBytes = Math.ceil(n / PANEL) * PANEL * k * ITEM_BYTES
    // B that no batch moves is packed once and read by all.
    const packedCounts = bBatch.map((stride, i) => (stride === 0 ? 1 : batchCounts[i]))
    const fields = [
      b.contract.inner,
      b.contract.outerStride,
      b.contract.innerStride,
      b.free.inner,
      b.free.outerStride,
      b.free.innerStride,
      packedCounts[0],
      packedCounts[1],
      bBatch[0],
      bBatch[1],
    ]
    const packed = packOnce(lowering, b.view, [k, n, ...fields].join(), () => {
      const panels = lowering.temporary([packedCounts[0], packedCounts[1], panelBytes / ITEM_BYTES])
      lowering.emit(Opcode.Pack, [k, n, write(panels), read(b.view), ...fields])
      return panels
    })
    bView = packed
    bBatch = [packedCounts[0] === 1 ? 0 : packedCounts[1] * panelBytes, packedCounts[1] === 1 ? 0 : panelBytes]
  }
  lowering.emit(Opcode.Gemm, [
    kind | (accumulate ? 256 : 0),
    m,
    n,
    k,
    accumulate ? update(out) : write(out),
    n * ITEM_BYTES,
    read(a.view),
    a.free.inner,
    a.free.outerStride,
    a.free.innerStride,
    a.contract.inner,
    a.contract.outerStride,
    a.contract.innerStride,
    read(bView),
    b.contract.innerStride,
    b.free.innerStride,
    write(lowering.scratch()),
    batchCounts[0],
    batchCounts[1],
    a.batch.outerStride,
    a.batch.innerStride,
    bBatch[0],
    bBatch[1],
    c.outerStride,
    c.innerStride,
  ])
}

/** True for a large B that few rows of A read, once: its panels had better stay in the cache where they are packed. */
const packsHere = (lowering: Lowering, a: Side, b: Side): boolean =>
  lowering.depth === 0 &&
  a.free.length <= 256 &&
  b.free.length * b.contract.length >= 2 ** 18 &&
  [a.free, a.contract, b.free, b.contract].every(({ outer }) => outer === 1) &&
  Math.abs(a.contract.innerStride) < 2048

const free = (view: View, contract: readonly number[], batch: readonly number[]): number[] =>
  view.shape.map((_, axis) => axis).filter(axis => !contract.includes(axis) && !batch.includes(axis))
