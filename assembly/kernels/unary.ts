// Elementwise float32 kernels of one argument: dst[i] = f(a[i]).
import { constant } from '../simd/words'
import * as math from '../simd/math'
import { cheapUnary, unary } from './loops'

const ONE: usize = memory.data<f32>([1])
const ONE_BITS: usize = memory.data<u32>([1])
const INFINITY: usize = memory.data<f32>([Infinity])

class Copy {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return a
  }
}

/** a, any dtype */
export function copyRun(dst: usize, a: usize, n: usize): void {
  cheapUnary<Copy>(dst, a, n)
}

class Neg {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return f32x4.neg(a)
  }
}

/** -a */
export function negF(dst: usize, a: usize, n: usize): void {
  cheapUnary<Neg>(dst, a, n)
}

class Abs {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return f32x4.abs(a)
  }
}

/** |a| */
export function absF(dst: usize, a: usize, n: usize): void {
  cheapUnary<Abs>(dst, a, n)
}

class Sign {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return math.sign(a)
  }
}

/** -1, 0, 1 or NaN */
export function signF(dst: usize, a: usize, n: usize): void {
  cheapUnary<Sign>(dst, a, n)
}

class Floor {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return f32x4.floor(a)
  }
}

/** The next integer below. */
export function floorF(dst: usize, a: usize, n: usize): void {
  cheapUnary<Floor>(dst, a, n)
}

class Ceil {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return f32x4.ceil(a)
  }
}

/** The next integer above. */
export function ceilF(dst: usize, a: usize, n: usize): void {
  cheapUnary<Ceil>(dst, a, n)
}

class Round {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return math.round(a)
  }
}

/** The nearest integer, halves to the even one. */
export function roundF(dst: usize, a: usize, n: usize): void {
  cheapUnary<Round>(dst, a, n)
}

class Sqrt {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return f32x4.sqrt(a)
  }
}

/** The square root. */
export function sqrtF(dst: usize, a: usize, n: usize): void {
  cheapUnary<Sqrt>(dst, a, n)
}

class Rsqrt {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return math.rsqrt(a)
  }
}

/** 1 / sqrt(a) */
export function rsqrtF(dst: usize, a: usize, n: usize): void {
  unary<Rsqrt>(dst, a, n)
}

class Reciprocal {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return f32x4.div(constant(ONE, 0), a)
  }
}

/** 1 / a */
export function reciprocalF(dst: usize, a: usize, n: usize): void {
  cheapUnary<Reciprocal>(dst, a, n)
}

class Exp {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return math.exp(a)
  }
}

/** e^a */
export function expF(dst: usize, a: usize, n: usize): void {
  unary<Exp>(dst, a, n)
}

class Expm1 {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return math.expm1(a)
  }
}

/** e^a - 1 */
export function expm1F(dst: usize, a: usize, n: usize): void {
  unary<Expm1>(dst, a, n)
}

class Log {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return math.log(a)
  }
}

/** ln a */
export function logF(dst: usize, a: usize, n: usize): void {
  unary<Log>(dst, a, n)
}

class Log1p {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return math.log1p(a)
  }
}

/** ln(1 + a) */
export function log1pF(dst: usize, a: usize, n: usize): void {
  unary<Log1p>(dst, a, n)
}

class Tanh {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return math.tanh(a)
  }
}

/** The hyperbolic tangent. */
export function tanhF(dst: usize, a: usize, n: usize): void {
  unary<Tanh>(dst, a, n)
}

class Sigmoid {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return math.sigmoid(a)
  }
}

/** 1 / (1 + e^-a) */
export function sigmoidF(dst: usize, a: usize, n: usize): void {
  unary<Sigmoid>(dst, a, n)
}

class Erf {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return math.erf(a)
  }
}

/** The error function. */
export function erfF(dst: usize, a: usize, n: usize): void {
  unary<Erf>(dst, a, n)
}

class IsFinite {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return v128.and(f32x4.lt(f32x4.abs(a), constant(INFINITY, 0)), constant(ONE_BITS, 0))
  }
}

/** 1 where a is neither infinite nor NaN, else 0. */
export function isFiniteF(dst: usize, a: usize, n: usize): void {
  cheapUnary<IsFinite>(dst, a, n)
}
