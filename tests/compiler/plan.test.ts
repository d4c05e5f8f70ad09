// The memory plan and what lowering leaves uncopied.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Opcode } from '../../assembly/format.js'
import { gptWorkload, lstmWorkload, type Workload } from '../../bench/workloads.js'
import { isOperand, planMemory } from '../../ts/compiler/plan.js'
import { prepareProgram } from '../../ts/core/execute.js'
import { add, exp, grad, jit, matmul, mul, ones, scan, sum, type Tensor, tanh, zeros } from '../../ts/index.js'
import { closedFunction } from '../../ts/transforms/function.js'

const MB = 1e6

function executableOf(f: (...args: never[]) => unknown, ...args: unknown[]) {
  return prepareProgram(closedFunction('plan', f, args).program).executable
}

test('the peak of the LSTM and of the GPT training step', () => {
  const peak = <P, S>({ step, params, state, x, y }: Workload<P, S>) =>
    jit(step as (...args: unknown[]) => unknown, { donate: [0, 1] }).compile(params, state, x, y).peakBytes
  const [lstm, gpt] = [peak(lstmWorkload()), peak(gptWorkload())]
  assert.ok(lstm <= 40 * MB, `W2 plans ${lstm} bytes`)
  assert.ok(gpt <= 110 * MB, `W5 plans ${gpt} bytes`)
})

test('buffers that live at the same time do not overlap', () => {
  const { params, state, x, y, step } = lstmWorkload({ vocabulary: 11, embedding: 5, hidden: 7, batch: 3, length: 4 })
  const { instructions } = executableOf(step as never, params, state, x, y)
  const arena = [
    ...new Set(instructions.flatMap(({ fields }) => fields.filter(isOperand).map(({ view }) => view.buffer))),
  ].filter(({ slot }) => slot === null)
  const { offsets, lives, peak } = planMemory(instructions, arena)
  for (const a of arena) {
    const lifeA = lives.get(a)!
    assert.ok(offsets.get(a)! + a.bytes <= peak)
    for (const b of arena) {
      const lifeB = lives.get(b)!
      // One that dies where the other is born may share its place with it, element by element.
      const meet = a !== b && lifeA.first < lifeB.last && lifeB.first < lifeA.last
      if (!meet) continue
      const [atA, atB] = [offsets.get(a)!, offsets.get(b)!]
      assert.ok(atA + a.bytes <= atB || atB + b.bytes <= atA, 'two live buffers overlap')
    }
  }
})

test('a recurrence and its gradient copy nothing inside their loops', () => {
  const loss = (w: Tensor, xs: Tensor) =>
    sum(
      scan(
        (h: Tensor, x: Tensor) => {
          const next = tanh(add(x, matmul(h, w)))
          return [next, next]
        },
        zeros([4, 8]),
        xs,
      )[1],
    )
  const { instructions } = executableOf(grad(loss) as never, zeros([8, 8]), zeros([16, 4, 8]))
  const inLoops = instructions.filter(({ depth, opcode }) => depth > 0 && opcode !== Opcode.End)
  assert.ok(inLoops.length > 0)
  assert.not(inLoops.some(({ opcode }) => opcode === Opcode.Copy || opcode === Opcode.Pack))
})

test('results take the place of donated arguments', () => {
  const f = (p: Tensor, q: Tensor, g: Tensor) => [add(p, g), mul(q, g), sum(g)]
  const { program } = closedFunction('plan', f as never, [zeros([8]), zeros([8]), zeros([8])])
  assert.equal(prepareProgram(program, [true, true, false]).executable.aliases.slice(0, 2), [0, 1])
  assert.equal(prepareProgram(program).executable.aliases, [-1, -1, -1])
})

test('a donated argument that is read after a result is written keeps its place', () => {
  const f = (p: Tensor) => [exp(p), sum(exp(mul(p, 2)))]
  const step = jit(f, { donate: [0] })
  const [y, total] = step(ones([5]))
  assert.ok(Array.from(y.data()).every(value => Math.abs(value - Math.E) < 1e-6))
  assert.ok(Math.abs(total.item() - 5 * Math.exp(2)) < 1e-4)
})

test.run()
