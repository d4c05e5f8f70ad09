// Contiguous runs made from nothing: one word repeated, and 0, 1, 2, ...
import { State } from '../format'
import { address, extent, shareStart } from '../operands'
import { storeLanes } from '../simd/lanes'

/** Opcode.Fill. */
export function fillInstruction(at: usize, state: usize): void {
  const count = extent(at, state)
  const bits = load<u32>(at, 4)
  const part = load<u32>(state, State.Part)
  const parts = load<u32>(state, State.Parts)
  const out = address(at + 8, state)
  const start = out + (<usize>shareStart(count, part, parts) << 2)
  fillWords(start, shareStart(count, part + 1, parts) - shareStart(count, part, parts), bits)
}

/** Opcode.Iota. */
export function iotaInstruction(at: usize, state: usize): void {
  const asFloat = load<u32>(at) != 0
  const count = extent(at + 4, state)
  const part = load<u32>(state, State.Part)
  const parts = load<u32>(state, State.Parts)
  const out = address(at + 8, state)
  iotaWords(out, shareStart(count, part, parts), shareStart(count, part + 1, parts), asFloat)
}

/** `words` times the word `bits`. */
export function fillWords(out: usize, words: u32, bits: u32): void {
  const end = out + (<usize>words << 2)
  if (words > 64 && bits == (bits & 0xff) * 0x01010101) {
    memory.fill(out, <u8>bits, end - out)
    return
  }
  const value = v128.splat<u32>(bits)
  for (; out + 64 <= end; out += 64) {
    v128.store(out, value)
    v128.store(out, value, 16)
    v128.store(out, value, 32)
    v128.store(out, value, 48)
  }
  for (; out + 16 <= end; out += 16) v128.store(out, value)
  storeLanes(out, (end - out) >> 2, value)
}

function iotaWords(out: usize, start: u32, end: u32, asFloat: bool): void {
  let values = i32x4.add(i32x4.splat(start), i32x4(0, 1, 2, 3))
  const four = i32x4.splat(4)
  out += <usize>start << 2
  let count = end - start
  for (; count >= 4; count -= 4) {
    v128.store(out, asFloat ? f32x4.convert_i32x4_u(values) : values)
    values = i32x4.add(values, four)
    out += 16
  }
  storeLanes(out, count, asFloat ? f32x4.convert_i32x4_u(values) : values)
}
