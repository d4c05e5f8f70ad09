// How kernels move one contiguous run of words: memory.copy is a call in V8, so short runs go by hand.

/** Bytes up to which a loop beats memory.copy. */
const SHORT: usize = 160

/** Copies `words` words; the two runs do not overlap. */
// @ts-ignore: decorator
@inline
export function copyWords(out: usize, source: usize, words: usize): void {
  const bytes = words << 2
  if (bytes > SHORT) {
    memory.copy(out, source, bytes)
    return
  }
  const end = out + bytes
  for (; out + 16 <= end; out += 16) {
    v128.store(out, v128.load(source))
    source += 16
  }
  for (; out < end; out += 4) {
    store<u32>(out, load<u32>(source))
    source += 4
  }
}
