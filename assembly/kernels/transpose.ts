// Matrix transposition. Strips of eight output rows are written as eight contiguous streams: square blocks would
// meet in one cache set when a stride is a power of two.

/** Columns of a strip: neighbouring strips read the other half of the same cache lines while L2 still has them. */
const COLUMNS: u32 = 512

/** out[r, c] = source at r * 4 + c * inColumn, for `rows` x `columns` words; rows of `out` are contiguous. */
export function transpose(out: usize, outRow: i32, source: usize, inColumn: i32, rows: u32, columns: u32): void {
  for (; columns > COLUMNS; columns -= COLUMNS) {
    strips(out, outRow, source, inColumn, rows, COLUMNS)
    out += COLUMNS << 2
    source += COLUMNS * inColumn
  }
  strips(out, outRow, source, inColumn, rows, columns)
}

function strips(out: usize, outRow: i32, source: usize, inColumn: i32, rows: u32, columns: u32): void {
  for (; rows >= 8; rows -= 8) {
    strip8(out, outRow, source, inColumn, columns)
    out += 8 * outRow
    source += 32
  }
  if (rows >= 4) {
    strip4(out, outRow, source, inColumn, columns)
    out += 4 * outRow
    source += 16
    rows -= 4
  }
  for (; rows > 0; rows--) {
    let from = source
    for (let to = out, end = out + (<usize>columns << 2); to < end; to += 4) {
      store<u32>(to, load<u32>(from))
      from += inColumn
    }
    out += outRow
    source += 4
  }
}

function strip8(out: usize, outRow: i32, source: usize, inColumn: i32, columns: u32): void {
  let low = out
  let high = out + 4 * outRow
  for (; columns >= 4; columns -= 4) {
    block4(low, outRow, source, inColumn)
    block4(high, outRow, source + 16, inColumn)
    low += 16
    high += 16
    source += 4 * inColumn
  }
  for (; columns > 0; columns--) {
    column4(low, outRow, source)
    column4(high, outRow, source + 16)
    low += 4
    high += 4
    source += inColumn
  }
}

function strip4(out: usize, outRow: i32, source: usize, inColumn: i32, columns: u32): void {
  for (; columns >= 4; columns -= 4) {
    block4(out, outRow, source, inColumn)
    out += 16
    source += 4 * inColumn
  }
  for (; columns > 0; columns--) {
    column4(out, outRow, source)
    out += 4
    source += inColumn
  }
}

// @ts-ignore: decorator
@inline
function block4(out: usize, outRow: i32, source: usize, inColumn: i32): void {
  const a = v128.load(source)
  const b = v128.load(source + inColumn)
  const c = v128.load(source + 2 * inColumn)
  const d = v128.load(source + 3 * inColumn)
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5)
  const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7)
  const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5)
  const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
  v128.store(out, v128.shuffle<i64>(ab0, cd0, 0, 2))
  v128.store(out + outRow, v128.shuffle<i64>(ab0, cd0, 1, 3))
  v128.store(out + 2 * outRow, v128.shuffle<i64>(ab1, cd1, 0, 2))
  v128.store(out + 3 * outRow, v128.shuffle<i64>(ab1, cd1, 1, 3))
}

// @ts-ignore: decorator
@inline
function column4(out: usize, outRow: i32, source: usize): void {
  const a = v128.load(source)
  v128.store32_lane(out, a, 0)
  v128.store32_lane(out + outRow, a, 1)
  v128.store32_lane(out + 2 * outRow, a, 2)
  v128.store32_lane(out + 3 * outRow, a, 3)
}
