// The operations that a reduction can make, as types: a kernel written once over `O` is compiled for each of them.
export class SumF32 {}
export class MaxF32 {}
export class MinF32 {}
export class ProdF32 {}
export class SumI32 {}
export class MaxI32 {}
export class MinI32 {}
export class ProdI32 {}
export class MaxU32 {}
export class MinU32 {}

/** True for the two operations that must keep a NaN, which pmax and pmin lose when it comes second. */
// @ts-ignore: decorator
@inline
export function keepsNaN<O>(): bool {
  return idof<O>() == idof<MaxF32>() || idof<O>() == idof<MinF32>()
}

/** The identity in every lane. */
// @ts-ignore: decorator
@inline
export function identity<O>(): v128 {
  if (idof<O>() == idof<MaxF32>()) return f32x4.splat(-Infinity)
  else if (idof<O>() == idof<MinF32>()) return f32x4.splat(Infinity)
  else if (idof<O>() == idof<ProdF32>()) return f32x4.splat(1)
  else if (idof<O>() == idof<ProdI32>()) return i32x4.splat(1)
  else if (idof<O>() == idof<MaxI32>()) return i32x4.splat(i32.MIN_VALUE)
  else if (idof<O>() == idof<MinI32>()) return i32x4.splat(i32.MAX_VALUE)
  else if (idof<O>() == idof<MinU32>()) return i32x4.splat(-1)
  else return i32x4.splat(0)
}

/** a with b; of a maximum or minimum of floats a NaN in `a` stays, one in `b` is lost. */
// @ts-ignore: decorator
@inline
export function step<O>(a: v128, b: v128): v128 {
  if (idof<O>() == idof<SumF32>()) return f32x4.add(a, b)
  else if (idof<O>() == idof<MaxF32>()) return f32x4.pmax(a, b)
  else if (idof<O>() == idof<MinF32>()) return f32x4.pmin(a, b)
  else if (idof<O>() == idof<ProdF32>()) return f32x4.mul(a, b)
  else if (idof<O>() == idof<SumI32>()) return i32x4.add(a, b)
  else if (idof<O>() == idof<MaxI32>()) return i32x4.max_s(a, b)
  else if (idof<O>() == idof<MinI32>()) return i32x4.min_s(a, b)
  else if (idof<O>() == idof<ProdI32>()) return i32x4.mul(a, b)
  else if (idof<O>() == idof<MaxU32>()) return i32x4.max_u(a, b)
  else return i32x4.min_u(a, b)
}

/** a with b; NaN if either is. */
// @ts-ignore: decorator
@inline
export function combine<O>(a: v128, b: v128): v128 {
  if (keepsNaN<O>()) return v128.or(step<O>(a, b), f32x4.ne(b, b))
  else return step<O>(a, b)
}

/** The four lanes combined into lane 0. */
// @ts-ignore: decorator
@inline
export function combineLanes<O>(a: v128): v128 {
  const b = combine<O>(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1))
  return combine<O>(b, v128.shuffle<i32>(b, b, 1, 0, 3, 2))
}
