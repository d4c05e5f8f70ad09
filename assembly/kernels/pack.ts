// Packing for matrix multiplication: B [K, N] goes into panels of 8 columns, [ceil(N / 8)][K][8], so that the
// micro-kernel reads it as one contiguous stream whatever its strides were.
import { State } from '../format'
import { address, extent, operandSize, shareStart } from '../operands'

/** Contiguous rows of B that are packed at a time. */
const CHUNK: usize = 32

/** Opcode.Pack; `at` is the address of its first field. Shares split the panels of all batches. */
export function packInstruction(at: usize, state: usize): void {
  const operand = operandSize(state)
  const K: usize = extent(at, state), N: usize = extent(at + 4, state)
  const out = address(at + 8, state), b = address(at + 8 + operand, state)
  at += 8 + (operand << 1)
  const kInner = load<u32>(at), kOuterStride = load<u32>(at, 4), kInnerStride = load<u32>(at, 8)
  const nInner = load<u32>(at, 12), nOuterStride = load<u32>(at, 16), nInnerStride = load<u32>(at, 20)
  const batch0: usize = extent(at + 24, state), batch1: usize = extent(at + 28, state)
  const bBatch0 = load<u32>(at, 32), bBatch1 = load<u32>(at, 36)

  const panels = (N + 7) >> 3, items = batch0 * batch1 * panels
  const part = load<u32>(state, State.Part), parts = load<u32>(state, State.Parts)
  const end: usize = shareStart(<u32>items, part + 1, parts)
  if (K == 0) return
  for (let item: usize = shareStart(<u32>items, part, parts); item < end; ) {
    const batch = item / panels, from = item - batch * panels
    const to = min(panels, from + end - item)
    const matrix = b + (batch / batch1) * bBatch0 + (batch % batch1) * bBatch1
    pack(
      out + ((batch * panels * K) << 5), matrix, K, N,
      kInner, kOuterStride, kInnerStride, nInner, nOuterStride, nInnerStride, from, to,
    )
    item += to - from
  }
}

/** Byte offset of index `i` of a dimension with two levels of strides. */
// @ts-ignore: decorator
@inline
export function levels(i: usize, inner: usize, outerStride: usize, innerStride: usize): usize {
  return i < inner ? i * innerStride : (i / inner) * outerStride + (i % inner) * innerStride
}

/** Packs panels `from` .. `to` - 1 of B; `out` is where panel 0 goes. */
export function pack(
  out: usize, b: usize, K: usize, N: usize,
  kInner: usize, kOuterStride: usize, kInnerStride: usize, nInner: usize, nOuterStride: usize, nInnerStride: usize,
  from: usize, to: usize,
): void {
  // Rows are taken a few at a time over all panels: one column of panels after the other would touch too many pages.
  const chunk = nInnerStride == 4 ? CHUNK : K
  for (let k: usize = 0; k < K; ) {
    const count = min(min(chunk, K - k), kInner - k % kInner)
    packChunk(
      out + (k << 5), K << 5, b + levels(k, kInner, kOuterStride, kInnerStride), count, kInnerStride,
      N, nInner, nOuterStride, nInnerStride, from, to,
    )
    k += count
  }
}

/** `count` values of k, evenly spaced, of each panel. */
function packChunk(
  out: usize, panelBytes: usize, b: usize, count: usize, kStride: usize,
  N: usize, nInner: usize, nOuterStride: usize, nInnerStride: usize, from: usize, to: usize,
): void {
  for (let panel = from; panel < to; ) {
    const n = panel << 3, at = out + panel * panelBytes
    const source = b + levels(n, nInner, nOuterStride, nInnerStride)
    const whole = min(min(nInner - n % nInner, N - n) >> 3, to - panel)
    if (nInnerStride == 4 && whole >= 4) {
      rows4(at, panelBytes, source, count, kStride)
      panel += 4
      continue
    }
    if (whole == 0) edge(at, b, count, kStride, n, N, nInner, nOuterStride, nInnerStride)
    else if (nInnerStride == 4) rows(at, source, count, kStride)
    else if (kStride == 4) columns8(at, source, count, nInnerStride)
    else strided(at, source, count, kStride, nInnerStride)
    panel++
  }
}

/** One panel from contiguous rows. */
function rows(out: usize, source: usize, count: usize, stride: usize): void {
  for (; count; count--) {
    v128.store(out, v128.load(source))
    v128.store(out, v128.load(source, 16), 16)
    out += 32
    source += stride
  }
}

/** Four neighbouring panels from contiguous rows: whole cache lines of the source are used while they are near. */
function rows4(out: usize, panelBytes: usize, source: usize, count: usize, stride: usize): void {
  const out2 = panelBytes << 1, out3 = out2 + panelBytes
  for (; count; count--) {
    v128.store(out, v128.load(source))
    v128.store(out, v128.load(source, 16), 16)
    v128.store(out + panelBytes, v128.load(source, 32))
    v128.store(out + panelBytes, v128.load(source, 48), 16)
    v128.store(out + out2, v128.load(source, 64))
    v128.store(out + out2, v128.load(source, 80), 16)
    v128.store(out + out3, v128.load(source, 96))
    v128.store(out + out3, v128.load(source, 112), 16)
    out += 32
    source += stride
  }
}

/** One panel from contiguous columns: two 4 x 4 transpositions for every four k. */
function columns8(out: usize, source: usize, count: usize, stride: usize): void {
  for (; count >= 4; count -= 4) {
    transpose4(out, 32, source, stride)
    transpose4(out + 16, 32, source + (stride << 2), stride)
    out += 128
    source += 16
  }
  strided(out, source, count, 4, stride)
}

/** Writes a 4 x 4 block transposed; both sides have contiguous rows. */
// @ts-ignore: decorator
@inline
export function transpose4(out: usize, outStride: usize, source: usize, stride: usize): void {
  const r0 = v128.load(source), r1 = v128.load(source + stride)
  const r2 = v128.load(source + (stride << 1)), r3 = v128.load(source + stride * 3)
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5)
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7)
  v128.store(out, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5))
  v128.store(out + outStride, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7))
  v128.store(out + (outStride << 1), v128.shuffle<f32>(high01, high23, 0, 1, 4, 5))
  v128.store(out + outStride * 3, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7))
}

/** One panel from any strides. */
function strided(out: usize, source: usize, count: usize, kStride: usize, nStride: usize): void {
  for (; count; count--) {
    let column = source
    for (let j: usize = 0; j < 32; j += 4) {
      store<u32>(out + j, load<u32>(column))
      column += nStride
    }
    out += 32
    source += kStride
  }
}

/** A panel that runs over the last column, or over the end of a run of columns; absent columns are zero. */
function edge(
  out: usize, b: usize, count: usize, kStride: usize,
  n: usize, N: usize, nInner: usize, nOuterStride: usize, nInnerStride: usize,
): void {
  if (n + 8 > N) memory.fill(out, 0, count << 5)
  const present = min<usize>(8, N - n)
  for (let j: usize = 0; j < present; j++) {
    let source = b + levels(n + j, nInner, nOuterStride, nInnerStride), at = out + (j << 2)
    for (let i = count; i; i--) {
      store<u32>(at, load<u32>(source))
      at += 32
      source += kStride
    }
  }
}
