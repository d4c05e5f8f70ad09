// Copies between strided layouts, where a view must become a contiguous array or the other way round.
import { CopyVariant, State } from '../format'
import { address, extent, operandSize, shareStart } from '../operands'
import { copyWords } from '../simd/rows'
import { fillWords } from './fill'
import { transpose } from './transpose'

/** Opcode.Copy. */
export function copyInstruction(at: usize, state: usize): void {
  copyShifted(at, state, 0, 0)
}

/** Opcode.CopyAt. */
export function copyAtInstruction(at: usize, state: usize): void {
  const word = load<u32>(at)
  const size = operandSize(state)
  let shift: usize = 0
  at += 4
  for (let count = word & 0xff; count > 0; count--) {
    const index = load<i32>(address(at, state))
    shift += min(max(index, 0), load<i32>(at + size)) * load<i32>(at + size, 4)
    at += size + 8
  }
  if (word >> 8) copyShifted(at, state, shift, 0)
  else copyShifted(at, state, 0, shift)
}

function copyShifted(at: usize, state: usize, outShift: usize, inShift: usize): void {
  const rank = load<u32>(at)
  const dims = at + 8
  const outAt = dims + (<usize>rank << 2)
  const outStrides = outAt + operandSize(state)
  const inAt = outStrides + (<usize>rank << 2)
  const inStrides = inAt + operandSize(state)
  const out = address(outAt, state) + outShift
  const source = address(inAt, state) + inShift
  // The plan gave both one place.
  if (out == source) return
  if (load<u32>(at, 4) == CopyVariant.Transpose) {
    const split = longest(rank - 1, dims, state)
    const count = extent(dims + (<usize>split << 2), state)
    walk(
      0, rank - 2, 0, dims, outStrides, inStrides, out, source, state, split,
      shareStart(count, load<u32>(state, State.Part), load<u32>(state, State.Parts)),
      shareStart(count, load<u32>(state, State.Part) + 1, load<u32>(state, State.Parts))
    )
  } else strided(rank, dims, outStrides, inStrides, out, source, state)
}

/** Joins the inner dimensions that are contiguous on both sides into runs and walks over the outer ones. */
function strided(
  rank: u32, dims: usize, outStrides: usize, inStrides: usize, out: usize, source: usize, state: usize
): void {
  let words: u32 = 1
  for (; rank > 0; rank--) {
    const d = <usize>(rank - 1) << 2
    const count = extent(dims + d, state)
    const bytes = words << 2
    if (count != 1 && (load<u32>(outStrides + d) != bytes || load<u32>(inStrides + d) != bytes)) break
    words *= count
  }
  if (words == 0) return
  const part = load<u32>(state, State.Part)
  const parts = load<u32>(state, State.Parts)
  const split = longest(rank, dims, state)
  const count: u32 = rank == 0 ? 0 : extent(dims + (<usize>split << 2), state)
  if (rank == 0 || (words >> 4) > count) {
    const start = shareStart(words, part, parts)
    const end = shareStart(words, part + 1, parts)
    if (start == end) return
    const shift = <usize>start << 2
    walk(
      0, rank, end - start, dims, outStrides, inStrides, out + shift, source + shift,
      state, rank, 0, 0
    )
  } else {
    walk(
      0, rank, words, dims, outStrides, inStrides, out, source,
      state, split, shareStart(count, part, parts), shareStart(count, part + 1, parts)
    )
  }
}

/** The longest of the first `rank` dimensions: the one that shares are cut from. */
function longest(rank: u32, dims: usize, state: usize): u32 {
  let best: u32 = 0
  for (let d: u32 = 1; d < rank; d++) {
    if (extent(dims + (<usize>d << 2), state) > extent(dims + (<usize>best << 2), state)) best = d
  }
  return best
}

/** Visits dimension `d` and those inside it up to `leaf`; `words` 0 means that a leaf is a matrix to transpose. */
function walk(
  d: u32, leaf: u32, words: u32, dims: usize, outStrides: usize, inStrides: usize, out: usize, source: usize,
  state: usize, split: u32, start: u32, end: u32
): void {
  const at = <usize>d << 2
  if (d == leaf) {
    if (words != 0) copyWords(out, source, words)
    else {
      const rows = split == d ? end - start : extent(dims + at, state)
      const first = split == d ? start : 0
      const outRow = load<i32>(outStrides + at)
      transpose(
        out + first * outRow, outRow, source + (<usize>first << 2), load<i32>(inStrides + at, 4),
        rows, extent(dims + at + 4, state)
      )
    }
    return
  }
  const first = split == d ? start : 0
  const last = split == d ? end : extent(dims + at, state)
  const outStride = load<i32>(outStrides + at)
  const inStride = load<i32>(inStrides + at)
  out += first * outStride
  source += first * inStride
  if (d + 1 == leaf && words == 1) line(last - first, out, outStride, source, inStride)
  else if (d + 1 == leaf && words > 1) lines(last - first, words, out, outStride, source, inStride)
  else {
    for (let i = first; i < last; i++) {
      walk(d + 1, leaf, words, dims, outStrides, inStrides, out, source, state, split, start, end)
      out += outStride
      source += inStride
    }
  }
}

/** `count` runs of `words` words. */
function lines(count: u32, words: u32, out: usize, outStride: i32, source: usize, inStride: i32): void {
  for (; count > 0; count--) {
    copyWords(out, source, words)
    out += outStride
    source += inStride
  }
}

/** `count` single words. */
function line(count: u32, out: usize, outStride: i32, source: usize, inStride: i32): void {
  if (outStride == 4 && inStride == 0 && count > 0) {
    fillWords(out, count, load<u32>(source))
    return
  }
  for (; count >= 4; count -= 4) {
    const a = load<u32>(source)
    const b = load<u32>(source + inStride)
    const c = load<u32>(source + 2 * inStride)
    const d = load<u32>(source + 3 * inStride)
    store<u32>(out, a)
    store<u32>(out + outStride, b)
    store<u32>(out + 2 * outStride, c)
    store<u32>(out + 3 * outStride, d)
    out += 4 * outStride
    source += 4 * inStride
  }
  for (; count > 0; count--) {
    store<u32>(out, load<u32>(source))
    out += outStride
    source += inStride
  }
}
