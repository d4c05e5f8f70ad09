// accumulate and fuse: what runs as one instruction.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Opcode } from '../../../assembly/format.js'
import { add, exp, matmul, mul, sub, sum, type Tensor, tanh, zeros } from '../../../ts/index.js'
import { after, compiled, count, traced } from '../tracing.js'

const opcodes = (program: ReturnType<typeof after>): Opcode[] =>
  compiled(program).instructions.map(({ opcode }) => opcode)

test('a chain of elementwise equations is one instruction', () => {
  const f = (x: Tensor, y: Tensor) => tanh(add(mul(x, y), exp(sub(x, 1))))
  assert.equal(opcodes(after(['simplify', 'fuse'], traced(f, zeros([3, 5]), zeros([3, 5])))), [Opcode.Map])
})

test('a value that something else reads is written too', () => {
  const f = (x: Tensor) => {
    const y = exp(x)
    return [mul(y, y), sum(y)]
  }
  const program = after(['simplify', 'fuse'], traced(f, zeros([4])))
  assert.equal(opcodes(program), [Opcode.Map, Opcode.Reduce])
})

test('a chain ends where its result is read in another shape', () => {
  const f = (x: Tensor) => sub(x, sum(mul(x, 2)))
  assert.equal(opcodes(after(['simplify', 'fuse'], traced(f, zeros([4])))), [Opcode.Map, Opcode.Reduce, Opcode.Map])
})

test('long chains are cut at the number of registers', () => {
  const f = (x: Tensor) => Array.from({ length: 100 }).reduce<Tensor>(y => tanh(y), x)
  assert.equal(opcodes(after(['simplify', 'fuse'], traced(f, zeros([4])))), [Opcode.Map, Opcode.Map])
})

test('a product that is added to a value that dies accumulates in its place', () => {
  const f = (x: Tensor, w: Tensor, z: Tensor) => add(matmul(x, w), exp(z))
  const program = after(['simplify', 'accumulate'], traced(f, zeros([4, 3]), zeros([3, 2]), zeros([4, 2])))
  assert.is(count(program, 'dotAdd').outside, 1)
  assert.equal(opcodes(program).filter(opcode => opcode === Opcode.Copy).length, 0)
})

test('a product that is added to an argument does not: that would copy it', () => {
  const f = (x: Tensor, w: Tensor, b: Tensor) => tanh(add(matmul(x, w), b))
  const program = after(['simplify', 'accumulate', 'fuse'], traced(f, zeros([4, 3]), zeros([3, 2]), zeros([2])))
  assert.equal(opcodes(program), [Opcode.Pack, Opcode.Gemm, Opcode.Map])
})

test('the sum of two products needs no third buffer', () => {
  const f = (x: Tensor, w: Tensor, h: Tensor, u: Tensor) => add(matmul(x, w), matmul(h, u))
  const program = after(
    ['simplify', 'accumulate'],
    traced(f, zeros([4, 3]), zeros([3, 2]), zeros([4, 5]), zeros([5, 2])),
  )
  assert.is(opcodes(program).filter(opcode => opcode === Opcode.Gemm).length, 2)
  assert.not(opcodes(program).includes(Opcode.Map))
})

test.run()
