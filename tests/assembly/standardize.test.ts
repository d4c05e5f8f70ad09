import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Opcode, Standardize } from '../../assembly/format.js'
import { floatBits } from '../../ts/compiler/lowering.js'
import { instruction, makeMachine, operand, runShares } from './assembler.js'
import { floats, guarded, intact, loadKernels, mulberry32, words } from './testing.js'

const test = suite('standardize')

test('agrees with its twin, on any row length, far from zero too, in any number of shares', () => {
  const random = mulberry32(11)
  const machine = makeMachine(loadKernels())
  const { core } = machine
  for (const length of [1, 2, 3, 4, 5, 8, 13, 128, 1023, 1030, 5000]) {
    for (const offset of [0, 1000]) {
      for (const flags of [0, 1, 2, 3]) {
        const [rows, isDerivative] = [5, (flags & Standardize.Derivative) !== 0]
        const draw = () =>
          Float32Array.from({ length: rows * length }, () => random() * 2 - 1 + (isDerivative ? 0 : offset))
        const [source, results] = [guarded(core, rows * length, draw()), guarded(core, rows * length, draw())]
        const start = Float32Array.from({ length: rows }, () => random() + 0.5)
        const [out, twin] = [guarded(core, rows * length), guarded(core, rows * length)]
        const [factors, twinFactors] = [guarded(core, rows, start), guarded(core, rows, start)]
        const operands = [out, factors, source, ...(isDerivative ? [results] : [])].map(x => operand(0, x.at))
        const program = instruction(Opcode.Standardize, 0, flags, rows, length, floatBits(0.01), ...operands)
        let first: Uint32Array | undefined
        for (const parts of [1, 2, 3]) {
          runShares(machine, parts, program)
          if (first) assert.equal(words(core, out), first, `${parts} shares give other bits`)
          first = words(core, out)
        }
        core.naiveStandardize(flags, rows, length, 0.01, twin.at, twinFactors.at, source.at, results.at)
        const pairs = [
          [floats(core, out), floats(core, twin)],
          [floats(core, factors), floats(core, twinFactors)],
        ]
        const isClose = (a: number, b: number) => Math.abs(a - b) <= (offset ? 5e-4 : 4e-6) * Math.max(1, Math.abs(b))
        for (const [own, expected] of pairs) {
          own.forEach((value, i) => {
            if (isClose(value, expected[i])) return
            assert.unreachable(
              `length ${length}, offset ${offset}, flags ${flags}, ${i}: ${value}, expected ${expected[i]}`,
            )
          })
        }
        assert.ok([out, factors, source, results].every(x => intact(core, x)))
      }
    }
  }
})

test.run()
