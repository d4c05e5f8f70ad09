// Elementwise conversions between dtypes.
import { constant } from '../simd/words'
import { cheapUnary } from './loops'

const ONE_BITS: usize = memory.data<u32>([1])

class F32ToI32 {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return i32x4.trunc_sat_f32x4_s(a)
  }
}

/** Truncates and saturates; NaN gives 0. */
export function f32ToI32(dst: usize, a: usize, n: usize): void {
  cheapUnary<F32ToI32>(dst, a, n)
}

class F32ToU32 {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return i32x4.trunc_sat_f32x4_u(a)
  }
}

/** Truncates and saturates; NaN gives 0. */
export function f32ToU32(dst: usize, a: usize, n: usize): void {
  cheapUnary<F32ToU32>(dst, a, n)
}

class I32ToF32 {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return f32x4.convert_i32x4_s(a)
  }
}

/** The nearest float. */
export function i32ToF32(dst: usize, a: usize, n: usize): void {
  cheapUnary<I32ToF32>(dst, a, n)
}

class U32ToF32 {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return f32x4.convert_i32x4_u(a)
  }
}

/** The nearest float. */
export function u32ToF32(dst: usize, a: usize, n: usize): void {
  cheapUnary<U32ToF32>(dst, a, n)
}

class F32ToBool {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return v128.and(f32x4.ne(a, f32x4.splat(0)), constant(ONE_BITS, 0))
  }
}

/** 1 where a is not zero (so for NaN), else 0. */
export function f32ToBool(dst: usize, a: usize, n: usize): void {
  cheapUnary<F32ToBool>(dst, a, n)
}

class I32ToBool {
  // @ts-ignore: decorator
  @inline
  apply(a: v128): v128 {
    return v128.and(i32x4.ne(a, i32x4.splat(0)), constant(ONE_BITS, 0))
  }
}

/** 1 where a is not zero, else 0. */
export function i32ToBool(dst: usize, a: usize, n: usize): void {
  cheapUnary<I32ToBool>(dst, a, n)
}
