// customJvp: a rule that is the derivative passes all laws; one that is something else is what every transform uses.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { optimize } from '../../ts/compiler/optimize.js'
import { checkProgram, printProgram } from '../../ts/core/program.js'
import {
  add,
  checkpoint,
  cos,
  customJvp,
  exp,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  log1p,
  makeProgram,
  matmul,
  mul,
  ones,
  random,
  scan,
  sigmoid,
  sin,
  sum,
  type Tensor,
  tanh,
  tensor,
  vmap,
} from '../../ts/index.js'
import { type Draw, values } from '../../ts/ops/laws.js'
import { array, forAll } from '../comparing.js'
import { functionLaws, type Subject } from '../function-laws.js'
import { countedLayer, inScan } from './counted-layer.js'

const test = suite('customJvp')

const softplus: (x: Tensor) => Tensor = customJvp(
  (x: Tensor) => log1p(exp(x)),
  ([x], [dx]) => [softplus(x), mul(sigmoid(x), dx)],
)

/** The rule says what the chain rule would. */
const layer = customJvp(countedLayer, ([{ w, b }, x, count], [dp, dx]) => {
  const z = add(matmul(x, w), b)
  const dz = add(matmul(dx, w), matmul(x, dp.w), dp.b)
  return [
    { y: sin(z), count: add(count, 1) },
    { y: mul(cos(z), dz), count },
  ]
})

const subjects: Record<string, (draw: Draw) => Subject> = {
  'softplus, whose rule calls it': draw => ({
    inputs: [values(draw, draw.shape())],
    f: ([x]) => [softplus(x)],
    reference: ([x]) => [
      array(
        [...x.shape],
        [...x.data].map(value => Math.log1p(Math.exp(value))),
      ),
    ],
  }),
  'a layer with trees and integers, in a scan, what it takes from outside': inScan(layer),
}

for (const [name, subject] of Object.entries(subjects)) {
  for (const [title, law] of Object.entries(functionLaws)) {
    test(`${name}: ${title}`, () => forAll(4, draw => law(subject(draw), draw)))
  }
}

/** x², said to have the derivative 10 x. */
const wrong: (x: Tensor) => Tensor = customJvp(
  (x: Tensor) => mul(x, x),
  ([x], [dx]) => [wrong(x), mul(mul(x, 10), dx)],
)

test('what the rule says is what every transform gives, at every order', () => {
  const [x, one] = [tensor(3), tensor(1)]
  assert.is(wrong(x).item(), 9)
  assert.is(jit(wrong)(x).item(), 9)
  assert.is(jvp(wrong, [x], [one])[1].item(), 30)
  assert.is(linearize(wrong, x)[1](one).item(), 30)
  assert.is(grad(wrong)(x).item(), 30)
  assert.is(grad(jit(wrong))(x).item(), 30)
  assert.is(grad(checkpoint(wrong))(x).item(), 30)
  assert.is(jacfwd(wrong)(x).item(), 30)
  assert.is(jacrev(wrong)(x).item(), 30)
  assert.is(hessian(wrong)(x).item(), 10)
  assert.equal(vmap(grad(wrong))(tensor([1, 2])).toArray(), [10, 20])
  assert.equal(grad((xs: Tensor) => sum(vmap(wrong)(xs)))(tensor([1, 2])).toArray(), [10, 20])
  const loop = (h: Tensor) => scan((c: Tensor) => [wrong(c), null], h, null, { length: 2 })[0]
  assert.is(grad(loop)(tensor(2)).item(), 20 * 40)
})

test('a rule that calls its function has its rule at the next order too, under vmap and in jit as well', () => {
  // f(x) = x², f' = f by the rule, so every derivative is x².
  const own: (x: Tensor) => Tensor = customJvp(
    (x: Tensor) => mul(x, x),
    ([x], [dx]) => {
      const y = own(x)
      return [y, mul(y, dx)]
    },
  )
  const x = tensor(3)
  assert.is(grad(own)(x).item(), 9)
  assert.is(grad(grad(own))(x).item(), 9)
  assert.is(grad(grad(grad(own)))(x).item(), 9)
  assert.is(jit(hessian(own))(x).item(), 9)
  assert.equal(vmap(grad(grad(own)))(tensor([1, 3])).toArray(), [1, 9])
  assert.equal(
    grad((xs: Tensor) => sum(grad((ys: Tensor) => sum(vmap(own)(ys)))(xs)))(tensor([1, 3])).toArray(),
    [1, 9],
  )
})

test('far out it gives what the chain rule cannot', () => {
  assert.ok(Number.isNaN(grad((x: Tensor) => log1p(exp(x)))(tensor(100)).item()))
  assert.is(grad(softplus)(tensor(100)).item(), 1)
})

test('arguments that only one example has, or all share', () => {
  const product = customJvp(
    (x: Tensor, y: Tensor) => [mul(x, y), y] as [Tensor, Tensor],
    ([x, y], [dx, dy]) => [
      [mul(x, y), y],
      [add(mul(dx, y), mul(x, dy)), dy],
    ],
  )
  const loss = (x: Tensor, y: Tensor) => sum(mul(...vmap(product, [0, null])(x, y)))
  const [x, y] = [tensor([1, 2, 3]), tensor(5)]
  assert.equal(grad(loss)(x, y).toArray(), [25, 25, 25])
  assert.is(grad((own: Tensor) => loss(x, own))(y).item(), 60)
  assert.equal(
    jvp(loss, [x, y], [x, y]).map(value => value.item()),
    [150, 450],
  )
  assert.equal(jvp((own: Tensor) => product(own, y)[0], [x], [x])[1].toArray(), [5, 10, 15])
})

test('what it closes over is used, and refused only where it would be differentiated', () => {
  const scaled = (w: Tensor) =>
    customJvp(
      (x: Tensor) => mul(x, w),
      ([x], [dx]) => [mul(x, w), mul(dx, w)],
    )
  const c = tensor([2, 3])
  assert.equal(grad((x: Tensor) => sum(scaled(c)(x)))(ones([2])).toArray(), [2, 3])
  assert.equal(jit((w: Tensor) => grad((x: Tensor) => sum(scaled(w)(x)))(ones([2])))(c).toArray(), [2, 3])
  assert.equal(vmap((w: Tensor) => grad(scaled(w))(tensor(1)))(c).toArray(), [2, 3])
  assert.equal(grad((w: Tensor) => sum(grad((x: Tensor) => sum(scaled(w)(x)))(ones([2]))))(c).toArray(), [1, 1])
  assert.throws(() => grad((w: Tensor) => sum(scaled(w)(ones([2]))))(c), /customJvp: .*not one of its arguments/)
})

test('not differentiated it costs nothing, and its program can be looked at', () => {
  const x = random.normal(random.key(1), [8])
  const plain = (y: Tensor) => log1p(exp(y))
  assert.is(printProgram(optimize(makeProgram(softplus)(x))), printProgram(optimize(makeProgram(plain)(x))))
  const traced = makeProgram(softplus)(x)
  assert.match(String(traced), /customJvp/)
  assert.not.match(String(traced), '=>')
  const rules: () => Parameters<typeof checkProgram>[0][] = traced.equations[0].params.rules
  rules().forEach(checkProgram)
  assert.equal(jit(vmap(softplus)).compile(x), jit(vmap(plain)).compile(x))
  assert.is(tanh(softplus(0 as unknown as Tensor)).item(), tanh(Math.fround(Math.log(2))).item())
})

test.run()
