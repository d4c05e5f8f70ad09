// The elementary functions against JavaScript's doubles, over all bit patterns of a float (sampled), in units in the last
// place; and their special values.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { MapOp } from '../../assembly/format.js'
import { floats, guarded, intact, loadKernels, mulberry32 } from './testing.js'

const core = loadKernels()
const COUNT = 1 << 16
const bits = new Uint32Array(1)
const asFloat = new Float32Array(bits.buffer)

/** The distance between neighbouring floats at x. */
function spacing(x: number): number {
  asFloat[0] = Math.abs(x)
  return 2 ** (Math.min(Math.max(bits[0] >> 23, 1), 254) - 150)
}

/** How far `y` is from the exact `expected`, in ulps; infinity counts as 2^128. */
function ulps(y: number, expected: number): number {
  if (Object.is(y, Math.fround(expected))) return 0
  if (Number.isNaN(y) || Number.isNaN(expected)) return Infinity
  if (expected === 0 || (y === 0 && Math.sign(1 / y) !== Math.sign(expected))) return Infinity
  const bounded = (x: number) => Math.max(Math.min(x, 2 ** 128), -(2 ** 128))
  return Math.abs(bounded(y) - bounded(expected)) / spacing(bounded(expected))
}

function run(op: MapOp, a: Float32Array, b = a): Float32Array {
  core.release()
  const operands = [a, b].map(data => {
    const buffer = guarded(core, data.length)
    new Uint8Array(core.memory.buffer, buffer.at, data.byteLength).set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    )
    return buffer
  })
  const out = guarded(core, a.length)
  core.runOperation(op, out.at, operands[0].at, operands[1].at, operands[0].at, a.length)
  assert.ok([out, ...operands].every(buffer => intact(core, buffer)))
  return floats(core, out)
}

/** 2^22 or so floats of all magnitudes, in slices. */
function* allFloats(): Generator<Float32Array> {
  const step = 1021
  for (let first = 0; first < 2 ** 32; first += COUNT * step) {
    yield new Float32Array(Uint32Array.from({ length: COUNT }, (_, i) => first + i * step).buffer)
  }
}

/** Erf by its series of positive terms (Abramowitz & Stegun 7.1.6). */
function erf(x: number): number {
  const t = Math.abs(x)
  if (!(t < 6)) return Math.sign(x)
  let sum = t
  for (let n = 1, term = t; term > sum * 1e-18; n++) {
    term *= (2 * t * t) / (2 * n + 1)
    sum += term
  }
  return Math.sign(x) * ((2 * Math.exp(-t * t)) / Math.sqrt(Math.PI)) * sum
}

const unary: [string, MapOp, (x: number) => number, number][] = [
  ['exp', MapOp.ExpF, Math.exp, 1],
  ['expm1', MapOp.Expm1F, Math.expm1, 0.6],
  ['log', MapOp.LogF, Math.log, 1],
  ['log1p', MapOp.Log1pF, Math.log1p, 0.6],
  ['sin', MapOp.SinF, Math.sin, 0.6],
  ['cos', MapOp.CosF, Math.cos, 0.6],
  ['tanh', MapOp.TanhF, Math.tanh, 0.6],
  ['sigmoid', MapOp.SigmoidF, x => 1 / (1 + Math.exp(-x)), 2.5],
  ['erf', MapOp.ErfF, erf, 0.6],
  ['exp2', MapOp.Exp2F, x => 2 ** x, 0.6],
  ['log2', MapOp.Log2F, Math.log2, 0.6],
  ['log10', MapOp.Log10F, Math.log10, 0.6],
  ['asinh', MapOp.AsinhF, Math.asinh, 0.6],
  ['rsqrt', MapOp.RsqrtF, x => 1 / Math.sqrt(x), 1.5],
  ['sqrt', MapOp.SqrtF, Math.sqrt, 0.5],
  ['sign', MapOp.SignF, Math.sign, 0],
  ['floor', MapOp.FloorF, Math.floor, 0],
  ['ceil', MapOp.CeilF, Math.ceil, 0],
]

for (const [name, op, reference, bound] of unary) {
  test(`${name} is within ${bound} ulp everywhere`, () => {
    let worst = 0
    let at = 0
    for (const x of allFloats()) {
      const y = run(op, x)
      for (let i = 0; i < COUNT; i++) {
        const error = ulps(y[i], reference(x[i]))
        if (error > worst) {
          worst = error
          at = x[i]
        }
      }
    }
    assert.ok(worst <= bound, `${worst} ulp at ${at}`)
  })
}

/** Every pair of the numbers that special cases are about, then random pairs of all magnitudes and of plain ones. */
function pairs(): [Float32Array, Float32Array] {
  const special = [0, 1e-45, 1e-39, 1e-30, 0.3, 0.5, 0.99999994, 1, 1.0000001, 1.5, 2, 3, 4, 7, 16777215, 16777216]
  special.push(1e9, 1e30, 3.4028234663852886e38, Infinity)
  const signed = [...special, ...special.map(x => -x), Number.NaN]
  const a: number[] = []
  const b: number[] = []
  for (const x of signed) for (const y of signed) a.push(x) && b.push(y)
  const random = mulberry32(5)
  const anything = () => {
    bits[0] = random() * 2 ** 32
    return asFloat[0]
  }
  for (let i = 0; i < 200000; i++) a.push(anything()) && b.push(anything())
  for (let i = 0; i < 200000; i++) a.push(20 * random() - 2) && b.push(60 * random() - 30)
  for (let i = 0; i < 100000; i++) a.push(1 + (random() - 0.5) / 1000) && b.push(2e5 * (random() - 0.5))
  return [new Float32Array(a), new Float32Array(b)]
}

function power(x: number, y: number): number {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y
}

function roundToEven(x: number): number {
  const down = Math.floor(x)
  const away = x - down
  const up = away > 0.5 || (away === 0.5 && down % 2 !== 0)
  return Object.is(x, -0) || (x < 0 && up && down === -1) ? -0 : up ? down + 1 : down
}

const binary: [string, MapOp, (x: number, y: number) => number, number][] = [
  ['pow', MapOp.PowF, power, 0.6],
  ['atan2', MapOp.Atan2F, Math.atan2, 0.6],
  ['hypot', MapOp.HypotF, (x, y) => Math.sqrt(x * x + y * y), 0.6],
  ['rem', MapOp.RemF, (x, y) => x % y, 0],
  ['round', MapOp.RoundF, roundToEven, 0],
]

for (const [name, op, reference, bound] of binary) {
  test(`${name} is within ${bound} ulp, special values included`, () => {
    const [a, b] = pairs()
    const y = run(op, a, b)
    let worst = 0
    let at = 0
    for (let i = 0; i < a.length; i++) {
      const error = ulps(y[i], reference(a[i], b[i]))
      if (error > worst) {
        worst = error
        at = i
      }
    }
    assert.ok(worst <= bound, `${worst} ulp at (${a[at]}, ${b[at]}): ${y[at]}`)
  })
}

test('logarithms of whole powers are whole, and back', () => {
  const exponents = Array.from({ length: 277 }, (_, i) => i - 149)
  const powers = new Float32Array(exponents.map(n => 2 ** n))
  assert.equal([...run(MapOp.Log2F, powers)], exponents)
  assert.equal([...run(MapOp.Exp2F, new Float32Array(exponents))], [...powers])
  const tens = Array.from({ length: 39 }, (_, n) => n)
  assert.equal([...run(MapOp.Log10F, new Float32Array(tens.map(n => Number(`1e${n}`))))], tens)
})

test('a result depends on its own element only', () => {
  const random = mulberry32(9)
  const ordinary = new Float32Array(4).fill(0.7)
  const odd = [Infinity, -Infinity, Number.NaN, 0, -0, 1e-45, -1e-45, 1e-39, -100, 100, 1e8, -1e30, -88, 1e6]
  for (const op of [MapOp.ExpF, MapOp.LogF, MapOp.SinF, MapOp.CosF, MapOp.SigmoidF, MapOp.RemF, MapOp.PowF]) {
    const alone = run(op, ordinary)[0]
    for (const value of odd) {
      const mixed = ordinary.slice()
      const place = Math.floor(random() * 4)
      mixed[place] = value
      const y = run(op, mixed)
      const expected = run(op, new Float32Array(4).fill(value))[0]
      for (let i = 0; i < 4; i++) assert.ok(Object.is(y[i], i === place ? expected : alone), `${op} of ${value}`)
    }
  }
})

test.run()
