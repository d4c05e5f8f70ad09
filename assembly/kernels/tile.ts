// Between strided memory and the contiguous tiles that elementwise kernels work on: a block of rows x columns words is
// gathered into a tile, or scattered from it. Strides in bytes, signed.

/** n times the word at `src`. */
// @ts-ignore: decorator
@inline
export function splatWord(dst: usize, src: usize, n: usize): void {
  const vector = v128.load32_splat(src)
  const end = dst + ((n >> 2) << 4)
  for (; dst < end; dst += 16) v128.store(dst, vector)
  for (const last = dst + ((n & 3) << 2); dst < last; dst += 4) v128.store_lane<u32>(dst, vector, 0)
}

/** n words in a row on both sides. */
// @ts-ignore: decorator
@inline
function copyWords(dst: usize, src: usize, n: usize): void {
  const end = dst + ((n >> 2) << 4)
  for (; dst < end; dst += 16, src += 16) v128.store(dst, v128.load(src))
  for (const last = dst + ((n & 3) << 2); dst < last; dst += 4, src += 4) store<u32>(dst, load<u32>(src))
}

/** n words, `stride` bytes apart at the source. */
// @ts-ignore: decorator
@inline
function gatherWords(dst: usize, src: usize, n: usize, stride: usize): void {
  for (const end = dst + (n << 2); dst < end; dst += 4, src += stride) store<u32>(dst, load<u32>(src))
}

/** n words, `stride` bytes apart at the destination. */
// @ts-ignore: decorator
@inline
function scatterWords(dst: usize, src: usize, n: usize, stride: usize): void {
  for (const end = src + (n << 2); src < end; src += 4, dst += stride) store<u32>(dst, load<u32>(src))
}

/** Fills the tile at `dst` with a block. */
export function gatherBlock(dst: usize, src: usize, rows: usize, cols: usize, rowStride: usize, stride: usize): void {
  const rowBytes = cols << 2
  const end = dst + rows * rowBytes
  if (stride == 0) for (; dst < end; dst += rowBytes, src += rowStride) splatWord(dst, src, cols)
  else if (stride == 4) for (; dst < end; dst += rowBytes, src += rowStride) copyWords(dst, src, cols)
  else for (; dst < end; dst += rowBytes, src += rowStride) gatherWords(dst, src, cols, stride)
}

/** Writes the tile at `src` to a block. */
export function scatterBlock(dst: usize, src: usize, rows: usize, cols: usize, rowStride: usize, stride: usize): void {
  const rowBytes = cols << 2
  const end = src + rows * rowBytes
  if (stride == 4) for (; src < end; src += rowBytes, dst += rowStride) copyWords(dst, src, cols)
  else for (; src < end; src += rowBytes, dst += rowStride) scatterWords(dst, src, cols, stride)
}
