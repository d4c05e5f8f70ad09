// Elementary functions of four floats. Here stand those that are fast in single precision (exp, log, sigmoid) and
// the small ones; the others are evaluated in doubles (double.ts) and rounded once, which leaves half an ulp.
import { constant, high, horner, low, narrow, select } from './words'
import { erfDouble, expm1Double, log1pDouble, remDouble, tanhDouble } from './double'

export { pow } from './power'

const EXP: usize = memory.data<f32>([
  1.4426950408889634, // 0: 1 / ln 2
  12582912, // 1: 1.5 * 2^23; adding it rounds to an integer, which then stands in the low bits
  0.693359375, // 2: ln 2, upper part (nine bits); Cody & Waite, Software Manual for the Elementary Functions, ch. 6
  -2.12194440e-4, // 3: ln 2, lower part
  89, // 4: exp overflows from here
  -104.5, // 5: exp is 0 up to here
  1, // 6
  // 7..11: minimax (Remez) of (exp(r) - 1 - r) / r^2 on |r| <= ln 2 / 2, relative error of exp 2^-28.2
  0.4999999403953552, 0.1666651964187622, 0.04166840761899948, 0.008368921466171741, 0.0013814185513183475,
  -87, // 12: e^x is a normal float from here
  -0.0, // 13: the sign bit
])

/** x / ln 2 rounded to an integer, in the low bits. */
// @ts-ignore: decorator
@inline
function expShifted(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, constant(EXP, 0)), constant(EXP, 1))
}

/** e^x / 2^n for that integer n. */
// @ts-ignore: decorator
@inline
function expReduced(x: v128, shifted: v128): v128 {
  const n = f32x4.sub(shifted, constant(EXP, 1))
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(n, constant(EXP, 2))), f32x4.mul(n, constant(EXP, 3)))
  let p = horner(constant(EXP, 11), r, EXP, 10)
  p = horner(p, r, EXP, 9)
  p = horner(p, r, EXP, 8)
  p = horner(p, r, EXP, 7)
  return f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(r, r), p), r), constant(EXP, 6))
}

/** exp of x in [-104.5, 89] or NaN. */
// @ts-ignore: decorator
@inline
function expBounded(x: v128): v128 {
  const shifted = expShifted(x)
  let p = expReduced(x, shifted)
  const one = constant(EXP, 6)
  // 2^n in two factors, so that the second product alone rounds, to subnormals or to infinity.
  const integer = i32x4.sub(shifted, constant(EXP, 1))
  const half = i32x4.shr_s(integer, 1)
  p = f32x4.mul(p, i32x4.add(i32x4.shl(half, 23), one))
  return f32x4.mul(p, i32x4.add(i32x4.shl(i32x4.sub(integer, half), 23), one))
}

/** e^x. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  return expBounded(f32x4.pmax(f32x4.pmin(x, constant(EXP, 4)), constant(EXP, 5)))
}

/** The sigmoid from e^-|x|, so that neither end overflows. */
// @ts-ignore: decorator
@inline
function sigmoidOf(x: v128, e: v128): v128 {
  const one = constant(EXP, 6)
  // The numerator is e below 0 and 1 above; e is never larger than 1.
  return f32x4.div(f32x4.pmax(e, v128.andnot(one, i32x4.shr_s(x, 31))), f32x4.add(one, e))
}

/** The sigmoid where some e^-|x| may be subnormal; the other lanes come out the same. */
function sigmoidAny(x: v128): v128 {
  return sigmoidOf(x, expBounded(f32x4.pmax(v128.or(x, constant(EXP, 13)), constant(EXP, 5))))
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const below = v128.or(x, constant(EXP, 13)) // -|x|
  if (v128.any_true(f32x4.lt(below, constant(EXP, 12)))) return sigmoidAny(x)
  const shifted = expShifted(below)
  return sigmoidOf(x, f32x4.mul(expReduced(below, shifted), i32x4.add(i32x4.shl(shifted, 23), constant(EXP, 6))))
}

const LOG: usize = memory.data<f32>([
  1, // 0
  0.5, // 1
  0.693359375, // 2: ln 2 in two parts, as above
  -2.12194440e-4, // 3
  // 4..12: minimax (Remez) of (ln(1 + f) - f + f^2 / 2) / f^3 on [sqrt(1/2) - 1, sqrt(2) - 1], relative error of ln 2^-30.3
  0.3333331346511841, -0.25000008940696716, 0.2000211775302887, -0.1666799783706665, 0.14219559729099274,
  -0.12405567616224289, 0.11888084560632706, -0.11675745993852615, 0.06746921688318253,
  8388608, // 13: 2^23
  23, // 14
  -Infinity, // 15
])
const LOG_BITS: usize = memory.data<u32>([
  0x3f3504f3, // 0: sqrt(1/2)
  0x007fffff, // 1: the largest subnormal
  0x7f800000, // 2: infinity
])

/** ln x for normal positive x. x = 2^e m with m in [sqrt(1/2), sqrt(2)), as Cody & Waite, ch. 5. */
// @ts-ignore: decorator
@inline
function logNormal(x: v128, exponentShift: v128): v128 {
  const exponent = i32x4.shr_s(i32x4.sub(x, constant(LOG_BITS, 0)), 23)
  const e = f32x4.sub(f32x4.convert_i32x4_s(exponent), exponentShift)
  const f = f32x4.sub(i32x4.sub(x, i32x4.shl(exponent, 23)), constant(LOG, 0))
  let p = horner(constant(LOG, 12), f, LOG, 11)
  p = horner(p, f, LOG, 10)
  p = horner(p, f, LOG, 9)
  p = horner(p, f, LOG, 8)
  p = horner(p, f, LOG, 7)
  p = horner(p, f, LOG, 6)
  p = horner(p, f, LOG, 5)
  p = horner(p, f, LOG, 4)
  const z = f32x4.mul(f, f)
  p = f32x4.add(f32x4.mul(f32x4.mul(f, z), p), f32x4.mul(e, constant(LOG, 3)))
  p = f32x4.add(f, f32x4.sub(p, f32x4.mul(z, constant(LOG, 1))))
  return f32x4.add(p, f32x4.mul(e, constant(LOG, 2)))
}

/** ln x where some lane is no normal positive number; the other lanes come out as in logNormal. */
function logAny(x: v128): v128 {
  const subnormal = i32x4.le_s(x, constant(LOG_BITS, 1))
  const scaled = select(subnormal, f32x4.mul(x, constant(LOG, 13)), x)
  const y = logNormal(scaled, v128.and(subnormal, constant(LOG, 14)))
  const zero = f32x4.splat(0)
  // Infinity and NaN stay, negative numbers become all ones, which is a NaN, zeros minus infinity.
  const special = select(f32x4.eq(x, zero), constant(LOG, 15), v128.or(x, f32x4.lt(x, zero)))
  const ordinary = v128.and(f32x4.gt(x, zero), f32x4.lt(x, constant(LOG_BITS, 2)))
  return select(ordinary, y, special)
}

/** ln x; -inf at 0, NaN below. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const normal = v128.and(i32x4.gt_s(x, constant(LOG_BITS, 1)), i32x4.lt_s(x, constant(LOG_BITS, 2)))
  return i32x4.all_true(normal) ? logNormal(x, f32x4.splat(0)) : logAny(x)
}

/** e^x - 1. */
export function expm1(x: v128): v128 {
  return narrow(expm1Double(low(x)), expm1Double(high(x)))
}

/** ln(1 + x). */
export function log1p(x: v128): v128 {
  return narrow(log1pDouble(low(x)), log1pDouble(high(x)))
}

/** Hyperbolic tangent. */
export function tanh(x: v128): v128 {
  return narrow(tanhDouble(low(x)), tanhDouble(high(x)))
}

/** The error function. */
export function erf(x: v128): v128 {
  return narrow(erfDouble(low(x)), erfDouble(high(x)))
}

/** x - trunc(x / y) y, exactly. */
// @ts-ignore: decorator
@inline
export function rem(x: v128, y: v128): v128 {
  return narrow(remDouble(low(x), low(y)), remDouble(high(x), high(y)))
}

/** The nearest integer, halves to the even one. */
// @ts-ignore: decorator
@inline
export function round(x: v128): v128 {
  return f32x4.nearest(x)
}

/** 1 / sqrt(x), rounded twice. */
// @ts-ignore: decorator
@inline
export function rsqrt(x: v128): v128 {
  return f32x4.div(constant(LOG, 0), f32x4.sqrt(x))
}

const SIGN: usize = memory.data<u32>([0x3f800000, 0x80000000])

/** -1, 0 (of x's own sign), 1 or NaN. */
// @ts-ignore: decorator
@inline
export function sign(x: v128): v128 {
  const one = v128.or(v128.and(x, constant(SIGN, 1)), constant(SIGN, 0))
  return select(f32x4.gt(f32x4.abs(x), f32x4.splat(0)), one, x)
}

/** The larger; NaN if either is NaN. Of two zeros the first. */
// @ts-ignore: decorator
@inline
export function max(a: v128, b: v128): v128 {
  return select(f32x4.ne(b, b), b, f32x4.pmax(a, b))
}

/** The smaller; NaN if either is NaN. Of two zeros the first. */
// @ts-ignore: decorator
@inline
export function min(a: v128, b: v128): v128 {
  return select(f32x4.ne(b, b), b, f32x4.pmin(a, b))
}
