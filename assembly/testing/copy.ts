// Naive twin of Copy, one word at a time from the innermost dimension out.

/** `dims`, `outStrides`, `inStrides`: `rank` words each in memory, outermost first. */
export function naiveCopy(
  rank: u32, dims: usize, outStrides: usize, inStrides: usize, out: usize, source: usize
): void {
  let count: u32 = 1
  for (let d: usize = 0; d < rank; d++) count *= load<u32>(dims + (d << 2))
  for (let i: u32 = 0; i < count; i++) {
    let rest = i
    let to = out
    let from = source
    for (let d: usize = rank; d > 0; d--) {
      const size = load<u32>(dims + ((d - 1) << 2))
      to += (rest % size) * load<u32>(outStrides + ((d - 1) << 2))
      from += (rest % size) * load<u32>(inStrides + ((d - 1) << 2))
      rest /= size
    }
    store<u32>(to, load<u32>(from))
  }
}
