// Sorting along contiguous rows. A word becomes a key whose unsigned order is the order asked for; items (keys, or keys
// with their index below) are sorted by digits from the least significant one on, which is stable; a few by insertion.
import { Sort, SortKind, State } from '../format'
import { address, extent, operandSize, shareStart } from '../operands'

/** Up to this many items insertion costs less than counting digits. */
const FEW: u32 = 48
/** From this many on digits of 11 bits cost less than digits of 8. */
const MANY: u32 = 4096
const SIGN: u32 = 0x80000000
const INFINITY: u32 = 0x7f800000

/** Opcode.Sort. */
export function sortInstruction(at: usize, state: usize): void {
  const flags = load<u32>(at)
  const rows = extent(at + 4, state)
  const length = extent(at + 8, state)
  const keep = extent(at + 12, state)
  const groups = extent(at + 16, state)
  const size = operandSize(state)
  const values = flags & Sort.Values ? address(at + 20, state) : 0
  const indices = flags & Sort.Indices ? address(at + 20 + size, state) : 0
  const source = address(at + 20 + size * 2, state)
  const scratch = address(at + 20 + size * 3, state)
  const part = load<u32>(state, State.Part)
  const parts = load<u32>(state, State.Parts)
  const end = shareStart(groups, part + 1, parts)
  for (let group = shareStart(groups, part, parts); group < end; group++) {
    const counts = scratch + <usize>group * ((<usize>length << 4) + Sort.Counts)
    for (let row = group; row < rows; row += groups) {
      const from = source + ((<usize>row * length) << 2)
      const shift = (<usize>row * keep) << 2
      if (indices != 0) sortRow<u64>(flags, length, keep, values == 0 ? 0 : values + shift, indices + shift, from, counts)
      else sortRow<u32>(flags, length, keep, values + shift, 0, from, counts)
    }
  }
}

function sortRow<T>(
  flags: u32, length: u32, keep: u32, values: usize, indices: usize, source: usize, counts: usize
): void {
  const kind = flags & 0xff
  const flip: u32 = flags & Sort.Descending ? -1 : 0
  const items = counts + Sort.Counts
  const hasNegativeZero = makeItems<T>(items, source, length, kind, flip)
  const count = keep < length ? narrow<T>(items, counts, length, keep) : length
  let sorted = items
  if (count <= FEW) insertion<T>(items, count)
  else sorted = radix<T>(items, items + <usize>length * sizeof<T>(), counts, count)
  for (let i: usize = 0; i < <usize>keep; i++) {
    const item = load<T>(sorted + i * sizeof<T>())
    if (values != 0) store<u32>(values + (i << 2), wordOf(keyIn<T>(item), kind, flip))
    if (indices != 0) store<u32>(indices + (i << 2), <u32>item)
  }
  if (hasNegativeZero && values != 0) restoreZeros(values, keep, source, length)
}

/** The key of a word; zeros of either sign are equal, every NaN is larger than all numbers. */
// @ts-ignore: decorator
@inline
function keyOf(word: u32, kind: u32, flip: u32): u32 {
  if (kind == SortKind.Float) {
    if ((word & ~SIGN) > INFINITY) return ~flip
    if (word == SIGN) word = 0
    word ^= <u32>(<i32>word >> 31) | SIGN
  } else if (kind == SortKind.Signed) word ^= SIGN
  return word ^ flip
}

/** A word with this key. */
// @ts-ignore: decorator
@inline
function wordOf(key: u32, kind: u32, flip: u32): u32 {
  key ^= flip
  if (kind == SortKind.Float) return key ^ (~<u32>(<i32>key >> 31) | SIGN)
  return kind == SortKind.Signed ? key ^ SIGN : key
}

// @ts-ignore: decorator
@inline
function keyIn<T>(item: T): u32 {
  return sizeof<T>() == 8 ? <u32>(<u64>item >> 32) : <u32>item
}

/** Writes the items of a row; true if there is a -0 among floats. */
function makeItems<T>(items: usize, source: usize, length: u32, kind: u32, flip: u32): bool {
  let hasNegativeZero = false
  for (let i: u32 = 0; i < length; i++) {
    const word = load<u32>(source + (<usize>i << 2))
    hasNegativeZero = hasNegativeZero || word == SIGN
    const key = keyOf(word, kind, flip)
    if (sizeof<T>() == 8) store<u64>(items + (<usize>i << 3), (<u64>key << 32) | i)
    else store<u32>(items + (<usize>i << 2), key)
  }
  return hasNegativeZero && kind == SortKind.Float
}

/** Moves the items that can be among the first `keep` to the front, in their order, and returns how many they are. */
function narrow<T>(items: usize, counts: usize, length: u32, keep: u32): u32 {
  if (keep == 0) return 0
  memory.fill(counts, 0, 2048 << 2)
  for (let i: usize = 0; i < <usize>length; i++) {
    const at = counts + (<usize>(keyIn<T>(load<T>(items + i * sizeof<T>())) >> 21) << 2)
    store<u32>(at, load<u32>(at) + 1)
  }
  let last: u32 = 0
  for (let sum = load<u32>(counts); sum < keep; sum += load<u32>(counts + (<usize>last << 2))) last++
  let count: u32 = 0
  for (let i: usize = 0; i < <usize>length; i++) {
    const item = load<T>(items + i * sizeof<T>())
    if (keyIn<T>(item) >> 21 > last) continue
    store<T>(items + <usize>count * sizeof<T>(), item)
    count++
  }
  return count
}

function insertion<T>(items: usize, count: u32): void {
  const end = items + <usize>count * sizeof<T>()
  for (let next = items + sizeof<T>(); next < end; next += sizeof<T>()) {
    const item = load<T>(next)
    let at = next
    for (; at > items && load<T>(at - sizeof<T>()) > item; at -= sizeof<T>()) store<T>(at, load<T>(at - sizeof<T>()))
    store<T>(at, item)
  }
}

/** Returns which of the two areas has the sorted items. */
function radix<T>(from: usize, to: usize, counts: usize, count: u32): usize {
  const bits: u32 = count < MANY ? 8 : 11
  const passes: u32 = count < MANY ? 4 : 3
  const mask: u32 = (1 << bits) - 1
  memory.fill(counts, 0, <usize>passes << (bits + 2))
  countDigits<T>(from, counts, count, bits, passes)
  for (let pass: u32 = 0; pass < passes; pass++) {
    const table = counts + (<usize>pass << (bits + 2))
    const shift = pass * bits
    // A digit that is the same everywhere changes no order.
    if (load<u32>(table + (<usize>((keyIn<T>(load<T>(from)) >> shift) & mask) << 2)) == count) continue
    let start: u32 = 0
    for (let at = table; at < table + (<usize>1 << (bits + 2)); at += 4) {
      const own = load<u32>(at)
      store<u32>(at, start)
      start += own
    }
    distribute<T>(from, to, table, count, shift, mask)
    const other = from
    from = to
    to = other
  }
  return from
}

/** How often each digit occurs at each place. */
function countDigits<T>(items: usize, counts: usize, count: u32, bits: u32, passes: u32): void {
  const mask: u32 = (1 << bits) - 1
  for (const end = items + <usize>count * sizeof<T>(); items < end; items += sizeof<T>()) {
    let key = keyIn<T>(load<T>(items))
    let table = counts
    for (let pass: u32 = 0; pass < passes; pass++) {
      const at = table + (<usize>(key & mask) << 2)
      store<u32>(at, load<u32>(at) + 1)
      key >>= bits
      table += <usize>1 << (bits + 2)
    }
  }
}

/** Moves each item to the next free place of its digit. */
function distribute<T>(from: usize, to: usize, table: usize, count: u32, shift: u32, mask: u32): void {
  for (const end = from + <usize>count * sizeof<T>(); from < end; from += sizeof<T>()) {
    const item = load<T>(from)
    const at = table + (<usize>((keyIn<T>(item) >> shift) & mask) << 2)
    const place = load<u32>(at)
    store<u32>(at, place + 1)
    store<T>(to + <usize>place * sizeof<T>(), item)
  }
}

/** Gives the sorted zeros, which are neighbours, the signs that they have in the row, in its order. */
function restoreZeros(values: usize, keep: u32, source: usize, length: u32): void {
  const end = values + (<usize>keep << 2)
  while (values < end && (load<u32>(values) << 1) != 0) values += 4
  for (const last = source + (<usize>length << 2); source < last && values < end; source += 4) {
    const word = load<u32>(source)
    if (word << 1 != 0) continue
    store<u32>(values, word)
    values += 4
  }
}
