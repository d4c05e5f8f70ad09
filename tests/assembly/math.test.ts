// The elementary functions against JavaScript's doubles, over all bit patterns of a float (sampled), in units in the last
// place; and their special values.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { MapOp } from '../../assembly/format.js'
import { binary, ulps, unary } from './elementary.js'
import { floats, guarded, intact, loadKernels, mulberry32 } from './testing.js'

const core = loadKernels()
const COUNT = 1 << 16
const bits = new Uint32Array(1)
const asFloat = new Float32Array(bits.buffer)

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

for (const [name, op, reference, bound, worstKnown] of unary) {
  test(`${name} is within ${bound} ulp everywhere`, () => {
    let worst = 0
    let at = 0
    for (const x of [...allFloats(), new Float32Array(worstKnown === undefined ? [] : [worstKnown])]) {
      const y = run(op, x)
      for (let i = 0; i < x.length; i++) {
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

const NAMED: Record<string, number> = {
  inf: Infinity,
  nan: Number.NaN,
  tiny: 2 ** -149,
  largest: (2 - 2 ** -23) * 2 ** 127,
}

function numberOf(text: string): number {
  const named = NAMED[text.replace('-', '')]
  return named === undefined ? Number(text) : text.startsWith('-') ? -named : named
}

/** What IEEE 754 and NumPy say where a function is not an ordinary one: arguments, then the result. */
const special: [string, MapOp, string][] = [
  ['exp', MapOp.ExpF, '0 1, -0 1, inf inf, -inf 0, nan nan, tiny 1, largest inf, -largest 0'],
  // The last finite power and the first infinite one; the last power that is not zero and the first that is.
  [
    'exp',
    MapOp.ExpF,
    '88.72283172607422 3.4027985e38, 88.72283935546875 inf, -103.97207641601562 tiny, -103.97208404541016 0',
  ],
  ['expm1', MapOp.Expm1F, '0 0, -0 -0, inf inf, -inf -1, nan nan, tiny tiny, -tiny -tiny, -largest -1'],
  ['log', MapOp.LogF, '0 -inf, -0 -inf, 1 0, inf inf, -inf nan, -1 nan, -tiny nan, nan nan, tiny -103.27893'],
  ['log1p', MapOp.Log1pF, '0 0, -0 -0, -1 -inf, -1.0000001 nan, -inf nan, inf inf, nan nan, tiny tiny, -tiny -tiny'],
  ['sin', MapOp.SinF, '0 0, -0 -0, inf nan, -inf nan, nan nan, tiny tiny, -tiny -tiny'],
  ['cos', MapOp.CosF, '0 1, -0 1, inf nan, -inf nan, nan nan, tiny 1, -tiny 1'],
  ['tanh', MapOp.TanhF, '0 0, -0 -0, inf 1, -inf -1, nan nan, tiny tiny, -tiny -tiny, largest 1'],
  ['sigmoid', MapOp.SigmoidF, '0 0.5, -0 0.5, inf 1, -inf 0, nan nan, largest 1, -largest 0, -103 1.4e-45'],
  ['erf', MapOp.ErfF, '0 0, -0 -0, inf 1, -inf -1, nan nan, tiny tiny, -tiny -tiny, largest 1'],
  ['sqrt', MapOp.SqrtF, '0 0, -0 -0, inf inf, -inf nan, -tiny nan, nan nan'],
  ['rsqrt', MapOp.RsqrtF, '0 inf, -0 -inf, inf 0, -inf nan, -tiny nan, nan nan'],
  ['reciprocal', MapOp.ReciprocalF, '0 inf, -0 -inf, inf 0, -inf -0, nan nan, tiny inf, -tiny -inf'],
  ['div', MapOp.DivF, '1 0 inf, -1 0 -inf, 1 -0 -inf, 0 0 nan, inf inf nan, 1 -inf -0, tiny 2 0, largest 0.5 inf'],
  // IEEE 754-2019, 9.2.1.
  ['pow, y = 0', MapOp.PowF, '0 0 1, -0 -0 1, inf 0 1, -inf 0 1, nan 0 1, nan -0 1, -2 0 1'],
  ['pow, x = 1 or -1', MapOp.PowF, '1 nan 1, 1 inf 1, 1 -inf 1, 1 0.3 1, -1 inf 1, -1 -inf 1, -1 nan nan'],
  ['pow, NaN', MapOp.PowF, 'nan 1 nan, nan inf nan, 2 nan nan, 0 nan nan, inf nan nan, -inf nan nan'],
  ['pow, x = 0', MapOp.PowF, '0 -1 inf, -0 -1 -inf, 0 -2 inf, -0 -2 inf, -0 -0.5 inf, -0 -inf inf, 0 -inf inf'],
  ['pow, x = 0', MapOp.PowF, '0 3 0, -0 3 -0, -0 2 0, -0 0.5 0, -0 inf 0, 0 inf 0, 0 0.5 0'],
  [
    'pow, infinite y',
    MapOp.PowF,
    '0.5 inf 0, 0.5 -inf inf, -0.5 inf 0, -0.5 -inf inf, 2 inf inf, -2 inf inf, 2 -inf 0, -2 -inf 0',
  ],
  ['pow, infinite x', MapOp.PowF, 'inf 2 inf, inf 0.1 inf, inf -2 0, inf -0.1 0, inf inf inf, inf -inf 0'],
  [
    'pow, x = -inf',
    MapOp.PowF,
    '-inf 3 -inf, -inf 2 inf, -inf 0.5 inf, -inf inf inf, -inf -3 -0, -inf -2 0, -inf -0.5 0, -inf -inf 0',
  ],
  [
    'pow, x < 0',
    MapOp.PowF,
    '-8 0.33333334 nan, -8 3 -512, -8 -1 -0.125, -2 2 4, -tiny 0.5 nan, -1 1.5 nan, -largest 0.1 nan',
  ],
  [
    'pow, odd y',
    MapOp.PowF,
    '-1 16777215 -1, -1 16777216 1, -1 1e30 1, -2 127 -1.7014118346046923e38, -2 129 -inf, -2 -151 -0',
  ],
  [
    'pow, subnormal',
    MapOp.PowF,
    '2 -149 tiny, 2 -151 0, tiny 1 tiny, tiny -1 inf, 0.5 149 tiny, 0.5 151 0, largest 1 largest',
  ],
]

for (const [name, op, cases] of special) {
  test(`${name}: special values`, () => {
    const numbers = cases.split(', ').map(one => one.split(' ').map(numberOf))
    const y = run(op, new Float32Array(numbers.map(one => one[0])), new Float32Array(numbers.map(one => one[1])))
    numbers.forEach((one, i) => {
      const expected = Math.fround(one[one.length - 1])
      assert.ok(Object.is(y[i], expected), `(${one.slice(0, -1)}): ${y[i]}, not ${expected}`)
    })
  })
}

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
