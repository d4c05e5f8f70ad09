// Unpacks the core from the text that pack.mjs made of it: a module of its own, since compiled code is quick from its
// first bit and JavaScript only after some thousands. The text is one number between 0 and 1 that tells bit after bit of
// an LZ77 code (a range coder); what three contexts expect of a bit says how much of the number it takes.
// Integers only, and `bit` is pack.mjs's model to the letter.

// Memory, 64 pages that are zero at first: for each kind of bit three tables of estimates [256 nodes][256 >> kind contexts],
// each at the start of 1 << 18 bytes. What is touched for the first time costs the most: a start as short as it may be.
const STRETCH: usize = 0x300000
const SQUASH: usize = 0x300800
const SHARES: usize = 0x301800
const WEIGHTS: usize = 0x301880
/** Where the bytes appear, and where the text stands. */
const OUTPUT: usize = 0x310000
const TEXT: usize = 0x380000

/** What a bit belongs to: a byte; match or literal, and a new distance or the last one; a length; a distance. */
const LITERAL: u32 = 0
const FLAG: u32 = 1
const LENGTH: u32 = 2
const DISTANCE: u32 = 3

let at = OUTPUT
let next = TEXT
let range: u32 = 1
let code: u32 = 0

/** x / sqrt(1 + x^2), which is near enough to the logistic function, and its inverse, both in fixed point. */
function makeTables(): void {
  for (let i = 0; i < 1024; i++) {
    const q = (<f64>i - 511.5) / 512
    store<i16>(STRETCH + (i << 1), <i16>(Math.min(Math.max(q / Math.sqrt(1 - q * q), -15.9), 15.9) * 256))
  }
  for (let i = 0; i < 2048; i++) {
    const x = <f64>(i - 1024) / 64
    store<i16>(SQUASH + (i << 1), <i16>(x / Math.sqrt(1 + x * x) * 32700))
  }
  for (let i = 0; i < 32; i++) store<i32>(SHARES + (i << 2), <i32>(16384 / (<f64>i + 1.6)))
  for (let i = 0; i < 12; i++) store<i32>(WEIGHTS + (i << 2), 26214)
}

function bit(kind: u32, node: u32, context: u32): u32 {
  for (; range < 1 << 26; range <<= 6) {
    const character = load<u8>(next++)
    code = (code << 6) | (character - (character > 92 ? 62 : 61))
  }
  const table = <usize>((kind * 3 << 18) | (node << (10 - kind)))
  const slot0 = table + (<usize>context << 2)
  const slot1 = table + (1 << 18) + (<usize>load<u8>(at - 1) >> kind << 2)
  const slot2 = table + (2 << 18) + (<usize>load<u8>(at - 2) >> kind << 2)
  const weights = WEIGHTS + <usize>(kind * 12)
  const x0 = input(slot0), x1 = input(slot1), x2 = input(slot2)
  const sum = (load<i32>(weights) * x0 + load<i32>(weights, 4) * x1 + load<i32>(weights, 8) * x2) >> 18
  const predicted = <i32>load<i16>(SQUASH + (min(max(sum + 1024, 0), 2047) << 1))
  const split = (range >>> 16) * <u32>(32768 + predicted)
  let target = 32700
  if (code < split) range = split
  else {
    range -= split
    code -= split
    target = -32700
  }
  learn(slot0, weights, x0, target, predicted)
  learn(slot1, weights + 4, x1, target, predicted)
  learn(slot2, weights + 8, x2, target, predicted)
  return u32(target > 0)
}

// @ts-ignore: decorator
@inline
function input(slot: usize): i32 {
  return load<i16>(STRETCH + (((load<i32>(slot) >> 11) + 512) << 1))
}

// @ts-ignore: decorator
@inline
function learn(slot: usize, weight: usize, x: i32, target: i32, predicted: i32): void {
  store<i32>(weight, load<i32>(weight) + ((target - predicted) * x >> 15))
  const estimate = load<i32>(slot), count = estimate & 31
  const step = (target - (estimate >> 5)) * load<i32>(SHARES + (count << 2)) >> 14
  store<i32>(slot, estimate + (step << 5) + i32(count < 20))
}

/** A number >= 1: how many bits follow its first, in unary, then those; beyond three only the last four in trees. */
function number(kind: u32, context: u32): u32 {
  let length: u32 = 0
  while (bit(kind, length, context)) length++
  let value: u32 = 1
  for (let i: i32 = length - 1; i >= 0; i--) {
    const tree: u32 = 8 >> i
    value = (value << 1) | bit(
      kind, <i32>length - i < 4 ? 24 + (length << 3) + value : i < 4 ? 176 + (value & (tree - 1)) + tree : 192 + i, context,
    )
  }
  return value
}

/** Unpacks `size` bytes to OUTPUT; returns where that is. */
export function unpack(size: usize): usize {
  makeTables()
  let history: u32 = 0, distance: u32 = 1
  while (at < OUTPUT + size) {
    const match = bit(FLAG, 0, history)
    if (match) {
      const again = bit(FLAG, 1, history)
      const length = number(LENGTH, again) + 1 - again
      if (!again) distance = number(DISTANCE, min(length, 5))
      for (const end = at + length; at < end; at++) store<u8>(at, load<u8>(at - distance))
    } else {
      const expected = load<u8>(at - distance)
      let node: u32 = 1
      while (node < 256) node = (node << 1) | bit(LITERAL, node, expected)
      store<u8>(at++, node)
    }
    history = ((history << 1) & 7) | match
  }
  return OUTPUT
}
