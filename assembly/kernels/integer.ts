// Elementwise kernels of 32-bit integers and bools that SIMD has instructions for; the others are in integer-scalar.ts.
import { constant, select } from '../simd/words'
import { STEP, cheapBinary, cheapUnary, ternary } from './loops'

const ONE_BITS: usize = memory.data<u32>([1])

class Neg {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return i32x4.neg(a)
  }
}

/** -a */
export function negI(dst: usize, a: usize, n: usize): void {
  cheapUnary<Neg>(dst, a, n)
}

class Abs {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return i32x4.abs(a)
  }
}

/** |a| */
export function absI(dst: usize, a: usize, n: usize): void {
  cheapUnary<Abs>(dst, a, n)
}

class Sign {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return v128.or(i32x4.shr_s(a, 31), i32x4.shr_u(i32x4.neg(a), 31))
  }
}

/** -1, 0 or 1 */
export function signI(dst: usize, a: usize, n: usize): void {
  cheapUnary<Sign>(dst, a, n)
}

class Not {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return v128.not(a)
  }
}

/** All bits flipped. */
export function notI(dst: usize, a: usize, n: usize): void {
  cheapUnary<Not>(dst, a, n)
}

class Add {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.add(a, b)
  }
}

/** a + b */
export function addI(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<Add>(dst, a, b, n, STEP, STEP)
}

class Sub {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.sub(a, b)
  }
}

/** a - b */
export function subI(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<Sub>(dst, a, b, n, STEP, STEP)
}

class Mul {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.mul(a, b)
  }
}

/** a b */
export function mulI(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<Mul>(dst, a, b, n, STEP, STEP)
}

class MaxS {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.max_s(a, b)
  }
}

/** The larger, signed. */
export function maxI(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<MaxS>(dst, a, b, n, STEP, STEP)
}

class MinS {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.min_s(a, b)
  }
}

/** The smaller, signed. */
export function minI(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<MinS>(dst, a, b, n, STEP, STEP)
}

class MaxUnsigned {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.max_u(a, b)
  }
}

/** The larger, unsigned. */
export function maxU(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<MaxUnsigned>(dst, a, b, n, STEP, STEP)
}

class MinUnsigned {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return i32x4.min_u(a, b)
  }
}

/** The smaller, unsigned. */
export function minU(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<MinUnsigned>(dst, a, b, n, STEP, STEP)
}

class And {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(a, b)
  }
}

/** Bitwise and. */
export function andI(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<And>(dst, a, b, n, STEP, STEP)
}

class Or {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.or(a, b)
  }
}

/** Bitwise or. */
export function orI(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<Or>(dst, a, b, n, STEP, STEP)
}

class Xor {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.xor(a, b)
  }
}

/** Bitwise exclusive or. */
export function xorI(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<Xor>(dst, a, b, n, STEP, STEP)
}

class Eq {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(i32x4.eq(a, b), constant(ONE_BITS, 0))
  }
}

/** a = b */
export function eqI(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<Eq>(dst, a, b, n, STEP, STEP)
}

class Ne {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(i32x4.ne(a, b), constant(ONE_BITS, 0))
  }
}

/** a != b */
export function neI(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<Ne>(dst, a, b, n, STEP, STEP)
}

class LtS {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(i32x4.lt_s(a, b), constant(ONE_BITS, 0))
  }
}

/** a < b, signed */
export function ltI(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<LtS>(dst, a, b, n, STEP, STEP)
}

class LeS {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(i32x4.le_s(a, b), constant(ONE_BITS, 0))
  }
}

/** a <= b, signed */
export function leI(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<LeS>(dst, a, b, n, STEP, STEP)
}

class GtS {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(i32x4.gt_s(a, b), constant(ONE_BITS, 0))
  }
}

/** a > b, signed */
export function gtI(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<GtS>(dst, a, b, n, STEP, STEP)
}

class GeS {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(i32x4.ge_s(a, b), constant(ONE_BITS, 0))
  }
}

/** a >= b, signed */
export function geI(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<GeS>(dst, a, b, n, STEP, STEP)
}

class LtUnsigned {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(i32x4.lt_u(a, b), constant(ONE_BITS, 0))
  }
}

/** a < b, unsigned */
export function ltU(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<LtUnsigned>(dst, a, b, n, STEP, STEP)
}

class LeUnsigned {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(i32x4.le_u(a, b), constant(ONE_BITS, 0))
  }
}

/** a <= b, unsigned */
export function leU(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<LeUnsigned>(dst, a, b, n, STEP, STEP)
}

class GtUnsigned {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(i32x4.gt_u(a, b), constant(ONE_BITS, 0))
  }
}

/** a > b, unsigned */
export function gtU(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<GtUnsigned>(dst, a, b, n, STEP, STEP)
}

class GeUnsigned {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(i32x4.ge_u(a, b), constant(ONE_BITS, 0))
  }
}

/** a >= b, unsigned */
export function geU(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<GeUnsigned>(dst, a, b, n, STEP, STEP)
}

class NotBool {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return i32x4.sub(constant(ONE_BITS, 0), a)
  }
}

/** 1 - a */
export function notB(dst: usize, a: usize, n: usize): void {
  cheapUnary<NotBool>(dst, a, n)
}

class Select {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128, c: v128): v128 {
    return select(i32x4.ne(a, i32x4.splat(0)), b, c)
  }
}

/** b where a is not 0, else c. */
export function selectRun(dst: usize, a: usize, b: usize, c: usize, n: usize): void {
  ternary<Select>(dst, a, b, c, n)
}
