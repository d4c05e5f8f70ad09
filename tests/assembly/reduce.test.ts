import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Opcode, ReduceOp } from '../../assembly/format.js'
import { instruction, makeMachine, operand, runShares } from './assembler.js'
import { floats, guarded, intact, loadKernels, mulberry32, words } from './testing.js'

const test = suite('reduce')
const OPS = Array.from({ length: 10 }, (_, op) => op as ReduceOp)
const isFloat = (op: ReduceOp) => op < ReduceOp.SumI32

interface Case {
  outer: number
  length: number
  inner: number
  /** in elements: [outer, length, inner] of the input and [outer, inner] of the output */
  from: [number, number, number]
  to: [number, number]
  size: number
}

/** Layouts of [outer, length, inner]: which of the three is contiguous decides the kernel. */
function layouts(outer: number, length: number, inner: number): Case[] {
  const size = Math.max(1, outer * length * inner)
  const base = { outer, length, inner, size }
  return [
    { ...base, from: [length * inner, inner, 1], to: [inner, 1] },
    { ...base, from: [length * inner, 1, length], to: [inner, 1] },
    { ...base, from: [1, outer, outer * length], to: [1, outer] },
    { ...base, from: [inner, outer * inner, 1], to: [inner, 1] },
    { ...base, from: [2 * length * inner, 2 * inner, 2], to: [2 * inner, 2], size: 2 * size },
  ]
}

function values(op: ReduceOp, size: number, random: () => number): Float32Array | Int32Array {
  if (!isFloat(op)) return Int32Array.from({ length: size }, () => Math.floor((random() - 0.5) * 2 ** 32))
  if (op === ReduceOp.ProdF32) return Float32Array.from({ length: size }, () => 0.9 + 0.2 * random())
  return Float32Array.from({ length: size }, () => random() * 2 - 1)
}

/** Runs one case as 1, 2 and 3 shares and as its twin; returns both results. */
function reduce(op: ReduceOp, data: Float32Array | Int32Array, { outer, length, inner, from, to }: Case) {
  const machine = makeMachine(loadKernels())
  const { core } = machine
  const source = guarded(core, data.length, data)
  const room = Math.max(1, ...to.map(stride => stride)) * Math.max(1, outer, inner) * 2
  const blank = new Uint32Array(room)
  const out = guarded(core, room, blank)
  const [f, t] = [from.map(x => x * 4), to.map(x => x * 4)]
  const words_ = instruction(
    Opcode.Reduce,
    0,
    op,
    outer,
    length,
    inner,
    operand(0, out.at),
    t,
    operand(0, source.at),
    f,
  )
  let result: Uint32Array | undefined
  for (const parts of [1, 2, 3]) {
    new Uint32Array(core.memory.buffer, out.at, room).set(blank)
    runShares(machine, parts, words_)
    const bits = words(core, out)
    if (result) assert.equal(bits, result, `${parts} shares`)
    result = bits
  }
  assert.ok(intact(core, out) && intact(core, source))
  const twin = guarded(core, room, blank)
  core.naiveReduce(op, outer, length, inner, twin.at, t[0], t[1], source.at, f[0], f[1], f[2])
  return {
    fast: isFloat(op) ? floats(core, out) : result!,
    naive: isFloat(op) ? floats(core, twin) : words(core, twin),
  }
}

test('agrees with its twin in every layout', () => {
  const random = mulberry32(2)
  const shapes = [
    [1, 1, 1], [3, 0, 5], [0, 4, 4], [1, 7, 1], [5, 3, 1], [2, 67, 9], [7, 130, 4], [4, 5, 33], [1, 300, 70],
    [3, 1025, 1], [2, 257, 3],
  ] // biome-ignore format: a table
  for (const op of OPS)
    for (const [outer, length, inner] of shapes)
      for (const layout of layouts(outer, length, inner)) {
        const data = values(op, layout.size, random)
        const { fast, naive } = reduce(op, data, layout)
        // Sums and products round once for each level and lane; the terms are at most 1 (or about 1).
        const scale = op === ReduceOp.SumF32 ? length : op === ReduceOp.ProdF32 ? 40 : 0
        for (let i = 0; i < fast.length; i++) {
          const bound = op === ReduceOp.ProdF32 ? 1e-7 * scale * Math.abs(naive[i]) : 1e-7 * scale
          if (fast[i] !== naive[i] && !(Math.abs(fast[i] - naive[i]) <= bound))
            assert.unreachable(`op ${op}, ${JSON.stringify(layout)} at ${i}: ${fast[i]}, expected ${naive[i]}`)
        }
      }
})

test('wide columns pass in several chunks', () => {
  const random = mulberry32(3)
  const [layout] = layouts(1, 150, 2051)
  const { fast, naive } = reduce(ReduceOp.SumF32, values(ReduceOp.SumF32, layout.size, random), layout)
  for (let i = 0; i < fast.length; i++) assert.ok(Math.abs(fast[i] - naive[i]) < 1e-5)
})

test('a NaN anywhere makes a maximum or minimum NaN, and nothing else', () => {
  for (const op of [ReduceOp.MaxF32, ReduceOp.MinF32])
    for (const [outer, length, inner] of [
      [2, 37, 5],
      [2, 83, 1],
    ])
      for (const layout of layouts(outer, length, inner))
        for (const l of [0, 1, 17, 31, length - 1]) {
          const data = new Float32Array(layout.size).map((_, i) => i % 11)
          data[layout.from[0] + l * layout.from[1] + (inner - 1) * layout.from[2]] = NaN
          const { fast, naive } = reduce(op, data, layout)
          assert.is([...naive].filter(Number.isNaN).length, 1)
          assert.ok(fast.every((x, i) => x === naive[i] || (Number.isNaN(x) && Number.isNaN(naive[i]))))
        }
})

test('infinities pass, and a length of 0 gives the identity', () => {
  const [layout] = layouts(1, 20, 1)
  const data = new Float32Array(20).fill(-Infinity)
  assert.is(reduce(ReduceOp.MaxF32, data, layout).fast[0], -Infinity)
  assert.is(reduce(ReduceOp.SumF32, data, layout).fast[0], -Infinity)
  const expected = [0, -Infinity, Infinity, 1, 0, 0x80000000, 0x7fffffff, 1, 0, 0xffffffff]
  for (const op of OPS)
    for (const empty of layouts(2, 0, 3)) assert.is(reduce(op, new Float32Array(1), empty).fast[0], expected[op])
})

test('long sums keep their accuracy', () => {
  const length = 1 << 20
  const data = new Float32Array(length).fill(0.1)
  const exact = length * Math.fround(0.1)
  const [columns] = layouts(1, length / 8, 8)
  const [row] = layouts(1, length, 1)
  const { fast } = reduce(ReduceOp.SumF32, data, row)
  assert.ok(Math.abs(fast[0] - exact) / exact < 1e-6, `${fast[0]} for ${exact}`)
  const sums = reduce(ReduceOp.SumF32, data, columns).fast
  assert.ok(Math.abs(sums[7] - exact / 8) / (exact / 8) < 1e-6, `${sums[7]} for ${exact / 8}`)
})

test('arg-reduce finds the first extreme, a NaN before all', () => {
  const random = mulberry32(4)
  const machine = makeMachine(loadKernels())
  const { core } = machine
  for (const isMin of [0, 1])
    for (const [outer, length] of [
      [1, 1], [3, 2], [5, 16], [9, 37], [6, 130], [0, 3], [2, 0], [2, 1500],
    ]) // biome-ignore format: a table
      for (const [stride, step, spread] of [
        [length, 1, 1],
        [1, outer, 1],
        [2 * length, 2, 2],
      ])
        for (const kind of [0, 1, 2, 3]) {
          const data = new Float32Array(Math.max(1, outer * length * spread)).map(() =>
            kind === 0 ? random() - 0.5 : kind === 1 ? Math.floor(random() * 3) : kind === 2 ? -Infinity : 0,
          )
          if (kind > 1) for (let i = 0; i < data.length; i += 7) data[i] = [NaN, Infinity, -0, 1][i % 4]
          const source = guarded(core, data.length, data)
          const out = guarded(core, Math.max(1, outer))
          const twin = guarded(core, Math.max(1, outer))
          const strides = [stride * 4, step * 4]
          const words_ = instruction(
            Opcode.ArgReduce,
            0,
            isMin,
            outer,
            length,
            operand(0, out.at),
            4,
            operand(0, source.at),
            strides,
          )
          core.naiveArgReduce(isMin, outer, length, twin.at, 4, source.at, strides[0], strides[1])
          for (const parts of [1, 2, 3]) {
            runShares(machine, parts, words_)
            assert.equal(words(core, out), words(core, twin), `${outer} x ${length}, kind ${kind}, ${parts} shares`)
          }
          assert.ok(intact(core, out) && intact(core, source))
        }
})

test.run()
