// A bump allocator is enough here: each test file instantiates the module afresh.

/** Bytes at a 64-byte boundary, with whatever lies there. */
export function allocate(bytes: usize): usize {
  const at = (top + 63) & ~63
  top = at + bytes
  const pages = <i32>((top + 0xffff) >> 16)
  if (pages > memory.size()) memory.grow(pages - memory.size())
  return at
}

/** Forgets everything that was allocated. */
export function release(): void {
  top = __heap_base
}

let top: usize = __heap_base
