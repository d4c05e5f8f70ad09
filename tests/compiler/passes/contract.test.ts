import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { grad, matmul, mean, square, sub, sum, type Tensor, vmap, zeros } from '../../../ts/index.js'
import { after, count, traced } from '../tracing.js'

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

test('a sum that is also read on its own stays', () => {
  const f = (x: Tensor) => {
    const inner = sum(x, { axis: 1 })
    return [inner, sum(inner)]
  }
  assert.is(count(after(['simplify', 'contract'], traced(f, zeros([2, 3]))), 'sum').outside, 2)
})

test.run()
