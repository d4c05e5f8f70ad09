// Reductions over any dimensions of a view, as instructions of the form [outer, length, inner].
import { Opcode, type ReduceOp } from '../../assembly/format.js'
import { type Lowering, read, write } from './lowering.js'
import { collapse, elements, ITEM_BYTES, type Level, type View } from './view.js'

/**
 * out = reduce over `axes` of `from`; `out` is contiguous and has the remaining dimensions. The order of summation follows
 * from the shape alone: neighbouring axes of one kind are one level, and a view in which they are not is copied.
 */
export function emitReduce(lowering: Lowering, op: ReduceOp, from: View, axes: readonly number[], out: View): void {
  if (elements(out.shape) === 0) return
  const view = isReducible(from, axes) ? from : lowering.contiguous(from)
  const kept: Level[] = []
  const reduced: Level[] = []
  /** Neighbours of one kind; others must not merge, even where the strides of this view would let them. */
  let run: Level[] = []
  let isReduced = false
  const endRun = () => {
    ;(isReduced ? reduced : kept).push(...collapse(run))
    run = []
  }
  let keptAxis = 0
  view.shape.forEach((length, axis) => {
    const kind = axes.includes(axis)
    const outStride = kind ? 0 : out.strides[keptAxis++]
    if (length === 1) return
    if (kind !== isReduced) endRun()
    isReduced = kind
    run.push({ length, strides: kind ? [view.strides[axis]] : [view.strides[axis], outStride] })
  })
  endRun()
  emitLevels(lowering, op, view, kept, reduced, out)
}

/** True if the view can be walked level by level as its contiguous copy would be. */
function isReducible(view: View, axes: readonly number[]): boolean {
  let expected = ITEM_BYTES
  let kind: boolean | undefined
  for (let axis = view.shape.length - 1; axis >= 0; axis--) {
    const length = view.shape[axis]
    if (length === 1) continue
    const isReduced = axes.includes(axis)
    if (kind === undefined || isReduced === kind) {
      if (view.strides[axis] !== expected) return false
    }
    kind = isReduced
    expected = view.strides[axis] * length
  }
  return true
}

function emitLevels(lowering: Lowering, op: ReduceOp, from: View, kept: Level[], reduced: Level[], out: View): void {
  if (reduced.length > 1) {
    // The innermost reduced level first, into a temporary that has all the others.
    const others = [...kept, ...reduced.slice(0, -1)]
    const partial = lowering.temporary(others.map(level => level.length))
    const keptInner = others.map((level, i) => ({
      length: level.length,
      strides: [level.strides[0], partial.strides[i]],
    }))
    emitLevels(lowering, op, from, collapse(keptInner), reduced.slice(-1), partial)
    const remaining = reduced
      .slice(0, -1)
      .map((level, i) => ({ length: level.length, strides: [partial.strides[kept.length + i]] }))
    const keptOuter = kept.map((level, i) => ({
      length: level.length,
      strides: [partial.strides[i], level.strides[1]],
    }))
    emitLevels(lowering, op, partial, collapse(keptOuter), collapse(remaining), out)
    return
  }
  if (kept.length > 2) {
    const [{ length, strides }, ...rest] = kept
    lowering.loop(length, () => {
      emitLevels(lowering, op, withStep(lowering, from, strides[0]), rest, reduced, withStep(lowering, out, strides[1]))
    })
    return
  }
  const one: Level = { length: 1, strides: [0, 0] }
  const outer = kept.length === 2 ? kept[0] : one
  const inner = kept.at(-1) ?? one
  const along = reduced[0] ?? { length: 1, strides: [0] }
  // A single kept level is rows unless it is the contiguous one.
  const rows = kept.length === 1 && inner.strides[0] !== 4
  const [a, b] = rows ? [inner, one] : [outer, inner]
  lowering.emit(Opcode.Reduce, [
    op,
    a.length,
    along.length,
    b.length,
    write(out),
    a.strides[1],
    b.strides[1],
    read(from),
    a.strides[0],
    along.strides[0],
    b.strides[0],
  ])
}

/** The view moved by `stride` bytes in each iteration of the innermost loop. */
function withStep(lowering: Lowering, view: View, stride: number): View {
  const steps = Array.from({ length: lowering.depth }, (_, i) => view.steps[i] ?? 0)
  steps[lowering.depth - 1] += stride
  return { ...view, steps }
}
