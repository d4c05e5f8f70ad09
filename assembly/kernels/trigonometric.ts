// Elementwise float32 kernels of angles and their kin, which the extension has: dst[i] = f(a[i]) or f(a[i], b[i]).
import { constant, constant64, high, low, narrow, select } from '../simd/words'
import { COMMON, logDouble } from '../simd/double'
import * as math from '../simd/trigonometry'
import { binary, unary } from './loops'

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
