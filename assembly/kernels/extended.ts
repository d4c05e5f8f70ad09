// The extension's elementwise kernels, dst[i] = f(a[i]) or f(a[i], b[i]): angles, powers and logarithms to other bases,
// bits.
import { constant, constant64, high, low, narrow, select } from '../simd/words'
import { COMMON, expDouble, logDouble } from '../simd/double'
import * as math from '../simd/trigonometry'
import { binary, cheapUnary, unary } from './loops'

const SCALES: usize = memory.data<f64>([1.4426950408889634, 0.4342944819032518, 0.6931471805599453]) // 1 / ln 2, 1 / ln 10, ln 2
const ASINH: usize = memory.data<f32>([0.000244140625, -0.0]) // 2^-12, the sign bit

class Sin {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return math.sin(a)
  }
}

/** The sine of a radians. */
export function sinF(dst: usize, a: usize, n: usize): void {
  unary<Sin>(dst, a, n)
}

class Cos {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return math.cos(a)
  }
}

/** The cosine of a radians. */
export function cosF(dst: usize, a: usize, n: usize): void {
  unary<Cos>(dst, a, n)
}

class Atan2 {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return math.atan2(a, b)
  }
}

/** The angle of the point (b, a). */
export function atan2F(dst: usize, a: usize, b: usize, n: usize): void {
  binary<Atan2>(dst, a, b, n)
}

/** In doubles no square of a float overflows or vanishes. */
// @ts-ignore: decorator
@inline
function hypotDouble(a: v128, b: v128): v128 {
  return f64x2.sqrt(f64x2.add(f64x2.mul(a, a), f64x2.mul(b, b)))
}

class Hypot {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return narrow(hypotDouble(low(a), low(b)), hypotDouble(high(a), high(b)))
  }
}

/** sqrt(a^2 + b^2) */
export function hypotF(dst: usize, a: usize, b: usize, n: usize): void {
  binary<Hypot>(dst, a, b, n)
}

/** ln(a + sqrt(a^2 + 1)) of doubles that were floats, a >= 0. */
// @ts-ignore: decorator
@inline
function asinhDouble(a: v128): v128 {
  return logDouble(f64x2.add(a, f64x2.sqrt(f64x2.add(f64x2.mul(a, a), constant64(COMMON, 0)))))
}

class Asinh {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    const size = f32x4.abs(a)
    // Up to 2^-12 asinh(a) is a to half an ulp, and the sum would lose its digits.
    const y = select(f32x4.lt(size, constant(ASINH, 0)), size, narrow(asinhDouble(low(size)), asinhDouble(high(size))))
    return v128.or(y, v128.and(a, constant(ASINH, 1)))
  }
}

/** The inverse of the hyperbolic sine. */
export function asinhF(dst: usize, a: usize, n: usize): void {
  unary<Asinh>(dst, a, n)
}

/** Logarithms of another base in doubles: at its whole powers they are whole. */
// @ts-ignore: decorator
@inline
function scaledLog(a: v128, factor: usize): v128 {
  const scale = constant64(SCALES, factor)
  return narrow(f64x2.mul(logDouble(low(a)), scale), f64x2.mul(logDouble(high(a)), scale))
}

class Log2 {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return scaledLog(a, 0)
  }
}

/** log2 a */
export function log2F(dst: usize, a: usize, n: usize): void {
  unary<Log2>(dst, a, n)
}

class Log10 {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return scaledLog(a, 1)
  }
}

/** log10 a */
export function log10F(dst: usize, a: usize, n: usize): void {
  unary<Log10>(dst, a, n)
}

class Exp2 {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    const scale = constant64(SCALES, 2)
    return narrow(expDouble(f64x2.mul(low(a), scale)), expDouble(f64x2.mul(high(a), scale)))
  }
}

/** 2^a */
export function exp2F(dst: usize, a: usize, n: usize): void {
  unary<Exp2>(dst, a, n)
}

class Popcnt {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(i8x16.popcnt(a)))
  }
}

/** How many bits are set. */
export function popcntI(dst: usize, a: usize, n: usize): void {
  cheapUnary<Popcnt>(dst, a, n)
}
