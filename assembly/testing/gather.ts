// Naive twins of Take and ScatterAdd.

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
  isInteger: u32, count: u32, inner: u32, rows: u32, out: usize, outRow: i32, updates: usize, updatesRow: i32,
  indices: usize, indexStride: i32
): void {
  for (let i: u32 = 0; i < count; i++) {
    const index = min(max(load<i32>(indices + i * indexStride), 0), <i32>rows - 1)
    for (let j: u32 = 0; j < inner; j++) {
      const to = out + index * outRow + j * 4
      const from = updates + i * updatesRow + j * 4
      if (isInteger) store<u32>(to, load<u32>(to) + load<u32>(from))
      else store<f32>(to, load<f32>(to) + load<f32>(from))
    }
  }
}
