// threefry2x32 with 20 rounds: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
// Counters are independent, so four go side by side, and two such vectors at a time hide the chain of rounds.
import { State, ThreefryKind } from '../format'
import { address, extent, operandSize, shareStart } from '../operands'
import { storeLanes } from '../simd/lanes'

/** Opcode.Threefry. */
export function threefryInstruction(at: usize, state: usize): void {
  const kind = load<u32>(at)
  const keys = extent(at + 4, state)
  const count = extent(at + 8, state)
  const size = operandSize(state)
  const out = address(at + 12, state)
  const outStride = load<i32>(at + 12 + size)
  const key = address(at + 16 + size, state)
  const keyStride = load<i32>(at + 16 + size * 2)
  const part = load<u32>(state, State.Part)
  const parts = load<u32>(state, State.Parts)
  const byKey = keys >= parts
  const first: u32 = byKey ? shareStart(keys, part, parts) : 0
  const last = byKey ? shareStart(keys, part + 1, parts) : keys
  const start: u32 = byKey ? 0 : shareStart(count, part, parts)
  const end = byKey ? count : shareStart(count, part + 1, parts)
  for (let k = first; k < last; k++) {
    const k0 = load<u32>(key + k * keyStride)
    const k1 = load<u32>(key + k * keyStride, 4)
    const pair: u32 = kind == ThreefryKind.Split ? 8 : 4
    threefry(kind, out + k * outStride + start * pair, end - start, k0, k1, 0, start)
  }
}

// @ts-ignore: decorator
@inline
function rotate(x: v128, by: i32): v128 {
  if (by == 16) return v128.shuffle<u8>(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
  if (by == 24) return v128.shuffle<u8>(x, x, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12)
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by))
}

/** Half a round: `x1` against an `x0` that it was already added to. */
// @ts-ignore: decorator
@inline
function mix(x1: v128, x0: v128, by: i32): v128 {
  return v128.xor(rotate(x1, by), x0)
}

/** Encrypts the counters (high, low), (high, low + 1), ... and stores one word of each (Bits) or both (Split). */
export function threefry(kind: u32, out: usize, count: u32, k0: u32, k1: u32, high: u32, low: u32): void {
  const first = i32x4.add(i32x4.splat(low), i32x4(0, 1, 2, 3))
  for (let done: u32 = 0; done < count; done += 8) {
    let key0 = i32x4.splat(k0)
    let key1 = i32x4.splat(k1)
    let key2 = i32x4.splat(k0 ^ k1 ^ 0x1bd11bda)
    let a0 = i32x4.add(i32x4.splat(high), key0)
    let b0 = a0
    let a1 = i32x4.add(i32x4.add(first, i32x4.splat(done)), key1)
    let b1 = i32x4.add(a1, i32x4.splat(4))
    for (let group: i32 = 1; group <= 5; group++) {
      if (group & 1) {
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); a1 = mix(a1, a0, 13); b1 = mix(b1, b0, 13)
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); a1 = mix(a1, a0, 15); b1 = mix(b1, b0, 15)
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); a1 = mix(a1, a0, 26); b1 = mix(b1, b0, 26)
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); a1 = mix(a1, a0, 6); b1 = mix(b1, b0, 6)
      } else {
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); a1 = mix(a1, a0, 17); b1 = mix(b1, b0, 17)
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); a1 = mix(a1, a0, 29); b1 = mix(b1, b0, 29)
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); a1 = mix(a1, a0, 16); b1 = mix(b1, b0, 16)
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); a1 = mix(a1, a0, 24); b1 = mix(b1, b0, 24)
      }
      // The key schedule goes round: group 1 adds (key1, key2 + 1), group 2 (key2, key0 + 2), ...
      const used = key0
      key0 = key1
      key1 = key2
      key2 = used
      const bumped = i32x4.add(key1, i32x4.splat(group))
      a0 = i32x4.add(a0, key0); b0 = i32x4.add(b0, key0)
      a1 = i32x4.add(a1, bumped); b1 = i32x4.add(b1, bumped)
    }
    const left: usize = count - done
    if (kind == ThreefryKind.Bits) {
      storeLanes(out, min<usize>(left, 4), v128.xor(a0, a1))
      if (left > 4) storeLanes(out + 16, min<usize>(left - 4, 4), v128.xor(b0, b1))
      out += 32
    } else {
      storePairs(out, left, a0, a1)
      if (left > 4) storePairs(out + 32, left - 4, b0, b1)
      out += 64
    }
  }
}

/** Stores (x0, x1) of the first `count` lanes, at most 4, side by side. */
// @ts-ignore: decorator
@inline
function storePairs(out: usize, count: usize, x0: v128, x1: v128): void {
  storeLanes(out, min<usize>(count << 1, 4), v128.shuffle<i32>(x0, x1, 0, 4, 1, 5))
  if (count > 2) storeLanes(out + 16, min<usize>((count - 2) << 1, 4), v128.shuffle<i32>(x0, x1, 2, 6, 3, 7))
}
