// Naive twins of Take, ScatterAdd and CopyAt.

export function naiveTake(
  count: u32, inner: u32, rows: u32, out: usize, outRow: i32, table: usize, tableRow: i32,
  indices: usize, indexStride: i32
): void {
  for (let i: u32 = 0; i < count; i++) {
    const index = min(max(load<i32>(indices + i * indexStride), 0), <i32>rows - 1)
    for (let j: u32 = 0; j < inner; j++) {
      store<u32>(out + i * outRow + j * 4, load<u32>(table + index * tableRow + j * 4))
    }
  }
}

export function naiveScatterAdd(
  kind: u32, count: u32, inner: u32, rows: u32, out: usize, outRow: i32, updates: usize, updatesRow: i32,
  indices: usize, indexStride: i32
): void {
  for (let i: u32 = 0; i < count; i++) {
    const index = min(max(load<i32>(indices + i * indexStride), 0), <i32>rows - 1)
    for (let j: u32 = 0; j < inner; j++) {
      const to = out + index * outRow + j * 4
      const from = updates + i * updatesRow + j * 4
      if (kind == 2) store<u32>(to, load<u32>(from))
      else if (kind == 1) store<u32>(to, load<u32>(to) + load<u32>(from))
      else store<f32>(to, load<f32>(to) + load<f32>(from))
    }
  }
}

/** A window of rows x columns at clamped indices of a matrix: read from it, or with `writes` written into it. */
export function naiveCopyAt(
  writes: u32, row: i32, column: i32, lastRow: i32, lastColumn: i32, rows: u32, columns: u32, matrix: usize, matrixRow: i32,
  window: usize, windowRow: i32
): void {
  const top = max(0, min(row, lastRow))
  const left = max(0, min(column, lastColumn))
  for (let i: u32 = 0; i < rows; i++) {
    for (let j: u32 = 0; j < columns; j++) {
      const a = matrix + (top + i) * matrixRow + (left + j) * 4
      const b = window + i * windowRow + j * 4
      if (writes) store<u32>(a, load<u32>(b))
      else store<u32>(b, load<u32>(a))
    }
  }
}
