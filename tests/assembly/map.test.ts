// Map against its element-by-element twin, bit for bit: every operation, every way a register can lie in memory.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { MapOp, State } from '../../assembly/format.js'
import { type Guarded, guarded, intact, loadKernels, mulberry32, words } from './testing.js'

const core = loadKernels()

interface Layout {
  /** Byte strides, one for each dimension. */
  strides: number[]
  /** Where element [0, 0, ...] lies, in bytes from the buffer's start. */
  origin: number
  words: number
}

interface Case {
  dims: number[]
  inputs: { data: Uint32Array; layout: Layout }[]
  /** `sharing`: the input whose memory (and layout) the output takes. */
  outputs: { layout: Layout; sharing?: number }[]
  operations: { op: MapOp; dst: number; sources: number[] }[]
}

const LOOP_COUNTERS = [3, 5]
const LOOP_STEPS = [-8, 16]
const EXTENT_REGISTER = 7

function contiguous(dims: number[]): Layout {
  const strides = dims.map((_, d) => 4 * dims.slice(d + 1).reduce((size, n) => size * n, 1))
  return { strides, origin: 0, words: dims.reduce((size, n) => size * n, 1) }
}

/** Runs the case in fresh memory; returns all its buffers' words. The first extent is read from a register, the operands
 *  are addressed from inside two loops. */
function run(name: 'mapInstruction' | 'naiveMapInstruction', { dims, inputs, outputs, operations }: Case, parts = 1) {
  core.release()
  const inputBuffers = inputs.map(({ data }) => guarded(core, data.length, data))
  const outputBuffers = outputs.map(({ layout, sharing }) =>
    sharing === undefined
      ? guarded(core, layout.words, new Uint32Array(layout.words).fill(0x5eed))
      : inputBuffers[sharing],
  )
  const buffers = [...inputBuffers, ...outputBuffers]
  const layouts = [...inputs, ...outputs].map(({ layout }) => layout)
  const tiles = guarded(core, State.TileBytes / 4)
  const state = guarded(core, State.Size / 4)
  const slots = guarded(
    core,
    buffers.length,
    Uint32Array.from(buffers, ({ at }) => at),
  )
  const loops = LOOP_COUNTERS.reduce((sum, counter, d) => sum + counter * LOOP_STEPS[d], 0)
  const code = [dims.length | (inputs.length << 8) | (outputs.length << 16) | (operations.length << 24)]
  code.push(0x80000000 | EXTENT_REGISTER, ...dims.slice(1))
  for (const [slot, { strides, origin }] of layouts.entries())
    code.push(slot, origin - loops, ...LOOP_STEPS, ...strides)
  for (const { op, dst, sources } of operations) {
    code.push(op | (dst << 16), (sources[0] ?? 0) | ((sources[1] ?? 0) << 8) | ((sources[2] ?? 0) << 16))
  }
  const program = guarded(core, code.length, Int32Array.from(code))
  for (let part = 0; part < parts; part++) {
    // Each share has a scratch of its own, so nothing may be left there from the one before.
    new Uint32Array(core.memory.buffer, tiles.at, tiles.words).fill(0x7fc0dead)
    const view = new Uint32Array(core.memory.buffer, state.at, State.Size / 4)
    view[State.Slots / 4] = slots.at
    view[State.Depth / 4] = LOOP_COUNTERS.length
    view[State.Part / 4] = part
    view[State.Parts / 4] = parts
    view[State.Tiles / 4] = tiles.at
    view[State.Extents / 4 + EXTENT_REGISTER] = dims[0]
    for (const [d, counter] of LOOP_COUNTERS.entries()) view[State.Loops / 4 + 4 * d] = counter
    core[name](program.at, state.at)
  }
  for (const buffer of [...buffers, tiles, state, slots, program]) assert.ok(intact(core, buffer), 'canaries')
  return buffers.map(buffer => canonical(words(core, buffer as Guarded)))
}

/** All NaNs made one: their payloads are unspecified. */
function canonical(data: Uint32Array): Uint32Array {
  return data.map(word => ((word & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : word))
}

function check(what: Case, note: string, allParts = [1, 2, 3]) {
  const expected = run('naiveMapInstruction', what)
  for (const parts of allParts) {
    const actual = run('mapInstruction', what, parts)
    for (const [b, buffer] of actual.entries()) {
      const at = buffer.findIndex((word, i) => word !== expected[b][i])
      if (at >= 0)
        assert.unreachable(`${note}, ${parts} parts: buffer ${b} word ${at}: ${buffer[at]}, not ${expected[b][at]}`)
    }
  }
}

const random = mulberry32(17)
const below = (n: number) => Math.floor(random() * n)
const floatBits = new Float32Array(1)

const SPECIAL = [
  0,
  -0,
  1,
  -1,
  0.5,
  -1.5,
  2.5,
  Number.NaN,
  Infinity,
  -Infinity,
  1e-45,
  -1e-40,
  3e38,
  2147483648,
  -4e9,
  4e9,
]

function randomFloat(): number {
  floatBits[0] = below(8) === 0 ? SPECIAL[below(SPECIAL.length)] : (random() - 0.5) * 10 ** below(4)
  return new Uint32Array(floatBits.buffer)[0]
}

const INTEGERS = [0, 1, -1, 2, -2, 31, 32, 33, 0x7fffffff, -0x80000000, 0x7ffffffe]

function randomInteger(): number {
  return below(3) === 0 ? INTEGERS[below(INTEGERS.length)] : below(2) ? below(0x100000000) : below(64)
}

const data = (count: number, one: () => number) => Uint32Array.from({ length: count }, one)

interface Known {
  op: MapOp
  sources: number
  kind: 'float' | 'integer' | 'power' | 'select'
}

const range = (from: MapOp, to: MapOp, sources: number, kind: Known['kind']): Known[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ op: from + i, sources, kind }))

const ALL: Known[] = [
  ...range(MapOp.Copy, MapOp.ReciprocalF, 1, 'float'),
  ...range(MapOp.ExpF, MapOp.AsinhF, 1, 'float'),
  ...range(MapOp.AddF, MapOp.HypotF, 2, 'float'),
  ...range(MapOp.EqF, MapOp.GeF, 2, 'float'),
  ...range(MapOp.MulAddF, MapOp.MulAddF, 3, 'float'),
  ...range(MapOp.NegI, MapOp.ClzI, 1, 'integer'),
  ...range(MapOp.AddI, MapOp.ShrU, 2, 'integer'),
  ...range(MapOp.PowI, MapOp.PowI, 2, 'power'),
  ...range(MapOp.PowU, MapOp.PowU, 2, 'integer'),
  ...range(MapOp.EqI, MapOp.GeU, 2, 'integer'),
  ...range(MapOp.NotB, MapOp.NotB, 1, 'integer'),
  ...range(MapOp.Select, MapOp.Select, 3, 'select'),
  ...range(MapOp.F32ToI32, MapOp.F32ToU32, 1, 'float'),
  ...range(MapOp.I32ToF32, MapOp.U32ToF32, 1, 'integer'),
  ...range(MapOp.F32ToBool, MapOp.F32ToBool, 1, 'float'),
  ...range(MapOp.I32ToBool, MapOp.I32ToBool, 1, 'integer'),
]

/** Contents for source `index` of an operation. */
function source({ kind }: Known, index: number, count: number): Uint32Array {
  if (kind === 'float') return data(count, randomFloat)
  if (kind === 'power' && index === 1) return data(count, () => below(300) - 40)
  if (kind === 'select' && index === 0) return data(count, () => below(3))
  return data(count, randomInteger)
}

for (const known of ALL) {
  test(`operation ${known.op} on 0 to 67 elements, unaligned, in place`, () => {
    for (let count = 0; count <= 67; count++) {
      const placed = (index: number) => {
        const shift = (count + index) % 4
        const layout = { strides: [4], origin: 4 * shift, words: count + shift }
        return { layout, data: source(known, index, layout.words) }
      }
      // The operation's arguments lie in the registers in rotating order.
      const sources = Array.from({ length: known.sources }, (_, index) => (index + count) % known.sources)
      const inputs = sources.map((_, register) => placed(sources.indexOf(register)))
      const operations = [{ op: known.op, dst: known.sources, sources }]
      const note = `${count} elements`
      check({ dims: [count], inputs, outputs: [{ layout: placed(3).layout }], operations }, note, [1])
      for (const [sharing, { layout }] of inputs.entries()) {
        check({ dims: [count], inputs, outputs: [{ layout, sharing }], operations }, `${note} in place ${sharing}`, [1])
      }
    }
  })
}

/** A layout with the dimensions in any order, gaps, negative strides and, if allowed, broadcasts. */
function randomLayout(dims: number[], broadcast: boolean): Layout {
  const order = dims.map((_, d) => d)
  const plain = below(3) === 0
  if (!plain && below(2)) order.sort(() => random() - 0.5)
  const strides: number[] = Array(dims.length).fill(0)
  let size = 1
  let origin = 0
  for (const d of order.reverse()) {
    if (broadcast && below(4) === 0) continue
    strides[d] = 4 * size
    size *= dims[d]
    if (!plain && below(4) === 0) size += below(4)
    if (!plain && below(4) === 0) {
      origin += (dims[d] - 1) * strides[d]
      strides[d] = -strides[d]
    }
  }
  return { strides, origin, words: size + 3 }
}

const CHAINABLE = ALL.filter(({ kind, op }) => kind === 'float' && op < MapOp.NegI && op !== MapOp.IsFiniteF)

function randomCase(dims: number[]): Case {
  const inputs = Array.from({ length: 1 + below(3) }, () => {
    const layout = randomLayout(dims, true)
    return { layout, data: data(layout.words, randomFloat) }
  })
  const outputs: Case['outputs'] = Array.from({ length: 1 + below(2) }, (_, index) => {
    const inPlace = inputs[index]?.layout.strides.every((stride, d) => stride !== 0 || dims[d] === 1) && below(2) === 0
    return inPlace ? { layout: inputs[index].layout, sharing: index } : { layout: randomLayout(dims, false) }
  })
  const memories = inputs.length + outputs.length
  const temporaries = below(4)
  const destinations = Array.from({ length: outputs.length + temporaries }, (_, i) => inputs.length + i)
  destinations.sort(() => random() - 0.5)
  const readable = inputs.map((_, index) => index)
  const operations = destinations.map(dst => {
    const { op, sources } = CHAINABLE[below(CHAINABLE.length)]
    const operation = { op, dst, sources: Array.from({ length: sources }, () => readable[below(readable.length)]) }
    readable.push(dst)
    return operation
  })
  assert.ok(operations.length >= outputs.length && memories < 64)
  return { dims, inputs, outputs, operations }
}

for (let rank = 1; rank <= 5; rank++) {
  test(`random chains and layouts of rank ${rank}`, () => {
    for (let trial = 0; trial < 300; trial++) {
      const dims = Array.from({ length: rank }, () => 1 + below([1500, 40, 12, 7, 5][rank - 1]))
      if (below(3) === 0) dims[below(rank)] = 1
      const what = randomCase(dims)
      check(what, JSON.stringify({ ...what, inputs: what.inputs.map(({ layout }) => layout) }))
    }
  })
}

test('rows of every length class', () => {
  for (const cols of [1, 2, 3, 4, 5, 63, 64, 65, 255, 256, 257, 511, 512, 513, 1024, 1537]) {
    for (const rows of [1, 2, 3, 130]) {
      for (let trial = 0; trial < 4; trial++) check(randomCase([rows, cols]), `${rows} x ${cols}`)
    }
  }
})

test('broadcasts of rows, columns and scalars', () => {
  for (const dims of [
    [300, 4],
    [7, 100],
    [3, 700],
    [5, 6, 130],
  ]) {
    const full = contiguous(dims)
    const rank = dims.length
    const only = (kept: number[]) => {
      const strides = contiguous(dims.map((n, d) => (kept.includes(d) ? n : 1))).strides
      return { ...full, strides: strides.map((stride, d) => (kept.includes(d) ? stride : 0)) }
    }
    const layouts = [full, only([rank - 1]), only([rank - 2]), only([])]
    const inputs = layouts.map(layout => ({ layout, data: data(layout.words, randomFloat) }))
    const operations = [
      { op: MapOp.MulAddF, dst: 5, sources: [0, 1, 2] },
      { op: MapOp.SubF, dst: 4, sources: [5, 3] },
    ]
    check({ dims, inputs, outputs: [{ layout: full, sharing: 0 }], operations }, String(dims))
  }
})

test('an input written in place may still be read by later operations', () => {
  const layout = contiguous([3, 700])
  const inputs = [0, 1].map(() => ({ layout, data: data(layout.words, randomFloat) }))
  const operations = [
    { op: MapOp.AddF, dst: 2, sources: [0, 1] },
    { op: MapOp.MulF, dst: 3, sources: [0, 2] },
  ]
  check({ dims: [3, 700], inputs, outputs: [{ layout, sharing: 0 }, { layout }], operations }, 'in place')
})

test('rank 8, and an extent of zero', () => {
  for (let trial = 0; trial < 20; trial++) check(randomCase(Array.from({ length: 8 }, () => 1 + below(3))), 'rank 8')
  const empty = { ...randomCase([4, 3]), dims: [0, 3] }
  check(empty, 'empty')
})

test.run()
