// Rows of a table by index (an embedding's forward pass); indices are clamped, so that data cannot lead outside.
import { State } from '../format'
import { address, extent, operandSize, shareStart } from '../operands'
import { copyWords } from '../simd/rows'

/** Opcode.Take. */
export function takeInstruction(at: usize, state: usize): void {
  const count = extent(at, state)
  const inner = extent(at + 4, state)
  const rows = extent(at + 8, state)
  const size = operandSize(state)
  const out = address(at + 12, state)
  const outRow = load<i32>(at + 12 + size)
  const table = address(at + 16 + size, state)
  const tableRow = load<i32>(at + 16 + size * 2)
  const indices = address(at + 20 + size * 2, state)
  const indexStride = load<i32>(at + 20 + size * 3)
  const part = load<u32>(state, State.Part)
  const parts = load<u32>(state, State.Parts)
  const start = shareStart(count, part, parts)
  const end = shareStart(count, part + 1, parts)
  if (rows == 0 || inner == 0) return
  if (inner == 1) takeWords(start, end, <i32>rows - 1, out, outRow, table, tableRow, indices, indexStride)
  else takeRows(start, end, inner, <i32>rows - 1, out, outRow, table, tableRow, indices, indexStride)
}

function takeRows(
  start: u32, end: u32, inner: u32, last: i32,
  out: usize, outRow: i32, table: usize, tableRow: i32, indices: usize, indexStride: i32
): void {
  for (let i = start; i < end; i++) {
    const index = min(max(load<i32>(indices + i * indexStride), 0), last)
    copyWords(out + i * outRow, table + index * tableRow, inner)
  }
}

function takeWords(
  start: u32, end: u32, last: i32,
  out: usize, outRow: i32, table: usize, tableRow: i32, indices: usize, indexStride: i32
): void {
  for (let i = start; i < end; i++) {
    const index = min(max(load<i32>(indices + i * indexStride), 0), last)
    store<u32>(out + i * outRow, load<u32>(table + index * tableRow))
  }
}
