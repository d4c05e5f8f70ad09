// Scaled dot-product attention, softmax(scale Q K' + mask) V, and its gradient, block by block (Dao et al. 2022,
// FlashAttention; the running maximum and sum are Milakov & Gimelshein's, 2018): of the scores only one block of queries
// by keys exists at a time, in the first-level cache. What a causal map or the number of keys leaves out is not computed.
import { Attention, State } from '../format'
import { address, operandSize, shareStart } from '../operands'
import { firstLanes, loadLanes, storeLanes } from '../simd/lanes'
import { exp, log } from '../simd/math'
import { select } from '../simd/words'
import { evenly } from './gemm'
import { vectorNN, vectorNT } from './gemm-vector'
import { column } from './gemm-tile'
import { countOf, offsetAt } from './levels'
import { pack } from './pack'
import { MaxF32, SumF32, combineLanes } from './reduce-ops'
import { splatFirst } from './softmax'

/** Rows of queries and keys of a block of scores. */
const QUERIES: usize = 40
const KEYS: usize = 128
const ROW: usize = KEYS << 2

/** The plain fields of the instruction, in bytes. */
const enum Field {
  Groups = 4,
  Rank = 8,
  Queries = 12,
  Keys = 16,
  Depth = 20,
  Width = 24,
  Scale = 28,
  QRow = 32,
  QColumn = 36,
  KRow = 40,
  KColumn = 44,
  VRow = 48,
  VColumn = 52,
  MaskRow = 56,
  MaskColumn = 60,
  OutRow = 64,
  OutColumn = 68,
  Levels = 72,
}

/** Opcode.Attention; `at` is the address of its first field. Shares split the groups, each of which has its workspace. */
export function attentionInstruction(at: usize, state: usize): void {
  const flags = load<u32>(at), groups = load<u32>(at, Field.Groups)
  const rank: usize = load<u32>(at, Field.Rank), size = operandSize(state)
  const queries: usize = load<u32>(at, Field.Queries), keys: usize = load<u32>(at, Field.Keys)
  const depth: usize = load<u32>(at, Field.Depth), width: usize = load<u32>(at, Field.Width)
  const first = at + Field.Levels, second = first + (rank << 4)
  let operands = second + (rank << 4)
  const out0 = address(operands, state), out1 = address(operands + size, state)
  const q = address(operands + size * 2, state), k = address(operands + size * 3, state)
  const v = address(operands + size * 4, state), mask = address(operands + size * 5, state)
  const lengths = address(operands + size * 6, state)
  operands += size * 7
  const isGradient = flags & Attention.Gradient
  const out2 = isGradient ? address(operands, state) : 0, logSums = isGradient ? address(operands + size, state) : 0
  const deltas = isGradient ? address(operands + size * 2, state) : 0
  const cotangents = isGradient ? address(operands + size * 3, state) : 0
  if (isGradient) operands += size * 4
  const workspaces = address(operands, state), bytes = <usize>load<u32>(operands + size)
  const part = load<u32>(state, State.Part), parts = load<u32>(state, State.Parts)
  const items = countOf(first, rank), end: usize = shareStart(groups, part + 1, parts)
  for (let group: usize = shareStart(groups, part, parts); group < end; group++) {
    const workspace = workspaces + group * bytes, last: usize = shareStart(<u32>items, <u32>group + 1, groups)
    for (let i: usize = shareStart(<u32>items, <u32>group, groups); i < last; i++) {
      const ownQ = q + offsetAt(first, rank, i, 4), ownK = k + offsetAt(first, rank, i, 8)
      const ownV = v + offsetAt(first, rank, i, 12), ownMask = mask + offsetAt(second, rank, i, 4)
      let count = keys
      if (flags & Attention.Lengths) {
        const length = load<i32>(lengths + offsetAt(second, rank, i, 8))
        count = <usize>max(0, min(<i32>keys, length))
      }
      const row = i * queries << 2
      if (isGradient) {
        gradient(
          at, out0 + row * depth, out1 + (i * keys * depth << 2), out2 + (i * keys * width << 2), ownQ, ownK, ownV,
          ownMask, logSums + row, deltas + row, cotangents + offsetAt(second, rank, i, 12), count, workspace,
        )
      } else if (flags & Attention.Vectors) {
        vectors(at, out0 + row * width, out1 + row, ownQ, ownK, ownV, ownMask, count, workspace)
      } else forward(at, out0 + row * width, out1 + row, ownQ, ownK, ownV, ownMask, count, workspace)
    }
  }
}

/** One head by blocks. Workspace: scores, results, maxima and sums of a block of queries; K' and V in panels. */
function forward(
  at: usize, out: usize, logSums: usize, q: usize, k: usize, v: usize, mask: usize, keys: usize, workspace: usize,
): void {
  const queries: usize = load<u32>(at, Field.Queries)
  const depth: usize = load<u32>(at, Field.Depth), width: usize = load<u32>(at, Field.Width)
  const qRow: usize = load<u32>(at, Field.QRow), maskRow: usize = load<u32>(at, Field.MaskRow)
  const causal = load<u32>(at) & Attention.Causal
  const outRow = (width + 7 & -8) << 2, panels = width + 7 >> 3
  const sums = workspace + QUERIES * ROW, stats = sums + QUERIES * outRow
  const kPanels = stats + (QUERIES << 3), vPanels = kPanels + ((keys + 7 & -8) * depth << 2)
  packMatrix(kPanels, k, depth, keys, load<u32>(at, Field.KColumn), load<u32>(at, Field.KRow))
  packMatrix(vPanels, v, keys, width, load<u32>(at, Field.VRow), load<u32>(at, Field.VColumn))
  const height = evenly(queries, QUERIES, 5)
  for (let i: usize = 0; i < queries; i += height) {
    const rows = min(height, queries - i), limit = causal ? min(keys, i + rows) : keys
    memory.fill(sums, 0, rows * outRow)
    for (let row: usize = 0; row < rows; row++) {
      store<f32>(stats + (row << 3), -Infinity)
      store<f32>(stats + (row << 3), 0, 4)
    }
    for (let j: usize = 0; j < limit; j += KEYS) {
      const count = min(KEYS, limit - j)
      product(workspace, q + i * qRow, qRow, load<u32>(at, Field.QColumn), kPanels + (j * depth << 2), depth, rows, count, i, j, causal)
      for (let row: usize = 0; row < rows; row++) {
        const own = causal ? reached(i + row, j, count) : count
        weigh(
          at, workspace + row * ROW, own, mask + (i + row) * maskRow + j * load<u32>(at, Field.MaskColumn),
          stats + (row << 3), sums + row * outRow, outRow,
        )
      }
      for (let row: usize = 0; row < rows; row += 5) {
        const own = causal ? reached(i + row + 4, j, count) : count
        if (own == 0) continue
        for (let panel: usize = 0; panel < panels; panel++) {
          column(
            min<usize>(5, rows - row), own, workspace + row * ROW, ROW, 4, vPanels + ((panel * keys + j) << 5),
            sums + row * outRow + (panel << 5), outRow, 1,
          )
        }
      }
    }
    for (let row: usize = 0; row < rows; row++) {
      finish(out + ((i + row) * width << 2), logSums + (i + row << 2), sums + row * outRow, width, stats + (row << 3))
    }
  }
}

/** One head of few queries: nothing is packed, as each key and value is read once or little more. Workspace: a row of scores, a maximum and a sum. */
function vectors(
  at: usize, out: usize, logSums: usize, q: usize, k: usize, v: usize, mask: usize, keys: usize, workspace: usize,
): void {
  const queries: usize = load<u32>(at, Field.Queries)
  const depth: usize = load<u32>(at, Field.Depth), width: usize = load<u32>(at, Field.Width)
  const stats = workspace + ((<usize>load<u32>(at, Field.Keys) + 7 & -4) << 2)
  for (let i: usize = 0; i < queries; i++) {
    const count = load<u32>(at) & Attention.Causal ? reached(i, 0, keys) : keys
    store<f32>(stats, -Infinity)
    store<f32>(stats, 0, 4)
    vectorNT(
      workspace, q + i * load<u32>(at, Field.QRow), depth, 0, 4, k, load<u32>(at, Field.KRow), depth, 0, count, 0, 0,
    )
    weigh(at, workspace, count, mask + i * load<u32>(at, Field.MaskRow), stats, 0, 0)
    vectorNN(out, workspace, count, 0, 4, v, load<u32>(at, Field.VRow), count, 0, width, 0)
    finish(out, logSums + (i << 2), out, width, stats)
    out += width << 2
  }
}

/** Keys from `j` on, `count` at most, that query `i` of a causal map sees. */
// @ts-ignore: decorator
@inline
function reached(i: usize, j: usize, count: usize): usize {
  return i < j ? 0 : min(count, i - j + 1)
}

/** All panels of B [K, N], which has one stride each way. */
function packMatrix(out: usize, b: usize, K: usize, N: usize, kStride: usize, nStride: usize): void {
  if (K) pack(out, b, K, N, K, 0, kStride, N, 0, nStride, 0, (N + 7) >> 3)
}

/** A block of A [rows, depth] times panels [count / 8][depth][8]; of a causal map no tile that lies above the diagonal. */
function product(
  block: usize, a: usize, aRow: usize, aColumn: usize, panels: usize, depth: usize, rows: usize, count: usize,
  i: usize, j: usize, causal: u32,
): void {
  for (let key: usize = 0; key < count; key += 8) {
    const above = causal && j + key > i ? (j + key - i) / 5 * 5 : 0
    if (above < rows) {
      column(rows - above, depth, a + above * aRow, aRow, aColumn, panels, block + above * ROW + (key << 2), ROW, 0)
    }
    panels += depth << 5
  }
}

/** Scales a row of scores and applies its mask. */
function maskRow(row: usize, count: usize, scale: v128, flags: u32, mask: usize, stride: usize): void {
  for (const end = row + (count << 2); row < end; row += 16) {
    const n = min<usize>(4, (end - row) >> 2)
    let own = i32x4.splat(0)
    if (stride == 4) own = loadLanes(mask, n, own)
    else {
      own = v128.load32_splat(mask)
      if (n > 1) own = v128.load32_lane(mask + stride, own, 1)
      if (n > 2) own = v128.load32_lane(mask + (stride << 1), own, 2)
      if (n > 3) own = v128.load32_lane(mask + stride * 3, own, 3)
    }
    const x = f32x4.mul(v128.load(row), scale)
    const isSeen = i32x4.ne(own, i32x4.splat(0))
    v128.store(row, flags & Attention.Bias ? f32x4.add(x, own) : select(isSeen, x, f32x4.splat(-Infinity)))
    mask += stride << 2
  }
}

/** `x` unless it is -Infinity: what scores may be lowered by. */
// @ts-ignore: decorator
@inline
function shiftOf(x: v128): v128 {
  return v128.andnot(x, f32x4.eq(x, f32x4.splat(-Infinity)))
}

/** First word after those of a row of weights that a tile of five rows may read. */
// @ts-ignore: decorator
@inline
function readTo(count: usize): usize {
  return min(KEYS, (count + 3 & -4) + 4)
}

/**
 * A row of scores becomes exp(score - maximum), zero from `count` on as far as tiles read; maximum and sum so far (`stats`)
 * go on, the results so far are brought to the new maximum.
 */
function weigh(at: usize, row: usize, count: usize, mask: usize, stats: usize, sums: usize, sumBytes: usize): void {
  const flags = load<u32>(at), scale = v128.load32_splat(at + Field.Scale)
  const whole = row + (count >> 2 << 4), rest = count & 3, end = whole + (rest ? 16 : 0)
  const before = v128.load32_splat(stats)
  let factor = scale
  if (flags & (Attention.Mask | Attention.Bias)) {
    maskRow(row, count, scale, flags, mask, load<u32>(at, Field.MaskColumn))
    factor = f32x4.splat(1)
  }
  const last = f32x4.mul(v128.load(whole), factor), there = firstLanes(rest)
  let top = rest ? f32x4.pmax(select(there, last, before), before) : before, x = row
  for (; x < whole; x += 16) top = f32x4.pmax(f32x4.mul(v128.load(x), factor), top)
  top = splatFirst(combineLanes<MaxF32>(top))
  const shift = shiftOf(top)
  let sum = f32x4.splat(0)
  for (x = row; x < whole; x += 16) {
    const weight = exp(f32x4.sub(f32x4.mul(v128.load(x), factor), shift))
    v128.store(x, weight)
    sum = f32x4.add(sum, weight)
  }
  if (rest) {
    const weight = v128.and(exp(f32x4.sub(last, shift)), there)
    v128.store(whole, weight)
    sum = f32x4.add(sum, weight)
  }
  const change = exp(f32x4.sub(before, shift))
  v128.store32_lane(stats, top, 0)
  v128.store32_lane(
    stats, f32x4.add(f32x4.mul(v128.load32_splat(stats + 4), change), combineLanes<SumF32>(sum)), 0, 4,
  )
  if (sumBytes) {
    if (end < row + ROW) v128.store(end, f32x4.splat(0))
    // Nothing is there yet, or it stays as it is.
    const old = f32x4.extract_lane(before, 0)
    if (old == -Infinity || old == f32x4.extract_lane(top, 0)) return
    for (const last = sums + sumBytes; sums < last; sums += 16) v128.store(sums, f32x4.mul(v128.load(sums), change))
  }
}

/** Divides a row of results by the sum of its weights (no key: 0), and says the logarithm of the sum of exponentials. */
function finish(out: usize, logSum: usize, sums: usize, width: usize, stats: usize): void {
  const sum = v128.load32_splat(stats + 4), none = f32x4.eq(sum, f32x4.splat(0))
  v128.store32_lane(logSum, f32x4.add(v128.load32_splat(stats), select(none, sum, log(sum))), 0)
  for (; width >= 4; width -= 4) {
    v128.store(out, v128.andnot(f32x4.div(v128.load(sums), sum), none))
    out += 16
    sums += 16
  }
  storeLanes(out, width, v128.andnot(f32x4.div(loadLanes(sums, width, sum), sum), none))
}

/**
 * The gradients of Q, K and V of one head, where the weights are exp(score - logSum) again. Workspace: weights and their
 * cotangents of a block; Q and dO of a block, K' and K and V' in panels; gradients whose rows are no multiple of 8.
 */
function gradient(
  at: usize, dq: usize, dk: usize, dv: usize, q: usize, k: usize, v: usize, mask: usize, logSums: usize, deltas: usize,
  dOut: usize, keys: usize, workspace: usize,
): void {
  const queries: usize = load<u32>(at, Field.Queries), allKeys: usize = load<u32>(at, Field.Keys)
  const depth: usize = load<u32>(at, Field.Depth), width: usize = load<u32>(at, Field.Width)
  const qRow: usize = load<u32>(at, Field.QRow), qColumn: usize = load<u32>(at, Field.QColumn)
  const kRow: usize = load<u32>(at, Field.KRow), kColumn: usize = load<u32>(at, Field.KColumn)
  const dRow: usize = load<u32>(at, Field.OutRow), dColumn: usize = load<u32>(at, Field.OutColumn)
  const maskRow: usize = load<u32>(at, Field.MaskRow)
  const causal = load<u32>(at) & Attention.Causal
  const kBytes = (depth + 7 & -8) << 2, vBytes = (width + 7 & -8) << 2, padded = keys + 7 & -8
  const weights = workspace, slopes = weights + QUERIES * ROW
  const qPanels = slopes + QUERIES * ROW, dPanels = qPanels + QUERIES * kBytes, dqRows = dPanels + QUERIES * vBytes
  const scoring = dqRows + QUERIES * kBytes, kPanels = scoring + padded * (depth << 2)
  const vPanels = kPanels + keys * kBytes
  let dkRows = vPanels + padded * (width << 2), dvRows = dkRows + keys * kBytes
  if (depth & 7) memory.fill(dkRows, 0, keys * kBytes)
  else dkRows = dk
  if (width & 7) memory.fill(dvRows, 0, keys * vBytes)
  else dvRows = dv
  memory.fill(dk, 0, allKeys * depth << 2)
  memory.fill(dv, 0, allKeys * width << 2)
  packMatrix(scoring, k, depth, keys, kColumn, kRow)
  packMatrix(kPanels, k, keys, depth, kRow, kColumn)
  packMatrix(vPanels, v, width, keys, load<u32>(at, Field.VColumn), load<u32>(at, Field.VRow))
  const height = evenly(queries, QUERIES, 5)
  for (let i: usize = 0; i < queries; i += height) {
    const rows = min(height, queries - i), limit = causal ? min(keys, i + rows) : keys
    packMatrix(qPanels, q + i * qRow, rows, depth, qRow, qColumn)
    packMatrix(dPanels, dOut + i * dRow, rows, width, dRow, dColumn)
    memory.fill(dqRows, 0, rows * kBytes)
    for (let j: usize = 0; j < limit; j += KEYS) {
      const count = min(KEYS, limit - j)
      product(weights, q + i * qRow, qRow, qColumn, scoring + (j * depth << 2), depth, rows, count, i, j, causal)
      product(slopes, dOut + i * dRow, dRow, dColumn, vPanels + (j * width << 2), width, rows, count, i, j, causal)
      for (let row: usize = 0; row < rows; row++) {
        const own = causal ? reached(i + row, j, count) : count
        slope(
          at, weights + row * ROW, slopes + row * ROW, own,
          mask + (i + row) * maskRow + j * load<u32>(at, Field.MaskColumn), logSums + (i + row << 2), deltas + (i + row << 2),
        )
      }
      for (let key: usize = 0; key < count; key += 5) {
        const above = causal && j + key > i ? j + key - i : 0, tile = min<usize>(5, count - key)
        if (above >= rows) break
        const from = above * ROW + (key << 2)
        scatter(tile, rows - above, rows, weights + from, dPanels + (above << 5), dvRows + (j + key) * vBytes, vBytes)
        scatter(tile, rows - above, rows, slopes + from, qPanels + (above << 5), dkRows + (j + key) * kBytes, kBytes)
      }
      for (let row: usize = 0; row < rows; row += 5) {
        const own = causal ? reached(i + row + 4, j, count) : count
        if (own == 0) continue
        for (let panel: usize = 0; panel < kBytes; panel += 32) {
          column(
            min<usize>(5, rows - row), own, slopes + row * ROW, ROW, 4, kPanels + panel * keys + (j << 5),
            dqRows + row * kBytes + panel, kBytes, 1,
          )
        }
      }
    }
    unpad(dq + (i * depth << 2), dqRows, rows, depth)
  }
  if (depth & 7) unpad(dk, dkRows, keys, depth)
  if (width & 7) unpad(dv, dvRows, keys, width)
}

/** Adds to up to five rows of C the product of columns of a block of weights and panels [bytes / 32][rows][8]. */
function scatter(tile: usize, k: usize, rows: usize, a: usize, panels: usize, c: usize, bytes: usize): void {
  for (let panel: usize = 0; panel < bytes; panel += 32) {
    column(tile, k, a, 4, ROW, panels + panel * rows, c + panel, bytes, 1)
  }
}

/** A row of scores becomes its weights, a row of their cotangents those of Q K'. Zero from `count` on as far as tiles read. */
function slope(
  at: usize, row: usize, slopes: usize, count: usize, mask: usize, logSum: usize, delta: usize,
): void {
  const flags = load<u32>(at), scale = v128.load32_splat(at + Field.Scale)
  const shift = shiftOf(v128.load32_splat(logSum)), own = v128.load32_splat(delta)
  const whole = row + (count >> 2 << 4), rest = count & 3, end = row + (readTo(count) << 2)
  let factor = scale
  if (flags & (Attention.Mask | Attention.Bias)) {
    maskRow(row, count, scale, flags, mask, load<u32>(at, Field.MaskColumn))
    factor = f32x4.splat(1)
  }
  for (; row < whole; row += 16) {
    const weight = exp(f32x4.sub(f32x4.mul(v128.load(row), factor), shift))
    v128.store(row, weight)
    v128.store(slopes, f32x4.mul(f32x4.mul(weight, f32x4.add(v128.load(slopes), own)), scale))
    slopes += 16
  }
  if (rest) {
    const there = firstLanes(rest)
    const weight = exp(f32x4.sub(f32x4.mul(v128.load(row), factor), shift))
    v128.store(row, v128.and(weight, there))
    v128.store(slopes, v128.and(f32x4.mul(f32x4.mul(weight, f32x4.add(v128.load(slopes), own)), scale), there))
    row += 16
    slopes += 16
  }
  for (; row < end; row += 16) {
    v128.store(row, f32x4.splat(0))
    v128.store(slopes, f32x4.splat(0))
    slopes += 16
  }
}

/** Rows without the padding that tiles need. */
function unpad(out: usize, rows: usize, count: usize, width: usize): void {
  const bytes = (width + 7 & -8) << 2
  for (; count; count--) {
    memory.copy(out, rows, width << 2)
    out += width << 2
    rows += bytes
  }
}
