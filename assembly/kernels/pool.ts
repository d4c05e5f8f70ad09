// Pooling: the maximum (and where it was) or the sum over windows of a view, four results at a time.
import { PoolKind, State } from '../format'
import { address, operandSize, shareStart } from '../operands'
import { countOf, offsetAt } from './levels'

/** Opcode.Pool. Shares split the rows of results. */
export function poolInstruction(at: usize, state: usize): void {
  const kind = load<u32>(at), ranks = load<u32>(at, 4), size = operandSize(state)
  at += 8
  const out = address(at, state), indices = address(at + size, state), source = address(at + size * 2, state)
  const outer = at + size * 3, lead: usize = (ranks & 0xff) - 1, rank: usize = ranks >> 8
  const row = outer + (lead << 4), window = row + 16
  const rows = <u32>countOf(outer, lead), width: usize = load<u32>(row)
  const part = load<u32>(state, State.Part), parts = load<u32>(state, State.Parts)
  const end = shareStart(rows, part + 1, parts)
  const outStride: usize = load<u32>(row, 4), inStride: usize = load<u32>(row, 8), step: usize = load<u32>(row, 12)
  for (let i = shareStart(rows, part, parts); i < end; i++) {
    const to = offsetAt(outer, lead, i, 4)
    let from = source + offsetAt(outer, lead, i, 8)
    let index = offsetAt(outer, lead, i, 12)
    for (let j: usize = 0; j < width; j += 4) {
      const lanes = min<usize>(4, width - j)
      const place = to + j * outStride
      if (kind == PoolKind.Sum) sums(out + place, outStride, from, inStride, lanes, window, rank)
      else if (kind == PoolKind.MaxOnly) maxima(out + place, outStride, from, inStride, lanes, window, rank)
      else maximaAt(out + place, indices + place, outStride, from, inStride, index, step, lanes, window, rank)
      from += inStride << 2
      index += step << 2
    }
  }
}

/** One to four words, `stride` bytes apart; lanes beyond `lanes` repeat the first. */
// @ts-ignore: decorator
@inline
function gather(at: usize, stride: usize, lanes: usize): v128 {
  if (lanes == 4) {
    if (stride == 4) return v128.load(at)
    if (stride == 8) return v128.shuffle<f32>(v128.load(at), v128.load(at, 12), 0, 2, 5, 7)
  }
  let x = v128.load32_splat(at)
  if (lanes > 1) x = v128.load_lane<f32>(at + stride, x, 1)
  if (lanes > 2) x = v128.load_lane<f32>(at + (stride << 1), x, 2)
  if (lanes > 3) x = v128.load_lane<f32>(at + stride * 3, x, 3)
  return x
}

// @ts-ignore: decorator
@inline
function scatter(at: usize, stride: usize, lanes: usize, x: v128): void {
  if (lanes == 4 && stride == 4) {
    v128.store(at, x)
    return
  }
  v128.store_lane<f32>(at, x, 0)
  if (lanes > 1) v128.store_lane<f32>(at + stride, x, 1)
  if (lanes > 2) v128.store_lane<f32>(at + (stride << 1), x, 2)
  if (lanes > 3) v128.store_lane<f32>(at + stride * 3, x, 3)
}

/** The count of a window's level, counted from the innermost (0); missing ones are 1. */
// @ts-ignore: decorator
@inline
function windowCount(window: usize, rank: usize, d: usize): usize {
  return d < rank ? <usize>load<u32>(window + ((rank - 1 - d) << 4)) : 1
}

// @ts-ignore: decorator
@inline
function windowStride(window: usize, rank: usize, d: usize, which: usize): usize {
  return d < rank ? <usize>load<u32>(window + ((rank - 1 - d) << 4) + which) : 0
}

function sums(out: usize, outStride: usize, from: usize, stride: usize, lanes: usize, window: usize, rank: usize): void {
  let sum = f32x4.splat(0)
  const count0 = windowCount(window, rank, 0), count1 = windowCount(window, rank, 1)
  const s0 = windowStride(window, rank, 0, 8), s1 = windowStride(window, rank, 1, 8), s2 = windowStride(window, rank, 2, 8)
  for (let i = windowCount(window, rank, 2); i; i--, from += s2) {
    let middle = from
    for (let j = count1; j; j--, middle += s1) {
      let at = middle
      for (let k = count0; k; k--, at += s0) sum = f32x4.add(sum, gather(at, stride, lanes))
    }
  }
  scatter(out, outStride, lanes, sum)
}

function maxima(out: usize, outStride: usize, from: usize, stride: usize, lanes: usize, window: usize, rank: usize): void {
  let best = f32x4.splat(-f32.MAX_VALUE * 2)
  const count0 = windowCount(window, rank, 0), count1 = windowCount(window, rank, 1)
  const s0 = windowStride(window, rank, 0, 8), s1 = windowStride(window, rank, 1, 8), s2 = windowStride(window, rank, 2, 8)
  for (let i = windowCount(window, rank, 2); i; i--, from += s2) {
    let middle = from
    for (let j = count1; j; j--, middle += s1) {
      let at = middle
      for (let k = count0; k; k--, at += s0) {
        const x = gather(at, stride, lanes)
        best = v128.bitselect(x, best, isBetter(x, best))
      }
    }
  }
  scatter(out, outStride, lanes, best)
}

/** Larger, or the first NaN. */
// @ts-ignore: decorator
@inline
function isBetter(x: v128, best: v128): v128 {
  return v128.or(f32x4.gt(x, best), v128.and(f32x4.ne(x, x), f32x4.eq(best, best)))
}

function maximaAt(
  out: usize, indices: usize, outStride: usize, from: usize, stride: usize, index: usize, step: usize, lanes: usize,
  window: usize, rank: usize,
): void {
  let best = f32x4.splat(-f32.MAX_VALUE * 2)
  // The indices of the four windows' first elements; what a window adds is the same for all four.
  const base = i32x4.mul(i32x4.splat(<i32>step), i32x4(0, 1, 2, 3))
  let where = i32x4.add(base, i32x4.splat(<i32>index))
  const count0 = windowCount(window, rank, 0), count1 = windowCount(window, rank, 1)
  const s0 = windowStride(window, rank, 0, 8), s1 = windowStride(window, rank, 1, 8), s2 = windowStride(window, rank, 2, 8)
  const i0 = windowStride(window, rank, 0, 12), i1 = windowStride(window, rank, 1, 12), i2 = windowStride(window, rank, 2, 12)
  for (let i = windowCount(window, rank, 2); i; i--, from += s2, index += i2) {
    let middle = from, middleIndex = index
    for (let j = count1; j; j--, middle += s1, middleIndex += i1) {
      let at = middle, own = middleIndex
      for (let k = count0; k; k--, at += s0, own += i0) {
        const x = gather(at, stride, lanes), better = isBetter(x, best)
        best = v128.bitselect(x, best, better)
        where = v128.bitselect(i32x4.add(base, i32x4.splat(<i32>own)), where, better)
      }
    }
  }
  scatter(out, outStride, lanes, best)
  scatter(indices, outStride, lanes, where)
}
