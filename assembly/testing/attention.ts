// Naive twin of Attention: one score after the other, in double precision, from the definitions.
import { Attention } from '../format'

/** All of one head: `fields` are the addresses of q, k, v, mask, out, logSums; dOut, deltas, dq, dk, dv. Rows are contiguous. */
export function naiveAttention(
  flags: u32, queries: u32, keys: u32, depth: u32, width: u32, scale: f32, length: i32, fields: usize, scores: usize
): void {
  const q = load<u32>(fields), k = load<u32>(fields, 4), v = load<u32>(fields, 8), mask = load<u32>(fields, 12)
  const out = load<u32>(fields, 16), logSums = load<u32>(fields, 20)
  const dOut = load<u32>(fields, 24), deltas = load<u32>(fields, 28)
  const dq = load<u32>(fields, 32), dk = load<u32>(fields, 36), dv = load<u32>(fields, 40)
  for (let i: u32 = 0; i < queries; i++) {
    let top: f64 = -Infinity
    for (let j: u32 = 0; j < keys; j++) {
      let score: f64 = 0
      for (let d: u32 = 0; d < depth; d++) score += <f64>at(q, i * depth + d) * <f64>at(k, j * depth + d)
      score *= scale
      if (flags & Attention.Bias) score += at(mask, i * keys + j)
      const isHidden = (flags & Attention.Mask) != 0 && load<u32>(mask + ((i * keys + j) << 2)) == 0
      if (isHidden || ((flags & Attention.Causal) != 0 && j > i) || ((flags & Attention.Lengths) != 0 && <i32>j >= length)) {
        score = -Infinity
      }
      store<f64>(scores + (j << 3), score)
      top = max(top, score)
    }
    let sum: f64 = 0
    for (let j: u32 = 0; j < keys; j++) {
      const weight: f64 = top == -Infinity ? 0 : NativeMath.exp(load<f64>(scores + (j << 3)) - top)
      store<f64>(scores + (j << 3), weight)
      sum += weight
    }
    if (!(flags & Attention.Gradient)) store<f32>(logSums + (i << 2), <f32>(top + (sum == 0 ? 0 : NativeMath.log(sum))))
    for (let d: u32 = 0; d < width; d++) {
      let result: f64 = 0
      for (let j: u32 = 0; j < keys; j++) result += weightOf(scores, j, sum) * <f64>at(v, j * width + d)
      if (!(flags & Attention.Gradient)) store<f32>(out + ((i * width + d) << 2), <f32>result)
    }
    if (!(flags & Attention.Gradient)) continue
    for (let j: u32 = 0; j < keys; j++) {
      const weight = weightOf(scores, j, sum)
      let slope: f64 = at(deltas, i)
      for (let d: u32 = 0; d < width; d++) slope += <f64>at(dOut, i * width + d) * <f64>at(v, j * width + d)
      slope *= weight * scale
      for (let d: u32 = 0; d < width; d++) increase(dv, j * width + d, weight * at(dOut, i * width + d))
      for (let d: u32 = 0; d < depth; d++) increase(dk, j * depth + d, slope * at(q, i * depth + d))
      for (let d: u32 = 0; d < depth; d++) increase(dq, i * depth + d, slope * at(k, j * depth + d))
    }
  }
}

function at(x: usize, i: u32): f32 {
  return load<f32>(x + (i << 2))
}

function increase(x: usize, i: u32, y: f64): void {
  store<f32>(x + (i << 2), <f32>(<f64>at(x, i) + y))
}

function weightOf(scores: usize, j: u32, sum: f64): f64 {
  return sum == 0 ? 0 : load<f64>(scores + (j << 3)) / sum
}
