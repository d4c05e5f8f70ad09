// Sine, cosine and angle. The argument of sine and cosine is reduced to |r| <= pi / 4 in doubles (Cody & Waite, ch. 8),
// beyond 2^20 in 64-bit fixed point after Payne & Hanek (SIGNUM 18, 1983), so that every float has a result within one ulp.
import { COMMON, withSign } from './double'
import { constant, constant64, high, horner64, low, narrow, select } from './words'

const REDUCE: usize = memory.data<f64>([
  0.6366197723675814, // 0: 2 / pi
  6755399441055744, // 1: 1.5 * 2^52; adding it rounds to an integer, which then stands in the low bits
  1.57079632673412561417, // 2: pi / 2, its upper 33 bits
  6.07710050650619224932e-11, // 3: the rest
  1, // 4
])
// Minimax (Remez) of (sin(r) / r - 1) / r^2 and (cos(r) - 1) / r^2 in r^2, |r| <= pi / 4: 2^-37.5 and 2^-33.8
const SINE: usize = memory.data<f64>([
  -0.16666666641426092, 0.008333329362233459, -0.00019839327123578256, 2.7182371698490626e-6,
])
const COSINE: usize = memory.data<f64>([
  -0.4999999969195729, 0.041666620072476644, -0.0013886672653712993, 2.4382720854867488e-5,
])
const BITS: usize = memory.data<u64>([1, 2])
const LARGE: usize = memory.data<f32>([1048576])

/** x * 2 / pi rounded to an integer, in the low bits. */
// @ts-ignore: decorator
@inline
function quadrantOf(x: v128): v128 {
  return f64x2.add(f64x2.mul(x, constant64(REDUCE, 0)), constant64(REDUCE, 1))
}

/** What remains of x after that many quarter turns. */
// @ts-ignore: decorator
@inline
function remainderOf(x: v128, quadrant: v128): v128 {
  const n = f64x2.sub(quadrant, constant64(REDUCE, 1))
  return f64x2.sub(f64x2.sub(x, f64x2.mul(n, constant64(REDUCE, 2))), f64x2.mul(n, constant64(REDUCE, 3)))
}

/** sin(r + quadrant * pi / 2). */
// @ts-ignore: decorator
@inline
function sinReduced(r: v128, quadrant: v128): v128 {
  const z = f64x2.mul(r, r)
  const one = constant64(REDUCE, 4)
  let s = horner64(constant64(SINE, 3), z, SINE, 2)
  s = horner64(s, z, SINE, 1)
  s = horner64(s, z, SINE, 0)
  s = f64x2.mul(r, f64x2.add(one, f64x2.mul(z, s)))
  let c = horner64(constant64(COSINE, 3), z, COSINE, 2)
  c = horner64(c, z, COSINE, 1)
  c = horner64(c, z, COSINE, 0)
  c = f64x2.add(one, f64x2.mul(z, c))
  const odd = i64x2.neg(v128.and(quadrant, constant64(BITS, 0)))
  const sign = i64x2.shl(v128.and(quadrant, constant64(BITS, 1)), 62)
  return v128.xor(select(odd, c, s), sign)
}

// 1 / (2 pi) in 32-bit words behind the binary point, one word of zeros before them
const INVERSE_TURN: usize = memory.data<u32>([
  0, 0x28be60db, 0x9391054a, 0x7f09d5f4, 0x7d4d3770, 0x36d8a566, 0x4f10e410, 0x7f9458ea, 0xf7aef158, 0x6dc91b8e,
])

/** 32 bits of 1 / (2 pi) from bit `position`. */
// @ts-ignore: decorator
@inline
function inverseTurnBits(position: u32): u64 {
  const at = INVERSE_TURN + (<usize>(position >> 5) << 2)
  const pair = (<u64>load<u32>(at) << 32) | load<u32>(at, 4)
  return (pair << (position & 31)) >> 32
}

/** x / (2 pi) without whole turns, as a 64-bit binary fraction, for finite |x| >= 2^20. */
function turns(x: f32): u64 {
  const bits = reinterpret<u32>(x)
  const mantissa = <u64>((bits & 0x7fffff) | 0x800000)
  // x = mantissa * 2^e: bits of 1 / (2 pi) before position e yield whole turns only.
  const position = ((bits >> 23) & 0xff) - 150 + 32
  const fraction =
    ((mantissa * inverseTurnBits(position)) << 32) +
    mantissa * inverseTurnBits(position + 32) +
    ((mantissa * inverseTurnBits(position + 64)) >> 32)
  return x < 0 ? 0 - fraction : fraction
}

/** sin(x + extra * pi / 2) of one float beyond 2^20. */
function sinLarge(x: f32, extra: u64): f32 {
  if (!(abs(x) < Infinity)) return NaN
  const fraction = turns(x)
  const quadrant = (fraction + (1 << 61)) >> 62
  const r = <f64>(<i64>(fraction - (quadrant << 62))) * 3.4061215800865545e-19 // 2 pi / 2^64
  return <f32>f64x2.extract_lane(sinReduced(f64x2.splat(r), i64x2.splat(quadrant + extra)), 0)
}

// @ts-ignore: decorator
@inline
function sinSmall(x: v128, extra: v128): v128 {
  const quadrant = quadrantOf(x)
  return sinReduced(remainderOf(x, quadrant), i64x2.add(quadrant, extra))
}

/** Puts the lanes beyond 2^20 right. */
function withLarge(x: v128, y: v128, extra: u64): v128 {
  if (!(abs(f32x4.extract_lane(x, 0)) < 1048576)) y = f32x4.replace_lane(y, 0, sinLarge(f32x4.extract_lane(x, 0), extra))
  if (!(abs(f32x4.extract_lane(x, 1)) < 1048576)) y = f32x4.replace_lane(y, 1, sinLarge(f32x4.extract_lane(x, 1), extra))
  if (!(abs(f32x4.extract_lane(x, 2)) < 1048576)) y = f32x4.replace_lane(y, 2, sinLarge(f32x4.extract_lane(x, 2), extra))
  if (!(abs(f32x4.extract_lane(x, 3)) < 1048576)) y = f32x4.replace_lane(y, 3, sinLarge(f32x4.extract_lane(x, 3), extra))
  return y
}

// @ts-ignore: decorator
@inline
function allSmall(x: v128): bool {
  return i32x4.all_true(f32x4.lt(f32x4.abs(x), constant(LARGE, 0)))
}

/** sin(x + extra * pi / 2). */
function sinShifted(x: v128, extra: v128, extraTurns: u64): v128 {
  const y = narrow(sinSmall(low(x), extra), sinSmall(high(x), extra))
  return allSmall(x) ? y : withLarge(x, y, extraTurns)
}

/** The sine of x radians. */
export function sin(x: v128): v128 {
  return sinShifted(x, i64x2.splat(0), 0)
}

/** The cosine of x radians. */
export function cos(x: v128): v128 {
  return sinShifted(x, constant64(BITS, 0), 1)
}

const ATAN: usize = memory.data<f64>([
  1.5707963267948966, // 0: pi / 2
  3.141592653589793, // 1: pi
  // 2..13: minimax (Remez) of atan(t) / t as a polynomial of t^2 on [0, 1], relative error 2^-34
  0.999999999941244, -0.3333333157134363, 0.19999912055430472, -0.14283980806892915, 0.11093241554650604,
  -0.08980240187592761, 0.07245720832392073, -0.05427914509746786, 0.03420964422000397, -0.01611170150606634,
  0.004850940367905591, -0.0006847933407563129,
])

/** The angle of (x, y): atan of the smaller over the larger coordinate, then the octant. */
// @ts-ignore: decorator
@inline
function atan2Double(y: v128, x: v128): v128 {
  const ax = f64x2.abs(x)
  const ay = f64x2.abs(y)
  const steep = f64x2.gt(ay, ax)
  const larger = select(steep, ay, ax)
  const smaller = select(steep, ax, ay)
  // 0 / 0 counts as 0 and inf / inf as 1; a NaN in either place survives.
  let t = f64x2.div(smaller, larger)
  t = select(f64x2.eq(larger, f64x2.splat(0)), smaller, t)
  const infinity = constant64(COMMON, 3)
  t = select(v128.and(f64x2.eq(smaller, infinity), f64x2.eq(larger, infinity)), constant64(COMMON, 0), t)
  const z = f64x2.mul(t, t)
  let p = horner64(constant64(ATAN, 13), z, ATAN, 12)
  p = horner64(p, z, ATAN, 11)
  p = horner64(p, z, ATAN, 10)
  p = horner64(p, z, ATAN, 9)
  p = horner64(p, z, ATAN, 8)
  p = horner64(p, z, ATAN, 7)
  p = horner64(p, z, ATAN, 6)
  p = horner64(p, z, ATAN, 5)
  p = horner64(p, z, ATAN, 4)
  p = horner64(p, z, ATAN, 3)
  p = horner64(p, z, ATAN, 2)
  let angle = f64x2.mul(t, p)
  angle = select(steep, f64x2.sub(constant64(ATAN, 0), angle), angle)
  const left = i64x2.shr_s(x, 63)
  angle = select(left, f64x2.sub(constant64(ATAN, 1), angle), angle)
  return withSign(angle, y)
}

/** The angle of the point (x, y), in [-pi, pi]. */
export function atan2(y: v128, x: v128): v128 {
  return narrow(atan2Double(low(y), low(x)), atan2Double(high(y), high(x)))
}
