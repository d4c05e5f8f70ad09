// Differential fuzzing: random programs, run by the reference interpreter and by the machine.
import { suite } from 'uvu'
import { checkProgram, printProgram } from '../ts/core/program.js'
import type { NdArray } from '../ts/ops/laws.js'
import { closedFunction } from '../ts/transforms/function.js'
import { forAll, fromTensor, toTensor } from './comparing.js'
import { functionLaws } from './function-laws.js'
import { setting } from './platform.js'
import { randomProgram } from './random-programs.js'
import { interpret } from './reference-interpreter.js'

const test = suite('random programs')

for (const [title, law] of Object.entries(functionLaws)) {
  test(title, () =>
    forAll(
      Number(setting('RUNS') ?? 40),
      draw => {
        const { f, inputs } = randomProgram(draw)
        const { program, captured } = closedFunction('random', f, [inputs.map(toTensor)])
        checkProgram(program)
        const constants = captured.map(fromTensor)
        const reference = (xs: readonly NdArray[]) => interpret(program, [...constants, ...xs])
        try {
          law({ f, inputs, reference, tolerance: 5e-4 }, draw)
        } catch (error) {
          throw new Error(`${(error as Error).message}\n${printProgram(program)}`, { cause: error })
        }
      },
      Number(setting('SEED') ?? 20260),
    ),
  )
}

test.run()
