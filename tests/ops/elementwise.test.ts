// The elementwise functions that are made of others: values over all magnitudes against JavaScript's doubles, special
// values, and derivatives where a composition could lose them.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as heddle from '../../ts/index.js'
import { grad, jit, sum, type Tensor, tensor, vmap } from '../../ts/index.js'
import { close } from '../close.js'
import { mulberry32 } from '../mulberry32.js'

const bits = new Uint32Array(1)
const asFloat = new Float32Array(bits.buffer)

/** The error in units of the last place of the exact value; infinity counts as 2^128. */
function ulps(y: number, exact: number): number {
  if (Object.is(y, Math.fround(exact))) return 0
  if (Number.isNaN(y) || Number.isNaN(exact)) return Infinity
  const bounded = (x: number) => Math.max(Math.min(x, 2 ** 128), -(2 ** 128))
  asFloat[0] = Math.abs(bounded(exact))
  return Math.abs(bounded(y) - bounded(exact)) / 2 ** (Math.min(Math.max(bits[0] >> 23, 1), 254) - 150)
}

/** Floats of all magnitudes, of plain ones, and those between which most functions change their minds. */
function floats(): Float32Array {
  const random = mulberry32(3)
  const any = Array.from({ length: 1 << 17 }, () => {
    bits[0] = random() * 2 ** 32
    return asFloat[0]
  })
  const plain = Array.from({ length: 1 << 16 }, () => 200 * random() - 100)
  const small = Array.from({ length: 1 << 16 }, () => 2.2 * random() - 1.1)
  const near = Array.from({ length: 1 << 12 }, () => 1 + (random() - 0.5) / 1000)
  const special = [0, -0, 1, -1, 0.5, -0.5, 88.8, 89.4, -89.4, 90, 3.4e38, -3.4e38, 1e-45, -1e-45]
  return new Float32Array([...any, ...plain, ...small, ...near, ...special, Infinity, -Infinity, Number.NaN])
}

const unary: [string, (x: Tensor) => Tensor, (x: number) => number, number][] = [
  ['tan', heddle.tan, Math.tan, 2],
  ['asin', heddle.asin, Math.asin, 2],
  ['acos', heddle.acos, Math.acos, 2],
  ['atan', heddle.atan, Math.atan, 0.6],
  ['sinh', heddle.sinh, Math.sinh, 3],
  ['cosh', heddle.cosh, Math.cosh, 4],
  ['asinh', heddle.asinh, Math.asinh, 0.6],
  ['acosh', heddle.acosh, Math.acosh, 2],
  ['atanh', heddle.atanh, Math.atanh, 2],
  ['exp2', heddle.exp2, x => 2 ** x, 0.6],
  ['log2', heddle.log2, Math.log2, 0.6],
  ['log10', heddle.log10, Math.log10, 0.6],
  ['reciprocal', heddle.reciprocal, x => 1 / x, 0.5],
  ['trunc', heddle.trunc, Math.trunc, 0],
]
for (const [name, f, reference, bound] of unary) {
  test(`${name} is within ${bound} ulp everywhere`, () => {
    const x = floats()
    const y = f(tensor(x)).data()
    let [worst, at] = [0, 0]
    x.forEach((value, i) => {
      const error = ulps(y[i], reference(value))
      if (error > worst) [worst, at] = [error, value]
    })
    assert.ok(worst <= bound, `${worst} ulp at ${at}`)
  })
}

test('tests of floats', () => {
  const x = tensor([1, Number.NaN, Infinity, -Infinity, -0])
  assert.equal([...heddle.isNan(x).data()], [0, 1, 0, 0, 0])
  assert.equal([...heddle.isInf(x).data()], [0, 0, 1, 1, 0])
  assert.equal([...jit(heddle.isNan)(x).data()], [0, 1, 0, 0, 0])
  assert.equal([...heddle.isNan(tensor([1], { dtype: 'int32' })).data()], [0])
  assert.equal([...heddle.isInf(tensor([1], { dtype: 'int32' })).data()], [0])
})

test('nanToNum has numbers everywhere, and derivatives only where there were numbers', () => {
  const x = tensor([1, Number.NaN, Infinity, -Infinity])
  const largest = 3.4028234663852886e38
  assert.equal([...heddle.nanToNum(x).data()], [1, 0, largest, -largest])
  assert.equal([...heddle.nanToNum(x, { nan: 7, posinf: 8, neginf: 9 }).data()], [1, 7, 8, 9])
  assert.equal([...grad((v: Tensor) => sum(heddle.nanToNum(v)))(x).data()], [1, 0, 0, 0])
})

const pythonMod = (x: number, y: number): number => {
  const r = x % y
  return r !== 0 && r < 0 !== y < 0 ? r + y : r
}

test('mod and floorDivide round down, of floats and integers of either sign', () => {
  const random = mulberry32(8)
  const pairs = Array.from({ length: 2000 }, () => [Math.floor(40 * random()) - 20, Math.floor(20 * random()) - 10])
    .filter(([, y]) => y !== 0)
    .concat([
      [2147483647, -1],
      [-2147483648, 3],
      [-2147483648, 2147483647],
      [2147483647, -2147483648],
    ])
  const split = (dtype: 'int32' | 'float32') =>
    [0, 1].map(k =>
      tensor(
        pairs.map(pair => pair[k]),
        { dtype },
      ),
    )
  const [xi, yi] = split('int32')
  assert.equal(
    [...heddle.mod(xi, yi).data()],
    pairs.map(([x, y]) => pythonMod(x, y) + 0),
  )
  assert.equal(
    [...heddle.floorDivide(xi, yi).data()],
    pairs.map(([x, y]) => Math.floor(x / y)),
  )
  const small = pairs.slice(0, -4)
  const [xf, yf] = [0, 1].map(k => tensor(small.map(pair => pair[k] / 4)))
  assert.equal(
    [...heddle.mod(xf, yf).data()].map(Math.abs),
    small.map(([x, y]) => Math.abs(pythonMod(x / 4, y / 4))),
  )
  assert.equal(
    [...heddle.floorDivide(xf, yf).data()].map(q => q + 0),
    small.map(([x, y]) => Math.floor(x / y)),
  )
  // Where the quotient rounds up to a whole number: 1 / 0.1 in floats is 10, and 0.1 is above a tenth.
  assert.is(heddle.floorDivide(tensor([1]), tensor([0.1])).item(), 9)
  const unsigned = (x: number[]) => tensor(x, { dtype: 'uint32' })
  assert.equal([...heddle.floorDivide(unsigned([4294967295, 7]), unsigned([2, 8])).data()], [2147483647, 0])
  assert.equal([...heddle.mod(unsigned([4294967295]), unsigned([10])).data()], [5])
  close(grad((v: Tensor) => sum(heddle.mod(v, 3)))(tensor([-1, 5.5])), [1, 1])
  close(grad((v: Tensor) => sum(heddle.mod(tensor([-7, 7]), v)))(tensor([3, 3])), [3, -2])
})

test('logAddExp keeps its precision, and shares its derivatives', () => {
  const x = tensor([1000, -1e30, 2, -Infinity, Infinity, -Infinity, 1])
  const y = tensor([1000, 5, -30, -Infinity, Infinity, 3, Infinity])
  const expected = [1000 + Math.LN2, 5, 2 + Math.exp(-32), -Infinity, Infinity, 3, Infinity]
  close(heddle.logAddExp(x, y), expected, 1e-4)
  const derivative = grad((v: Tensor) => sum(heddle.logAddExp(v, y)))
  close(derivative(tensor([1000, -1e30, 2, -Infinity, 0, -Infinity, 1])), [0.5, 0, 1, 0, 0, 0, 0])
  const curvature = grad((v: Tensor) => sum(grad((u: Tensor) => sum(heddle.logAddExp(u, 0)))(v)))
  close(curvature(tensor([0])), [0.25])
  close(heddle.logAddExp(3, 3), 3 + Math.LN2)
})

test('distances and angles: no overflow, and derivatives of 0 at the origin', () => {
  const [x, y] = [tensor([3e30, 3e-30, 0, -3]), tensor([-4e30, 4e-30, 0, 0])]
  close(heddle.div(heddle.hypot(x, y), tensor([1e30, 1e-30, 1, 1])), [5, 5, 0, 3])
  const both = (f: (a: Tensor, b: Tensor) => Tensor) => grad((p: Tensor[]) => sum(f(p[0], p[1])))([x, y])
  const [hx, hy] = both(heddle.hypot)
  close(hx, [0.6, 0.6, 0, -1])
  close(hy, [-0.8, 0.8, 0, 0])
  const [ay, ax] = grad((p: Tensor[]) => sum(heddle.atan2(p[1], p[0])))([x, y])
  close(heddle.mul(ay, tensor([1e30, 1e-30, 1, 1])), [0.16, -0.16, 0, 0])
  close(heddle.mul(ax, tensor([1e30, 1e-30, 1, 1])), [0.12, 0.12, 0, -1 / 3])
})

test('derivatives of inverse and hyperbolic functions', () => {
  const derivative = (f: (x: Tensor) => Tensor, at: number[]) => grad((x: Tensor) => sum(f(x)))(tensor(at))
  close(derivative(heddle.asin, [0, 0.6]), [1, 1.25])
  close(derivative(heddle.acos, [0, 0.6]), [-1, -1.25])
  close(derivative(heddle.atan, [0, 1, 1e30]), [1, 0.5, 0])
  close(derivative(heddle.atanh, [0, 0.5]), [1, 4 / 3])
  close(derivative(heddle.asinh, [0, 0.75, -1e30]), [1, 0.8, 0])
  close(derivative(heddle.acosh, [1.25]), [4 / 3])
  close(derivative(heddle.sinh, [0, 1]), [1, Math.cosh(1)])
  close(derivative(heddle.cosh, [0, 1]), [0, Math.sinh(1)])
  close(derivative(heddle.tan, [0, Math.PI / 4]), [1, 2])
  close(derivative(heddle.exp2, [3]), [8 * Math.LN2], 1e-5)
  // Near the largest.
  const scale = 1 / Math.cosh(88)
  close(heddle.mul(derivative(heddle.sinh, [88, -88]), scale), [1, 1], 1e-5)
  close(heddle.mul(derivative(heddle.cosh, [88, -88]), scale), [1, -1], 1e-5)
})

test('countNonzero counts, over any axes', () => {
  const x = tensor([
    [0, 2, -0],
    [Number.NaN, 0, 1],
  ])
  assert.is(heddle.countNonzero(x).item(), 3)
  assert.equal(heddle.countNonzero(x, { axis: 0, keepDims: true }).toArray(), [[1, 1, 1]])
  assert.is(heddle.countNonzero(x).dtype, 'int32')
  assert.is(heddle.countNonzero(tensor([true, false])).item(), 1)
})

test('norms of every order, along axes and under vmap', () => {
  const x = tensor([
    [3, -4],
    [0, 1],
  ])
  const rows = (order: number) => heddle.norm(x, { order, axis: 1 })
  close(rows(2), [5, 1])
  close(rows(1), [7, 1])
  close(rows(Infinity), [4, 1])
  close(rows(-Infinity), [3, 0])
  close(rows(0), [2, 1])
  close(rows(3), [91 ** (1 / 3), 1])
  close(heddle.norm(x), Math.sqrt(26))
  close(heddle.norm(tensor([3, 4], { dtype: 'int32' })), 5)
  assert.equal(heddle.norm(x, { axis: 0, keepDims: true }).shape, [1, 2])
  close(vmap((row: Tensor) => heddle.norm(row))(x), [5, 1])
  close(grad((v: Tensor) => heddle.norm(v))(tensor([3, -4])), [0.6, -0.8])
  close(grad((v: Tensor) => heddle.norm(v))(tensor([0, 0])), [0, 0])
  close(heddle.norm(heddle.zeros([0])), 0)
})

test.run()
