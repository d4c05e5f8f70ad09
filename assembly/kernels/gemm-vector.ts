// Vector times matrix (M = 1): B is read once, so it is never packed and the memory's speed is the limit.
// Rows are added four at a time where B's rows are contiguous; eight dot products run together where its columns are.
import { levels } from './pack'

/** Columns that are carried through all of K before the next ones: the part of C that stays in L1. */
const COLUMNS: usize = 4096
/** Elements of A that fit into the scratch; longer sums are cut there whatever A's strides are. */
const DEPTH: usize = 160 * 512

/** c[n] = (or +=) sum over k of a[k] b[k, n] for n in from .. to - 1; b's rows are contiguous. In order of k. */
export function vectorNN(
  c: usize, a: usize, kInner: usize, kOuterStride: usize, kInnerStride: usize,
  b: usize, bK: usize, K: usize, from: usize, to: usize, accumulate: usize,
): void {
  if (!accumulate) memory.fill(c + (from << 2), 0, (to - from) << 2)
  for (let n = from; n < to; n += COLUMNS) {
    const count = min(COLUMNS, to - n), at = c + (n << 2), column = b + (n << 2)
    let k: usize = 0
    for (; k + 4 <= K; k += 4) {
      addRows4(
        at, column + k * bK, bK,
        v128.load32_splat(a + levels(k, kInner, kOuterStride, kInnerStride)),
        v128.load32_splat(a + levels(k + 1, kInner, kOuterStride, kInnerStride)),
        v128.load32_splat(a + levels(k + 2, kInner, kOuterStride, kInnerStride)),
        v128.load32_splat(a + levels(k + 3, kInner, kOuterStride, kInnerStride)),
        count,
      )
    }
    for (; k < K; k++) addRow(at, column + k * bK, v128.load32_splat(a + levels(k, kInner, kOuterStride, kInnerStride)), count)
  }
}

// The multipliers come as vectors: splatted in here, the optimiser would splat them again in each iteration.
@inline
function addRows4(c: usize, b: usize, bK: usize, v0: v128, v1: v128, v2: v128, v3: v128, count: usize): void {
  let b1 = b + bK, b2 = b1 + bK, b3 = b2 + bK
  for (; count >= 4; count -= 4) {
    let sum = v128.load(c)
    sum = f32x4.add(sum, f32x4.mul(v0, v128.load(b)))
    sum = f32x4.add(sum, f32x4.mul(v1, v128.load(b1)))
    sum = f32x4.add(sum, f32x4.mul(v2, v128.load(b2)))
    sum = f32x4.add(sum, f32x4.mul(v3, v128.load(b3)))
    v128.store(c, sum)
    c += 16, b += 16, b1 += 16, b2 += 16, b3 += 16
  }
  for (; count; count--) {
    let sum = load<f32>(c)
    sum += f32x4.extract_lane(v0, 0) * load<f32>(b)
    sum += f32x4.extract_lane(v1, 0) * load<f32>(b1)
    sum += f32x4.extract_lane(v2, 0) * load<f32>(b2)
    sum += f32x4.extract_lane(v3, 0) * load<f32>(b3)
    store<f32>(c, sum)
    c += 4, b += 4, b1 += 4, b2 += 4, b3 += 4
  }
}

@inline
function addRow(c: usize, b: usize, v: v128, count: usize): void {
  for (; count >= 4; count -= 4) {
    v128.store(c, f32x4.add(v128.load(c), f32x4.mul(v, v128.load(b))))
    c += 16, b += 16
  }
  for (; count; count--) {
    store<f32>(c, load<f32>(c) + f32x4.extract_lane(v, 0) * load<f32>(b))
    c += 4, b += 4
  }
}

/** The same where b's columns are contiguous, bN apart. */
export function vectorNT(
  c: usize, a: usize, kInner: usize, kOuterStride: usize, kInnerStride: usize,
  b: usize, bN: usize, K: usize, from: usize, to: usize, accumulate: usize, scratch: usize,
): void {
  if (!accumulate) memory.fill(c + (from << 2), 0, (to - from) << 2)
  for (let k: usize = 0; k < K; k += DEPTH) {
    const count = min(DEPTH, K - k)
    let x = a + k * kInnerStride
    if (kInnerStride != 4 || kInner < K) {
      for (let i: usize = 0; i < count; i++) {
        store<u32>(scratch + (i << 2), load<u32>(a + levels(k + i, kInner, kOuterStride, kInnerStride)))
      }
      x = scratch
    }
    let n = from, column = b + from * bN + (k << 2)
    for (; n + 8 <= to; n += 8) {
      dot8(c + (n << 2), x, column, bN, count)
      column += bN << 3
    }
    for (; n < to; n++) {
      dot(c + (n << 2), x, column, count)
      column += bN
    }
  }
}

/** Adds the dot products of x with eight columns. Each has four partial sums, k mod 4; then those two and two. */
function dot8(c: usize, x: usize, b: usize, bN: usize, count: usize): void {
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0)
  let s4 = f32x4.splat(0), s5 = f32x4.splat(0), s6 = f32x4.splat(0), s7 = f32x4.splat(0)
  const whole = x + (count >> 2 << 4), rest = count & 3
  while (x < whole) {
    const v = v128.load(x)
    let row = b
    s0 = f32x4.add(s0, f32x4.mul(v, v128.load(row)))
    s1 = f32x4.add(s1, f32x4.mul(v, v128.load(row += bN)))
    s2 = f32x4.add(s2, f32x4.mul(v, v128.load(row += bN)))
    s3 = f32x4.add(s3, f32x4.mul(v, v128.load(row += bN)))
    s4 = f32x4.add(s4, f32x4.mul(v, v128.load(row += bN)))
    s5 = f32x4.add(s5, f32x4.mul(v, v128.load(row += bN)))
    s6 = f32x4.add(s6, f32x4.mul(v, v128.load(row += bN)))
    s7 = f32x4.add(s7, f32x4.mul(v, v128.load(row += bN)))
    x += 16
    b += 16
  }
  if (rest) {
    const v = partial(x, rest)
    s0 = f32x4.add(s0, f32x4.mul(v, partial(b, rest)))
    s1 = f32x4.add(s1, f32x4.mul(v, partial(b += bN, rest)))
    s2 = f32x4.add(s2, f32x4.mul(v, partial(b += bN, rest)))
    s3 = f32x4.add(s3, f32x4.mul(v, partial(b += bN, rest)))
    s4 = f32x4.add(s4, f32x4.mul(v, partial(b += bN, rest)))
    s5 = f32x4.add(s5, f32x4.mul(v, partial(b += bN, rest)))
    s6 = f32x4.add(s6, f32x4.mul(v, partial(b += bN, rest)))
    s7 = f32x4.add(s7, f32x4.mul(v, partial(b += bN, rest)))
  }
  v128.store(c, f32x4.add(v128.load(c), lanes(s0, s1, s2, s3)))
  v128.store(c, f32x4.add(v128.load(c, 16), lanes(s4, s5, s6, s7)), 16)
}

/** One column as dot8 does it. */
function dot(c: usize, x: usize, b: usize, count: usize): void {
  let sum = f32x4.splat(0)
  for (; count >= 4; count -= 4) {
    sum = f32x4.add(sum, f32x4.mul(v128.load(x), v128.load(b)))
    x += 16
    b += 16
  }
  if (count) sum = f32x4.add(sum, f32x4.mul(partial(x, count), partial(b, count)))
  store<f32>(c, load<f32>(c) + f32x4.extract_lane(lanes(sum, sum, sum, sum), 0))
}

/** Lane i is the sum of the lanes of s_i, (0 + 1) + (2 + 3): a transposition and three additions. */
// @ts-ignore: decorator
@inline
function lanes(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  const low01 = v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), low23 = v128.shuffle<f32>(s2, s3, 0, 4, 1, 5)
  const high01 = v128.shuffle<f32>(s0, s1, 2, 6, 3, 7), high23 = v128.shuffle<f32>(s2, s3, 2, 6, 3, 7)
  return f32x4.add(
    f32x4.add(v128.shuffle<f32>(low01, low23, 0, 1, 4, 5), v128.shuffle<f32>(low01, low23, 2, 3, 6, 7)),
    f32x4.add(v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), v128.shuffle<f32>(high01, high23, 2, 3, 6, 7)),
  )
}

/** 1 to 3 floats, the other lanes zero. */
function partial(at: usize, count: usize): v128 {
  if (count == 1) return v128.load32_zero(at)
  const two = v128.load64_zero(at)
  return count == 2 ? two : v128.load_lane<f32>(at + 8, two, 2)
}
