// Elementwise float32 kernels of two and three arguments: dst[i] = f(a[i], b[i]).
import { constant } from '../simd/words'
import * as math from '../simd/math'
import { STEP, binary, cheapBinary, ternary } from './loops'

const ONE_BITS: usize = memory.data<u32>([1])

class Add {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.add(a, b)
  }
}

/** a + b */
export function addF(dst: usize, a: usize, b: usize, n: usize, aStep: usize, bStep: usize): void {
  cheapBinary<Add>(dst, a, b, n, aStep, bStep)
}

class Sub {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.sub(a, b)
  }
}

/** a - b */
export function subF(dst: usize, a: usize, b: usize, n: usize, aStep: usize, bStep: usize): void {
  cheapBinary<Sub>(dst, a, b, n, aStep, bStep)
}

class Mul {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.mul(a, b)
  }
}

/** a b */
export function mulF(dst: usize, a: usize, b: usize, n: usize, aStep: usize, bStep: usize): void {
  cheapBinary<Mul>(dst, a, b, n, aStep, bStep)
}

class Div {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return f32x4.div(a, b)
  }
}

/** a / b */
export function divF(dst: usize, a: usize, b: usize, n: usize, aStep: usize, bStep: usize): void {
  cheapBinary<Div>(dst, a, b, n, aStep, bStep)
}

class Rem {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return math.rem(a, b)
  }
}

/** a - trunc(a / b) b, exactly */
export function remF(dst: usize, a: usize, b: usize, n: usize): void {
  binary<Rem>(dst, a, b, n)
}

class Pow {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return math.pow(a, b)
  }
}

/** a^b */
export function powF(dst: usize, a: usize, b: usize, n: usize): void {
  binary<Pow>(dst, a, b, n)
}

class Max {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return math.max(a, b)
  }
}

/** The larger; NaN if either is NaN. */
export function maxF(dst: usize, a: usize, b: usize, n: usize, aStep: usize, bStep: usize): void {
  cheapBinary<Max>(dst, a, b, n, aStep, bStep)
}

class Min {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return math.min(a, b)
  }
}

/** The smaller; NaN if either is NaN. */
export function minF(dst: usize, a: usize, b: usize, n: usize, aStep: usize, bStep: usize): void {
  cheapBinary<Min>(dst, a, b, n, aStep, bStep)
}

class Eq {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(f32x4.eq(a, b), constant(ONE_BITS, 0))
  }
}

/** a = b */
export function eqF(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<Eq>(dst, a, b, n, STEP, STEP)
}

class Ne {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(f32x4.ne(a, b), constant(ONE_BITS, 0))
  }
}

/** a != b */
export function neF(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<Ne>(dst, a, b, n, STEP, STEP)
}

class Lt {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(f32x4.lt(a, b), constant(ONE_BITS, 0))
  }
}

/** a < b */
export function ltF(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<Lt>(dst, a, b, n, STEP, STEP)
}

class Le {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(f32x4.le(a, b), constant(ONE_BITS, 0))
  }
}

/** a <= b */
export function leF(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<Le>(dst, a, b, n, STEP, STEP)
}

class Gt {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(f32x4.gt(a, b), constant(ONE_BITS, 0))
  }
}

/** a > b */
export function gtF(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<Gt>(dst, a, b, n, STEP, STEP)
}

class Ge {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128): v128 {
    return v128.and(f32x4.ge(a, b), constant(ONE_BITS, 0))
  }
}

/** a >= b */
export function geF(dst: usize, a: usize, b: usize, n: usize): void {
  cheapBinary<Ge>(dst, a, b, n, STEP, STEP)
}

class MulAdd {
  // @ts-ignore: decorator
  @inline
  apply(a: v128, b: v128, c: v128): v128 {
    return f32x4.add(f32x4.mul(a, b), c)
  }
}

/** a b + c, rounded twice */
export function mulAddF(dst: usize, a: usize, b: usize, c: usize, n: usize): void {
  ternary<MulAdd>(dst, a, b, c, n)
}
