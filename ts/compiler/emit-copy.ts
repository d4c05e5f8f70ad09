// Copies between views: the instruction that appears only where no kernel takes the view.
import { CopyVariant, Opcode } from '../../assembly/format.js'
import { type Lowering, read, write } from './lowering.js'
import { collapse, elements, ITEM_BYTES, type View } from './view.js'

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
  lowering.emit(Opcode.Copy, [
    levels.length,
    isTransposed ? CopyVariant.Transpose : CopyVariant.Strided,
    ...levels.map(level => level.length),
    write(to),
    ...levels.map(level => level.strides[0]),
    read(from),
    ...levels.map(level => level.strides[1]),
  ])
}
