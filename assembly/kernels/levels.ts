// Indices of any number of levels (format.ts: GemmViews, Pool): where element i of a nest of strides lies.
// A level is four words: a count, then a stride for each of up to three operands.

/** Number of elements of `rank` levels. */
export function countOf(levels: usize, rank: usize): usize {
  let count: usize = 1
  for (; rank; rank--, levels += 16) count *= load<u32>(levels)
  return count
}

/** Byte offset of element `i`; `which` (4, 8 or 12) is the field of the operand's strides. */
export function offsetAt(levels: usize, rank: usize, i: usize, which: usize): usize {
  let offset: usize = 0
  for (let level = levels + (rank << 4); level > levels; ) {
    level -= 16
    const count = load<u32>(level), outer = <u32>i / count
    offset += (i - outer * count) * load<u32>(level + which)
    i = outer
  }
  return offset
}

/** Writes the offsets of elements `from` .. `from + count - 1`. */
export function fillOffsets(table: usize, levels: usize, rank: usize, from: usize, count: usize, which: usize): void {
  const last = levels + (rank << 4) - 16
  const inner = rank ? <usize>load<u32>(last) : 1, stride = rank ? <usize>load<u32>(last + which) : 0
  while (count) {
    const run = min(inner - from % inner, count)
    let offset = offsetAt(levels, rank, from, which)
    for (const end = table + (run << 2); table < end; table += 4) {
      store<u32>(table, offset)
      offset += stride
    }
    from += run
    count -= run
  }
}
