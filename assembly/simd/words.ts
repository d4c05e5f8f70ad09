// The SIMD vocabulary of all kernels: constants from memory, select, incomplete vectors, and the two halves of a
// vector as doubles. Constants are loaded, not written as literals: V8 builds a literal anew at each use.

/** The 32-bit constant `index` of a table in all lanes. */
// @ts-ignore: decorator
@inline
export function constant(table: usize, index: usize): v128 {
  return v128.load32_splat(table + (index << 2))
}

/** The 64-bit constant `index` of a table in both lanes. */
// @ts-ignore: decorator
@inline
export function constant64(table: usize, index: usize): v128 {
  return v128.load64_splat(table + (index << 3))
}

/** Where `mask` is set `a`, elsewhere `b`. */
// @ts-ignore: decorator
@inline
export function select(mask: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, mask)
}

/** sum * x + constant `index`: one step of Horner's scheme. */
// @ts-ignore: decorator
@inline
export function horner(sum: v128, x: v128, table: usize, index: usize): v128 {
  return f32x4.add(f32x4.mul(sum, x), constant(table, index))
}

/** The same in doubles. */
// @ts-ignore: decorator
@inline
export function horner64(sum: v128, x: v128, table: usize, index: usize): v128 {
  return f64x2.add(f64x2.mul(sum, x), constant64(table, index))
}

/** Lanes 0 and 1 as doubles. */
// @ts-ignore: decorator
@inline
export function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x)
}

/** Lanes 2 and 3 as doubles. */
// @ts-ignore: decorator
@inline
export function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<u64>(x, x, 1, 1))
}

/** Two pairs of doubles rounded to four floats. */
// @ts-ignore: decorator
@inline
export function narrow(lower: v128, upper: v128): v128 {
  return v128.shuffle<u64>(f32x4.demote_f64x2_zero(lower), f32x4.demote_f64x2_zero(upper), 0, 2)
}

/** The `count` (1 to 3) words at `at`, zeros after them. */
export function loadTail(at: usize, count: usize): v128 {
  if (count == 1) return v128.load32_zero(at)
  const pair = v128.load64_zero(at)
  return count == 2 ? pair : v128.load_lane<u32>(at, pair, 2, 8)
}

/** Stores the first `count` (1 to 3) words of `x` and nothing else. */
export function storeTail(at: usize, x: v128, count: usize): void {
  if (count == 1) return v128.store_lane<u32>(at, x, 0)
  v128.store_lane<u64>(at, x, 0)
  if (count == 3) v128.store_lane<u32>(at, x, 2, 8)
}
