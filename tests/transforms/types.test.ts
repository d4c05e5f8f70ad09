// Types survive transforms: pairs stay pairs, interfaces and optional fields stay what they are, without annotations.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  grad,
  jit,
  jvp,
  mul,
  ones,
  scan,
  sum,
  type Tensor,
  valueAndGrad,
  vjp,
  vmap,
  zeros,
} from '../../ts/index.js'

interface State {
  h: Tensor
  c?: Tensor
}

test('scan: tuples as carry, x and y; interfaces with optional fields', () => {
  const [[a, b], [p, q]] = scan(
    ([s, t], [x, y]) => [
      [t, add(s, x)],
      [y, s],
    ],
    [ones([2]), ones([2])],
    [ones([3, 2]), ones([3])],
  )
  const all: Tensor[] = [a, b, p, q]
  assert.equal(
    all.map(tensor => tensor.shape),
    [[2], [2], [3], [3, 2]],
  )
  const start: State = { h: ones([2]) }
  const [last]: [State, Tensor] = scan((state, x: Tensor) => [{ h: add(state.h, x) }, state.h], start, zeros([4, 2]))
  assert.equal(last.h.toArray(), [1, 1])
})

test('jit: a training step returns its three parts, each with its type', () => {
  const step = jit((params: { w: Tensor }, state: State) => {
    const [loss, gradient] = valueAndGrad((own: { w: Tensor }) => sum(mul(own.w, own.w)))(params)
    return [{ w: add(params.w, gradient.w) }, { ...state, h: loss }, loss]
  })
  const [params, state, loss] = step({ w: ones([2]) }, { h: zeros([]) })
  assert.equal([params.w.toArray(), state.h.item(), loss.item()], [[3, 3], 2, 2])
})

test('vmap, jvp, vjp and auxiliary results keep pairs', () => {
  const pair = (x: Tensor) => [mul(x, 2), { y: x }]
  const both = (x: Tensor): [Tensor, { y: Tensor }] => [mul(x, 2), { y: x }]
  const [twice, rest] = vmap((x: Tensor) => [mul(x, 2), { y: x }])(ones([3]))
  const [[, { y }]] = jvp(both, [ones([2])], [ones([2])])
  const [[z]] = vjp((x: Tensor) => [mul(x, 2), { y: x }], ones([2]))
  const [gradient, extra] = grad((x: Tensor) => [sum(x), { aux: x }], { hasAux: true })(ones([2]))
  assert.is(pair(ones([])).length, 2)
  assert.equal(
    [twice, rest.y, y, z, gradient, extra.aux].map(tensor => tensor.shape),
    [[3], [3], [2], [2], [2], [2]],
  )
})

test('a generic caller needs no constraint of its own', () => {
  const repeat = <C>(f: (carry: C) => C, init: C, times: number): C =>
    scan((carry: C, _x: null) => [f(carry), null], init, null, { length: times })[0]
  assert.is(repeat(x => mul(x, 2), ones([]), 5).item(), 32)
})

test.run()
