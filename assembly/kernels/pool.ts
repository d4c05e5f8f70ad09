// Pooling: the maximum (and where it was) or the sum over sliding windows of three dimensions, four results at a time
// where the windows lie inside; what would lie outside counts for nothing.
import { PoolKind, State } from '../format'
import { address, operandSize, shareStart } from '../operands'
import { countOf, offsetAt } from './levels'

/** Fields of a dimension of a Pool, in bytes. */
const enum Dim {
  Count = 0,
  Length = 4,
  InStride = 8,
  Size = 12,
  Stride = 16,
  Dilation = 20,
  Before = 24,
  Bytes = 28,
}

/** Opcode.Pool. Shares split the rows of results. */
export function poolInstruction(at: usize, state: usize): void {
  const kind = load<u32>(at), lead: usize = load<u32>(at, 4), size = operandSize(state)
  at += 8
  let out = address(at, state), indices = address(at + size, state)
  const source = address(at + size * 2, state)
  at += size * 3
  const d0 = at + (lead << 4), d1 = d0 + Dim.Bytes, d2 = d1 + Dim.Bytes
  const count0: usize = load<u32>(d0), count1: usize = load<u32>(d1), width: usize = load<u32>(d2)
  const part = load<u32>(state, State.Part), parts = load<u32>(state, State.Parts)
  const rows = <u32>(countOf(at, lead) * count0 * count1)
  const end: usize = shareStart(rows, part + 1, parts)
  for (let i: usize = shareStart(rows, part, parts); i < end; i++) {
    const plane = i / count1, item = plane / count0
    const p0 = startOf(d0, plane - item * count0), p1 = startOf(d1, i - plane * count1)
    const row = source + offsetAt(at, lead, item, 4) + p0 * load<u32>(d0, Dim.InStride) + p1 * load<u32>(d1, Dim.InStride)
    const index = (p0 * load<u32>(d1, Dim.Length) + p1) * load<u32>(d2, Dim.Length)
    const shift = i * width << 2
    if (kind == PoolKind.Sum) poolRow<bool>(out + shift, 0, row, 0, d0, p0, d1, p1, d2)
    else poolRow<f32>(out + shift, kind == PoolKind.Max ? indices + shift : 0, row, index, d0, p0, d1, p1, d2)
  }
}

/** Where window `i` starts in a dimension; before its first element where there is padding. */
// @ts-ignore: decorator
@inline
function startOf(dim: usize, i: usize): usize {
  return i * load<u32>(dim, Dim.Stride) - load<u32>(dim, Dim.Before)
}

/** First place of a window that starts at `start` and lies inside. */
// @ts-ignore: decorator
@inline
function firstInside(dim: usize, start: usize): usize {
  const dilation = load<i32>(dim, Dim.Dilation)
  return <i32>start >= 0 ? 0 : <usize>((dilation - 1 - <i32>start) / dilation)
}

/** The place behind the last one that lies inside. */
// @ts-ignore: decorator
@inline
function endInside(dim: usize, start: usize): usize {
  const dilation = load<i32>(dim, Dim.Dilation), left = load<i32>(dim, Dim.Length) - <i32>start
  return min<i32>(load<i32>(dim, Dim.Size), left <= 0 ? 0 : (left + dilation - 1) / dilation)
}

/** Four words, `stride` bytes apart. */
// @ts-ignore: decorator
@inline
function gather(at: usize, stride: usize): v128 {
  if (stride == 4) return v128.load(at)
  if (stride == 8) return v128.shuffle<f32>(v128.load(at), v128.load(at, 12), 0, 2, 5, 7)
  let x = v128.load32_zero(at)
  x = v128.load_lane<f32>(at + stride, x, 1)
  x = v128.load_lane<f32>(at + (stride << 1), x, 2)
  return v128.load_lane<f32>(at + stride * 3, x, 3)
}

/** One row of results: maxima (and their indices unless `indices` is 0) for T = f32, sums for T = bool. */
function poolRow<T>(
  out: usize, indices: usize, row: usize, index: usize, d0: usize, p0: usize, d1: usize, p1: usize, d2: usize,
): void {
  const s0: usize = load<u32>(d0, Dim.InStride) * load<u32>(d0, Dim.Dilation)
  const s1: usize = load<u32>(d1, Dim.InStride) * load<u32>(d1, Dim.Dilation)
  const inStride: usize = load<u32>(d2, Dim.InStride), s2: usize = inStride * load<u32>(d2, Dim.Dilation)
  const first0 = firstInside(d0, p0), first1 = firstInside(d1, p1)
  const end0 = endInside(d0, p0), end1 = endInside(d1, p1)
  const stride: usize = load<u32>(d2, Dim.Stride), lanes = inStride * stride
  const length: usize = load<u32>(d2, Dim.Length), size: usize = load<u32>(d2, Dim.Size)
  const reach = stride * 3 + (size - 1) * load<u32>(d2, Dim.Dilation)
  // In the index, one step of each place of the window.
  const i2: i32 = load<u32>(d2, Dim.Dilation)
  const i1 = <i32>load<u32>(d1, Dim.Dilation) * <i32>length
  const i0 = <i32>load<u32>(d0, Dim.Dilation) * <i32>load<u32>(d1, Dim.Length) * <i32>length
  const own = i32x4.mul(i32x4.splat(<i32>stride), i32x4(0, 1, 2, 3))
  const none = f32x4.splat(isInteger<T>() ? 0 : -f32.MAX_VALUE * 2)
  for (let left: usize = load<u32>(d2), p2 = startOf(d2, 0); left; ) {
    const four = left >= 4 && <i32>p2 >= 0 && p2 + reach < length
    const first2: usize = four ? <usize>0 : firstInside(d2, p2), end2 = four ? size : endInside(d2, p2)
    let best = none
    const base = <i32>(index + p2 + first2 * i2)
    let where = i32x4.splat(base + <i32>first0 * i0 + <i32>first1 * i1)
    const step: usize = four ? lanes : 0
    for (let a = first0; a < end0; a++) {
      for (let b = first1; b < end1; b++) {
        let at = row + p2 * inStride + a * s0 + b * s1 + first2 * s2
        let place = base + <i32>a * i0 + <i32>b * i1
        for (let c = end2 - first2; <i32>c > 0; c--) {
          const x = gather(at, step)
          if (isInteger<T>()) best = f32x4.add(best, x)
          else {
            // Larger, or the first NaN.
            const better = v128.andnot(f32x4.eq(best, best), f32x4.le(x, best))
            best = v128.bitselect(x, best, better)
            where = v128.bitselect(i32x4.splat(place), where, better)
          }
          at += s2
          place += i2
        }
      }
    }
    const done: usize = four ? 4 : 1
    if (four) v128.store(out, best)
    else v128.store_lane<f32>(out, best, 0)
    if (!isInteger<T>() && indices) {
      where = i32x4.add(where, own)
      if (four) v128.store(indices, where)
      else v128.store_lane<f32>(indices, where, 0)
      indices += done << 2
    }
    out += done << 2
    p2 += done * stride
    left -= done
  }
}
