// What compiled code is shared by.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { prepareProgram, runPrepared } from '../../ts/core/execute.js'
import { add, mul, ones, type Tensor } from '../../ts/index.js'
import { traced } from '../compiler/tracing.js'

test('programs that say the same share their code; those that only look alike do not', () => {
  const x = ones([3])
  const program = (op: typeof add, number: number) => traced((x: Tensor) => op(op(x, x), number), x)
  const sum = prepareProgram(program(add, 3))
  const product = prepareProgram(program(mul, 3))
  const other = prepareProgram(program(add, 4))
  assert.is(new Set([sum, product, other, prepareProgram(program(add, 3), [true])]).size, 4)
  for (let round = 0; round < 2; round++) {
    assert.is(prepareProgram(program(add, 3)), sum)
    assert.is(prepareProgram(program(mul, 3)), product)
    assert.is(prepareProgram(program(add, 4)), other)
  }
  const values = [sum, product, other].map(runnable => runPrepared(runnable, [x])[0].toArray())
  assert.equal(values, [[5, 5, 5], [3, 3, 3], [6, 6, 6]]) // biome-ignore format: rows
})

test.run()
