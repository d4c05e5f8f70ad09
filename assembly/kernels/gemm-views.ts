// Matrix multiplication of views with any number of strides: sliding windows, whose columns overlap, and whatever else
// two levels cannot say. No operand is copied as a whole: tables of offsets lead to the elements, and one panel of B is
// packed at a time, right before the product that reads it from the first-level cache.
import { Gemm, GemmViews, State } from '../format'
import { address, operandSize, shareStart } from '../operands'
import { conflicts, evenly } from './gemm'
import { column } from './gemm-tile'
import { countOf, fillOffsets, offsetAt } from './levels'

const BLOCK_ROWS: usize = 125
const BLOCK_DEPTH: usize = 512
const BLOCK_COLUMNS: usize = 1024

/** What lies in a share's scratch: the block of A, a tile of C, a panel of B, and the tables of offsets. */
const enum Scratch {
  Tile = 256000,
  Panel = 260096,
  /** Of k in A and B, m in A and C, n in B and C. */
  KA = 276480,
  KB = 278528,
  MA = 280576,
  MC = 281088,
  NB = 281600,
  NC = 285696,
}

/** Opcode.GemmViews; `at` is the address of its first field. */
export function gemmViewsInstruction(at: usize, state: usize): void {
  const flags = load<u32>(at), ranks = load<u32>(at, 4)
  const aRow: usize = load<u32>(at, 8), aK: usize = load<u32>(at, 12), cRow: usize = load<u32>(at, 16)
  at += 20
  const operand = operandSize(state)
  const part = load<u32>(state, State.Part), parts = load<u32>(state, State.Parts)
  const c = address(at, state), a = address(at + operand, state), b = address(at + operand * 2, state)
  const scratch = address(at + operand * 3, state) + <usize>part * <usize>Gemm.Scratch
  const batchRank: usize = ranks & 0xff, mRank: usize = (ranks >> 8) & 0xff
  const nRank: usize = (ranks >> 16) & 0xff, kRank: usize = ranks >> 24
  const batches = at + operand * 4, m = batches + (batchRank << 4), n = m + (mRank << 4), k = n + (nRank << 4)
  const M = countOf(m, mRank), N = countOf(n, nRank)

  // Shares as in gemm.ts.
  const panels = (N + 7) >> 3, items = countOf(batches, batchRank) * panels
  let rowFrom: usize = 0, rowTo = M, item: usize = 0, end = items
  if (items >= parts << 2 || M < 10) {
    item = shareStart(<u32>items, part, parts)
    end = shareStart(<u32>items, part + 1, parts)
  } else {
    const tiles = <u32>(M + 4) / 5
    rowFrom = shareStart(tiles, part, parts) * 5
    rowTo = min<usize>(M, shareStart(tiles, part + 1, parts) * 5)
  }
  if (rowFrom >= rowTo) return
  while (item < end) {
    const batch = item / panels, from = item - batch * panels
    const to = min(panels, from + end - item)
    product(
      c + offsetAt(batches, batchRank, batch, 12), a + offsetAt(batches, batchRank, batch, 4),
      b + offsetAt(batches, batchRank, batch, 8),
      m, mRank, n, nRank, k, kRank, N, rowFrom, rowTo, from << 3, min(N, to << 3), aRow, aK, cRow, flags, scratch,
    )
    item += to - from
  }
}

/** Rows `rowFrom` .. `rowTo` - 1 and columns `from` .. `to` - 1 of one batch. */
function product(
  c: usize, a: usize, b: usize, m: usize, mRank: usize, n: usize, nRank: usize, k: usize, kRank: usize,
  N: usize, rowFrom: usize, rowTo: usize, from: usize, to: usize,
  aRow: usize, aK: usize, cRow: usize, flags: u32, scratch: usize,
): void {
  const K = countOf(k, kRank)
  const direct = (flags & GemmViews.DirectA) != 0 && !(aRow == 4 && conflicts(aK) && to - from >= 32)
  const depth = evenly(max<usize>(K, 1), BLOCK_DEPTH, 1), height = evenly(rowTo - rowFrom, BLOCK_ROWS, 5)
  for (; from < to; from += BLOCK_COLUMNS) {
    const columns = min(BLOCK_COLUMNS, to - from)
    fillOffsets(scratch + Scratch.NB, n, nRank, from, columns, 8)
    fillOffsets(scratch + Scratch.NC, n, nRank, from, columns, 12)
    // What the last panel lacks repeats its last column; nothing of it is stored.
    for (let i = columns; i & 7; i++) {
      store<u32>(scratch + (i << 2), load<u32>(scratch + (i << 2), Scratch.NB - 4), Scratch.NB)
    }
    let kFrom: usize = 0
    do {
      const kCount = min(depth, K - kFrom)
      fillOffsets(scratch + Scratch.KA, k, kRank, kFrom, kCount, 4)
      fillOffsets(scratch + Scratch.KB, k, kRank, kFrom, kCount, 8)
      const beta = <usize>(flags & GemmViews.Accumulate) | usize(kFrom > 0)
      for (let row = rowFrom; row < rowTo; row += height) {
        const rows = min(height, rowTo - row)
        fillOffsets(scratch + Scratch.MA, m, mRank, row, rows, 4)
        fillOffsets(scratch + Scratch.MC, m, mRank, row, rows, 12)
        if (!direct) packBlock(scratch, a, scratch + Scratch.MA, rows, scratch + Scratch.KA, kCount)
        blockOf(
          c, direct ? a + row * aRow + kFrom * aK : scratch, direct ? aRow : kCount << 2, direct ? aK : 4, b,
          rows, kCount, columns, cRow, flags & GemmViews.EvenC, beta, scratch,
        )
      }
      kFrom += kCount
    } while (kFrom < K)
  }
}

/** One block of rows times all panels of a block of columns. */
function blockOf(
  c: usize, a: usize, aRow: usize, aK: usize, b: usize, rows: usize, k: usize, columns: usize,
  cRow: usize, evenC: u32, beta: usize, scratch: usize,
): void {
  const panel = scratch + Scratch.Panel, tile = scratch + Scratch.Tile
  for (let j: usize = 0; j < columns; j += 8) {
    const nB = scratch + Scratch.NB + (j << 2), nC = scratch + Scratch.NC + (j << 2)
    const width = min<usize>(8, columns - j)
    packPanel(panel, b, nB, scratch + Scratch.KB, k)
    if (evenC && width == 8 && isRun(nC) && isRun(nC + 16) && load<u32>(nC, 16) - load<u32>(nC) == 16) {
      column(rows, k, a, aRow, aK, panel, c + load<u32>(scratch, Scratch.MC) + load<u32>(nC), cRow, beta)
      continue
    }
    if (beta) moveTile(tile, c, scratch + Scratch.MC, rows, nC, width, false)
    column(rows, k, a, aRow, aK, panel, tile, 32, beta)
    moveTile(tile, c, scratch + Scratch.MC, rows, nC, width, true)
  }
}

/** Brings a tile from C, or to it. */
function moveTile(tile: usize, c: usize, rows: usize, count: usize, columns: usize, width: usize, out: bool): void {
  for (; count; count--) {
    const row = c + load<u32>(rows)
    for (let i: usize = 0; i < width << 2; i += 4) {
      const element = row + load<u32>(columns + i)
      if (out) store<u32>(element, load<u32>(tile + i))
      else store<u32>(tile + i, load<u32>(element))
    }
    tile += 32
    rows += 4
  }
}

/** True if four offsets name neighbouring words. */
// @ts-ignore: decorator
@inline
function isRun(table: usize): bool {
  const first = load<u32>(table)
  return load<u32>(table, 4) - first == 4 && load<u32>(table, 8) - first == 8 && load<u32>(table, 12) - first == 12
}

/** Copies a block of A to contiguous rows. */
function packBlock(out: usize, a: usize, rows: usize, count: usize, kTable: usize, k: usize): void {
  const stride = k << 2
  for (; count; ) {
    // Four rows that lie side by side come from each column at once.
    const four = count >= 4 && isRun(rows)
    const row = a + load<u32>(rows)
    let i: usize = 0
    if (four) {
      for (; i < stride; i += 4) {
        const at = out + i, values = v128.load(row + load<u32>(kTable + i))
        v128.store_lane<f32>(at, values, 0)
        v128.store_lane<f32>(at + stride, values, 1)
        v128.store_lane<f32>(at + (stride << 1), values, 2)
        v128.store_lane<f32>(at + stride * 3, values, 3)
      }
    } else {
      while (i < stride) {
        const source = row + load<u32>(kTable + i)
        if (i + 16 <= stride && isRun(kTable + i)) {
          v128.store(out + i, v128.load(source))
          i += 16
        } else {
          store<u32>(out + i, load<u32>(source))
          i += 4
        }
      }
    }
    const taken: usize = four ? 4 : 1
    rows += taken << 2
    out += taken * stride
    count -= taken
  }
}

/** Packs one panel [k][8] of B: its eight columns lie at the offsets of `n`, its rows at those of `kTable`. */
function packPanel(out: usize, b: usize, n: usize, kTable: usize, k: usize): void {
  const end = kTable + (k << 2)
  const low = b + load<u32>(n), high = b + load<u32>(n, 16)
  if (isRun(n) && isRun(n + 16)) {
    for (; kTable < end; kTable += 4) {
      const row = load<u32>(kTable)
      v128.store(out, v128.load(low + row))
      v128.store(out, v128.load(high + row), 16)
      out += 32
    }
    return
  }
  if (k >= 4 && isRun(kTable)) {
    while (kTable + 16 <= end) {
      if (isRun(kTable)) {
        const row = b + load<u32>(kTable)
        columns4(out, row, n)
        columns4(out + 16, row, n + 16)
        kTable += 16
        out += 128
      } else {
        packHalf(out, b, n, kTable, kTable + 4)
        packHalf(out + 16, b, n + 16, kTable, kTable + 4)
        kTable += 4
        out += 32
      }
    }
  }
  packHalf(out, b, n, kTable, end)
  packHalf(out + 16, b, n + 16, kTable, end)
}

/** Four columns that are contiguous for four k. */
// @ts-ignore: decorator
@inline
function columns4(out: usize, b: usize, n: usize): void {
  const r0 = v128.load(b + load<u32>(n)), r1 = v128.load(b + load<u32>(n, 4))
  const r2 = v128.load(b + load<u32>(n, 8)), r3 = v128.load(b + load<u32>(n, 12))
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5)
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7)
  v128.store(out, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5))
  v128.store(out, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), 32)
  v128.store(out, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 64)
  v128.store(out, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 96)
}

/** Four columns at any offsets: neighbours, every other word (four indices from a multiple of four on: the ends say it), or one by one. */
function packHalf(out: usize, b: usize, n: usize, kTable: usize, end: usize): void {
  const n0 = b + load<u32>(n), n1 = b + load<u32>(n, 4), n2 = b + load<u32>(n, 8), n3 = b + load<u32>(n, 12)
  if (isRun(n)) {
    for (; kTable < end; kTable += 4, out += 32) v128.store(out, v128.load(n0 + load<u32>(kTable)))
  } else if (n1 - n0 == 8 && n3 - n0 == 24) {
    for (; kTable < end; kTable += 4, out += 32) {
      const at = n0 + load<u32>(kTable)
      v128.store(out, v128.shuffle<f32>(v128.load(at), v128.load(at, 12), 0, 2, 5, 7))
    }
  } else {
    for (; kTable < end; kTable += 4, out += 32) {
      const row = load<u32>(kTable)
      store<u32>(out, load<u32>(n0 + row))
      store<u32>(out, load<u32>(n1 + row), 4)
      store<u32>(out, load<u32>(n2 + row), 8)
      store<u32>(out, load<u32>(n3 + row), 12)
    }
  }
}
