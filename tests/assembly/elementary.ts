// The elementary functions of the core beside their references in JavaScript's doubles, and how far off each may be:
// for the tests, which take samples, and for `npm run accuracy`, which takes every float.
import { MapOp } from '../../assembly/format.js'

const bits = new Uint32Array(1)
const asFloat = new Float32Array(bits.buffer)

/** The distance between neighbouring floats at x. */
function spacing(x: number): number {
  asFloat[0] = Math.abs(x)
  return 2 ** (Math.min(Math.max(bits[0] >> 23, 1), 254) - 150)
}

/** How far `y` is from the exact `expected`, in ulps; infinity counts as 2^128. */
export function ulps(y: number, expected: number): number {
  if (Object.is(y, Math.fround(expected))) return 0
  if (Number.isNaN(y) || Number.isNaN(expected)) return Infinity
  if (expected === 0 || (y === 0 && Math.sign(1 / y) !== Math.sign(expected))) return Infinity
  const bounded = (x: number) => Math.max(Math.min(x, 2 ** 128), -(2 ** 128))
  return Math.abs(bounded(y) - bounded(expected)) / spacing(bounded(expected))
}

/** Erf by its series of positive terms (Abramowitz & Stegun 7.1.6); by its first two where no more count (7.1.5). */
function erf(x: number): number {
  const t = Math.abs(x)
  if (!(t < 6)) return Math.sign(x)
  if (t < 1e-4) return (2 / Math.sqrt(Math.PI)) * x * (1 - (x * x) / 3)
  let sum = t
  for (let n = 1, term = t; term > sum * 1e-18; n++) {
    term *= (2 * t * t) / (2 * n + 1)
    sum += term
  }
  return Math.sign(x) * ((2 * Math.exp(-t * t)) / Math.sqrt(Math.PI)) * sum
}

/** Halves to the even neighbour. */
function roundToEven(x: number): number {
  const down = Math.floor(x)
  const away = x - down
  const up = away > 0.5 || (away === 0.5 && down % 2 !== 0)
  return Object.is(x, -0) || (x < 0 && up && down === -1) ? -0 : up ? down + 1 : down
}

/** x^y where JavaScript, alone, says NaN for 1^NaN, 1^inf and (-1)^inf. */
const power = (x: number, y: number): number => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y)

/**
 * Name, operation, reference, allowed error in ulps (0.5: correctly rounded), and where the error is largest: found by
 * `npm run accuracy`, and so not missed by samples.
 */
export const unary: [string, MapOp, (x: number) => number, number, number?][] = [
  ['exp', MapOp.ExpF, Math.exp, 0.99, 70.39690399169922],
  ['expm1', MapOp.Expm1F, Math.expm1, 0.51, 0.37996453046798706],
  ['log', MapOp.LogF, Math.log, 0.85, 0.7059239745140076],
  ['log1p', MapOp.Log1pF, Math.log1p, 0.51, -5.9600413493399174e-8],
  ['sin', MapOp.SinF, Math.sin, 0.51, 22176274432],
  ['cos', MapOp.CosF, Math.cos, 0.51, 3.194213411379511e27],
  ['tanh', MapOp.TanhF, Math.tanh, 0.55, 8.04502010345459],
  ['sigmoid', MapOp.SigmoidF, x => 1 / (1 + Math.exp(-x)), 2.41, -4.157293796539307],
  ['erf', MapOp.ErfF, erf, 0.56, 3.5875468254089355],
  ['exp2', MapOp.Exp2F, x => 2 ** x, 0.6],
  ['log2', MapOp.Log2F, Math.log2, 0.6],
  ['log10', MapOp.Log10F, Math.log10, 0.6],
  ['asinh', MapOp.AsinhF, Math.asinh, 0.6],
  ['rsqrt', MapOp.RsqrtF, x => 1 / Math.sqrt(x), 1.5, 1.1827658286835154e-38],
  ['sqrt', MapOp.SqrtF, Math.sqrt, 0.5],
  ['reciprocal', MapOp.ReciprocalF, x => 1 / x, 0.5],
  ['sign', MapOp.SignF, Math.sign, 0],
  ['floor', MapOp.FloorF, Math.floor, 0],
  ['ceil', MapOp.CeilF, Math.ceil, 0],
  ['round', MapOp.RoundF, roundToEven, 0],
]

/** The same for two arguments. */
export const binary: [string, MapOp, (x: number, y: number) => number, number][] = [
  ['pow', MapOp.PowF, power, 0.6],
  ['atan2', MapOp.Atan2F, Math.atan2, 0.6],
  ['hypot', MapOp.HypotF, (x, y) => Math.sqrt(x * x + y * y), 0.6],
  ['rem', MapOp.RemF, (x, y) => x % y, 0],
  ['div', MapOp.DivF, (x, y) => x / y, 0.5],
]
