// Powers: exp(y ln |x|) in doubles, then the special cases of IEEE 754-2019, section 9.2.1.
import { constant, high, low, narrow, select } from './words'
import { expDouble, logDouble } from './double'

const POWER: usize = memory.data<f32>([1, 0.5, Infinity, -1, -0.0])

/** x^y. */
export function pow(x: v128, y: v128): v128 {
  const one = constant(POWER, 0)
  const infinity = constant(POWER, 2)
  const ax = f32x4.abs(x)
  const magnitude = narrow(
    expDouble(f64x2.mul(low(y), logDouble(low(ax)))),
    expDouble(f64x2.mul(high(y), logDouble(high(ax)))),
  )
  const integer = f32x4.eq(f32x4.nearest(y), y)
  const half = f32x4.mul(y, constant(POWER, 1))
  const odd = v128.andnot(integer, f32x4.eq(f32x4.nearest(half), half))
  const signed = v128.or(magnitude, v128.and(v128.and(x, odd), constant(POWER, 4)))
  // A negative finite base has no real power with a fraction: all ones, a NaN.
  const negative = v128.and(f32x4.lt(x, f32x4.splat(0)), f32x4.lt(ax, infinity))
  const result = v128.or(signed, v128.andnot(v128.andnot(negative, integer), f32x4.ne(y, y)))
  // 1 for y = 0, for x = 1, and for x = -1 with an infinite y.
  const unit = v128.and(f32x4.eq(x, constant(POWER, 3)), f32x4.eq(f32x4.abs(y), infinity))
  const always = v128.or(f32x4.eq(y, f32x4.splat(0)), f32x4.eq(x, one))
  return select(v128.or(always, unit), one, result)
}
