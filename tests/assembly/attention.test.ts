import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Attention, Opcode } from '../../assembly/format.js'
import { floatBits } from '../../ts/compiler/lowering.js'
import { instruction, makeMachine, operand, runShares } from './assembler.js'
import { floats, type Guarded, guarded, intact, loadKernels, mulberry32, words } from './testing.js'

const test = suite('attention')

const padded = (n: number): number => Math.ceil(n / 8) * 8

interface Sizes {
  queries: number
  keys: number
  depth: number
  width: number
}

/** Sizes below, at and above those of tiles and blocks (5, 8, 40, 128). */
const SIZES: Sizes[] = [
  { queries: 1, keys: 1, depth: 1, width: 1 },
  { queries: 4, keys: 9, depth: 3, width: 5 },
  { queries: 5, keys: 8, depth: 8, width: 8 },
  { queries: 41, keys: 40, depth: 16, width: 7 },
  { queries: 46, keys: 133, depth: 9, width: 16 },
  { queries: 129, keys: 129, depth: 4, width: 8 },
  { queries: 3, keys: 300, depth: 8, width: 12 },
  { queries: 6, keys: 0, depth: 8, width: 8 },
]

/** Runs one head as two groups of heads by the kernel, in one, two and three shares, and its twin; both must agree. */
function compare({ queries, keys, depth, width }: Sizes, flags: number, random: () => number, lengths: number[]) {
  const machine = makeMachine(loadKernels())
  const { core } = machine
  const heads = lengths.length
  const values = (count: number) =>
    guarded(
      core,
      count,
      Float32Array.from({ length: count }, () => random() * 2 - 1),
    )
  const isGradient = (flags & Attention.Gradient) !== 0
  const [q, k, v] = [values(heads * queries * depth), values(heads * keys * depth), values(heads * keys * width)]
  const bools = Uint32Array.from({ length: queries * keys }, () => Number(random() < 0.6))
  const mask = flags & Attention.Mask ? guarded(core, queries * keys, bools) : values(queries * keys)
  const counts = guarded(core, heads, Int32Array.from(lengths))
  const [dOut, deltas] = [values(heads * queries * width), values(heads * queries)]
  const out = guarded(core, heads * queries * width)
  const logSums = guarded(core, heads * queries)
  const gradients = [q, k, v].map(x => guarded(core, x.words))
  const space = 40 * (256 + 2 * padded(depth) + padded(width) + 2) + padded(keys) * (depth + width) + keys * (2 * padded(depth) + padded(width)) // biome-ignore format: one formula
  const workspace = guarded(core, 2 * space)
  const program = (own: number) => {
    const isBack = (own & Attention.Gradient) !== 0
    const head = (rows: number, columns: number) => rows * columns * 4
    return instruction(
      Opcode.Attention, 0, own, Math.min(2, heads), 1, queries, keys, depth, width, floatBits(0.7),
      [depth * 4, 4, depth * 4, 4, width * 4, 4, keys * 4, 4, width * 4, 4],
      [heads, head(queries, depth), head(keys, depth), head(keys, width)], [heads, 0, 4, head(queries, width)],
      ...(isBack ? gradients.slice(0, 2) : [out, logSums]).map(x => operand(0, x.at)),
      ...[q, k, v, mask, counts].map(x => operand(0, x.at)),
      ...(isBack ? [gradients[2], logSums, deltas, dOut].map(x => operand(0, x.at)) : []),
      operand(0, workspace.at), space * 4,
    ) // biome-ignore format: one instruction
  }
  const isFew = queries <= 4 && !isGradient
  runShares(machine, 1, program((flags & ~Attention.Gradient) | (isFew ? Attention.Vectors : 0)))
  const results = isGradient ? gradients : [out, logSums]
  let first: Uint32Array[] | undefined
  for (const parts of isGradient ? [1, 2, 3] : [1, 2]) {
    for (const x of [workspace, ...results]) new Uint32Array(core.memory.buffer, x.at, x.words).fill(0x7fc0dead)
    runShares(machine, parts, program(flags | (isFew ? Attention.Vectors : 0)))
    const own = results.map(x => words(core, x))
    if (first) assert.equal(own, first, `${parts} shares give other bits`)
    first = own
  }
  const twins = [out, logSums, dOut, deltas, ...gradients].map(x => guarded(core, x.words, floats(core, x)))
  if (isGradient) for (const x of twins.slice(4)) new Uint32Array(core.memory.buffer, x.at, x.words).fill(0)
  const scores = guarded(core, keys * 2)
  const fields = core.allocate(44)
  lengths.forEach((length, h) => {
    const at = (x: Guarded, own: number) => x.at + h * own * 4
    new Uint32Array(core.memory.buffer, fields, 11).set([
      at(q, queries * depth), at(k, keys * depth), at(v, keys * width), mask.at, at(twins[0], queries * width),
      at(twins[1], queries), at(twins[2], queries * width), at(twins[3], queries), at(twins[4], queries * depth),
      at(twins[5], keys * depth), at(twins[6], keys * width),
    ]) // biome-ignore format: one list
    core.naiveAttention(flags, queries, keys, depth, width, 0.7, length, fields, scores.at)
  })
  const expected = (isGradient ? twins.slice(4) : twins.slice(0, 2)).map(x => floats(core, x))
  results.forEach((x, r) => {
    floats(core, x).forEach((value, i) => {
      const isSame =
        value === expected[r][i] || Math.abs(value - expected[r][i]) <= 2e-5 * Math.max(1, Math.abs(expected[r][i]))
      if (!isSame)
        assert.unreachable(
          `flags ${flags}, ${queries} x ${keys} x ${depth} x ${width}, result ${r} at ${i}: ${value}, expected ${expected[r][i]}`,
        )
    })
  })
  for (const x of [q, k, v, mask, counts, dOut, deltas, out, logSums, workspace, ...gradients])
    assert.ok(intact(core, x))
}

const KINDS = [0, Attention.Causal, Attention.Mask, Attention.Bias | Attention.Causal, Attention.Lengths]

for (const kind of [0, Attention.Gradient]) {
  test(`${kind ? 'the gradient' : 'attention'} agrees with its twin, on any sizes and masks, in any number of shares`, () => {
    const random = mulberry32(9)
    for (const sizes of SIZES) {
      for (const flags of KINDS) compare(sizes, flags | kind, random, [sizes.keys, 3, -1])
      compare(sizes, Attention.Lengths | Attention.Causal | kind, random, [sizes.keys + 5])
    }
  })
}

test.run()
