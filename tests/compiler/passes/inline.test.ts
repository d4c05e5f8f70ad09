// inline: nothing of a call is left; what is to be computed again stays apart until nothing can find it equal.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { optimize, passNames, withoutPasses } from '../../../ts/compiler/optimize.js'
import { inlineAll, inlineCalls } from '../../../ts/compiler/passes/inline.js'
import { checkProgram, type Program, printProgram } from '../../../ts/core/program.js'
import {
  checkpoint,
  customJvp,
  grad,
  jit,
  makeProgram,
  matmul,
  mul,
  ones,
  scan,
  sin,
  sum,
  type Tensor,
  tanh,
  vjp,
} from '../../../ts/index.js'
import { sameBits } from '../../comparing.js'

const test = suite('inline')

const named = (program: Program, name: string): number => printProgram(program).split(` ${name}`).length - 1

const twice = customJvp(
  (x: Tensor) => mul(x, 2),
  ([x], [dx]) => [mul(x, 2), mul(dx, 2)],
)

test('calls within calls, in loops and used twice, each with variables of its own', () => {
  const inner = checkpoint((x: Tensor) => sin(twice(x)))
  const f = (x: Tensor) => scan((c: Tensor) => [inner(inner(c)), twice(c)], x, null, { length: 2 })
  const program = makeProgram(f)(ones([3]))
  assert.is(named(program, 'customJvp'), 3)
  const inlined = inlineCalls(program)
  checkProgram(inlined)
  assert.is(named(inlined, 'customJvp') + named(inlined, 'checkpoint'), 0)
  assert.is(named(inlined, 'sin'), 2)
  assert.is(printProgram(inlineAll(program)), printProgram(inlined))
})

test('what a gradient computes again is a call until the end', () => {
  const block = checkpoint((w: Tensor, x: Tensor) => tanh(matmul(tanh(matmul(x, w)), w)))
  const program = makeProgram(grad((w: Tensor) => sum(block(w, block(w, ones([2, 2]))))))(ones([2, 2]))
  const early = inlineCalls(program)
  assert.is(named(early, 'checkpoint'), 2)
  assert.is(named(inlineAll(early), 'checkpoint'), 0)
  for (const off of [[], ['inlineCalls'], ['inlineAll'], passNames] as const)
    checkProgram(withoutPasses(off, () => optimize(program)))
})

test('a call that is applied twice has two sets of variables', () => {
  const f = (x: Tensor, a: Tensor, b: Tensor) => {
    const [, pull] = vjp(
      checkpoint((y: Tensor) => sin(mul(y, y))),
      x,
    )
    return [pull(a)[0], pull(b)[0]]
  }
  const x = ones([2])
  const program = makeProgram(f)(x, x, x)
  assert.is(named(program, 'checkpoint'), 2)
  checkProgram(inlineAll(program))
  sameBits('twice', jit(f)(x, x, mul(x, 2)), [f(x, x, x)[0], f(x, mul(x, 2), x)[0]])
})

test('calls that no pass has inlined are lowered where they stand', () => {
  const block = checkpoint((w: Tensor, x: Tensor) => [tanh(matmul(twice(x), w)), x, 1] as const)
  const f = (w: Tensor) => {
    const [a, b, c] = block(w, ones([2, 2]))
    const [d, e] = block(w, a)
    return sum(mul(mul(d, mul(e, b)), c))
  }
  const w = ones([2, 2])
  const both = (): Tensor[] => [jit(f)(w), grad(f)(w)]
  const expected = withoutPasses(
    passNames.filter(name => !name.startsWith('inline')),
    both,
  )
  sameBits('without passes', withoutPasses(passNames, both), expected)
})

test.run()
