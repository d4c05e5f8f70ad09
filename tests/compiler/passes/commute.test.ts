import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withoutPasses } from '../../../ts/compiler/optimize.js'
import { add, grad, jit, matmul, random, square, sum, type Tensor, take, tensor, vmap } from '../../../ts/index.js'
import { after, count, distance, traced } from '../tracing.js'

const PASSES = ['simplify', 'contract', 'commute'] as const
const [ke, kw] = random.split(random.key(3))
const table = random.normal(ke, [5, 4])
const w = random.normal(kw, [4, 3])
const many = tensor(
  Int32Array.from({ length: 24 }, (_, i) => (i * 7) % 5),
  { shape: [6, 4] },
)
const few = tensor(Int32Array.of(1, 3), { shape: [2] })
const f = (e: Tensor, w: Tensor, ids: Tensor) => matmul(take(e, ids), w)

/** Shapes of the left operands of all products. */
const products = (program: ReturnType<typeof after>) =>
  program.equations.filter(({ primitive }) => primitive.name === 'dotGeneral').map(({ inputs }) => inputs[0].aval.shape)

test('a product of gathered rows is a gather of products where ids outnumber rows', () => {
  assert.equal(products(after(PASSES, traced(f, table, w, many))), [[5, 4]])
})

test('it stays where there are fewer ids than rows', () => {
  assert.equal(products(after(PASSES, traced(f, table, w, few))), [[2, 4]])
})

test('transposed gathers, as vmap makes them, and added rows too', () => {
  const g = (e: Tensor, w: Tensor, b: Tensor, ids: Tensor) =>
    vmap((i: Tensor) => add(matmul(take(e, i), w), b), [1], 1)(ids)
  const program = after(PASSES, traced(g, table, w, random.normal(kw, [3]), many))
  assert.equal(products(program), [[5, 4]])
  assert.equal(program.equations.find(({ primitive }) => primitive.name === 'add')?.outputs[0].aval.shape, [5, 3])
})

test('the gradients: one scatter of the cotangents, then products over the rows', () => {
  const loss = (p: { e: Tensor; w: Tensor }, ids: Tensor) => sum(square(f(p.e, p.w, ids)))
  const program = after(PASSES, traced(grad(loss), { e: table, w }, many))
  assert.is(count(program, 'scatterAdd').outside, 1)
  assert.ok(products(program).every(shape => shape.length === 2 && Math.max(...shape) <= 5))
  const plain = withoutPasses(['commute'], () => jit(grad(loss))({ e: table, w }, many))
  const moved = jit(grad(loss))({ e: table, w }, many)
  assert.ok(distance(moved.e, plain.e) < 1e-4 && distance(moved.w, plain.w) < 1e-4)
})

test.run()
