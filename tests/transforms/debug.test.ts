// debug.nans: the first equation that goes wrong, under every transform, and nothing where all is finite.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  debug,
  div,
  exp,
  grad,
  jit,
  log,
  memory,
  mul,
  neg,
  ones,
  scan,
  softmax,
  sqrt,
  sub,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  vmap,
  where,
} from '../../ts/index.js'

const thrownBy = (f: () => unknown): string => {
  try {
    f()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was thrown'
}

test('where all is finite the results are those of the function', () => {
  const f = (x: Tensor, { b }: { b: Tensor }) => ({ y: mul(exp(x), b), z: [sum(x), x] })
  const [x, p] = [tensor([1, 2]), { b: tensor([3, 4]) }]
  const [plain, checked] = [f(x, p), debug.nans(f)(x, p)]
  assert.equal(JSON.stringify(checked), JSON.stringify(plain))
})

test('the first equation is named, with its types and its line', () => {
  const f = (x: Tensor) => {
    const y = add(x, 1)
    const z = log(sub(y, 2)) // log(-1)
    return exp(mul(z, 2))
  }
  const message = thrownBy(() => debug.nans(f)(tensor([0, 5])))
  assert.match(
    message,
    /^debug\.nans: log of f32\[2\] produced a NaN or an infinity in its result f32\[2\] \(.*:\d+:\d+\)$/,
  )
})

test('different equations have their own lines', () => {
  const lines = [tensor([-1]), tensor([0])].map(x => {
    const f = (y: Tensor) => {
      const values = [sqrt(y)]
      values.push(div(1, values[0]))
      return values[1]
    }
    return thrownBy(() => debug.nans(f)(x))
  })
  assert.match(lines[0], /nans: sqrt/)
  assert.match(lines[1], /nans: div/)
  const line = (message: string): number => Number(message.match(/:(\d+):\d+\)$/)?.[1])
  assert.is(line(lines[1]), line(lines[0]) + 1)
})

test('in a loop the step is named, the first one even if all after it are bad too', () => {
  const f = (x: Tensor) =>
    scan(
      (c, step) => {
        const next = div(c, sub(step, 3))
        return [next, next]
      },
      x,
      tensor([1, 2, 4, 3, 5, 3, 3, 3]),
    )
  assert.match(
    thrownBy(() => debug.nans(f)(tensor(1))),
    /div of f32\[\], f32\[\] .* in step 3 of scan/,
  )
  const nested = (x: Tensor) => scan((c: Tensor) => [f(c)[0], null], x, null, { length: 2 })
  assert.match(
    thrownBy(() => debug.nans(nested)(tensor(1))),
    / in step 0, 3 of scan/,
  )
})

test('gradients are looked at, and named by the line whose derivative they are', () => {
  const loss = (x: Tensor) => {
    const root = sqrt(x)
    return sum(root)
  }
  // The value is finite, the derivative of sqrt at 0 is not.
  assert.equal(
    debug
      .nans(loss)(tensor([0, 4]))
      .item(),
    2,
  )
  const message = thrownBy(() => debug.nans(grad(loss))(tensor([0, 4])))
  assert.match(message, /produced a NaN or an infinity/)
  assert.match(message, /:\d+:\d+\)$/)
  assert.match(
    thrownBy(() => debug.nans(valueAndGrad(jit(loss)))(tensor([0, 4]))),
    /infinity/,
  )
  assert.match(
    thrownBy(() => debug.nans(vmap(grad(loss)))(tensor([[1], [0]]))),
    /infinity/,
  )
})

test('infinities may be allowed: masks are made of them', () => {
  const f = (x: Tensor) => softmax(add(x, where(tensor([true, false]), 0, Number.NEGATIVE_INFINITY)))
  assert.match(
    thrownBy(() => debug.nans(f)(ones([2]))),
    /infinity/,
  )
  assert.equal(
    debug
      .nans(f, { infinities: false })(ones([2]))
      .toArray(),
    [1, 0],
  )
  const bad = (x: Tensor) => softmax(mul(x, Number.NEGATIVE_INFINITY))
  assert.match(
    thrownBy(() => debug.nans(bad, { infinities: false })(ones([2]))),
    /softmax of f32\[2\] produced a NaN/,
  )
})

test('inside of another trace it is the function itself', () => {
  assert.ok(Number.isNaN((jit(debug.nans((x: Tensor): Tensor => log(x)))(tensor(-1)) as Tensor).item()))
})

test('a search leaves no memory behind', () => {
  const run = () =>
    thrownBy(() => debug.nans((x: Tensor) => scan((c, s) => [log(neg(add(c, s))), c], x, ones([4])))(tensor(1)))
  run()
  const { programs, tensors } = memory()
  for (let i = 0; i < 5; i++) run()
  assert.is(memory().programs, programs)
  assert.ok(memory().tensors <= tensors + 20)
})

test.run()
