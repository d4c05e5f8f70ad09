// Reductions over one dimension of [outer, length, inner]. Long sums are summed in blocks, and the blocks pairwise
// (Higham, "The accuracy of floating point summation", 1993), so that the error grows like log(length).
import { ReduceOp, State } from '../format'
import { address, extent, operandSize, shareStart } from '../operands'
import { loadLanes, storeLanes } from '../simd/lanes'
import {
  MaxF32, MaxI32, MaxU32, MinF32, MinI32, MinU32, ProdF32, ProdI32, SumF32, SumI32,
  combine, combineLanes, identity, keepsNaN, step
} from './reduce-ops'

/** Words that one block of a contiguous row, and of a strided one, sums in order. */
const ROW_BLOCK: u32 = 1024
const STRIDED_BLOCK: u32 = 256
/** Rows that one block of a column reduction sums in order, and columns it handles at a time. */
const COLUMN_BLOCK: u32 = 64
const COLUMNS: u32 = 1024

/** Opcode.Reduce. */
export function reduceInstruction(at: usize, state: usize): void {
  const op = load<u32>(at)
  let outer = extent(at + 4, state)
  const length = extent(at + 8, state)
  let inner = extent(at + 12, state)
  const size = operandSize(state)
  const out = address(at + 16, state)
  const outStrides = at + 16 + size
  let outOuter = load<i32>(outStrides)
  let outInner = load<i32>(outStrides, 4)
  const source = address(outStrides + 8, state)
  const inStrides = outStrides + 8 + size
  let inOuter = load<i32>(inStrides)
  const inLength = load<i32>(inStrides, 4)
  let inInner = load<i32>(inStrides, 8)
  if (inLength != 4 && inOuter == 4 && outOuter == 4 && (inInner != 4 || inner == 1)) {
    // The kept dimensions are alike: let the contiguous one be the inner one.
    const count = outer, outStride = outOuter, inStride = inOuter
    outer = inner, outOuter = outInner, inOuter = inInner
    inner = count, outInner = outStride, inInner = inStride
  }
  // Fewer than four columns would all be padding: gathering down each is seven times faster.
  if (inLength != 4 && inInner == 4 && outInner == 4 && inner >= 4 && hasColumns(op)) {
    reduceColumns(op, outer, length, inner, out, outOuter, source, inOuter, inLength, state)
  } else {
    reduceItems(op, outer, length, inner, out, outOuter, outInner, source, inOuter, inLength, inInner, state)
  }
}

/** Where the inner dimension is contiguous and kept. */
function reduceColumns(
  op: u32, outer: u32, length: u32, inner: u32,
  out: usize, outOuter: i32, source: usize, inOuter: i32, inLength: i32, state: usize
): void {
  const part = load<u32>(state, State.Part)
  const parts = load<u32>(state, State.Parts)
  const tiles = <usize>load<u32>(state, State.Tiles)
  const byInner = outer < parts
  let o: u32 = byInner ? 0 : shareStart(outer, part, parts)
  const last: u32 = byInner ? outer : shareStart(outer, part + 1, parts)
  const left: u32 = byInner ? shareStart(inner, part, parts) : 0
  const right: u32 = byInner ? shareStart(inner, part + 1, parts) : inner
  for (; o < last; o++) {
    for (let i = left; i < right; i += COLUMNS) {
      const to = out + o * outOuter + (i << 2)
      columnsOf(op, to, source + o * inOuter + (i << 2), length, inLength, min(COLUMNS, right - i), tiles)
    }
  }
}

/** One result after the other. */
function reduceItems(
  op: u32, outer: u32, length: u32, inner: u32,
  out: usize, outOuter: i32, outInner: i32, source: usize, inOuter: i32, inLength: i32, inInner: i32, state: usize
): void {
  const part = load<u32>(state, State.Part)
  const parts = load<u32>(state, State.Parts)
  let item = shareStart(outer * inner, part, parts)
  const last = shareStart(outer * inner, part + 1, parts)
  if (item == last) return
  let o = item / inner
  let i = item % inner
  for (; item < last; item++) {
    const from = source + o * inOuter + i * inInner
    const to = out + o * outOuter + i * outInner
    store<u32>(to, inLength == 4 ? rowOf(op, from, length) : stridedOf(op, from, length, inLength))
    if (++i == inner) {
      i = 0
      o++
    }
  }
}

/** Products and unsigned extremes are too rare to be worth the size of fast kernels. */
function rowOf(op: u32, at: usize, words: u32): u32 {
  switch (op) {
    case ReduceOp.SumF32: return first(combineLanes<SumF32>(row<SumF32>(at, words)))
    case ReduceOp.MaxF32: return first(combineLanes<MaxF32>(row<MaxF32>(at, words)))
    case ReduceOp.MinF32: return first(combineLanes<MinF32>(row<MinF32>(at, words)))
    case ReduceOp.SumI32: return first(combineLanes<SumI32>(row<SumI32>(at, words)))
    case ReduceOp.MaxI32: return first(combineLanes<MaxI32>(row<MaxI32>(at, words)))
    case ReduceOp.MinI32: return first(combineLanes<MinI32>(row<MinI32>(at, words)))
    default: return stridedOf(op, at, words, 4)
  }
}

function stridedOf(op: u32, at: usize, words: u32, stride: i32): u32 {
  switch (op) {
    case ReduceOp.SumF32: return first(combineLanes<SumF32>(strided<SumF32>(at, words, stride)))
    case ReduceOp.MaxF32: return first(combineLanes<MaxF32>(strided<MaxF32>(at, words, stride)))
    case ReduceOp.MinF32: return first(combineLanes<MinF32>(strided<MinF32>(at, words, stride)))
    case ReduceOp.ProdF32: return first(combineLanes<ProdF32>(strided<ProdF32>(at, words, stride)))
    case ReduceOp.SumI32: return first(combineLanes<SumI32>(strided<SumI32>(at, words, stride)))
    case ReduceOp.MaxI32: return first(combineLanes<MaxI32>(strided<MaxI32>(at, words, stride)))
    case ReduceOp.MinI32: return first(combineLanes<MinI32>(strided<MinI32>(at, words, stride)))
    case ReduceOp.ProdI32: return first(combineLanes<ProdI32>(strided<ProdI32>(at, words, stride)))
    case ReduceOp.MaxU32: return first(combineLanes<MaxU32>(strided<MaxU32>(at, words, stride)))
    default: return first(combineLanes<MinU32>(strided<MinU32>(at, words, stride)))
  }
}

function columnsOf(
  op: u32, out: usize, source: usize, length: u32, stride: i32, width: u32, scratch: usize
): void {
  switch (op) {
    case ReduceOp.SumF32: return columns<SumF32>(out, source, length, stride, width, scratch)
    case ReduceOp.MaxF32: return columns<MaxF32>(out, source, length, stride, width, scratch)
    case ReduceOp.MinF32: return columns<MinF32>(out, source, length, stride, width, scratch)
    case ReduceOp.SumI32: return columns<SumI32>(out, source, length, stride, width, scratch)
    case ReduceOp.MaxI32: return columns<MaxI32>(out, source, length, stride, width, scratch)
    case ReduceOp.MinI32: return columns<MinI32>(out, source, length, stride, width, scratch)
  }
}

/** The operations that columnsOf knows. */
function hasColumns(op: u32): bool {
  return op != ReduceOp.ProdF32 && op != ReduceOp.ProdI32 && op != ReduceOp.MaxU32 && op != ReduceOp.MinU32
}

// @ts-ignore: decorator
@inline
function first(a: v128): u32 {
  return i32x4.extract_lane(a, 0)
}

/** The contiguous row of `words` words at `at`, reduced to four lanes. */
export function row<O>(at: usize, words: u32): v128 {
  if (words <= ROW_BLOCK) return rowBlock<O>(at, words)
  const half = halfOf(words, ROW_BLOCK)
  return combine<O>(row<O>(at, half), row<O>(at + (<usize>half << 2), words - half))
}

/** About half of `words`, in whole blocks. */
// @ts-ignore: decorator
@inline
export function halfOf(words: u32, block: u32): u32 {
  return (((words - 1) / block + 2) >> 1) * block
}

function rowBlock<O>(at: usize, words: u32): v128 {
  let a = identity<O>()
  let b = a
  let c = a
  let d = a
  let nan = i32x4.splat(0)
  for (const end = at + (<usize>(words & ~15) << 2); at < end; at += 64) {
    const x0 = v128.load(at)
    const x1 = v128.load(at, 16)
    const x2 = v128.load(at, 32)
    const x3 = v128.load(at, 48)
    a = step<O>(a, x0)
    b = step<O>(b, x1)
    c = step<O>(c, x2)
    d = step<O>(d, x3)
    if (keepsNaN<O>()) {
      nan = v128.or(nan, v128.or(
        v128.or(f32x4.ne(x0, x0), f32x4.ne(x1, x1)),
        v128.or(f32x4.ne(x2, x2), f32x4.ne(x3, x3))
      ))
    }
  }
  for (const end = at + (<usize>(words & 12) << 2); at < end; at += 16) a = combine<O>(a, v128.load(at))
  b = combine<O>(b, loadLanes(at, words & 3, identity<O>()))
  const result = combine<O>(combine<O>(a, b), combine<O>(c, d))
  return keepsNaN<O>() ? v128.or(result, nan) : result
}

/** `words` words, `stride` bytes apart, reduced to four lanes. */
function strided<O>(at: usize, words: u32, stride: i32): v128 {
  if (words <= STRIDED_BLOCK) return stridedBlock<O>(at, words, stride)
  const half = halfOf(words, STRIDED_BLOCK)
  return combine<O>(strided<O>(at, half, stride), strided<O>(at + half * stride, words - half, stride))
}

function stridedBlock<O>(at: usize, words: u32, stride: i32): v128 {
  let a = identity<O>()
  for (let i: u32 = words >> 2; i > 0; i--) {
    const x0 = v128.load32_zero(at)
    const x1 = v128.load32_zero(at + stride)
    const x2 = v128.load32_zero(at + 2 * stride)
    const x3 = v128.load32_zero(at + 3 * stride)
    const low = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5)
    const high = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5)
    a = combine<O>(a, v128.shuffle<i64>(low, high, 0, 2))
    at += 4 * stride
  }
  let rest = identity<O>()
  if ((words & 3) > 0) rest = v128.load32_lane(at, rest, 0)
  if ((words & 3) > 1) rest = v128.load32_lane(at + stride, rest, 1)
  if ((words & 3) > 2) rest = v128.load32_lane(at + 2 * stride, rest, 2)
  return combine<O>(a, rest)
}

/** out[i] = reduce over l of source[l, i] for `width` contiguous columns; `scratch` takes `width` words a level. */
function columns<O>(out: usize, source: usize, length: u32, stride: i32, width: u32, scratch: usize): void {
  if (length <= COLUMN_BLOCK) {
    columnBlock<O>(out, source, length, stride, width)
    return
  }
  const half = halfOf(length, COLUMN_BLOCK)
  columns<O>(out, source, half, stride, width, scratch)
  columns<O>(scratch, source + half * stride, length - half, stride, width, scratch + (<usize>width << 2))
  addRow<O>(out, scratch, width)
}

function columnBlock<O>(out: usize, source: usize, length: u32, stride: i32, width: u32): void {
  const end = out + (<usize>width << 2)
  for (let to = out; to < end; to += 16) storeLanes(to, min<usize>(end - to, 16) >> 2, identity<O>())
  for (; length >= 4; length -= 4) {
    addFourRows<O>(out, source, stride, width)
    source += 4 * stride
  }
  for (; length > 0; length--) {
    addRow<O>(out, source, width)
    source += stride
  }
}

// @ts-ignore: decorator
@inline
function fourOf<O>(a: v128, r0: v128, r1: v128, r2: v128, r3: v128): v128 {
  const result = step<O>(a, step<O>(step<O>(r0, r1), step<O>(r2, r3)))
  if (keepsNaN<O>()) {
    const low = v128.or(f32x4.ne(r0, r0), f32x4.ne(r1, r1))
    return v128.or(result, v128.or(low, v128.or(f32x4.ne(r2, r2), f32x4.ne(r3, r3))))
  }
  return result
}

function addFourRows<O>(out: usize, row0: usize, stride: i32, width: u32): void {
  let row1 = row0 + stride
  let row2 = row1 + stride
  let row3 = row2 + stride
  for (const end = out + (<usize>(width & ~3) << 2); out < end; out += 16) {
    v128.store(out, fourOf<O>(v128.load(out), v128.load(row0), v128.load(row1), v128.load(row2), v128.load(row3)))
    row0 += 16
    row1 += 16
    row2 += 16
    row3 += 16
  }
  const rest: usize = width & 3
  if (rest == 0) return
  const none = identity<O>()
  storeLanes(out, rest, fourOf<O>(
    loadLanes(out, rest, none),
    loadLanes(row0, rest, none), loadLanes(row1, rest, none), loadLanes(row2, rest, none), loadLanes(row3, rest, none)
  ))
}

function addRow<O>(out: usize, source: usize, width: u32): void {
  for (const end = out + (<usize>(width & ~3) << 2); out < end; out += 16) {
    v128.store(out, combine<O>(v128.load(out), v128.load(source)))
    source += 16
  }
  const rest: usize = width & 3
  const none = identity<O>()
  storeLanes(out, rest, combine<O>(loadLanes(out, rest, none), loadLanes(source, rest, none)))
}
