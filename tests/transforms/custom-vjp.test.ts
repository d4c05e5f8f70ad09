// customVjp: a backward pass that is the transpose of the derivative passes the laws of reverse mode; one that is
// something else is what every transform of reverse mode uses; forward mode is refused.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { optimize } from '../../ts/compiler/optimize.js'
import { checkProgram, printProgram } from '../../ts/core/program.js'
import {
  add,
  cast,
  checkpoint,
  clip,
  cos,
  customVjp,
  div,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  makeProgram,
  matmul,
  mul,
  ones,
  outer,
  scan,
  sin,
  sum,
  type Tensor,
  tensor,
  transpose,
  valueAndGrad,
  vjp,
  vmap,
} from '../../ts/index.js'
import { forAll } from '../comparing.js'
import { functionLaws } from '../function-laws.js'
import { countedLayer, inScan } from './counted-layer.js'

const test = suite('customVjp')

/** Backward says what the chain rule would. */
const layer = customVjp(
  countedLayer,
  ({ w, b }, x, count) => {
    const z = add(matmul(x, w), b)
    return [
      { y: sin(z), count: add(count, 1) },
      { z, w, x },
    ]
  },
  ({ z, w, x }, ct) => {
    const dz = mul(cos(z), ct.y)
    return [{ w: outer(x, dz), b: dz }, matmul(dz, transpose(w)), null]
  },
)

for (const [title, law] of Object.entries(functionLaws)) {
  if (/^(jvp|second)/.test(title)) continue
  test(`a layer with trees and integers in a scan: ${title}`, () => forAll(5, draw => law(inScan(layer)(draw), draw)))
}

/** x y², with a backward pass of its own. */
const wrong: (x: Tensor, y: Tensor) => Tensor = customVjp(
  (x: Tensor, y: Tensor) => mul(x, mul(y, y)),
  (x, y) => [wrong(x, y), y],
  (y, ct) => [mul(ct, 10), mul(ct, mul(y, 100))],
)

test('what backward says is what reverse mode gives', () => {
  const [x, y] = [tensor(3), tensor(2)]
  const cotangents = (g: typeof wrong) => vjp(g, x, y)[1](tensor(1)).map(ct => ct.item())
  assert.is(wrong(x, y).item(), 12)
  assert.is(jit(wrong)(x, y).item(), 12)
  assert.equal(cotangents(wrong), [10, 200])
  assert.equal(cotangents(jit(wrong)), [10, 200])
  assert.equal(cotangents(checkpoint(wrong)), [10, 200])
  assert.is(jacrev(wrong)(x, y).item(), 10)
  assert.equal(vmap(grad(wrong), [0, null])(tensor([1, 2]), y).toArray(), [10, 10])
  const loop = (w: Tensor) => scan((c: Tensor) => [wrong(c, w), null], x, null, { length: 3 })[0]
  // y² = 4: 100 · 2 of each step, times the 10 of each step after it.
  assert.is(grad(loop)(tensor(2)).item(), 200 * (1 + 10 + 100))
})

test('its gradient is differentiated by either mode: forward and backward are ordinary functions', () => {
  // d/dy of 100 y · ct.
  const second = (y: Tensor) => grad((own: Tensor) => wrong(tensor(3), own))(y)
  assert.is(grad(second)(tensor(2)).item(), 100)
  assert.is(jvp(second, [tensor(2)], [tensor(1)])[1].item(), 100)
  assert.is(hessian((own: Tensor) => wrong(tensor(3), own))(tensor(2)).item(), 100)
  // The results that forward makes by the function itself have its rule, too.
  const own: (x: Tensor) => Tensor = customVjp(
    (x: Tensor) => mul(x, x),
    x => {
      const y = own(x)
      return [y, y]
    },
    (y, ct) => [mul(y, ct)],
  )
  for (const f of [own, jit(own), (x: Tensor) => vmap(own)(mul(x, ones([1])))])
    assert.is(grad((x: Tensor) => sum(grad((z: Tensor) => sum(f(z)))(x)))(tensor(3)).item(), 9)
})

test('shared arguments of a batch get the sum, and a backward pass may ignore what it is given', () => {
  const constant = customVjp(
    (x: Tensor, y: Tensor) => [mul(x, y), y] as [Tensor, Tensor],
    (x, y) => [[mul(x, y), y], null],
    () => [ones([]), tensor(7)],
  )
  const loss = (x: Tensor, y: Tensor) => sum(add(...vmap(constant, [0, null])(x, y)))
  assert.equal(
    vjp(loss, tensor([1, 2, 3]), tensor(5))[1](tensor(1)).map(ct => ct.toArray()),
    [[1, 1, 1], 21],
  )
  const product = customVjp(
    (x: Tensor, y: Tensor) => [mul(x, y), y] as [Tensor, Tensor],
    (x, y) => [[mul(x, y), y], [x, y] as [Tensor, Tensor]],
    ([x, y], [ct, other]) => [mul(ct, y), add(mul(ct, x), other)],
  )
  const own = (x: Tensor, y: Tensor) => sum(mul(...vmap(product, [0, null])(x, y)))
  assert.equal(
    vjp(own, tensor([1, 2, 3]), tensor(5))[1](tensor(1)).map(ct => ct.toArray()),
    [[25, 25, 25], 60],
  )
})

test('the sum over a batch is taken where the batch stands', () => {
  const row = tensor([1, 2])
  const product = customVjp(
    (w: Tensor, x: Tensor) => matmul(matmul(row, w), x),
    (w, x) => [matmul(matmul(row, w), x), { w, x }],
    ({ w, x }, ct) => [outer(row, mul(ct, x)), mul(ct, matmul(row, w))],
  )
  const xs = tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9], [1, 1, 1]]) // biome-ignore format: rows
  const loss = (w: Tensor) => sum(vmap(product, [null, 0])(w, xs))
  assert.equal(grad(loss)(ones([2, 3])).toArray(), [[13, 16, 19], [26, 32, 38]]) // biome-ignore format: rows
})

test('cotangents of integers are given as zeros and ignored', () => {
  const ids = tensor([1, 2], { dtype: 'int32' })
  const f = customVjp(
    (p: { x: Tensor; ids: Tensor }) => ({ y: mul(p.x, p.x), ids: p.ids }),
    p => [{ y: mul(p.x, p.x), ids: p.ids }, p.x],
    (x, ct) => {
      assert.is(ct.ids.dtype, 'int32')
      return [{ x: add(mul(ct.y, x), sum(cast(ct.ids, 'float32'))), ids: x }]
    },
  )
  assert.is(grad((x: Tensor) => f({ x, ids }).y)(tensor(3)).item(), 3)
})

test('a fixed point has the derivative of the implicit function theorem', () => {
  // x = cos(a x), found by iteration, differentiated where it stands.
  const fixed: (a: Tensor) => Tensor = customVjp(
    (a: Tensor) => scan((x: Tensor) => [cos(mul(a, x)), null], tensor(0.7), null, { length: 80 })[0],
    a => {
      const x = fixed(a)
      return [x, [a, x]]
    },
    ([a, x], ct) => {
      const s = sin(mul(a, x))
      return [div(mul(ct, mul(s, mul(x, -1))), add(1, mul(a, s)))]
    },
  )
  const at = (a: number): number => {
    let x = 0.7
    for (let i = 0; i < 200; i++) x = Math.cos(a * x)
    return x
  }
  const expected = (at(0.8 + 1e-4) - at(0.8 - 1e-4)) / 2e-4
  assert.ok(Math.abs(grad(fixed)(tensor(0.8)).item() - expected) < 1e-5)
})

test('forward mode is refused, wherever it stands', () => {
  const clipped = customVjp(
    (x: Tensor) => x,
    x => [x, null],
    (_, ct) => [clip(ct, -1, 1)],
  )
  const x = tensor(2)
  for (const attempt of [
    () => jvp(clipped, [x], [x]),
    () => jit((y: Tensor) => jvp(clipped, [y], [y]))(x),
    () => linearize(clipped, x)[1](x),
    () => jacfwd(clipped)(x),
    () => grad((y: Tensor) => jvp(clipped, [y], [y])[1])(x),
    () => jvp((y: Tensor) => jvp(clipped, [y], [y])[1], [x], [x]),
    () => vmap((y: Tensor) => jvp(clipped, [y], [y])[1])(ones([2])),
    () => jvp((y: Tensor) => scan((c: Tensor) => [clipped(c), null], y, null, { length: 2 })[0], [x], [x]),
    () => jvp(checkpoint(clipped), [x], [x]),
  ])
    assert.throws(attempt, /customVjp: forward mode .* is not defined.*\(.*:\d+:\d+\)$/)
  assert.is(grad((y: Tensor) => mul(5, clipped(y)))(x).item(), 1)
})

test('what it closes over is used by all three, and refused only where it would be differentiated', () => {
  const scaled = (w: Tensor) =>
    customVjp(
      (x: Tensor) => mul(x, w),
      x => [mul(x, w), null],
      (_, ct) => [mul(ct, w)],
    )
  const c = tensor([2, 3])
  assert.equal(grad((x: Tensor) => sum(scaled(c)(x)))(ones([2])).toArray(), [2, 3])
  assert.equal(jit((w: Tensor) => grad((x: Tensor) => sum(scaled(w)(x)))(ones([2])))(c).toArray(), [2, 3])
  assert.equal(vmap((w: Tensor) => grad(scaled(w))(tensor(1)))(c).toArray(), [2, 3])
  const several = (a: Tensor, b: Tensor, d: Tensor) =>
    customVjp(
      (x: Tensor) => mul(x, a),
      x => [mul(x, b), x],
      (x, ct) => [mul(ct, mul(x, d))],
    )
  const both = (a: Tensor, b: Tensor, d: Tensor) => valueAndGrad(several(a, b, d))(tensor(2))
  for (const run of [both, jit(both)])
    assert.equal(
      run(tensor(3), tensor(5), tensor(7)).map(y => y.item()),
      [10, 14],
    )
  assert.equal(vmap(both, [null, 0, null])(tensor(3), tensor([5, 6]), tensor(7))[0].toArray(), [10, 12])
  assert.equal(grad((w: Tensor) => sum(grad((x: Tensor) => sum(scaled(w)(x)))(ones([2]))))(c).toArray(), [1, 1])
  assert.throws(() => grad((w: Tensor) => sum(scaled(w)(ones([2]))))(c), /customVjp: .*not one of its arguments/)
})

test('not differentiated it costs nothing, and its programs can be looked at', () => {
  const [x, y] = [ones([8]), ones([8])]
  const plain = (a: Tensor, b: Tensor) => mul(a, mul(b, b))
  assert.is(printProgram(optimize(makeProgram(wrong)(x, y))), printProgram(optimize(makeProgram(plain)(x, y))))
  const rules: () => Parameters<typeof checkProgram>[0][] = makeProgram(wrong)(x, y).equations[0].params.rules
  rules().forEach(checkProgram)
  const batched: typeof rules = makeProgram(vmap(wrong))(x, y).equations[0].params.rules
  batched().forEach(checkProgram)
})

test.run()
