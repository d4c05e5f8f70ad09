import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { withoutPasses } from '../../../ts/compiler/optimize.js'
import {
  dotGeneral,
  grad,
  jit,
  matmul,
  mean,
  random,
  square,
  sub,
  sum,
  type Tensor,
  vmap,
  zeros,
} from '../../../ts/index.js'
import { after, count, distance, traced } from '../tracing.js'

test('the mean of per-example gradients is one product that contracts the batch', () => {
  const loss = (w: Tensor, x: Tensor, y: Tensor) => sum(square(sub(matmul(x, w), y)))
  const f = (w: Tensor, xs: Tensor, ys: Tensor) => mean(vmap(grad(loss), [null, 0, 0])(w, xs, ys), { axis: 0 })
  const program = after(['simplify', 'contract'], traced(f, zeros([4, 3]), zeros([8, 4]), zeros([8, 3])))
  assert.is(count(program, 'sum').outside, 0)
  for (const { outputs } of program.equations) assert.ok(outputs[0].aval.shape.length <= 2, 'nothing of [batch, 4, 3]')
})

test('a sum of a sum is one', () => {
  const program = after(
    ['simplify', 'contract'],
    traced((x: Tensor) => sum(sum(x, { axis: 1 }), { axis: 1 }), zeros([2, 3, 4])),
  )
  assert.is(count(program, 'sum').outside, 1)
  assert.equal(program.equations[0].params.axes, [1, 2])
})

test('a sum over what comes from one operand of a product is taken of that operand', () => {
  const [a, b] = [random.normal(random.key(1), [6, 4, 3]), random.normal(random.key(2), [2, 3, 5])]
  const product = (x: Tensor, y: Tensor) => dotGeneral(x, y, { contract: [[2], [1]] })
  // [6, 4, 2, 5]: of the first operand, of the second, of both.
  for (const [axes, shapes] of [
    [
      [0],
      [
        [4, 3],
        [2, 3, 5],
      ],
    ], // prettier-ignore
    [
      [3],
      [
        [6, 4, 3],
        [2, 3],
      ],
    ], // prettier-ignore
    [
      [1, 2],
      [
        [6, 3],
        [3, 5],
      ],
    ], // prettier-ignore
  ]) {
    // Sums that are there already are taken once.
    const f = (x: Tensor, y: Tensor) => [sum(x, { axis: 0 }), sum(product(x, y), { axis: axes as number[] })]
    const program = after(['simplify', 'contract'], traced(f, a, b))
    const dot = program.equations.find(({ primitive }) => primitive.name === 'dotGeneral')!
    assert.equal(
      dot.inputs.map(({ aval }) => aval.shape),
      shapes,
    )
    assert.is(count(program, 'sum').outside, axes[0] === 0 ? 1 : axes.length + 1)
    const plain = withoutPasses(['contract'], () => jit(f)(a, b))
    jit(f)(a, b).forEach((result, i) => {
      assert.ok(distance(result, plain[i]) < 1e-5)
    })
  }
})

test('a sum that is also read on its own stays', () => {
  const f = (x: Tensor) => {
    const inner = sum(x, { axis: 1 })
    return [inner, sum(inner)]
  }
  assert.is(count(after(['simplify', 'contract'], traced(f, zeros([2, 3]))), 'sum').outside, 2)
})

test.run()
