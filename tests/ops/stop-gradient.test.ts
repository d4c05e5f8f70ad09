// stopGradient: the values stay, derivatives of every mode and order do not pass, and nothing of it reaches the machine.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  grad,
  hessian,
  jit,
  jvp,
  makeProgram,
  mul,
  ones,
  scan,
  sin,
  stopGradient,
  sum,
  type Tensor,
  tensor,
  vmap,
} from '../../ts/index.js'

const test = suite('stopGradient')

const half = (x: Tensor): Tensor => mul(x, stopGradient(x))

test('values pass, derivatives do not, in either mode, order and under vmap', () => {
  assert.is(half(tensor(3)).item(), 9)
  assert.is(grad(half)(tensor(3)).item(), 3)
  assert.equal(
    jvp(half, [tensor(3)], [tensor(2)]).map(x => x.item()),
    [9, 6],
  )
  assert.is(grad(grad(half))(tensor(3)).item(), 0)
  assert.is(hessian(half)(tensor(3)).item(), 0)
  assert.equal(vmap(grad(half))(tensor([1, 2, 3])).toArray(), [1, 2, 3])
  assert.equal(grad((x: Tensor) => sum(vmap(half)(x)))(tensor([1, 2, 3])).toArray(), [1, 2, 3])
  assert.is(jvp(x => stopGradient(x), [tensor(3)], [tensor(2)])[1].item(), 0)
})

test('inside of a scan it cuts the path through the carry', () => {
  const loop = (cut: (h: Tensor) => Tensor) => (w: Tensor) =>
    scan((h: Tensor) => [mul(cut(h), w), null], tensor(1), null, { length: 3 })[0]
  assert.is(grad(loop(h => h))(tensor(2)).item(), 12)
  assert.is(grad(loop(stopGradient))(tensor(2)).item(), 4)
})

test('trees pass whole: numbers, integers and missing fields among the leaves', () => {
  const ids = tensor([1, 2], { dtype: 'int32' })
  const params = { w: [tensor(2), 3] as const, ids, none: null }
  const same = stopGradient(params)
  assert.is(same.w[1], 3)
  assert.is(same.ids, ids)
  assert.is(same.none, null)
  const loss = (p: { w: Tensor; b: Tensor }) => add(mul(p.w, p.b), sum(stopGradient(p).w))
  const { w, b } = grad(loss)({ w: tensor(2), b: tensor(5) })
  assert.equal([w.item(), b.item()], [5, 2])
})

test('what nobody traces is the very same tensor', () => {
  const [x, seen] = [ones([3]), [] as Tensor[]]
  assert.is(stopGradient(x), x)
  grad((y: Tensor) => {
    seen.push(stopGradient(x))
    return sum(mul(y, stopGradient(x)))
  })(x)
  assert.equal(seen, [x])
})

test('it costs no instruction', () => {
  const plain = (x: Tensor) => sin(add(mul(x, 2), 1))
  const stopped = (x: Tensor) => sin(stopGradient(add(stopGradient(mul(x, 2)), 1)))
  assert.match(String(makeProgram(stopped)(ones([8]))), /stopGradient/)
  assert.equal(jit(stopped).compile(ones([8])), jit(plain).compile(ones([8])))
})

test.run()
