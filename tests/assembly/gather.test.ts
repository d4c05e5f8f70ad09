import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CopyVariant, Opcode } from '../../assembly/format.js'
import { instruction, makeMachine, operand, runShares } from './assembler.js'
import { guarded, intact, loadKernels, mulberry32, words } from './testing.js'

const test = suite('take, scatter-add and copies at an index')
const gap = 2

test('take agrees with its twin; indices are clamped', () => {
  const random = mulberry32(9)
  const machine = makeMachine(loadKernels())
  const { core } = machine
  for (const count of [0, 1, 5, 12])
    for (const inner of [0, 1, 2, 3, 4, 7, 16, 65, 300])
      for (const rows of [1, 2, 9])
        for (const stride of [4, 8]) {
          const table = guarded(
            core,
            rows * (inner + gap),
            Uint32Array.from({ length: rows * (inner + gap) }, (_, i) => i),
          )
          const indices = guarded(
            core,
            count * 2,
            Int32Array.from({ length: count * 2 }, () => Math.floor(random() * (rows + 4)) - 2),
          )
          const size = count * (inner + gap)
          const out = guarded(core, size, new Uint32Array(size))
          const twin = guarded(core, size, new Uint32Array(size))
          const row = (inner + gap) * 4
          core.naiveTake(count, inner, rows, twin.at, row, table.at, row, indices.at, stride)
          for (const parts of [1, 2, 3]) {
            new Uint32Array(core.memory.buffer, out.at, size).fill(0)
            runShares(
              machine,
              parts,
              instruction(
                Opcode.Take, 0, count, inner, rows, operand(0, out.at), row, operand(0, table.at), row,
                operand(0, indices.at), stride,
              ), // biome-ignore format: one instruction
            )
            assert.equal(words(core, out), words(core, twin))
          }
          assert.ok(intact(core, out) && intact(core, table) && intact(core, indices))
        }
})

test('scatter-add, of floats, of integers and setting, agrees bit for bit with its twin, whatever the shares', () => {
  const random = mulberry32(10)
  const machine = makeMachine(loadKernels())
  const { core } = machine
  for (const kind of [0, 1, 2])
    for (const count of [0, 1, 5, 40])
      for (const inner of [0, 1, 2, 3, 4, 7, 16, 65])
        for (const rows of [1, 2, 9]) {
          const fill = (n: number) =>
            kind > 0
              ? Int32Array.from({ length: n }, () => Math.floor(random() * 2 ** 32) | 0)
              : Float32Array.from({ length: n }, () => random() - 0.5)
          const row = (inner + gap) * 4
          const updates = guarded(core, count * (inner + gap), fill(count * (inner + gap)))
          const indices = guarded(
            core,
            count * 2,
            Int32Array.from({ length: count * 2 }, () => Math.floor(random() * (rows + 4)) - 2),
          )
          const initial = fill(rows * (inner + gap))
          const out = guarded(core, initial.length, initial)
          const twin = guarded(core, initial.length, initial)
          core.naiveScatterAdd(kind, count, inner, rows, twin.at, row, updates.at, row, indices.at, 8)
          for (const parts of [1, 2, 3]) {
            new Uint8Array(core.memory.buffer, out.at, initial.byteLength).set(new Uint8Array(initial.buffer))
            runShares(
              machine,
              parts,
              instruction(
                Opcode.ScatterAdd, 0, kind, count, inner, rows, operand(0, out.at), row,
                operand(0, updates.at), row, operand(0, indices.at), 8,
              ), // biome-ignore format: one instruction
            )
            assert.equal(words(core, out), words(core, twin))
          }
          assert.ok(intact(core, out) && intact(core, updates) && intact(core, indices))
        }
})

test('a copy at an index agrees with its twin; indices are clamped', () => {
  const random = mulberry32(11)
  const machine = makeMachine(loadKernels())
  const { core } = machine
  for (const writes of [0, 1])
    for (const [height, width] of [
      [1, 1],
      [5, 3],
      [9, 40],
    ])
      for (const [rows, columns] of [
        [1, width],
        [height, 1],
        [height, width],
        [1, 1],
        [Math.ceil(height / 2), Math.ceil(width / 2)],
      ])
        for (const [row, column] of [
          [0, 0],
          [-1, -2147483648],
          [2147483647, 1],
          [1, 2],
        ]) {
          const fill = (n: number) => Uint32Array.from({ length: n }, () => Math.floor(random() * 2 ** 32))
          const [matrixRow, windowRow] = [(width + gap) * 4, (columns + gap) * 4]
          const [before, part] = [fill(height * (width + gap)), fill(rows * (columns + gap))]
          const [matrix, matrixTwin] = [before, before].map(data => guarded(core, data.length, data))
          const [window, windowTwin] = [part, part].map(data => guarded(core, data.length, data))
          const index = guarded(core, 2, Int32Array.of(row, column))
          const limits = [height - rows, width - columns]
          core.naiveCopyAt(
            writes, row, column, ...limits, rows, columns, matrixTwin.at, matrixRow, windowTwin.at, windowRow,
          ) // biome-ignore format: one call
          for (const parts of [1, 2, 3]) {
            new Uint32Array(core.memory.buffer, matrix.at, before.length).set(before)
            new Uint32Array(core.memory.buffer, window.at, part.length).set(part)
            const [to, from] = writes ? [matrix, window] : [window, matrix]
            const [toRow, fromRow] = writes ? [matrixRow, windowRow] : [windowRow, matrixRow]
            runShares(
              machine,
              parts,
              instruction(
                Opcode.CopyAt, 0, 2 | (writes << 8), operand(0, index.at), limits[0], matrixRow,
                operand(0, index.at + 4), limits[1], 4,
                2, CopyVariant.Strided, rows, columns, operand(0, to.at), toRow, 4, operand(0, from.at), fromRow, 4,
              ), // biome-ignore format: one instruction
            )
            assert.equal(words(core, matrix), words(core, matrixTwin))
            assert.equal(words(core, window), words(core, windowTwin))
          }
          assert.ok(intact(core, matrix) && intact(core, window) && intact(core, index))
        }
})

test.run()
