// Elementwise integer kernels without SIMD instructions: division, shifts by elements, powers. None of them traps.
import { scalarBinary, scalarUnary } from './loops'

/** base^exponent modulo 2^32 by repeated squaring. */
// @ts-ignore: decorator
@inline
function power(base: i32, exponent: u32): i32 {
  let result = 1
  for (; exponent; exponent >>= 1, base *= base) if (exponent & 1) result *= base
  return result
}

class Clz {
  // @ts-ignore: decorator
  @inline
  apply(a: i32): i32 {
    return clz<i32>(a)
  }
}

/** How many zero bits precede the first set one. */
export function clzI(dst: usize, a: usize, n: usize): void {
  scalarUnary<Clz>(dst, a, n)
}

class Div {
  // @ts-ignore: decorator
  @inline
  apply(a: i32, b: i32): i32 {
    return b == 0 ? -1 : b == -1 ? -a : a / b
  }
}

/** a / b, truncated; -1 where b is 0. */
export function divI(dst: usize, a: usize, b: usize, n: usize): void {
  scalarBinary<Div>(dst, a, b, n)
}

class Rem {
  // @ts-ignore: decorator
  @inline
  apply(a: i32, b: i32): i32 {
    return b == 0 ? a : b == -1 ? 0 : a % b
  }
}

/** a mod b with a's sign; a where b is 0. */
export function remI(dst: usize, a: usize, b: usize, n: usize): void {
  scalarBinary<Rem>(dst, a, b, n)
}

class DivUnsigned {
  // @ts-ignore: decorator
  @inline
  apply(a: i32, b: i32): i32 {
    return b == 0 ? -1 : <i32>(<u32>a / <u32>b)
  }
}

/** a / b, unsigned; all ones where b is 0. */
export function divU(dst: usize, a: usize, b: usize, n: usize): void {
  scalarBinary<DivUnsigned>(dst, a, b, n)
}

class RemUnsigned {
  // @ts-ignore: decorator
  @inline
  apply(a: i32, b: i32): i32 {
    return b == 0 ? a : <i32>(<u32>a % <u32>b)
  }
}

/** a mod b, unsigned; a where b is 0. */
export function remU(dst: usize, a: usize, b: usize, n: usize): void {
  scalarBinary<RemUnsigned>(dst, a, b, n)
}

class Shl {
  // @ts-ignore: decorator
  @inline
  apply(a: i32, b: i32): i32 {
    return <u32>b < 32 ? a << b : 0
  }
}

/** a shifted left by b bits; 0 from 32 on. */
export function shlI(dst: usize, a: usize, b: usize, n: usize): void {
  scalarBinary<Shl>(dst, a, b, n)
}

class ShrS {
  // @ts-ignore: decorator
  @inline
  apply(a: i32, b: i32): i32 {
    return a >> (<u32>b < 32 ? b : 31)
  }
}

/** a shifted right by b bits, the sign moving in. */
export function shrI(dst: usize, a: usize, b: usize, n: usize): void {
  scalarBinary<ShrS>(dst, a, b, n)
}

class ShrUnsigned {
  // @ts-ignore: decorator
  @inline
  apply(a: i32, b: i32): i32 {
    return <u32>b < 32 ? <i32>(<u32>a >> b) : 0
  }
}

/** a shifted right by b bits, zeros moving in; 0 from 32 on. */
export function shrU(dst: usize, a: usize, b: usize, n: usize): void {
  scalarBinary<ShrUnsigned>(dst, a, b, n)
}

class Pow {
  // @ts-ignore: decorator
  @inline
  apply(a: i32, b: i32): i32 {
    if (b < 0) return a == 1 || (a == -1 && !(b & 1)) ? 1 : a == -1 ? -1 : 0
    return power(a, b)
  }
}

/** a^b modulo 2^32; 0 for negative b unless a is 1 or -1. */
export function powI(dst: usize, a: usize, b: usize, n: usize): void {
  scalarBinary<Pow>(dst, a, b, n)
}

class PowUnsigned {
  // @ts-ignore: decorator
  @inline
  apply(a: i32, b: i32): i32 {
    return power(a, b)
  }
}

/** a^b modulo 2^32, unsigned. */
export function powU(dst: usize, a: usize, b: usize, n: usize): void {
  scalarBinary<PowUnsigned>(dst, a, b, n)
}
