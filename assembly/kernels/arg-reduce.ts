// Where the largest or smallest float of each row is: the first one, and a NaN wins, as in NumPy and JAX.
import { State } from '../format'
import { address, extent, operandSize, shareStart } from '../operands'
import { loadLanes, storeLanes } from '../simd/lanes'
import { row } from './reduce'
import { MaxF32, MinF32, combineLanes } from './reduce-ops'

/** Opcode.ArgReduce. */
export function argReduceInstruction(at: usize, state: usize): void {
  if (load<u32>(at) == 0) argReduce<MaxF32>(at, state)
  else argReduce<MinF32>(at, state)
}

function argReduce<O>(at: usize, state: usize): void {
  const outer = extent(at + 4, state)
  const length = extent(at + 8, state)
  const size = operandSize(state)
  const out = address(at + 12, state)
  const outOuter = load<i32>(at + 12 + size)
  const source = address(at + 16 + size, state)
  const inOuter = load<i32>(at + 16 + size * 2)
  const inLength = load<i32>(at + 20 + size * 2)
  const part = load<u32>(state, State.Part)
  const parts = load<u32>(state, State.Parts)
  let o = shareStart(outer, part, parts)
  const end = shareStart(outer, part + 1, parts)
  if (inLength != 4 && inOuter == 4 && outOuter == 4) {
    for (; o < end; o += 4) {
      argColumns<O>(out + (<usize>o << 2), source + (<usize>o << 2), length, inLength, min<usize>(4, end - o))
    }
    return
  }
  for (; o < end; o++) {
    const from = source + o * inOuter
    store<u32>(out + o * outOuter, inLength == 4 ? argRow<O>(from, length) : argStrided<O>(from, length, inLength))
  }
}

/** Finds the extreme first, then the first word that equals it: two cheap passes beat one that carries indices. */
function argRow<O>(at: usize, length: u32): u32 {
  const lanes = combineLanes<O>(row<O>(at, length))
  const extreme = v128.shuffle<i32>(lanes, lanes, 0, 0, 0, 0)
  const isNaN = f32x4.ne(extreme, extreme)
  const start = at
  for (const end = at + (<usize>(length & ~3) << 2); at < end; at += 16) {
    const mask = i32x4.bitmask(matches(v128.load(at), extreme, isNaN))
    if (mask != 0) return <u32>((at - start) >> 2) + ctz<u32>(mask)
  }
  // The padding matches too, but stands behind every word of the row.
  const mask = i32x4.bitmask(matches(loadLanes(at, length & 3, extreme), extreme, isNaN))
  return <u32>((at - start) >> 2) + ctz<u32>(mask)
}

// @ts-ignore: decorator
@inline
function matches(x: v128, extreme: v128, isNaN: v128): v128 {
  return v128.or(f32x4.eq(x, extreme), v128.and(isNaN, f32x4.ne(x, x)))
}

/** Lanes in which `x` must take the place of `best`. */
// @ts-ignore: decorator
@inline
function beats<O>(x: v128, best: v128): v128 {
  const better = idof<O>() == idof<MaxF32>() ? f32x4.gt(x, best) : f32x4.lt(x, best)
  return v128.or(better, v128.and(f32x4.ne(x, x), f32x4.eq(best, best)))
}

/** One to four neighbouring columns. */
function argColumns<O>(out: usize, at: usize, length: u32, stride: i32, lanes: usize): void {
  let index = i32x4.splat(0)
  if (length > 0) {
    let best = loadLanes(at, lanes, index)
    for (let l: u32 = 1; l < length; l++) {
      at += stride
      const x = loadLanes(at, lanes, best)
      const mask = beats<O>(x, best)
      best = v128.bitselect(x, best, mask)
      index = v128.bitselect(i32x4.splat(l), index, mask)
    }
  }
  storeLanes(out, lanes, index)
}

function argStrided<O>(at: usize, length: u32, stride: i32): u32 {
  if (length == 0) return 0
  let index: u32 = 0
  let best = v128.load32_splat(at)
  for (let l: u32 = 1; l < length; l++) {
    at += stride
    const x = v128.load32_splat(at)
    if (!v128.any_true(beats<O>(x, best))) continue
    best = x
    index = l
  }
  return index
}
