import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Opcode, ThreefryKind } from '../../assembly/format.js'
import { instruction, makeMachine, operand, runShares } from './assembler.js'
import { guarded, intact, loadKernels, words } from './testing.js'

const test = suite('threefry')

test('gives the known answers of Random123 (Salmon et al., 2011)', () => {
  const core = loadKernels()
  for (const [k0, k1, c0, c1, x0, x1] of [
    [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
  ]) {
    const out = guarded(core, 2)
    core.threefry(ThreefryKind.Split, out.at, 1, k0, k1, c0, c1)
    assert.equal([...words(core, out)], [x0, x1])
    core.naiveThreefry(out.at, k0, k1, c0, c1)
    assert.equal([...words(core, out)], [x0, x1])
    assert.ok(intact(core, out))
  }
})

test('agrees with its twin for any count, key and share', () => {
  const machine = makeMachine(loadKernels())
  const { core } = machine
  const pair = guarded(core, 2)
  for (const kind of [ThreefryKind.Bits, ThreefryKind.Split, ThreefryKind.SplitAt])
    for (const keys of [1, 2, 5])
      for (const count of [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 31, 100]) {
        const key = guarded(
          core,
          keys * 5,
          Uint32Array.from({ length: keys * 5 }, (_, i) => Math.imul(i + 1, 0x9e3779b9)),
        )
        const width = count * (kind === ThreefryKind.Bits ? 1 : 2)
        const out = guarded(core, keys * (width + 1), new Uint32Array(keys * (width + 1)))
        const expected = new Uint32Array(keys * (width + 1))
        for (let k = 0; k < keys; k++)
          for (let i = 0; i < count; i++) {
            const [k0, k1, c0, c1] = words(core, key).subarray(k * 5)
            if (kind === ThreefryKind.SplitAt) core.naiveThreefry(pair.at, k0, k1, c0, c1 + i)
            else core.naiveThreefry(pair.at, k0, k1, 0, i)
            const [x0, x1] = words(core, pair)
            if (kind === ThreefryKind.Bits) expected[k * (width + 1) + i] = x0 ^ x1
            else expected.set([x0, x1], k * (width + 1) + 2 * i)
          }
        for (const parts of [1, 2, 3]) {
          new Uint32Array(core.memory.buffer, out.at, out.words).fill(0)
          runShares(
            machine,
            parts,
            instruction(
              Opcode.Threefry,
              0,
              kind,
              keys,
              count,
              operand(0, out.at),
              (width + 1) * 4,
              operand(0, key.at),
              20,
            ),
          )
          assert.equal(words(core, out), expected, `${keys} x ${count}, ${parts} shares`)
        }
        assert.ok(intact(core, out) && intact(core, key))
      }
})

test.run()
