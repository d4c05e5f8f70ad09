// The micro-kernels of matrix multiplication: a tile of C, 1 to 5 rows by 8 columns, stays in registers while k runs.
// Five rows are what fits (10 accumulators, 2 of B, 1 of A, 1 product), if the compiler behaves. Node 20's moves every
// load to the front of a loop, and then spills at half the speed, when the loop is unrolled, nested in another, or ends
// right before stores. So: one k per iteration, the test at the top, and each tile a function of its own.

/**
 * Rows x 8 of C = (or +=) A B over `k` steps: A by byte strides, B one packed panel [k][8].
 * Each element is summed in order of k, so neither tiles nor blocks can be seen in the bits.
 */
// @ts-ignore: decorator
@inline
function tile(
  rows: usize, k: usize, a: usize, aRow: usize, aK: usize, b: usize, c: usize, cRow: usize, accumulate: usize,
): void {
  const c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow, c4 = c3 + cRow
  let s00 = f32x4.splat(0), s01 = f32x4.splat(0), s10 = f32x4.splat(0), s11 = f32x4.splat(0), s20 = f32x4.splat(0)
  let s21 = f32x4.splat(0), s30 = f32x4.splat(0), s31 = f32x4.splat(0), s40 = f32x4.splat(0), s41 = f32x4.splat(0)
  if (accumulate) {
    s00 = v128.load(c); s01 = v128.load(c, 16)
    if (rows > 1) { s10 = v128.load(c1); s11 = v128.load(c1, 16) }
    if (rows > 2) { s20 = v128.load(c2); s21 = v128.load(c2, 16) }
    if (rows > 3) { s30 = v128.load(c3); s31 = v128.load(c3, 16) }
    if (rows > 4) { s40 = v128.load(c4); s41 = v128.load(c4, 16) }
  }
  const end = b + (k << 5)
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16)
    let row = a, x = v128.load32_splat(row)
    s00 = f32x4.add(s00, f32x4.mul(x, b0))
    s01 = f32x4.add(s01, f32x4.mul(x, b1))
    if (rows > 1) {
      x = v128.load32_splat(row += aRow)
      s10 = f32x4.add(s10, f32x4.mul(x, b0))
      s11 = f32x4.add(s11, f32x4.mul(x, b1))
    }
    if (rows > 2) {
      x = v128.load32_splat(row += aRow)
      s20 = f32x4.add(s20, f32x4.mul(x, b0))
      s21 = f32x4.add(s21, f32x4.mul(x, b1))
    }
    if (rows > 3) {
      x = v128.load32_splat(row += aRow)
      s30 = f32x4.add(s30, f32x4.mul(x, b0))
      s31 = f32x4.add(s31, f32x4.mul(x, b1))
    }
    if (rows > 4) {
      x = v128.load32_splat(row += aRow)
      s40 = f32x4.add(s40, f32x4.mul(x, b0))
      s41 = f32x4.add(s41, f32x4.mul(x, b1))
    }
    a += aK
    b += 32
  }
  v128.store(c, s00)
  v128.store(c, s01, 16)
  if (rows > 1) { v128.store(c1, s10); v128.store(c1, s11, 16) }
  if (rows > 2) { v128.store(c2, s20); v128.store(c2, s21, 16) }
  if (rows > 3) { v128.store(c3, s30); v128.store(c3, s31, 16) }
  if (rows > 4) { v128.store(c4, s40); v128.store(c4, s41, 16) }
}


function tile5(k: usize, a: usize, aRow: usize, aK: usize, b: usize, c: usize, cRow: usize, accumulate: usize): void {
  tile(5, k, a, aRow, aK, b, c, cRow, accumulate)
}

/** A tile of 1 to 5 rows. With `column` it makes two callers of tile5, which keeps asc from inlining it into a loop. */
function tileOf(
  rows: usize, k: usize, a: usize, aRow: usize, aK: usize, b: usize, c: usize, cRow: usize, accumulate: usize,
): void {
  switch (rows) {
    case 5: return tile5(k, a, aRow, aK, b, c, cRow, accumulate)
    case 4: return tile(4, k, a, aRow, aK, b, c, cRow, accumulate)
    case 3: return tile(3, k, a, aRow, aK, b, c, cRow, accumulate)
    case 2: return tile(2, k, a, aRow, aK, b, c, cRow, accumulate)
    case 1: return tile(1, k, a, aRow, aK, b, c, cRow, accumulate)
  }
}

/** One panel's columns of C, `rows` >= 1 high, in tiles of 5 rows and one of what is left. */
export function column(
  rows: usize, k: usize, a: usize, aRow: usize, aK: usize, b: usize, c: usize, cRow: usize, accumulate: usize,
): void {
  for (; rows > 5; rows -= 5) {
    tile5(k, a, aRow, aK, b, c, cRow, accumulate)
    a += 5 * aRow
    c += 5 * cRow
  }
  tileOf(rows, k, a, aRow, aK, b, c, cRow, accumulate)
}
