// Naive twins of GemmViews, Pool and OverlapAdd: one element after the other, levels as in format.ts.

/** Byte offset of element `i` of `rank` levels of `words` words; `which` is the index of the strides' word. */
function naiveOffset(levels: usize, rank: u32, words: u32, i: u32, which: u32): i32 {
  let offset: i32 = 0
  for (let d: i32 = rank - 1; d >= 0; d--) {
    const level = levels + d * words * 4
    const count = load<u32>(level)
    offset += <i32>(i % count) * load<i32>(level + which * 4)
    i /= count
  }
  return offset
}

function naiveCount(levels: usize, rank: u32, words: u32): u32 {
  let count: u32 = 1
  for (let d: u32 = 0; d < rank; d++) count *= load<u32>(levels + d * words * 4)
  return count
}

export function naiveGemmViews(
  accumulate: u32, batchRank: u32, mRank: u32, nRank: u32, kRank: u32, c: usize, a: usize, b: usize, levels: usize
): void {
  const m = levels + batchRank * 16, n = m + mRank * 16, k = n + nRank * 16
  const batches = naiveCount(levels, batchRank, 4)
  const M = naiveCount(m, mRank, 4), N = naiveCount(n, nRank, 4), K = naiveCount(k, kRank, 4)
  for (let i: u32 = 0; i < batches; i++) {
    for (let row: u32 = 0; row < M; row++) {
      for (let column: u32 = 0; column < N; column++) {
        const at = c + naiveOffset(levels, batchRank, 4, i, 3) + naiveOffset(m, mRank, 4, row, 3) + naiveOffset(n, nRank, 4, column, 3)
        let sum: f32 = accumulate ? load<f32>(at) : 0
        for (let l: u32 = 0; l < K; l++) {
          const x = load<f32>(a + naiveOffset(levels, batchRank, 4, i, 1) + naiveOffset(m, mRank, 4, row, 1) + naiveOffset(k, kRank, 4, l, 1))
          const y = load<f32>(b + naiveOffset(levels, batchRank, 4, i, 2) + naiveOffset(n, nRank, 4, column, 2) + naiveOffset(k, kRank, 4, l, 2))
          const product = x * y
          sum += product
        }
        store<f32>(at, sum)
      }
    }
  }
}

/** `levels`: the lead levels and the three dimensions; a sum where `isSum`, else a maximum and its index. */
export function naivePool(isSum: u32, lead: u32, out: usize, indices: usize, source: usize, levels: usize): void {
  const dims = levels + lead * 16
  const leads = naiveCount(levels, lead, 4)
  for (let l: u32 = 0; l < leads; l++) {
    for (let o0: i32 = 0; o0 < load<i32>(dims); o0++) {
      for (let o1: i32 = 0; o1 < load<i32>(dims, 28); o1++) {
        for (let o2: i32 = 0; o2 < load<i32>(dims, 56); o2++) {
          let best: f32 = isSum ? 0 : -f32.MAX_VALUE * 2
          let where = -1
          for (let a: i32 = 0; a < load<i32>(dims, 12); a++) {
            for (let b: i32 = 0; b < load<i32>(dims, 40); b++) {
              for (let c: i32 = 0; c < load<i32>(dims, 68); c++) {
                const p0 = o0 * load<i32>(dims, 16) + a * load<i32>(dims, 20) - load<i32>(dims, 24)
                const p1 = o1 * load<i32>(dims, 44) + b * load<i32>(dims, 48) - load<i32>(dims, 52)
                const p2 = o2 * load<i32>(dims, 72) + c * load<i32>(dims, 76) - load<i32>(dims, 80)
                const n0 = load<i32>(dims, 4), n1 = load<i32>(dims, 32), n2 = load<i32>(dims, 60)
                if (p0 < 0 || p1 < 0 || p2 < 0 || p0 >= n0 || p1 >= n1 || p2 >= n2) continue
                const x = load<f32>(
                  source + naiveOffset(levels, lead, 4, l, 1) + p0 * load<i32>(dims, 8) + p1 * load<i32>(dims, 36) + p2 * load<i32>(dims, 64)
                )
                if (isSum) best += x
                else if (where < 0 || x > best || (isNaN<f32>(x) && !isNaN<f32>(best))) {
                  best = x
                  where = (p0 * n1 + p1) * n2 + p2
                }
              }
            }
          }
          store<f32>(out, best)
          out += 4
          if (!isSum) {
            store<i32>(indices, where)
            indices += 4
          }
        }
      }
    }
  }
}

export function naiveOverlapAdd(lead: u32, window: u32, outer: u32, out: usize, source: usize, levels: usize): void {
  const places = levels + lead * 12, items = places + window * 12
  const leads = naiveCount(levels, lead, 3), windows = naiveCount(places, window, 3), count = naiveCount(items, outer, 3)
  for (let l: u32 = 0; l < leads; l++) {
    for (let w: u32 = 0; w < windows; w++) {
      for (let o: u32 = 0; o < count; o++) {
        const to = out + naiveOffset(levels, lead, 3, l, 1) + naiveOffset(places, window, 3, w, 1) + naiveOffset(items, outer, 3, o, 1)
        const from = source + naiveOffset(levels, lead, 3, l, 2) + naiveOffset(places, window, 3, w, 2) + naiveOffset(items, outer, 3, o, 2)
        store<f32>(to, load<f32>(to) + load<f32>(from))
      }
    }
  }
}
