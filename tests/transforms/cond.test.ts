// cond and switchCase: eager, compiled, under every transform; only the branch taken runs.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Tensor } from '../../ts/core/tensor.js'
import {
  add,
  at,
  cond,
  cos,
  debug,
  grad,
  greater,
  jit,
  jvp,
  log,
  makeProgram,
  matmul,
  mul,
  ones,
  scan,
  sin,
  sum,
  switchCase,
  tanh,
  tensor,
  vmap,
} from '../../ts/index.js'
import { build, type NdArray } from '../../ts/ops/laws.js'
import { array, forAll } from '../comparing.js'
import { functionLaws } from '../function-laws.js'

const test = suite('cond')
const i32 = (value: number) => tensor(value, { dtype: 'int32' })
const vector = (data: number[]): NdArray => array([data.length], data)

for (const [title, law] of Object.entries(functionLaws)) {
  test(title, () =>
    forAll(12, draw => {
      const index = build([], 'int32', () => draw.integer(-1, 4))
      const n = draw.pick([1, 2, 3])
      const random = draw.random()
      const [x, y] = [0, 1].map(() => vector(Array.from({ length: n }, () => Math.fround(random() - 0.5))))
      law(
        {
          f: ([i, a, b]) =>
            switchCase(
              i,
              [
                (u: Tensor, v: Tensor): [Tensor, Tensor] => [mul(u, v), u],
                (u: Tensor, v: Tensor): [Tensor, Tensor] => [sin(add(u, mul(v, b))), mul(v, v)],
                (u: Tensor): [Tensor, Tensor] => [u, tanh(a)],
              ],
              a,
              b,
            ),
          reference([i, { data: u }, { data: v }]) {
            const k = Math.max(0, Math.min(i.data[0], 2))
            const results = [
              [u.map((p, e) => p * v[e]), u],
              [u.map((p, e) => Math.sin(p + v[e] * v[e])), v.map(p => p * p)],
              [u, u.map(Math.tanh)],
            ][k]
            return results.map(data => vector([...data]))
          },
          inputs: [index, x, y],
        },
        draw,
      )
    }),
  )
}

test('the branches may close over values of the trace around them, and over one another', () => {
  const f = jit((x: Tensor, w: Tensor) =>
    cond(
      greater(x, 0),
      (a: Tensor) => mul(a, w),
      (a: Tensor) => add(mul(a, x), w),
      mul(x, 3),
    ),
  )
  assert.is(f(tensor(2), tensor(5)).item(), 30)
  assert.is(f(tensor(-2), tensor(5)).item(), 17)
})

test('only the branch taken runs', () => {
  const lines: string[] = []
  const before = debug.onPrint(label => lines.push(label))
  const f = jit((x: Tensor) =>
    cond(
      greater(x, 0),
      (a: Tensor) => debug.print('positive', a),
      (a: Tensor) => debug.print('negative', a),
      x,
    ),
  )
  for (const x of [1, -1, 2]) f(tensor(x))
  assert.equal(lines, ['positive', 'negative', 'positive'])
  lines.length = 0
  switchCase(7, [(x: Tensor) => debug.print('first', x), (x: Tensor) => debug.print('last', x)], tensor(1))
  assert.equal(lines, ['last'])
  debug.onPrint(before)
})

test('a weight that is packed in a branch that does not run is packed again behind it', () => {
  const f = jit((flag: Tensor, x: Tensor, w: Tensor) => {
    const y = cond(
      greater(flag, 0),
      () => matmul(x, w),
      () => mul(x, 2),
    )
    return add(matmul(y, w), matmul(x, w))
  })
  const n = 32
  const x = ones([n, n])
  // y is 32 v everywhere, or 2. Each time another weight, so that nothing of the last run fits.
  for (const [flag, v] of [
    [-1, 0.5],
    [1, 0.25],
    [-1, 0.125],
  ]) {
    const expected = (flag > 0 ? n * v : 2) * n * v + n * v
    const result = f(tensor(flag), x, mul(ones([n, n]), v)).data()
    assert.ok([...result].every(value => value === expected))
  }
})

test('in a loop each step chooses, and a NaN of the branch that is not taken reaches nothing', () => {
  const f = (x: Tensor) =>
    scan(
      (total: Tensor, entry: Tensor) => [
        add(
          total,
          cond(greater(entry, 0), log, (e: Tensor) => mul(e, e), entry),
        ),
        null,
      ],
      tensor(0),
      x,
    )[0]
  const x = tensor([1, -2, 2, -3])
  assert.ok(Math.abs(jit(f)(x).item() - (Math.log(2) + 13)) < 1e-5)
  assert.equal(jit(grad(f))(x).toArray(), [1, -4, 0.5, -6])
})

test('vmap over the predicate chooses for each example, of all else the choice stays one', () => {
  const f = (flag: Tensor, x: Tensor): Tensor =>
    cond(
      flag,
      (a: Tensor) => mul(a, a),
      (a: Tensor) => add(a, 1),
      x,
    )
  const flags = tensor([true, false, true])
  const x = tensor([3, 4, 5])
  assert.equal(vmap(f)(flags, x).toArray(), [9, 5, 25])
  assert.equal(vmap(f, [0, null])(flags, tensor(3)).toArray(), [9, 4, 9])
  assert.equal(jit(vmap(f, [null, 0]))(tensor(true), x).toArray(), [9, 16, 25])
  assert.match(String(makeProgram(vmap(f, [null, 0]))(tensor(true), x)), /= cond\[/)
  assert.not.match(String(makeProgram(vmap(f))(flags, x)), /= cond\[/)
  const index = tensor([-5, 0, 1, 2, 9], { dtype: 'int32' })
  const g = (i: Tensor) => switchCase(i, [() => tensor(10), () => tensor(20), () => tensor(30)])
  assert.equal(vmap(g)(index).toArray(), [10, 10, 20, 30, 30])
})

test('integers, bools and literals pass through; what no branch reads has no gradient', () => {
  const f = jit((i: Tensor, x: Tensor) =>
    switchCase(
      i,
      [
        (n: Tensor, a: Tensor) => ({ n: add(n, 1), flag: greater(a, 0), one: 1, a }),
        (n: Tensor, a: Tensor) => ({ n: mul(n, 2), flag: greater(0, a), one: 2, a: mul(a, a) }),
      ],
      i,
      x,
    ),
  )
  assert.equal(JSON.parse(JSON.stringify(f(i32(0), tensor(3)))), { n: 1, flag: true, one: 1, a: 3 })
  assert.equal(JSON.parse(JSON.stringify(f(i32(1), tensor(3)))), { n: 2, flag: false, one: 2, a: 9 })
  const [ga, gb] = grad(([a, b]: [Tensor, Tensor]) =>
    cond(
      greater(a, 0),
      (p: Tensor) => mul(p, 2),
      (_: Tensor, q: Tensor) => sin(q),
      a,
      b,
    ),
  )([tensor(1), tensor(1)])
  assert.equal([ga.item(), gb.item()], [2, 0])
})

test('a predicate that is known takes its branch at once, also while a function is traced', () => {
  const program = makeProgram((x: Tensor) => cond(true, sin, cos, x))(tensor(1))
  assert.not.match(String(program), /cond/)
  assert.match(String(program), /= sin /)
})

test('unused results and operands leave the choice', () => {
  const program = makeProgram((x: Tensor, y: Tensor) => {
    const [first] = cond(
      greater(x, 0),
      (a: Tensor, b: Tensor): [Tensor, Tensor] => [sin(a), cos(b)],
      (a: Tensor, b: Tensor): [Tensor, Tensor] => [a, b],
      x,
      y,
    )
    return first
  })(tensor(1), tensor(2))
  const choice = program.equations.find(({ primitive }) => primitive.name === 'cond')!
  assert.is(choice.inputs.length, 2)
  assert.is(choice.outputs.length, 1)
})

test('residuals of several branches share places', () => {
  const f = (x: Tensor) =>
    sum(
      cond(
        greater(at(x, 0), 0),
        (a: Tensor) => tanh(mul(tanh(a), a)),
        (a: Tensor) => sin(sin(a)),
        x,
      ),
    )
  const x = tensor([0.5, 1])
  const program = makeProgram(grad(f))(x)
  const forward = program.equations.find(({ primitive }) => primitive.name === 'cond')!
  assert.ok(forward.outputs.length <= 3, `${forward.outputs.length} results`)
  const [, tangent] = jvp(f, [x], [tensor([1, 0])])
  assert.ok(Math.abs(tangent.item() - (grad(f)(x).toArray() as number[])[0]) < 1e-6)
})

test.run()
