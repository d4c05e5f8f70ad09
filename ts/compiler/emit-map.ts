// Elementwise instructions over views of any strides.
import { type MapOp, Opcode } from '../../assembly/format.js'
import { type Lowering, read, write } from './lowering.js'
import { collapse, elements, ITEM_BYTES, type View } from './view.js'

/** out = op(...inputs), element by element; scalars (shape []) are broadcast. */
export function emitMap(lowering: Lowering, op: MapOp, inputs: readonly View[], out: View): void {
  if (elements(out.shape) === 0) return
  const operands = [out, ...inputs]
  const levels = collapse(
    out.shape.map((length, i) => ({
      length,
      strides: operands.map(view => (view.shape.length === 0 ? 0 : view.strides[i])),
    })),
  )
  if (levels.length === 0) levels.push({ length: 1, strides: operands.map(() => ITEM_BYTES) })
  const strides = (operand: number) => levels.map(level => level.strides[operand])
  const registers = inputs.map((_, i) => i)
  lowering.emit(
    Opcode.Map,
    [
      levels.length | (inputs.length << 8) | (1 << 16) | (1 << 24),
      ...levels.map(level => level.length),
      ...inputs.flatMap((view, i) => [read(view), ...strides(i + 1)]),
      write(out),
      ...strides(0),
      op | (inputs.length << 16),
      (registers[0] ?? 0) | ((registers[1] ?? 0) << 8) | ((registers[2] ?? 0) << 16),
    ],
    true,
  )
}
