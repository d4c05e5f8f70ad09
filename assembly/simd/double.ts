// The functions that are evaluated in doubles: two lanes each, inputs promoted from floats, results good to 2^-28 or
// better, so that rounding them to floats is the only error that counts. Plain functions: one copy serves all kernels.
import { constant64, horner64, select } from './words'

export const COMMON: usize = memory.data<f64>([
  1, // 0
  2, // 1
  -0.0, // 2: the sign bit
  Infinity, // 3
  -Infinity, // 4
])

/** The magnitude of `x` with the sign of `s`, where x >= 0. */
// @ts-ignore: decorator
@inline
export function withSign(x: v128, s: v128): v128 {
  return v128.or(x, v128.and(s, constant64(COMMON, 2)))
}

const EXP: usize = memory.data<f64>([
  1.4426950408889634, // 0: 1 / ln 2
  6755399441055744, // 1: 1.5 * 2^52; adding it rounds to an integer, which then stands in the low bits
  0.6931471805599453, // 2: ln 2; one part is enough where 2^-45 is asked for
  100, // 3
  -120, // 4
  // 5..11: minimax (Remez) of (exp(r) - 1 - r) / r^2 on |r| <= ln 2 / 2, relative error of expm1 2^-34, of exp 2^-37
  0.5000000010629675, 0.1666666671977678, 0.04166659616758379, 0.008333298119519637, 0.001390054872226667,
  0.00019899585800812328, 0.000019323761446036104,
])

/** x + 1.5 * 2^52 for n = round(x / ln 2). */
// @ts-ignore: decorator
@inline
function expShifted(x: v128): v128 {
  return f64x2.add(f64x2.mul(x, constant64(EXP, 0)), constant64(EXP, 1))
}

/** e^r - 1 for the remainder r of x after n ln 2. */
// @ts-ignore: decorator
@inline
function expm1Reduced(x: v128, shifted: v128): v128 {
  const r = f64x2.sub(x, f64x2.mul(f64x2.sub(shifted, constant64(EXP, 1)), constant64(EXP, 2)))
  let p = horner64(constant64(EXP, 11), r, EXP, 10)
  p = horner64(p, r, EXP, 9)
  p = horner64(p, r, EXP, 8)
  p = horner64(p, r, EXP, 7)
  p = horner64(p, r, EXP, 6)
  p = horner64(p, r, EXP, 5)
  return f64x2.add(r, f64x2.mul(f64x2.mul(r, r), p))
}

/** 2^n. */
// @ts-ignore: decorator
@inline
function power2(shifted: v128): v128 {
  return i64x2.add(i64x2.shl(shifted, 52), constant64(COMMON, 0))
}

// @ts-ignore: decorator
@inline
function expBounds(x: v128): v128 {
  return f64x2.pmax(f64x2.pmin(x, constant64(EXP, 3)), constant64(EXP, 4))
}

/** e^x where the result is a float: beyond the floats' range it is merely far away. */
export function expDouble(x: v128): v128 {
  const bounded = expBounds(x)
  const shifted = expShifted(bounded)
  const scale = power2(shifted)
  return f64x2.add(f64x2.mul(scale, expm1Reduced(bounded, shifted)), scale)
}

/** e^x - 1 = 2^n (e^r - 1) + (2^n - 1). */
// @ts-ignore: decorator
@inline
export function expm1Double(x: v128): v128 {
  const bounded = expBounds(x)
  const shifted = expShifted(bounded)
  const scale = power2(shifted)
  const p = f64x2.mul(scale, expm1Reduced(bounded, shifted))
  return withSign(f64x2.add(p, f64x2.sub(scale, constant64(COMMON, 0))), x)
}

const LOG: usize = memory.data<f64>([
  4503599627371519, // 0: 2^52 + 1023
  0.6931471805599453, // 1: ln 2
  // 2..6: minimax (Remez) of 2 atanh(s) / s as a polynomial of s^2, |s| <= 0.1716, relative error 2^-37.8
  2.0000000000084666, 0.6666666523465195, 0.4000038705154568, 0.285349109649361, 0.2361892035384368,
])
const LOG_BITS: usize = memory.data<u64>([
  0x3ff0000000000000 - 0x3fe6a09e667f3bcd, // 0: 1 - sqrt(1/2), as bits
  0x3ff0000000000000, // 1: 1
  0x4330000000000000, // 2: 2^52
])

/** ln(1 + f) + exponent ln 2 by s = f / (2 + f), ln(1 + f) = 2 atanh(s). */
// @ts-ignore: decorator
@inline
function logReduced(f: v128, exponent: v128): v128 {
  const s = f64x2.div(f, f64x2.add(f, constant64(COMMON, 1)))
  const z = f64x2.mul(s, s)
  let p = horner64(constant64(LOG, 6), z, LOG, 5)
  p = horner64(p, z, LOG, 4)
  p = horner64(p, z, LOG, 3)
  p = horner64(p, z, LOG, 2)
  return f64x2.add(f64x2.mul(s, p), f64x2.mul(exponent, constant64(LOG, 1)))
}

/** Biased exponent of x = 2^e m, m in [sqrt(1/2), sqrt(2)). */
// @ts-ignore: decorator
@inline
function logExponent(x: v128): v128 {
  return i64x2.shr_u(i64x2.add(x, constant64(LOG_BITS, 0)), 52)
}

/** m - 1 of the same decomposition. */
// @ts-ignore: decorator
@inline
function logFraction(x: v128, exponent: v128): v128 {
  const m = i64x2.add(i64x2.sub(x, i64x2.shl(exponent, 52)), constant64(LOG_BITS, 1))
  return f64x2.sub(m, constant64(COMMON, 0))
}

/** A biased exponent as a double without its bias. */
// @ts-ignore: decorator
@inline
function logScale(exponent: v128): v128 {
  return f64x2.sub(v128.or(exponent, constant64(LOG_BITS, 2)), constant64(LOG, 0))
}

/** `y` where x is positive and finite; -inf at zeros, NaN below, else x itself. */
// @ts-ignore: decorator
@inline
function logSpecial(x: v128, y: v128): v128 {
  const zero = f64x2.splat(0)
  const special = select(f64x2.eq(x, zero), constant64(COMMON, 4), v128.or(x, f64x2.lt(x, zero)))
  return select(v128.and(f64x2.gt(x, zero), f64x2.lt(x, constant64(COMMON, 3))), y, special)
}

/** ln x of a promoted float. */
export function logDouble(x: v128): v128 {
  const exponent = logExponent(x)
  return logSpecial(x, logReduced(logFraction(x, exponent), logScale(exponent)))
}

/** ln(1 + x); where 1 + x needs no scaling its fraction is x itself, so that nothing is lost near 0. */
// @ts-ignore: decorator
@inline
export function log1pDouble(x: v128): v128 {
  const u = f64x2.add(x, constant64(COMMON, 0))
  const exponent = logExponent(u)
  const scale = logScale(exponent)
  const f = select(f64x2.eq(scale, f64x2.splat(0)), x, logFraction(u, exponent))
  return withSign(logSpecial(u, logReduced(f, scale)), x)
}

const TANH: usize = memory.data<f64>([
  9.02, // 0: from here the nearest float is 1
  // 1..5, 6..10: minimax (rational Remez) P(x^2) / Q(x^2) of tanh(x) / x on |x| <= 9.02, relative error 2^-28.3
  0.9999999997944669, 0.13801334454887748, 0.004028728975768115, 3.20187226475813e-5, 5.22010622162253e-8,
  1, 0.4713466751193789, 0.027810959570666375, 0.0004243645580426693, 1.6501156332334018e-6, 7.654334417502719e-10,
])

/** Hyperbolic tangent. */
// @ts-ignore: decorator
@inline
export function tanhDouble(x: v128): v128 {
  const limit = constant64(TANH, 0)
  const bounded = f64x2.pmax(f64x2.pmin(x, limit), f64x2.neg(limit))
  const z = f64x2.mul(bounded, bounded)
  let p = horner64(constant64(TANH, 5), z, TANH, 4)
  p = horner64(p, z, TANH, 3)
  p = horner64(p, z, TANH, 2)
  p = horner64(p, z, TANH, 1)
  let q = horner64(constant64(TANH, 11), z, TANH, 10)
  q = horner64(q, z, TANH, 9)
  q = horner64(q, z, TANH, 8)
  q = horner64(q, z, TANH, 7)
  q = horner64(q, z, TANH, 6)
  return f64x2.div(f64x2.mul(bounded, p), q)
}

const ERF: usize = memory.data<f64>([
  3.93, // 0: from here the nearest float is 1
  // 1..7, 8..13: minimax (rational Remez) P(x^2) / Q(x^2) of erf(x) / x on |x| <= 3.93, relative error 2^-28.3
  1.1283791683730644, 0.18526988815828177, 0.054220389866136066, 0.003838784191031596, 0.00037506700310478876,
  4.5610144210074375e-6, -1.2561901155644903e-8,
  1, 0.4975245492324648, 0.1138927060971078, 0.015424384455220215, 0.0012992870491712778, 6.194177581836118e-5,
])

/** The error function. */
// @ts-ignore: decorator
@inline
export function erfDouble(x: v128): v128 {
  const limit = constant64(ERF, 0)
  const bounded = f64x2.pmax(f64x2.pmin(x, limit), f64x2.neg(limit))
  const z = f64x2.mul(bounded, bounded)
  let p = horner64(constant64(ERF, 7), z, ERF, 6)
  p = horner64(p, z, ERF, 5)
  p = horner64(p, z, ERF, 4)
  p = horner64(p, z, ERF, 3)
  p = horner64(p, z, ERF, 2)
  p = horner64(p, z, ERF, 1)
  let q = horner64(constant64(ERF, 13), z, ERF, 12)
  q = horner64(q, z, ERF, 11)
  q = horner64(q, z, ERF, 10)
  q = horner64(q, z, ERF, 9)
  q = horner64(q, z, ERF, 8)
  return f64x2.div(f64x2.mul(bounded, p), q)
}

const REM: usize = memory.data<f64>([1e300, NaN])
const REM_BITS: usize = memory.data<u64>([0xffffffff_f8000000]) // the upper 26 significant bits

/** x - trunc(x / y) y of promoted floats, exactly: each round takes off 26 bits of the quotient, and both the product
 *  (26 x 24 bits) and the difference fit a double. Lanes that are done subtract zero. */
export function remDouble(x: v128, y: v128): v128 {
  const zero = f64x2.splat(0)
  let r = f64x2.abs(x)
  const valid = v128.and(f64x2.lt(r, constant64(COMMON, 3)), f64x2.gt(f64x2.abs(y), zero))
  r = v128.and(r, valid)
  const divisor = select(valid, f64x2.pmin(f64x2.abs(y), constant64(REM, 0)), constant64(COMMON, 0))
  while (true) {
    const quotient = f64x2.trunc(f64x2.div(r, divisor))
    const upper = v128.and(quotient, constant64(REM_BITS, 0))
    r = f64x2.sub(r, f64x2.mul(upper, divisor))
    if (!v128.any_true(f64x2.ne(upper, quotient))) break
  }
  return select(valid, withSign(r, x), constant64(REM, 1))
}
