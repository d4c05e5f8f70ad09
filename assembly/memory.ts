// Where tensors and programs live: a general allocator over linear memory, after Masmano et al., "TLSF: a new
// dynamic memory allocator for real-time systems" (2004). Only the main thread allocates.
//
// A block is a multiple of 64 bytes and starts 16 bytes before a 64-byte boundary, with its header, so that its
// payload is aligned: header words { address of the block below (0: none), size | FREE }. A free block keeps its
// bin's links in its payload. The last block is a sentinel of size 0 that is never free.
// Two-level bins: sizes below 16 units of 64 bytes each have a bin, above that 16 bins to each power of two.

const HEADER: usize = 16
const FREE: u32 = 1
const PAGE_STEP: i32 = 16 // 1 MiB
const LEVELS: usize = 24
/** The roots, at the start of the heap: bitmap of levels, then a bitmap of bins for each level, then list heads. */
const BITMAPS: usize = 4
const HEADS: usize = BITMAPS + LEVELS * 4
const ROOT_SIZE: usize = HEADS + LEVELS * 16 * 4
/** No block can be larger: sizes and addresses stay below 2^32. */
const LARGEST: usize = 0xfffe0000

let root: usize = 0 // not static data: an instance added on shared memory must not reset it
let top: usize = 0 // the sentinel block
let used: usize = 0

/** Address of `bytes` bytes at a 64-byte boundary, not cleared; 0 when memory cannot grow. */
export function allocate(bytes: usize): usize {
  if (bytes > LARGEST) return 0
  if (root == 0) initialize()
  const size = (bytes + HEADER + 63) & ~63
  let block = find(size)
  if (block == 0) {
    block = grow(size)
    if (block == 0) return 0
  }
  unlink(block)
  const rest = sizeOf(block) - size
  if (rest != 0) {
    const tail = block + size
    store<u32>(tail, block)
    store<u32>(above(block), tail)
    store<u32>(tail, rest, 4)
    link(tail)
  }
  store<u32>(block, size, 4)
  used += size
  return block + HEADER
}

/** Gives back what `allocate` returned; 0 is ignored. */
export function release(at: usize): void {
  if (at == 0) return
  let block = at - HEADER
  used -= sizeOf(block)
  const next = above(block)
  if (isFree(next)) {
    unlink(next)
    merge(block, next)
  }
  const previous = <usize>load<u32>(block)
  if (previous != 0 && isFree(previous)) {
    unlink(previous)
    merge(previous, block)
    block = previous
  }
  link(block)
}

/** Bytes in live blocks, their headers and padding included. */
export function resident(): usize {
  return used
}

/** Bytes that the allocator manages: live and free. */
export function capacity(): usize {
  if (root == 0) initialize()
  return top - first()
}

/** The largest request that needs no growth of memory. */
export function largestFree(): usize {
  if (root == 0) initialize()
  const levels = load<u32>(root)
  if (levels == 0) return 0
  const level: usize = 31 - clz<u32>(levels)
  const bin: usize = 31 - clz<u32>(load<u32>(root + (level << 2), BITMAPS))
  let largest: usize = 0
  for (let block = <usize>load<u32>(head(level, bin)); block != 0; block = load<u32>(block, HEADER)) {
    largest = max(largest, sizeOf(block))
  }
  return largest - HEADER
}

// @ts-ignore: decorator
@inline
function sizeOf(block: usize): usize {
  return load<u32>(block, 4) & ~FREE
}

// @ts-ignore: decorator
@inline
function isFree(block: usize): bool {
  return (load<u32>(block, 4) & FREE) != 0
}

// @ts-ignore: decorator
@inline
function above(block: usize): usize {
  return block + sizeOf(block)
}

// @ts-ignore: decorator
@inline
function first(): usize {
  return ((root + ROOT_SIZE + HEADER + 63) & ~63) - HEADER
}

// @ts-ignore: decorator
@inline
function head(level: usize, bin: usize): usize {
  return root + HEADS + (level << 6) + (bin << 2)
}

// @ts-ignore: decorator
@inline
function levelOf(units: usize): usize {
  return units < 16 ? 0 : 28 - clz<u32>(<u32>units)
}

// @ts-ignore: decorator
@inline
function binOf(units: usize, level: usize): usize {
  return level == 0 ? units : (units >> (level - 1)) & 15
}

/** All memory that exists at the first call becomes one free block. */
function initialize(): void {
  root = (__heap_base + 15) & ~15
  if (first() + 128 > <usize>memory.size() << 16) memory.grow(PAGE_STEP)
  memory.fill(root, 0, ROOT_SIZE)
  top = first()
  store<u32>(top, 0)
  store<u32>(top, 0, 4)
  extend()
}

/** Turns the old sentinel into a free block up to the end of memory and returns the free block it ended up in. */
function extend(): usize {
  let block = top
  top = (<usize>memory.size() << 16) - HEADER
  store<u32>(block, top - block, 4)
  store<u32>(top, block)
  store<u32>(top, 0, 4)
  const previous = <usize>load<u32>(block)
  if (previous != 0 && isFree(previous)) {
    unlink(previous)
    merge(previous, block)
    block = previous
  }
  link(block)
  return block
}

/** Grows memory until a block of `size` bytes ends it; 0 when it cannot. */
function grow(size: usize): usize {
  const last = <usize>load<u32>(top)
  const missing = size - (last != 0 && isFree(last) ? sizeOf(last) : 0)
  const pages = <i32>((missing + 0xffff) >> 16)
  // Addresses stay below 2^32, so the very last page is never taken.
  if (pages > 0xffff - memory.size()) return 0
  if (memory.grow(min(max(pages, PAGE_STEP), 0xffff - memory.size())) < 0 && memory.grow(pages) < 0) return 0
  return extend()
}

/** A free block of at least `size` bytes; 0 if there is none. */
function find(size: usize): usize {
  const units = size >> 6
  const level = levelOf(units)
  const bin = binOf(units, level)
  // A block of the very size that is asked for is the usual case: steps of training repeat their sizes.
  const exact = <usize>load<u32>(head(level, bin))
  if (exact != 0 && sizeOf(exact) >= size) return exact
  // Any block of a higher bin is large enough.
  const bins = load<u32>(root + (level << 2), BITMAPS) & ~((<u32>2 << <u32>bin) - 1)
  if (bins != 0) return load<u32>(head(level, ctz<u32>(bins)))
  const levels = load<u32>(root) & ~((<u32>2 << <u32>level) - 1)
  if (levels != 0) {
    const higher: usize = ctz<u32>(levels)
    return load<u32>(head(higher, ctz<u32>(load<u32>(root + (higher << 2), BITMAPS))))
  }
  // Rather than grow memory, look through the request's own bin.
  let block = exact
  while (block != 0 && sizeOf(block) < size) block = load<u32>(block, HEADER)
  return block
}

/** Marks the block free and puts it at the head of its bin. */
function link(block: usize): void {
  const size = sizeOf(block)
  const level = levelOf(size >> 6)
  const bin = binOf(size >> 6, level)
  const at = head(level, bin)
  const next = <usize>load<u32>(at)
  store<u32>(block, size | FREE, 4)
  store<u32>(block, next, HEADER)
  store<u32>(block, 0, HEADER + 4)
  if (next != 0) store<u32>(next, block, HEADER + 4)
  store<u32>(at, block)
  const bitmap = root + (level << 2)
  store<u32>(bitmap, load<u32>(bitmap, BITMAPS) | (<u32>1 << <u32>bin), BITMAPS)
  store<u32>(root, load<u32>(root) | (<u32>1 << <u32>level))
}

/** Takes a free block out of its bin and marks it live. */
function unlink(block: usize): void {
  const size = sizeOf(block)
  const next = <usize>load<u32>(block, HEADER)
  const previous = <usize>load<u32>(block, HEADER + 4)
  store<u32>(block, size, 4)
  if (next != 0) store<u32>(next, previous, HEADER + 4)
  if (previous != 0) {
    store<u32>(previous, next, HEADER)
    return
  }
  const level = levelOf(size >> 6)
  const bin = binOf(size >> 6, level)
  store<u32>(head(level, bin), next)
  if (next != 0) return
  const bitmap = root + (level << 2)
  const bins = load<u32>(bitmap, BITMAPS) & ~(<u32>1 << <u32>bin)
  store<u32>(bitmap, bins, BITMAPS)
  if (bins == 0) store<u32>(root, load<u32>(root) & ~(<u32>1 << <u32>level))
}

/** Makes `block` swallow its neighbour `next`; both are out of their bins. */
function merge(block: usize, next: usize): void {
  store<u32>(block, sizeOf(block) + sizeOf(next), 4)
  store<u32>(above(block), block)
}
