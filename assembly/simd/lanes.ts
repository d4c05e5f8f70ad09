// Vectors cut short: how the last one to three words of a row pass through code for four lanes without touching
// a byte outside the row.

/** The first `n` (0 to 4) words at `at`, the other lanes taken from `padding`. */
export function loadLanes(at: usize, n: usize, padding: v128): v128 {
  let v = padding
  if (n == 4) return v128.load(at)
  if (n > 0) v = v128.load32_lane(at, v, 0)
  if (n > 1) v = v128.load32_lane(at, v, 1, 4)
  if (n > 2) v = v128.load32_lane(at, v, 2, 8)
  return v
}

/** Stores the first `n` (0 to 4) lanes. */
export function storeLanes(at: usize, n: usize, v: v128): void {
  if (n == 4) {
    v128.store(at, v)
    return
  }
  if (n > 0) v128.store32_lane(at, v, 0)
  if (n > 1) v128.store32_lane(at, v, 1, 4)
  if (n > 2) v128.store32_lane(at, v, 2, 8)
}

/** All ones in the first `n` lanes, zeros in the others. */
// @ts-ignore: decorator
@inline
export function firstLanes(n: usize): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(<i32>n))
}
