// threefry2x32 with 20 rounds: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
// Counters are independent, so four go side by side, and four such vectors at a time hide the chain of rounds.
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
    const pair: u32 = kind == ThreefryKind.Bits ? 4 : 8
    const isAt = kind == ThreefryKind.SplitAt
    const high: u32 = isAt ? load<u32>(key + k * keyStride, 8) : 0
    const low: u32 = isAt ? load<u32>(key + k * keyStride, 12) : 0
    threefry(kind, out + k * outStride + start * pair, end - start, k0, k1, high, low + start)
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

/** Encrypts the counters (high, low), (high, low + 1), ... and stores one word of each (Bits) or both (Split, SplitAt). */
export function threefry(kind: u32, out: usize, count: u32, k0: u32, k1: u32, high: u32, low: u32): void {
  const four = i32x4.splat(4)
  let first = i32x4.add(i32x4.splat(low + k1), i32x4(0, 1, 2, 3))
  for (let done: u32 = 0; done < count; done += 16) {
    let key0 = i32x4.splat(k0)
    let key1 = i32x4.splat(k1)
    let key2 = i32x4.splat(k0 ^ k1 ^ 0x1bd11bda)
    let a0 = i32x4.splat(high + k0), b0 = a0, c0 = a0, d0 = a0
    let a1 = first
    let b1 = i32x4.add(a1, four)
    let c1 = i32x4.add(b1, four)
    let d1 = i32x4.add(c1, four)
    first = i32x4.add(d1, four)
    for (let group: i32 = 1; group <= 5; group++) {
      if (group & 1) {
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); c0 = i32x4.add(c0, c1); d0 = i32x4.add(d0, d1)
        a1 = mix(a1, a0, 13); b1 = mix(b1, b0, 13); c1 = mix(c1, c0, 13); d1 = mix(d1, d0, 13)
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); c0 = i32x4.add(c0, c1); d0 = i32x4.add(d0, d1)
        a1 = mix(a1, a0, 15); b1 = mix(b1, b0, 15); c1 = mix(c1, c0, 15); d1 = mix(d1, d0, 15)
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); c0 = i32x4.add(c0, c1); d0 = i32x4.add(d0, d1)
        a1 = mix(a1, a0, 26); b1 = mix(b1, b0, 26); c1 = mix(c1, c0, 26); d1 = mix(d1, d0, 26)
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); c0 = i32x4.add(c0, c1); d0 = i32x4.add(d0, d1)
        a1 = mix(a1, a0, 6); b1 = mix(b1, b0, 6); c1 = mix(c1, c0, 6); d1 = mix(d1, d0, 6)
      } else {
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); c0 = i32x4.add(c0, c1); d0 = i32x4.add(d0, d1)
        a1 = mix(a1, a0, 17); b1 = mix(b1, b0, 17); c1 = mix(c1, c0, 17); d1 = mix(d1, d0, 17)
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); c0 = i32x4.add(c0, c1); d0 = i32x4.add(d0, d1)
        a1 = mix(a1, a0, 29); b1 = mix(b1, b0, 29); c1 = mix(c1, c0, 29); d1 = mix(d1, d0, 29)
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); c0 = i32x4.add(c0, c1); d0 = i32x4.add(d0, d1)
        a1 = mix(a1, a0, 16); b1 = mix(b1, b0, 16); c1 = mix(c1, c0, 16); d1 = mix(d1, d0, 16)
        a0 = i32x4.add(a0, a1); b0 = i32x4.add(b0, b1); c0 = i32x4.add(c0, c1); d0 = i32x4.add(d0, d1)
        a1 = mix(a1, a0, 24); b1 = mix(b1, b0, 24); c1 = mix(c1, c0, 24); d1 = mix(d1, d0, 24)
      }
      // The key schedule goes round: group 1 adds (key1, key2 + 1), group 2 (key2, key0 + 2), ...
      const used = key0
      key0 = key1
      key1 = key2
      key2 = used
      const bumped = i32x4.add(key1, i32x4.splat(group))
      a0 = i32x4.add(a0, key0); b0 = i32x4.add(b0, key0); c0 = i32x4.add(c0, key0); d0 = i32x4.add(d0, key0)
      a1 = i32x4.add(a1, bumped); b1 = i32x4.add(b1, bumped); c1 = i32x4.add(c1, bumped); d1 = i32x4.add(d1, bumped)
    }
    const left = <i32>(count - done)
    if (kind == ThreefryKind.Bits) {
      storeUpTo(out, left, v128.xor(a0, a1))
      storeUpTo(out + 16, left - 4, v128.xor(b0, b1))
      storeUpTo(out + 32, left - 8, v128.xor(c0, c1))
      storeUpTo(out + 48, left - 12, v128.xor(d0, d1))
      out += 64
    } else {
      storePairs(out, left, a0, a1)
      storePairs(out + 32, left - 4, b0, b1)
      storePairs(out + 64, left - 8, c0, c1)
      storePairs(out + 96, left - 12, d0, d1)
      out += 128
    }
  }
}

/** Stores the first `words` lanes: none if it is negative, all if it is above 4. */
// @ts-ignore: decorator
@inline
function storeUpTo(out: usize, words: i32, v: v128): void {
  if (words >= 4) v128.store(out, v)
  else if (words > 0) storeLanes(out, words, v)
}

/** Stores (x0, x1) of the first `count` lanes side by side; `count` as in storeUpTo. */
function storePairs(out: usize, count: i32, x0: v128, x1: v128): void {
  storeUpTo(out, count << 1, v128.shuffle<i32>(x0, x1, 0, 4, 1, 5))
  storeUpTo(out + 16, (count - 2) << 1, v128.shuffle<i32>(x0, x1, 2, 6, 3, 7))
}
