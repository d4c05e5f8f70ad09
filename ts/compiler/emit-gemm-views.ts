// Contractions of views that two levels of strides cannot say (sliding windows): which operand gives the rows of the
// product and which the panels.
import { GemmViews, Opcode } from '../../assembly/format.js'
import { emitExtended } from './emit-extended.js'
import { type Lowering, read, update, write } from './lowering.js'
import { collapse, ITEM_BYTES, type Level, type View } from './view.js'

/** An operand and its free dimensions: the strides in it, then those in the result. */
interface Side {
  readonly view: View
  readonly free: readonly Level[]
}

/** `batches` has strides in lhs, rhs and result, `k` in lhs and rhs. */
export function emitGemmViews(
  lowering: Lowering,
  lhs: Side,
  rhs: Side,
  out: View,
  batches: readonly Level[],
  k: readonly Level[],
  accumulate: boolean,
): void {
  const depth = count(k)
  const own = (levels: readonly Level[], operand: number) =>
    collapse(levels.map(({ length, strides }) => ({ length, strides: [strides[operand]] })))
  const isDirectIn = (rows: Side, side: number) => own(rows.free, 0).length < 2 && own(k, side).length < 2
  // In half cycles: tiles of 5 x 8, packing of panels and of rows, scattering of results.
  const cost = (rows: Side, columns: Side, side: number) => {
    const [m, n] = [count(rows.free), Math.ceil(count(columns.free) / 8)]
    const isScattered = columns.free.at(-1)?.strides[1] !== ITEM_BYTES
    const packed = isDirectIn(rows, side) ? 0 : Math.ceil(n / 128) * 3 * m * depth
    return n * (Math.ceil(m / 5) * (10 * depth + 50) + 6 * depth + (isScattered ? 32 * m : 0)) + packed
  }
  const [a, b, first] = cost(rhs, lhs, 1) < cost(lhs, rhs, 0) ? [rhs, lhs, 1] : [lhs, rhs, 0]
  const [aRows, aDepth, cRows] = [own(a.free, 0), own(k, first), own(a.free, 1)]
  const isDirect = isDirectIn(a, first)
  const stride = (levels: readonly Level[]) => levels[0]?.strides[0] ?? 0
  const words = (levels: readonly Level[], ...operands: number[]) =>
    levels.flatMap(({ length, strides }) => [length, ...operands.map(operand => strides[operand] ?? 0)])
  emitExtended(lowering, Opcode.GemmViews, [
    (accumulate ? GemmViews.Accumulate : 0) |
      (isDirect ? GemmViews.DirectA : 0) |
      (cRows.length < 2 ? GemmViews.EvenC : 0),
    batches.length | (a.free.length << 8) | (b.free.length << 16) | (k.length << 24),
    stride(aRows),
    stride(aDepth),
    stride(cRows),
    accumulate ? update(out) : write(out),
    read(a.view),
    read(b.view),
    write(lowering.scratch()),
    ...words(batches, first, 1 - first, 2),
    ...words(a.free, 0, NONE, 1),
    ...words(b.free, NONE, 0, 1),
    ...words(k, first, 1 - first, NONE),
  ])
}

/** An operand that an index does not move. */
const NONE = 3

const count = (levels: readonly Level[]): number => levels.reduce((product, { length }) => product * length, 1)
