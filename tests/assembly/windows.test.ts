// Products of views with any number of strides, pools and sums of overlapping windows, bit for bit against their naive
// twins: over random levels, in operands that begin and end at their outermost elements.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Gemm, GemmViews, Opcode, PoolKind } from '../../assembly/format.js'
import { instruction, makeMachine, operand, runShares } from './assembler.js'
import { type Guarded, guarded, intact, loadKernels, mulberry32, words } from './testing.js'

const test = suite('windows')
const random = mulberry32(12)
const below = (limit: number) => Math.floor(random() * limit)
const pick = <T>(items: readonly T[]): T => items[below(items.length)]
const core = loadKernels()

/** A machine in a memory that holds nothing else. */
function freshMachine() {
  core.release()
  return makeMachine(core, 4096)
}

/** A dimension: how many elements, and how far each operand moves, in bytes. */
type Level = { count: number; strides: number[] }

const sizeOf = (levels: readonly Level[]) => levels.reduce((size, { count }) => size * count, 1)

/** First and last word that an operand touches, counted from its first element. */
function reach(levels: readonly Level[], which: number): [number, number] {
  const ends = levels.map(({ count, strides }) => (Math.max(0, count - 1) * strides[which]) / 4)
  return [ends.reduce((sum, end) => sum + Math.min(0, end), 0), ends.reduce((sum, end) => sum + Math.max(0, end), 0)]
}

/** A buffer of just the words that the levels touch; `at` is the address of the first element. */
function placeOf(levels: readonly Level[], which: number, fill: () => number): { buffer: Guarded; at: number } {
  const [low, high] = sizeOf(levels) === 0 ? [0, 0] : reach(levels, which)
  const size = high - low + 1
  const buffer = guarded(core, size, Float32Array.from({ length: size }, fill))
  return { buffer, at: buffer.at - low * 4 }
}

const number = () => random() - 0.5

/** Levels whose elements are all different words of an operand: its layout is some order of all of them. */
function distinct(levels: readonly Level[], which: number, inOrder: boolean): void {
  const order = [...levels].sort(() => (inOrder ? 0 : random() - 0.5))
  let stride = 4
  for (const level of order.reverse()) {
    level.strides[which] = stride
    stride *= Math.max(1, level.count) + (random() < 0.2 ? 1 : 0)
  }
}

/** The same words from `before` in 1, 2 and 3 shares. */
function sameInShares(to: Guarded, before: Uint32Array, what: string, run: (parts: number) => void): Uint32Array {
  const results = [1, 2, 3].map(parts => {
    new Uint32Array(core.memory.buffer, to.at, before.length).set(before)
    run(parts)
    return words(core, to)
  })
  assert.equal(results[1], results[0], `${what}: two shares`)
  assert.equal(results[2], results[0], `${what}: three shares`)
  return results[0]
}

interface Product {
  batches: Level[]
  m: Level[]
  n: Level[]
  k: Level[]
}

/** Strides that windows have: of neighbours, of every other element, of rows; and repeated or backward ones. */
const stride = () => 4 * pick([0, 1, 1, 1, 2, 2, 3, 9, 17, -1, -5])

function checkProduct(lists: Product): void {
  const machine = freshMachine()
  const { batches, m, n, k } = lists
  const [A, B, C] = [0, 1, 2]
  distinct([...batches, ...m, ...n], C, random() < 0.6)
  const a = placeOf([...batches, ...m, ...k], A, number)
  const b = placeOf([...batches, ...n, ...k], B, number)
  const c = placeOf([...batches, ...m, ...n], C, number)
  const before = words(core, c.buffer)
  const fields = [batches, m, n, k].flat().flatMap(({ count, strides }) => [count, ...strides])
  const accumulate = below(2)
  const ranks = [batches, m, n, k].map(list => list.length)
  const flags =
    (accumulate ? GemmViews.Accumulate : 0) |
    (m.length < 2 && k.length < 2 ? pick([0, GemmViews.DirectA]) : 0) |
    (m.length < 2 ? GemmViews.EvenC : 0)
  const result = sameInShares(c.buffer, before, JSON.stringify(lists), parts => {
    const scratch = guarded(core, (Gemm.Scratch / 4) * parts)
    runShares(
      machine,
      parts,
      instruction(
        Opcode.GemmViews, 0, flags, ranks[0] | (ranks[1] << 8) | (ranks[2] << 16) | (ranks[3] << 24),
        m[0]?.strides[A] ?? 0, k[0]?.strides[A] ?? 0, m[0]?.strides[C] ?? 0,
        operand(0, c.at), operand(0, a.at), operand(0, b.at), operand(0, scratch.at), fields,
      ), // biome-ignore format: one instruction
    )
    assert.ok(intact(core, scratch), 'scratch is kept to')
  })
  new Uint32Array(core.memory.buffer, c.buffer.at, before.length).set(before)
  const levels = guarded(core, fields.length, Int32Array.from(fields))
  core.naiveGemmViews(accumulate, ...ranks, c.at, a.at, b.at, levels.at)
  assert.equal(result, words(core, c.buffer), JSON.stringify(lists))
  assert.ok(intact(core, a.buffer) && intact(core, b.buffer) && intact(core, c.buffer), 'canaries')
}

/** Levels with strides in the operands named. */
const levelsOf = (counts: number[], ...operands: number[]): Level[] =>
  counts.map(count => ({ count, strides: [0, 1, 2].map(which => (operands.includes(which) ? stride() : 0)) }))

test('products of views agree with their twin, bit for bit', () => {
  const counts = (rank: number, limit: number) => Array.from({ length: below(rank + 1) }, () => 1 + below(limit))
  for (let round = 0; round < 400; round++) {
    checkProduct({
      batches: levelsOf(counts(2, 3), 0, 1),
      m: levelsOf(counts(3, 5), 0),
      n: levelsOf(counts(3, 7), 1),
      k: levelsOf(counts(3, 6), 0, 1),
    })
  }
})

test('products of views: several blocks of rows, columns and depth', () => {
  for (const [M, N, K] of [
    [[140], [3, 9], [5]],
    [[13, 11], [7, 9, 17], [3]],
    [[6], [2, 6], [9, 60]],
    [[127], [4], [5, 7, 20]],
    [[11], [1100], [4, 2]],
  ]) {
    checkProduct({ batches: [], m: levelsOf(M, 0), n: levelsOf(N, 1), k: levelsOf(K, 0, 1) })
  }
})

test('products of views: nothing to sum gives zeros, or C as it was; no rows, columns or batches do nothing', () => {
  for (const [batch, M, N, K] of [
    [1, 3, 9, 0],
    [2, 12, 3, 0],
    [1, 0, 3, 2],
    [1, 11, 0, 2],
    [0, 3, 3, 3],
  ]) {
    checkProduct({
      batches: levelsOf([batch], 0, 1),
      m: levelsOf([M], 0),
      n: levelsOf([N], 1),
      k: levelsOf([K], 0, 1),
    })
  }
})

test('products of views: columns whose stride falls on the same cache sets', () => {
  const m: Level[] = [{ count: 20, strides: [4, 0, 0] }]
  const k: Level[] = [{ count: 6, strides: [2048, 4, 0] }]
  checkProduct({ batches: [], m, n: levelsOf([5, 9], 1), k })
})

test('products of views: four places of which only some are neighbours', () => {
  const k: Level[] = [92, 84, 80].map(a => ({ count: 2, strides: [a, 4, 0] }))
  checkProduct({ batches: [], m: levelsOf([3], 0), n: levelsOf([9], 1), k })
})

/** A dimension of a pool. */
function poolDimension(isOne: boolean) {
  if (isOne) return { count: 1, length: 1, size: 1, stride: 1, dilation: 1, before: 0 }
  const [size, stride, dilation] = [1 + below(4), 1 + below(3), 1 + below(2)]
  const [before, after] = [below(size), below(size)]
  const extent = (size - 1) * dilation + 1
  const length = Math.max(1, extent - before - after) + below(12)
  return { count: Math.floor((before + length + after - extent) / stride) + 1, length, size, stride, dilation, before }
}

/** The twin's index of no element. */
const NOWHERE = 0xffffffff

test('pools agree with their twins, NaN and infinities among the elements', () => {
  for (let round = 0; round < 400; round++) {
    const machine = freshMachine()
    const isSum = below(2)
    const lead: Level[] = Array.from({ length: below(3) }, () => ({ count: 1 + below(3), strides: [0] }))
    const used = 1 + below(3)
    const dims = [0, 1, 2].map(i => poolDimension(i < 3 - used))
    const space: Level[] = dims.map(({ length }) => ({ count: length, strides: [0] }))
    distinct([...lead, ...space], 0, random() < 0.6)
    const special = random() < 0.3 ? [Number.NaN, Infinity, -Infinity, 0] : []
    const from = placeOf([...lead, ...space], 0, () =>
      random() < 0.2 && special.length > 0 ? pick(special) : number(),
    )
    const size = sizeOf(lead) * dims.reduce((product, { count }) => product * count, 1)
    const fields = [
      ...lead.flatMap(({ count, strides }) => [count, strides[0], 0, 0]),
      ...dims.flatMap((dim, i) => [
        ...[dim.count, dim.length, space[i].strides[0], dim.size, dim.stride, dim.dilation, dim.before],
      ]),
    ]
    const [out, indices, twin, twinIndices] = [0, 1, 2, 3].map(() => guarded(core, size, new Uint32Array(size)))
    const levels = guarded(core, fields.length, Int32Array.from(fields))
    core.naivePool(isSum, lead.length, twin.at, twinIndices.at, from.at, levels.at)
    const canonical = (buffer: Guarded) =>
      words(core, buffer).map(word => ((word & 0x7fffffff) > 0x7f800000 ? 1 : word))
    for (const kind of isSum ? [PoolKind.Sum] : [PoolKind.MaxOnly, PoolKind.Max]) {
      sameInShares(out, new Uint32Array(size), JSON.stringify(fields), parts =>
        runShares(
          machine,
          parts,
          instruction(
            Opcode.Pool, 0, kind, lead.length, operand(0, out.at), operand(0, indices.at), operand(0, from.at), fields,
          ), // biome-ignore format: one instruction
        ),
      )
      assert.equal(canonical(out), canonical(twin), JSON.stringify(fields))
      // Of a window that lies outside altogether, the index says nothing.
      const expected = words(core, twinIndices).map(index => (kind === PoolKind.Max ? index : 0))
      const found = words(core, indices).map((index, i) => (expected[i] === NOWHERE ? NOWHERE : index))
      assert.equal(found, expected, 'indices')
    }
    assert.ok(
      [out, indices, from.buffer].every(buffer => intact(core, buffer)),
      'canaries',
    )
  }
})

test('sums of overlapping windows agree with their twin, bit for bit', () => {
  for (let round = 0; round < 400; round++) {
    const machine = freshMachine()
    const lead: Level[] = Array.from({ length: below(3) }, () => ({ count: 1 + below(4), strides: [0, 0] }))
    const n = 1 + below(3)
    const size = Array.from({ length: n }, () => 1 + below(3))
    const steps = size.map(() => [1 + below(2), 1 + below(3)])
    const counts = size.map((_, i) => 1 + below(i === n - 1 ? 11 : 4))
    // What the windows slide over lies contiguous, the leading dimensions before it.
    const space = size.map((length, i) => (length - 1) * steps[i][0] + (counts[i] - 1) * steps[i][1] + 1)
    const strides = space.map((_, i) => 4 * space.slice(i + 1).reduce((product, length) => product * length, 1))
    let plane = 4 * space.reduce((product, length) => product * length, 1)
    for (const level of lead.toReversed()) {
      level.strides[0] = plane
      plane *= level.count
    }
    const window: Level[] = size.map((count, i) => ({ count, strides: [strides[i] * steps[i][0], 0] }))
    const outer: Level[] = counts.map((count, i) => ({ count, strides: [strides[i] * steps[i][1], 0] }))
    const all = [...lead, ...window, ...outer]
    distinct(all, 1, random() < 0.6)
    // A broadcast operand has strides 0.
    if (random() < 0.3) for (const level of window) level.strides[1] = 0
    if (random() < 0.2) for (const level of outer) level.strides[1] = 0
    const from = placeOf(all, 1, number)
    const to = placeOf(all, 0, number)
    const before = words(core, to.buffer)
    const fields = all.flatMap(({ count, strides: own }) => [count, ...own])
    const result = sameInShares(to.buffer, before, JSON.stringify(all), parts =>
      runShares(
        machine,
        parts,
        instruction(
          Opcode.OverlapAdd, 0, lead.length | (window.length << 8) | (outer.length << 16),
          operand(0, to.at), operand(0, from.at), fields,
        ), // biome-ignore format: one instruction
      ),
    )
    new Uint32Array(core.memory.buffer, to.buffer.at, before.length).set(before)
    const levels = guarded(core, fields.length, Int32Array.from(fields))
    core.naiveOverlapAdd(lead.length, window.length, outer.length, to.at, from.at, levels.at)
    assert.equal(result, words(core, to.buffer), JSON.stringify(all))
    assert.ok(intact(core, from.buffer) && intact(core, to.buffer), 'canaries')
  }
})

test.run()
