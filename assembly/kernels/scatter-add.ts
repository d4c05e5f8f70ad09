// Adds rows into a table by index (an embedding's gradient), or sets them. Rows that meet come in the order of their
// indices; a share owns destination rows, so that no two shares ever write the same word.
import { State } from '../format'
import { address, extent, operandSize, shareStart } from '../operands'
import { copyWords } from '../simd/rows'

/** Opcode.ScatterAdd. */
export function scatterAddInstruction(at: usize, state: usize): void {
  const kind = load<u32>(at)
  const count = extent(at + 4, state)
  const inner = extent(at + 8, state)
  const rows = extent(at + 12, state)
  const size = operandSize(state)
  const out = address(at + 16, state)
  const outRow = load<i32>(at + 16 + size)
  const updates = address(at + 20 + size, state)
  const updatesRow = load<i32>(at + 20 + size * 2)
  const indices = address(at + 24 + size * 2, state)
  const indexStride = load<i32>(at + 24 + size * 3)
  const part = load<u32>(state, State.Part)
  const parts = load<u32>(state, State.Parts)
  const first = shareStart(rows, part, parts)
  const owned = shareStart(rows, part + 1, parts) - first
  if (owned == 0) return
  for (let i: u32 = 0; i < count; i++) {
    const index = min(max(load<i32>(indices + i * indexStride), 0), <i32>rows - 1)
    if (<u32>index - first >= owned) continue
    if (kind == 2) copyWords(out + index * outRow, updates + i * updatesRow, inner)
    else if (kind == 1) addIntegers(out + index * outRow, updates + i * updatesRow, inner)
    else addFloats(out + index * outRow, updates + i * updatesRow, inner)
  }
}

function addFloats(out: usize, source: usize, words: u32): void {
  const end = out + (<usize>words << 2)
  for (; out + 16 <= end; out += 16) {
    v128.store(out, f32x4.add(v128.load(out), v128.load(source)))
    source += 16
  }
  for (; out < end; out += 4) {
    store<f32>(out, load<f32>(out) + load<f32>(source))
    source += 4
  }
}

function addIntegers(out: usize, source: usize, words: u32): void {
  const end = out + (<usize>words << 2)
  for (; out + 16 <= end; out += 16) {
    v128.store(out, i32x4.add(v128.load(out), v128.load(source)))
    source += 16
  }
  for (; out < end; out += 4) {
    store<u32>(out, load<u32>(out) + load<u32>(source))
    source += 4
  }
}
