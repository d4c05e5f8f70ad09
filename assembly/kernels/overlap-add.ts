// The transpose of sliding windows: every window's elements are added back to where they came from, one place of the
// window after the other, so that the order of sums depends on shapes only.
import { State } from '../format'
import { address, operandSize, shareStart } from '../operands'

/** Opcode.OverlapAdd. */
export function overlapAddInstruction(at: usize, state: usize): void {
  const ranks = load<u32>(at), size = operandSize(state)
  const out = address(at + 4, state), source = address(at + 4 + size, state)
  const levels = at + 4 + size * 2
  const lead = ranks & 0xff, rank = lead + ((ranks >> 8) & 0xff) + ((ranks >> 16) & 0xff)
  const part = load<u32>(state, State.Part), parts = load<u32>(state, State.Parts)
  if (lead == 0) {
    if (part == 0) addLevel(out, source, levels, rank)
    return
  }
  const count = load<u32>(levels), outStride: usize = load<u32>(levels, 4), stride: usize = load<u32>(levels, 8)
  const end = shareStart(count, part + 1, parts)
  for (let i: usize = shareStart(count, part, parts); i < end; i++) {
    addLevel(out + i * outStride, source + i * stride, levels + 12, rank - 1)
  }
}

function addLevel(out: usize, source: usize, level: usize, rank: u32): void {
  let count: usize = load<u32>(level)
  const outStride: usize = load<u32>(level, 4), stride: usize = load<u32>(level, 8)
  if (rank == 1) {
    addRun(out, outStride, source, stride, count)
    return
  }
  if (rank == 2) {
    const inner: usize = load<u32>(level, 12), outInner: usize = load<u32>(level, 16), innerStride: usize = load<u32>(level, 20)
    for (; count; count--, out += outStride, source += stride) addRun(out, outInner, source, innerStride, inner)
    return
  }
  for (; count; count--, out += outStride, source += stride) addLevel(out, source, level + 12, rank - 1)
}

// @ts-ignore: decorator
@inline
function addRun(out: usize, outStride: usize, source: usize, stride: usize, count: usize): void {
  if (outStride == 4 && (stride == 4 || stride == 0)) {
    for (; count >= 4; count -= 4, out += 16) {
      v128.store(out, f32x4.add(v128.load(out), stride ? v128.load(source) : v128.load32_splat(source)))
      source += stride << 2
    }
  }
  for (; count; count--, out += outStride, source += stride) store<f32>(out, load<f32>(out) + load<f32>(source))
}
