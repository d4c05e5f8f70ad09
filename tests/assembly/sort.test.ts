import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MapOp, Opcode, Sort, SortKind } from '../../assembly/format.js'
import { floatBits } from '../../ts/compiler/lowering.js'
import { instruction, makeMachine, operand, runShares } from './assembler.js'
import { guarded, intact, loadKernels, mulberry32, words } from './testing.js'

const test = suite('sort and running reductions')

const SPECIAL = [0, -0, 1, -1, Infinity, -Infinity, 1e-40, -1e-40].map(floatBits).concat(0x7fc00000, 0xffc00001)

/** Rows of words: any, few different ones, such as make every digit but one the same, and ends of the domain. */
const fills: [string, (random: () => number) => number][] = [
  ['any bits', random => Math.floor(random() * 2 ** 32)],
  ['few values', random => Math.floor(random() * 3)],
  ['floats in [-1, 1)', random => floatBits(2 * random() - 1)],
  ['one high digit', random => Math.floor(random() * 200) * 2 ** 21],
  ['special floats', random => SPECIAL[Math.floor(random() * SPECIAL.length)]],
]

const isNaNWord = (word: number): boolean => (word & 0x7fffffff) > 0x7f800000

for (const [name, fill] of fills) {
  test(`sort agrees with its twin: ${name}`, () => {
    const random = mulberry32(12)
    const machine = makeMachine(loadKernels())
    const { core } = machine
    for (const kind of [SortKind.Float, SortKind.Signed, SortKind.Unsigned])
      for (const descending of [0, 1])
        for (const [rows, length] of [
          [1, 1],
          [3, 2],
          [5, 48],
          [2, 49],
          [1, 700],
          [1, 4096],
        ]) {
          if (length > 1000 && (kind === SortKind.Unsigned || descending === 1)) continue
          const data = Uint32Array.from({ length: rows * length }, () => fill(random))
          const source = guarded(core, data.length, data)
          const order = guarded(core, data.length, new Uint32Array(data.length))
          for (let r = 0; r < rows; r++)
            core.naiveSort(kind, descending, length, order.at + r * length * 4, source.at + r * length * 4)
          const expected = words(core, order)
          const valueAt = (r: number, i: number): number => {
            const word = data[r * length + expected[r * length + i]]
            return kind === SortKind.Float && isNaNWord(word) ? 0x7fc00000 : word
          }
          for (const keep of new Set([length, Math.ceil(length / 3), 1, 0])) {
            const groups = Math.min(rows, 2)
            const scratch = guarded(core, groups * (length * 4 + Sort.Counts / 4))
            const rowsOf = <T>(at: (r: number, i: number) => T): T[] =>
              Array.from({ length: rows * keep }, (_, k) => at(Math.floor(k / keep), k % keep))
            const untouched = new Uint32Array(rows * keep).fill(7)
            const [values, indices] = [0, 0].map(() => guarded(core, rows * keep, untouched))
            for (const flags of [Sort.Values, Sort.Indices, Sort.Values | Sort.Indices])
              for (const parts of [1, 3]) {
                for (const { at } of [values, indices])
                  new Uint32Array(core.memory.buffer, at, rows * keep).set(untouched)
                runShares(
                  machine,
                  parts,
                  instruction(
                    Opcode.Sort, 0, kind | flags | (descending ? Sort.Descending : 0), rows, length, keep, groups,
                    operand(0, values.at), operand(0, indices.at), operand(0, source.at), operand(0, scratch.at),
                  ), // biome-ignore format: one instruction
                )
                const canonical = words(core, values).map(word =>
                  kind === SortKind.Float && isNaNWord(word) ? 0x7fc00000 : word,
                )
                assert.equal([...canonical], flags & Sort.Values ? rowsOf(valueAt) : [...untouched])
                assert.equal(
                  [...words(core, indices)],
                  flags & Sort.Indices ? rowsOf((r, i) => expected[r * length + i]) : [...untouched],
                )
                assert.ok(intact(core, values) && intact(core, indices) && intact(core, scratch))
              }
          }
          assert.ok(intact(core, source))
        }
  })
}

const OPS = [
  MapOp.AddF, MapOp.MulF, MapOp.MaxF, MapOp.MinF, MapOp.MulAddF,
  MapOp.AddI, MapOp.MulI, MapOp.MaxI, MapOp.MinI, MapOp.MaxU, MapOp.MinU,
] // biome-ignore format: floats, integers

test('running reductions agree with their twins bit for bit, whatever the shares', () => {
  const random = mulberry32(13)
  const machine = makeMachine(loadKernels())
  const { core } = machine
  for (const op of OPS)
    for (const reverse of [0, 1])
      for (const [outer, length, inner] of [
        [1, 1, 1],
        [3, 5, 1],
        [2, 9, 3],
        [2, 4, 16],
        [1, 3, 1100],
        [2, 0, 3],
        [2, 3, 0],
      ]) {
        const size = outer * length * inner
        const isInteger = op >= MapOp.NegI
        const draw = () =>
          isInteger ? Math.floor(random() * 2 ** 32) : random() < 0.03 ? 0x7fc00000 : floatBits(2 * random() - 1)
        const [data, more] = [0, 1].map(() => Uint32Array.from({ length: size }, draw))
        const source = guarded(core, size, data)
        const factors = guarded(core, size, more)
        const out = guarded(core, size, new Uint32Array(size))
        const twin = guarded(core, size, new Uint32Array(size))
        core.naiveCumulate(op, reverse, outer, length, inner, twin.at, source.at, factors.at)
        const canonical = (buffer: typeof out) =>
          words(core, buffer).map(word => (!isInteger && isNaNWord(word) ? 0x7fc00000 : word))
        for (const parts of [1, 2, 3]) {
          new Uint32Array(core.memory.buffer, out.at, size).fill(0)
          runShares(
            machine,
            parts,
            instruction(
              Opcode.Cumulate, 0, op | (reverse << 16), outer, length, inner,
              operand(0, out.at), operand(0, source.at), operand(0, factors.at),
            ), // biome-ignore format: one instruction
          )
          assert.equal(canonical(out), canonical(twin))
        }
        assert.ok(intact(core, out) && intact(core, source) && intact(core, factors))
      }
})

test.run()
