import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CopyVariant, Opcode } from '../../assembly/format.js'
import { instruction, makeMachine, operand, runShares } from './assembler.js'
import { floats, type Guarded, guarded, intact, loadKernels, mulberry32, words } from './testing.js'

const test = suite('copy')

/** Strides in elements of a contiguous array of these dimensions. */
function contiguous(dims: number[]): number[] {
  return dims.map((_, d) => dims.slice(d + 1).reduce((product, n) => product * n, 1))
}

/** Copies as 1, 2 and 3 shares and as the twin does, and compares; offsets and strides are in elements. */
function check(
  variant: CopyVariant,
  dims: number[],
  out: { strides: number[]; offset: number; size: number },
  source: { strides: number[]; offset: number; size: number },
) {
  const machine = makeMachine(loadKernels())
  const { core } = machine
  const from = guarded(
    core,
    source.size,
    Uint32Array.from({ length: source.size }, (_, i) => 0x7fc00000 + i),
  )
  const to = guarded(core, out.size)
  const twin = guarded(core, out.size)
  const bytes = (list: number[]) => Int32Array.from(list, x => x * 4)
  const table = (list: Int32Array) => guarded(core, list.length, list).at
  new Uint32Array(core.memory.buffer, twin.at, out.size).fill(0)
  core.naiveCopy(
    dims.length, table(Int32Array.from(dims)), table(bytes(out.strides)), table(bytes(source.strides)),
    twin.at + out.offset * 4, from.at + source.offset * 4,
  ) // biome-ignore format: one call
  for (const parts of [1, 2, 3]) {
    new Uint32Array(core.memory.buffer, to.at, out.size).fill(0)
    const place = (buffer: Guarded, { offset, strides }: typeof out) => [
      ...operand(0, buffer.at + offset * 4),
      ...bytes(strides),
    ]
    runShares(
      machine,
      parts,
      instruction(Opcode.Copy, 0, dims.length, variant, dims, place(to, out), place(from, source)),
    )
    assert.equal(words(core, to), words(core, twin), `${dims}, ${out.strides} from ${source.strides}, ${parts} shares`)
  }
  assert.ok(intact(core, to) && intact(core, from))
}

test('agrees with its twin on permuted, flipped, broadcast and sliced layouts', () => {
  const random = mulberry32(8)
  for (let round = 0; round < 300; round++) {
    const rank = Math.floor(random() * 5)
    const dims = Array.from({ length: rank }, () => Math.floor(random() ** 2 * 9) + (random() < 0.05 ? 0 : 1))
    const size = Math.max(
      1,
      dims.reduce((product, n) => product * n, 1),
    )
    const layout = (mayRepeat: boolean) => {
      const order = dims.map((_, d) => d).sort(() => (random() < 0.3 ? random() - 0.5 : 0))
      const spread = random() < 0.3 ? 2 : 1
      const natural = contiguous(order.map(d => dims[d]))
      const strides = dims.map((_, d) => natural[order.indexOf(d)] * spread)
      let offset = 0
      for (let d = 0; d < rank; d++) {
        if (mayRepeat && random() < 0.15) strides[d] = 0
        else if (random() < 0.15 && dims[d] > 0) {
          offset += strides[d] * (dims[d] - 1)
          strides[d] = -strides[d]
        }
      }
      return { strides, offset, size: size * spread }
    }
    check(CopyVariant.Strided, dims, layout(false), layout(true))
  }
})

test('long runs, few rows, and a single run for all shares', () => {
  for (const dims of [[1000], [2, 700], [3, 1, 65], [700, 2], [130, 64]]) {
    const natural = contiguous(dims)
    const size = dims.reduce((a, b) => a * b, 1)
    check(CopyVariant.Strided, dims, { strides: natural, offset: 0, size }, { strides: natural, offset: 0, size })
    const padded = [...natural]
    padded[0] += 1
    check(
      CopyVariant.Strided,
      dims,
      { strides: natural, offset: 0, size },
      { strides: padded, offset: 0, size: size + dims[0] },
    )
  }
})

test('transposes any size, in batches, from and to padded matrices', () => {
  for (const [rows, columns] of [
    [1, 1],
    [3, 5],
    [4, 4],
    [7, 9],
    [8, 3],
    [8, 8],
    [12, 20],
    [17, 33],
    [9, 1030],
    [64, 64],
    [2, 100],
    [0, 4],
    [4, 0],
  ])
    for (const batch of [1, 3])
      for (const pad of [0, 1]) {
        const [from, to] = [rows + pad, columns + pad]
        check(
          CopyVariant.Transpose,
          [batch, rows, columns],
          { strides: [rows * to, to, 1], offset: 0, size: Math.max(1, batch * rows * to) },
          { strides: [columns * from, 1, from], offset: 0, size: Math.max(1, batch * columns * from) },
        )
        if (batch === 1)
          check(
            CopyVariant.Transpose,
            [rows, columns],
            { strides: [to, 1], offset: 0, size: Math.max(1, rows * to) },
            { strides: [1, from], offset: 0, size: Math.max(1, columns * from) },
          )
      }
})

test('fill and iota write exactly their words', () => {
  const machine = makeMachine(loadKernels())
  const { core } = machine
  for (const count of [0, 1, 3, 4, 5, 16, 63, 64, 65, 100, 1001])
    for (const parts of [1, 2, 3]) {
      const out = guarded(core, count)
      for (const bits of [0, 0xffffffff, 0x3f800000, 7]) {
        runShares(machine, parts, instruction(Opcode.Fill, 0, count, bits, operand(0, out.at)))
        assert.equal(words(core, out), new Uint32Array(count).fill(bits))
      }
      runShares(machine, parts, instruction(Opcode.Iota, 0, 0, count, operand(0, out.at)))
      assert.equal(
        words(core, out),
        Uint32Array.from({ length: count }, (_, i) => i),
      )
      runShares(machine, parts, instruction(Opcode.Iota, 0, 1, count, operand(0, out.at)))
      assert.equal(
        floats(core, out),
        Float32Array.from({ length: count }, (_, i) => i),
      )
      assert.ok(intact(core, out))
    }
})

test.run()
