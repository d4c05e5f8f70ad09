// Copies between views: the instruction that appears only where no kernel takes the view.
import { CopyVariant, Opcode } from '../../assembly/format.js'
import { type Field, type Lowering, read, write } from './lowering.js'
import { collapse, elements, ITEM_BYTES, type Level, type View } from './view.js'

/** Copies `from` to `to`, of one shape. */
export function emitCopy(lowering: Lowering, from: View, to: View): void {
  if (elements(to.shape) === 0) return
  const levels = collapse(to.shape.map((length, i) => ({ length, strides: [to.strides[i], from.strides[i]] })))
  if (levels.length === 0) levels.push({ length: 1, strides: [ITEM_BYTES, ITEM_BYTES] })
  // A dimension that is contiguous in `from` moves next to the one contiguous in `to`: then blocks transpose in cache.
  const last = levels.length - 1
  const contiguousIn = levels.findIndex(level => level.strides[1] === ITEM_BYTES)
  const isTransposed = levels[last].strides[0] === ITEM_BYTES && contiguousIn >= 0 && contiguousIn < last
  if (isTransposed) levels.splice(last - 1, 0, ...levels.splice(contiguousIn, 1))
  const variant = isTransposed ? CopyVariant.Transpose : CopyVariant.Strided
  // Where `from` dies and lies as `to` does, both may be one place: the machine skips the copy.
  lowering.emit(Opcode.Copy, copyFields(levels, variant, from, to), true)
}

const copyFields = (levels: readonly Level[], variant: CopyVariant, from: View, to: View): Field[] => [
  levels.length,
  variant,
  ...levels.map(level => level.length),
  write(to),
  ...levels.map(level => level.strides[0]),
  read(from),
  ...levels.map(level => level.strides[1]),
]

/** Where a window lies in a tensor: one clamped index for some of its dimensions. */
export interface WindowStart {
  readonly index: View
  /** The largest index. */
  readonly limit: number
  /** Bytes from one index to the next. */
  readonly stride: number
}

/** Copies `from` to `to`; the one of them that is the window lies where `starts` say, in `from` or (`writes`) in `to`. */
export function emitCopyAt(
  lowering: Lowering,
  starts: readonly WindowStart[],
  from: View,
  to: View,
  writes: boolean,
): void {
  if (elements(to.shape) === 0) return
  const levels = collapse(to.shape.map((length, i) => ({ length, strides: [to.strides[i], from.strides[i]] })))
  lowering.emit(Opcode.CopyAt, [
    starts.length | (writes ? 256 : 0),
    ...starts.flatMap(({ index, limit, stride }) => [read(index), limit, stride]),
    ...copyFields(levels, CopyVariant.Strided, from, to),
  ])
}
