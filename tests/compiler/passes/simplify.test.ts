import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { add, broadcastTo, div, exp, mul, scan, type Tensor, transpose, zeros } from '../../../ts/index.js'
import { after, count, traced } from '../tracing.js'

const simplified = <A extends unknown[]>(f: (...args: A) => unknown, ...args: A) =>
  after(['simplify'], traced(f, ...args))

test('equal expressions are computed once', () => {
  const program = simplified((x: Tensor) => add(exp(x), exp(x)), zeros([3]))
  assert.is(count(program, 'exp').outside, 1)
})

test('expressions that differ in their parameters are not', () => {
  const program = simplified((x: Tensor) => [transpose(x, [1, 0, 2]), transpose(x, [0, 2, 1])], zeros([2, 2, 2]))
  assert.is(count(program, 'transpose').outside, 2)
})

test('arithmetic of constants is done now, with the roundings of float32', () => {
  const program = simplified((x: Tensor) => mul(x, div(1, 3)), zeros([2]))
  assert.is(count(program, 'div').outside, 0)
  const [factor] = program.equations.flatMap(({ inputs }) => inputs).filter(atom => atom.kind === 'literal')
  assert.is(factor.value, Math.fround(Math.fround(1) / Math.fround(3)))
})

test('a product with one is its operand', () => {
  assert.is(simplified((x: Tensor) => div(mul(mul(x, 1), 1), 1), zeros([2])).equations.length, 0)
})

test('a sum with zero stays: -0 + 0 is 0', () => {
  assert.is(
    count(
      simplified((x: Tensor) => add(x, 0), zeros([2])),
      'add',
    ).outside,
    1,
  )
})

test('transpositions and broadcasts of themselves are one, or none', () => {
  assert.is(simplified((x: Tensor) => transpose(transpose(x)), zeros([2, 3])).equations.length, 0)
  const program = simplified((x: Tensor) => broadcastTo(broadcastTo(x, [2, 3]), [4, 2, 3]), zeros([3]))
  assert.is(count(program, 'broadcast').outside, 1)
})

test('what nobody uses goes, in loops too: a carry that only feeds itself, an output that is not read', () => {
  const f = (xs: Tensor) => {
    const step = ([used, idle]: [Tensor, Tensor], x: Tensor): [[Tensor, Tensor], Tensor] => [
      [add(used, x), exp(idle)],
      exp(x),
    ]
    return scan(step, [zeros([2]), zeros([2])], xs)[0][0]
  }
  const program = simplified(f, zeros([5, 2]))
  assert.equal(count(program, 'exp'), { outside: 0, inside: 0 })
  assert.is(count(program, 'add').inside, 1)
})

test.run()
