// Matrix multiplication: how the instruction is read, how the output goes to shares, and how blocks of A and panels
// of B follow each other through the caches (after Goto and van de Geijn, 2008; XNNPACK's panels for B).
import { Gemm, GemmKind, State } from '../format'
import { address, extent, operandSize, shareStart } from '../operands'
import { vectorNN, vectorNT } from './gemm-vector'
import { column } from './gemm-tile'
import { levels, pack, transpose4 } from './pack'

/** Rows and depth of a block of A: it lives in L2, a tile's rows and one panel of B in L1. */
const BLOCK_ROWS: usize = 160
const BLOCK_DEPTH: usize = 512
/** Where the tile lies in a share's scratch, behind the packed block of A. */
const TILE_OFFSET: usize = 160 * 512 * 4
/** Panels that are packed at a time where B is not packed before: a part of L2. */
const GROUP: usize = 8
/** Rows of 8 columns that the tile holds. */
const TILE_ROWS: usize = 128

/** Opcode.Gemm; `at` is the address of its first field. */
export function gemmInstruction(at: usize, state: usize): void {
  const operand = operandSize(state)
  const variant: usize = load<u32>(at)
  const kind = variant & 0xff, accumulate = (variant >> 8) & 1
  const M: usize = extent(at + 4, state), N: usize = extent(at + 8, state), K: usize = extent(at + 12, state)
  let c = address(at + 16, state)
  at += 16 + operand
  const cRow = load<u32>(at)
  let a = address(at + 4, state)
  at += 4 + operand
  const mInner = load<u32>(at), mOuterStride = load<u32>(at, 4), mInnerStride = load<u32>(at, 8)
  const kInner = load<u32>(at, 12), kOuterStride = load<u32>(at, 16), kInnerStride = load<u32>(at, 20)
  let b = address(at + 24, state)
  at += 24 + operand
  const bK = load<u32>(at), bN = load<u32>(at, 4)
  const part = load<u32>(state, State.Part), parts = load<u32>(state, State.Parts)
  const scratch = address(at + 8, state) + <usize>part * <usize>Gemm.Scratch
  at += 8 + operand
  const batch0: usize = extent(at, state), batch1: usize = extent(at + 4, state)

  // A share is a range of the panels of all batches, or of row tiles where panels are too few to go round.
  const panels = (N + 7) >> 3, items = batch0 * batch1 * panels
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
    const i = batch / batch1, j = batch % batch1
    const cMatrix = c + i * load<u32>(at, 24) + j * load<u32>(at, 28)
    const aMatrix = a + i * load<u32>(at, 8) + j * load<u32>(at, 12)
    const bMatrix = b + i * load<u32>(at, 16) + j * load<u32>(at, 20)
    if (kind == GemmKind.Packed) {
      gemm(
        cMatrix, cRow, aMatrix, mInner, mOuterStride, mInnerStride, kInner, kOuterStride, kInnerStride,
        bMatrix, N, K, rowFrom, rowTo, from, to, accumulate, scratch,
      )
    } else if (kind == GemmKind.Unpacked && K > 0) {
      gemmUnpacked(
        cMatrix, cRow, aMatrix, mInnerStride, kInnerStride, bMatrix, bK, bN,
        N, K, rowFrom, rowTo, from, to, accumulate, scratch,
      )
    } else {
      const first = from << 3, last = min<usize>(N, to << 3)
      for (let row = rowFrom; row < rowTo; row++) {
        const y = cMatrix + row * cRow, x = aMatrix + levels(row, mInner, mOuterStride, mInnerStride)
        if (kind == GemmKind.VectorNN) {
          vectorNN(y, x, kInner, kOuterStride, kInnerStride, bMatrix, bK, K, first, last, accumulate)
        } else {
          vectorNT(y, x, kInner, kOuterStride, kInnerStride, bMatrix, bN, K, first, last, accumulate, scratch)
        }
      }
    }
    item += to - from
  }
}

/** The same of B as it lies: its panels go where a packed block of A would. */
function gemmUnpacked(
  c: usize, cRow: usize, a: usize, aRow: usize, aK: usize, b: usize, bK: usize, bN: usize,
  N: usize, K: usize, rowFrom: usize, rowTo: usize, from: usize, to: usize, accumulate: usize, scratch: usize,
): void {
  const depth = evenly(K, BLOCK_DEPTH, 1)
  for (let k: usize = 0; k < K; k += depth) {
    const count = min(depth, K - k), beta = accumulate | usize(k > 0)
    for (let panel = from; panel < to; panel += GROUP) {
      const last = min(panel + GROUP, to), panels = scratch - ((panel * count) << 5)
      pack(panels, b + k * bK, count, N, count, 0, bK, N, 0, bN, panel, last)
      gemm(c, cRow, a + k * aK, rowTo, 0, aRow, count, 0, aK, panels, N, count, rowFrom, rowTo, panel, last, beta, scratch)
    }
  }
}

/** Rows `rowFrom` .. `rowTo` - 1, panels `from` .. `to` - 1 of C = (or +=) A B, B packed. */
export function gemm(
  c: usize, cRow: usize, a: usize,
  mInner: usize, mOuterStride: usize, mInnerStride: usize, kInner: usize, kOuterStride: usize, kInnerStride: usize,
  b: usize, N: usize, K: usize, rowFrom: usize, rowTo: usize, from: usize, to: usize, accumulate: usize, scratch: usize,
): void {
  if (K == 0) {
    const first = from << 3, count = min(N, to << 3) - first
    if (!accumulate) for (let m = rowFrom; m < rowTo; m++) memory.fill(c + m * cRow + (first << 2), 0, count << 2)
    return
  }
  // A is read where it lies, unless its rows or columns need two strides, or each step of k lands in the same few
  // cache sets and there are panels enough to pay for the copy.
  const direct = mInner >= rowTo && kInner >= K && !(mInnerStride == 4 && conflicts(kInnerStride) && to - from >= 4)
  const depth = evenly(K, BLOCK_DEPTH, 1), height = evenly(rowTo - rowFrom, BLOCK_ROWS, 5)
  for (let k: usize = 0; k < K; k += depth) {
    const kCount = min(depth, K - k)
    for (let m = rowFrom; m < rowTo; m += height) {
      const mCount = min(height, rowTo - m)
      let block = a + m * mInnerStride + k * kInnerStride, aRow = mInnerStride, aK = kInnerStride
      if (!direct) {
        packA(scratch, a, m, mCount, k, kCount, mInner, mOuterStride, mInnerStride, kInner, kOuterStride, kInnerStride)
        block = scratch
        aRow = kCount << 2
        aK = 4
      }
      const beta = accumulate | usize(k > 0)
      for (let panel = from; panel < to; panel++) {
        const bPanel = b + ((panel * K + k) << 5), cPanel = c + m * cRow + (panel << 5)
        const width = N - (panel << 3)
        if (width >= 8) {
          column(mCount, kCount, block, aRow, aK, bPanel, cPanel, cRow, beta)
        } else {
          narrowColumn(width, mCount, kCount, block, aRow, aK, bPanel, cPanel, cRow, beta, scratch + TILE_OFFSET)
        }
      }
    }
  }
}

/** Size of the equal blocks, each a multiple of `unit` and none above `limit`, that `count` is cut into. */
export function evenly(count: usize, limit: usize, unit: usize): usize {
  const blocks = (count + limit - 1) / limit, size = (count + blocks - 1) / blocks
  return (size + unit - 1) / unit * unit
}

/** True for strides whose steps fall into a quarter of the first-level cache's sets or fewer. */
export function conflicts(stride: usize): bool {
  const size = select<usize>(-stride, stride, <isize>stride < 0)
  return size >= 2048 && ((size + 64) & 255) <= 128
}

/** The last panel, fewer than 8 columns wide, goes through a tile of full width. */
function narrowColumn(
  width: usize, rows: usize, k: usize,
  a: usize, aRow: usize, aK: usize, b: usize, c: usize, cRow: usize, beta: usize, tile: usize,
): void {
  const height = evenly(rows, TILE_ROWS, 5)
  for (let m: usize = 0; m < rows; m += height) {
    const count = min(height, rows - m)
    if (beta) copyRows(tile, 32, c + m * cRow, cRow, count, width)
    column(count, k, a + m * aRow, aRow, aK, b, tile, 32, beta)
    copyRows(c + m * cRow, cRow, tile, 32, count, width)
  }
}

function copyRows(out: usize, outRow: usize, source: usize, row: usize, rows: usize, width: usize): void {
  for (; rows; rows--) {
    for (let i: usize = 0; i < width << 2; i += 4) store<u32>(out + i, load<u32>(source + i))
    out += outRow
    source += row
  }
}

/** Copies a block of A to contiguous rows, [mCount][kCount]. */
function packA(
  out: usize, a: usize, m: usize, mCount: usize, k: usize, kCount: usize,
  mInner: usize, mOuterStride: usize, mInnerStride: usize, kInner: usize, kOuterStride: usize, kInnerStride: usize,
): void {
  const outRow = <usize>kCount << 2
  for (let i: usize = 0; i < mCount; ) {
    const row = a + levels(m + i, mInner, mOuterStride, mInnerStride)
    const four = mInnerStride == 4 && i + 4 <= mCount && (m + i) % mInner + 4 <= mInner
    for (let j: usize = 0; j < kCount; ) {
      const within = (k + j) % kInner, count = min(kInner - within, kCount - j)
      const source = row + ((k + j) / kInner) * kOuterStride + within * kInnerStride
      const at = out + i * outRow + (j << 2)
      if (four) packRows4(at, outRow, source, kInnerStride, count)
      else if (kInnerStride == 4) memory.copy(at, source, count << 2)
      else packRow(at, source, kInnerStride, count)
      j += count
    }
    i += four ? 4 : 1
  }
}

function packRow(out: usize, source: usize, stride: usize, count: usize): void {
  for (; count; count--) {
    store<u32>(out, load<u32>(source))
    out += 4
    source += stride
  }
}

/** Four rows at once, from columns in which they lie side by side. */
function packRows4(out: usize, outRow: usize, source: usize, stride: usize, count: usize): void {
  for (; count >= 4; count -= 4) {
    transpose4(out, outRow, source, stride)
    out += 16
    source += stride << 2
  }
  for (; count; count--) {
    const values = v128.load(source)
    v128.store_lane<f32>(out, values, 0)
    v128.store_lane<f32>(out + outRow, values, 1)
    v128.store_lane<f32>(out + (outRow << 1), values, 2)
    v128.store_lane<f32>(out + outRow * 3, values, 3)
    out += 4
    source += stride
  }
}
