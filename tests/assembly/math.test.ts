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
