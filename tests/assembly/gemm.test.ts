// Matrix multiplication: the Pack and Gemm instructions against their naive twins, over random sizes, strides,
// batches and shares.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Gemm, GemmKind, State } from '../../assembly/format.js'
import { floats, type Guarded, guarded, intact, loadKernels, mulberry32, words } from './testing.js'

const core = loadKernels()
const random = mulberry32(7)
const below = (limit: number) => Math.floor(random() * limit)
const pick = <T>(items: readonly T[]): T => items[below(items.length)]

/** How one index finds its element: (i / inner) * outer + (i % inner) * stride, strides in bytes. */
type Level = [inner: number, outer: number, stride: number]

interface Matrix {
  rows: Level
  columns: Level
  batches: [number, number]
  buffer: Guarded
  /** Address of element (0, 0) of batch (0, 0). */
  at: number
}

type Order = 'rows' | 'columns' | 'any'

/** A matrix of random numbers; 'rows': rows are contiguous, 'columns': columns are, 'any': two levels in any order of dimensions. */
function matrix(rows: number, columns: number, batch: [number, number], order: Order): Matrix {
  const split = (n: number): [number, number] => {
    const inner = order === 'any' && n > 1 ? 1 + below(n) : n
    return [Math.ceil(n / Math.max(1, inner)), inner]
  }
  const [rowOuter, rowInner] = split(rows)
  const [columnOuter, columnInner] = split(columns)
  const sizes = [rowOuter, rowInner, columnOuter, columnInner, batch[0], batch[1]]
  let nest = [4, 5, 0, 1, 2, 3]
  if (order === 'columns') nest = [4, 5, 2, 3, 0, 1]
  if (order === 'any')
    nest = nest
      .map(d => [random(), d])
      .sort((a, b) => a[0] - b[0])
      .map(pair => pair[1])
  const strides = [0, 0, 0, 0, 0, 0]
  let total = 1
  nest.reverse().forEach((d, i) => {
    strides[d] = total * 4
    total *= Math.max(1, sizes[d])
    if (i === 1) total += below(3) // rows may be padded
  })
  const buffer = guarded(
    core,
    total,
    Float32Array.from({ length: total }, () => random() * 2 - 1),
  )
  let at = buffer.at
  if (order === 'any' && rowOuter === 1 && rows > 0 && random() < 0.3) {
    at += (rows - 1) * strides[1]
    strides[1] = -strides[1]
  }
  return {
    rows: [rowInner, strides[0], strides[1]],
    columns: [columnInner, strides[2], strides[3]],
    batches: [strides[4], strides[5]],
    buffer,
    at,
  }
}

/** Runs one instruction once for each share; operands in `operands` are addresses. */
function execute(
  name: string,
  parts: number,
  fields: (operand: (at: number) => number[]) => number[],
  share?: number,
): void {
  const slots: number[] = []
  const operand = (at: number) => {
    const offset = 4 * below(3)
    slots.push(at - offset - 8) // the enclosing loop is in its second iteration and steps by 8 bytes
    return [slots.length - 1, offset, 8]
  }
  const code = guarded(core, 64, Int32Array.from(fields(operand)))
  const table = guarded(core, slots.length, Uint32Array.from(slots))
  const state = guarded(core, State.Size / 4)
  const view = new Uint32Array(core.memory.buffer, state.at, State.Size / 4)
  view[State.Slots / 4] = table.at
  view[State.Depth / 4] = 1
  view[State.Loops / 4] = 1
  view[State.Extents / 4 + 3] = extentRegister
  view[State.Parts / 4] = parts
  for (let part = share ?? 0; part <= (share ?? parts - 1); part++) {
    view[State.Part / 4] = part
    core[name](code.at, state.at)
  }
}

/** A count that the instruction reads from extent register 3. */
const FROM_REGISTER = 0x80000003 | 0
let extentRegister = 0

interface Shape {
  M: number
  N: number
  K: number
  batch: [number, number]
  accumulate: boolean
}

const panelWords = ({ N, K }: Shape) => Math.ceil(N / 8) * K * 8

function packed(b: Matrix, shape: Shape, parts: number): Guarded {
  const { N, K, batch } = shape
  const out = guarded(core, panelWords(shape) * batch[0] * batch[1])
  execute('packInstruction', parts, operand => [
    ...[K, N, ...operand(out.at), ...operand(b.at), ...b.rows, ...b.columns, ...batch, ...b.batches],
  ])
  return out
}

/** C's words after the instruction, from `before`. */
function multiply(
  kind: GemmKind,
  shape: Shape,
  a: Matrix,
  b: Matrix,
  bAt: number,
  c: Matrix,
  before: Uint32Array,
  parts: number,
): Uint32Array {
  const { M, N, K, batch, accumulate } = shape
  new Uint32Array(core.memory.buffer, c.at, before.length).set(before)
  const scratch = guarded(core, (Gemm.Scratch / 4) * parts)
  extentRegister = M
  execute('gemmInstruction', parts, operand => [
    ...[kind | (accumulate ? 256 : 0), FROM_REGISTER, N, K, ...operand(c.at), c.rows[2]],
    ...[...operand(a.at), ...a.rows, ...a.columns, ...operand(bAt), b.rows[2], b.columns[2], ...operand(scratch.at)],
    ...[...batch, ...a.batches, ...b.batches, ...c.batches],
  ])
  assert.ok(intact(core, scratch), 'scratch is kept to')
  return words(core, c.buffer)
}

/** Compares C with doubles: the error bound of a sum of K + 1 terms in any order, relative to the sum of absolute terms. */
function compare(shape: Shape, a: Matrix, b: Matrix, c: Matrix, before: Uint32Array, after: Uint32Array): void {
  const { M, N, K, batch, accumulate } = shape
  const expected = guarded(core, Math.max(1, M * N * 4))
  const old = guarded(core, before.length, before)
  const got = new Float32Array(after.buffer)
  const touched = new Set<number>()
  for (let i = 0; i < batch[0]; i++) {
    for (let j = 0; j < batch[1]; j++) {
      const cOffset = i * c.batches[0] + j * c.batches[1]
      const offset = ({ at, batches }: Matrix) => at + i * batches[0] + j * batches[1]
      core.gemmNaive(
        ...[expected.at, M, N, K, accumulate ? old.at + cOffset : 0, c.rows[2]],
        ...[offset(a), ...a.rows, ...a.columns, offset(b), ...b.rows, ...b.columns],
      )
      const twin = new Float64Array(core.memory.buffer, expected.at, M * N * 2)
      for (let m = 0; m < M; m++) {
        for (let n = 0; n < N; n++) {
          const at = (cOffset + m * c.rows[2]) / 4 + n
          touched.add(at)
          const [sum, magnitude] = twin.subarray((m * N + n) * 2)
          const bound = (K + 2) * 2 ** -24 * magnitude
          if (!(Math.abs(got[at] - sum) <= bound))
            assert.unreachable(`${JSON.stringify(shape)} [${i}, ${j}, ${m}, ${n}]: ${got[at]}, expected ${sum}`)
        }
      }
    }
  }
  after.forEach((word, at) => {
    if (!touched.has(at)) assert.is(word, before[at], 'words between the rows of C are kept')
  })
}

/** One shape through every share count, against the twins; C's words after it. */
function check(
  kind: GemmKind,
  shape: Shape,
  a: Matrix,
  b: Matrix,
  c = matrix(shape.M, shape.N, shape.batch, 'rows'),
  before = words(core, c.buffer),
): Uint32Array {
  const results = [1, 2, 3].map(parts => {
    if (kind !== GemmKind.Packed) return multiply(kind, shape, a, b, b.at, c, before, parts)
    // A matrix that all batches share is packed once.
    const isShared = b.batches[0] === 0 && b.batches[1] === 0
    const own: Shape = isShared ? { ...shape, batch: [1, 1] } : shape
    const panels = packed(b, own, parts)
    checkPacked(own, b, panels)
    const size = isShared ? 0 : 4 * panelWords(shape)
    const result = multiply(
      kind,
      shape,
      a,
      { ...b, batches: [shape.batch[1] * size, size] },
      panels.at,
      c,
      before,
      parts,
    )
    assert.ok(intact(core, panels), 'panels')
    return result
  })
  assert.equal(results[1], results[0], 'two shares')
  assert.equal(results[2], results[0], 'three shares')
  compare(shape, a, b, c, before, results[0])
  assert.ok(intact(core, a.buffer) && intact(core, b.buffer) && intact(core, c.buffer), 'canaries')
  return results[0]
}

function checkPacked(shape: Shape, b: Matrix, panels: Guarded): void {
  const { N, K, batch } = shape
  const size = panelWords(shape)
  const twin = guarded(core, size * batch[0] * batch[1])
  for (let i = 0; i < batch[0] * batch[1]; i++) {
    const at = b.at + Math.floor(i / batch[1]) * b.batches[0] + (i % batch[1]) * b.batches[1]
    core.packNaive(twin.at + i * size * 4, at, K, N, ...b.rows, ...b.columns)
  }
  assert.equal(words(core, panels), words(core, twin), JSON.stringify(shape))
}

function randomShape(rows: number, columns: number, depth: number): Shape {
  const batch: [number, number] = random() < 0.5 ? [1, 1] : [1 + below(3), 1 + below(3)]
  return { M: 1 + below(rows), N: 1 + below(columns), K: 1 + below(depth), batch, accumulate: random() < 0.5 }
}

const ORDERS = ['rows', 'columns', 'any'] as const

test('packed: random shapes, strides, batches and shares', () => {
  for (let i = 0; i < 300; i++) {
    core.release()
    const shape = randomShape(40, 70, 40)
    const { M, N, K, batch } = shape
    const b = matrix(K, N, batch, pick(ORDERS))
    const shared: Matrix = { ...b, batches: [0, 0] }
    check(GemmKind.Packed, shape, matrix(M, K, batch, pick(ORDERS)), i % 4 === 0 ? shared : b)
  }
})

test('packed: several blocks of rows and of depth, and a last panel of every width', () => {
  for (const [M, N, K] of [
    [161, 33, 5],
    [330, 9, 513],
    [7, 18, 1100],
    [167, 31, 600],
    [163, 36, 530],
  ]) {
    for (const order of ORDERS) {
      core.release()
      const shape: Shape = { M, N, K, batch: [1, 1], accumulate: random() < 0.5 }
      check(GemmKind.Packed, shape, matrix(M, K, [1, 1], order), matrix(K, N, [1, 1], pick(ORDERS)))
    }
  }
})

test('packed: A by columns whose stride falls on the same cache sets', () => {
  core.release()
  const shape: Shape = { M: 512, N: 40, K: 70, batch: [1, 1], accumulate: true }
  const a = matrix(512, 70, [1, 1], 'any')
  Object.assign(a, { at: a.buffer.at, rows: [512, 0, 4], columns: [70, 0, 2048] })
  check(GemmKind.Packed, shape, a, matrix(70, 40, [1, 1], 'rows'))
})

test('packed: elements are summed in order of k, so blocks and tiles cannot be seen in the bits', () => {
  core.release()
  const shape: Shape = { M: 171, N: 13, K: 1030, batch: [1, 1], accumulate: false }
  const { M, N, K } = shape
  const a = matrix(M, K, [1, 1], 'rows')
  const b = matrix(K, N, [1, 1], 'rows')
  const c = matrix(M, N, [1, 1], 'rows')
  multiply(GemmKind.Packed, shape, a, b, packed(b, shape, 1).at, c, words(core, c.buffer), 1)
  const [x, y, got] = [a, b, c].map(({ buffer }) => floats(core, buffer))
  for (let m = 0; m < M; m += 7) {
    for (let n = 0; n < N; n++) {
      let sum = 0
      for (let k = 0; k < K; k++) {
        const product = Math.fround(x[(m * a.rows[2]) / 4 + k] * y[(k * b.rows[2]) / 4 + n])
        sum = Math.fround(sum + product)
      }
      assert.is(got[(m * c.rows[2]) / 4 + n], sum)
    }
  }
})

test('B as it lies: the same bits as packed before; several groups of panels and blocks of depth', () => {
  const shapes = Array.from({ length: 60 }, () => randomShape(30, 300, 40))
  for (const [M, N, K] of [
    [3, 150, 1100],
    [33, 64, 513],
    [5, 7, 512],
    [161, 65, 9],
  ]) {
    for (const accumulate of [false, true]) shapes.push({ M, N, K, batch: [1, 1], accumulate })
  }
  for (const shape of shapes) {
    core.release()
    const { M, N, K, batch } = shape
    const [a, b] = [
      matrix(M, K, batch, pick(['rows', 'columns'] as const)),
      matrix(K, N, batch, pick(['rows', 'columns'] as const)),
    ]
    const c = matrix(M, N, batch, 'rows')
    const before = words(core, c.buffer)
    const result = check(GemmKind.Unpacked, shape, a, b, c, before)
    assert.equal(result, check(GemmKind.Packed, shape, a, b, c, before), JSON.stringify(shape))
  }
})

test('each share keeps to its own scratch', () => {
  for (const share of [0, 1]) {
    core.release()
    const [a, b, c] = [matrix(30, 9, [1, 1], 'rows'), guarded(core, 2 * 9 * 8), matrix(30, 13, [1, 1], 'rows')]
    const scratch = guarded(core, (Gemm.Scratch / 4) * 2, new Uint32Array((Gemm.Scratch / 4) * 2))
    execute(
      'gemmInstruction',
      2,
      operand => [
        ...[GemmKind.Packed, 30, 13, 9, ...operand(c.at), c.rows[2], ...operand(a.at), ...a.rows, 4, 16, 4],
        ...[...operand(b.at), 0, 0, ...operand(scratch.at), 1, 1, 0, 0, 0, 0, 0, 0],
      ],
      share,
    )
    const half = Gemm.Scratch / 4
    const all = words(core, scratch)
    const written = [all.subarray(0, half), all.subarray(half)].map(region => region.some(word => word !== 0))
    assert.equal(written, [share === 0, share === 1])
  }
})

test('vector times matrix: rows and columns of B contiguous', () => {
  for (let i = 0; i < 200; i++) {
    core.release()
    const shape = { ...randomShape(1, 90, 90), M: i % 10 === 0 ? 3 : 1 }
    const { M, N, K, batch } = shape
    const a = matrix(M, K, batch, pick(ORDERS))
    check(GemmKind.VectorNN, shape, a, matrix(K, N, batch, 'rows'))
    check(GemmKind.VectorNT, shape, a, matrix(K, N, batch, 'columns'))
  }
})

test('vector times matrix: more columns than one pass takes, more depth than the scratch', () => {
  core.release()
  const wide: Shape = { M: 1, N: 9001, K: 7, batch: [1, 1], accumulate: false }
  check(GemmKind.VectorNN, wide, matrix(1, 7, [1, 1], 'any'), matrix(7, 9001, [1, 1], 'rows'))
  const deep: Shape = { M: 1, N: 6, K: 82001, batch: [1, 1], accumulate: true }
  for (const order of ['rows', 'any'] as const) {
    const b = matrix(82001, 6, [1, 1], 'columns')
    // Zeros where the first pass looks: the bound is then that of the second pass alone.
    for (let n = 0; n < 6; n++) new Float32Array(core.memory.buffer, b.at + n * b.columns[2], 81920).fill(0)
    check(GemmKind.VectorNT, deep, matrix(1, 82001, [1, 1], order), b)
  }
})

test('nothing to sum gives zeros, or C as it was; no rows, columns or batches do nothing', () => {
  for (const kind of [GemmKind.Packed, GemmKind.VectorNN, GemmKind.VectorNT, GemmKind.Unpacked]) {
    for (const [M, N, K, b0, b1] of [
      [1, 13, 0, 2, 1],
      [1, 0, 3, 1, 1],
      [0, 3, 4, 1, 1],
      [1, 3, 4, 0, 2],
      [1, 3, 4, 2, 0],
      [1, 1, 1, 1, 1],
    ]) {
      for (const accumulate of [false, true]) {
        core.release()
        const shape: Shape = { M, N, K, batch: [b0, b1], accumulate }
        const order = kind === GemmKind.VectorNT ? 'columns' : 'rows'
        check(kind, shape, matrix(M, K, [b0, b1], 'rows'), matrix(K, N, [b0, b1], order))
      }
    }
  }
  core.release()
  const shape: Shape = { M: 23, N: 21, K: 0, batch: [1, 1], accumulate: false }
  check(GemmKind.Packed, shape, matrix(23, 0, [1, 1], 'rows'), matrix(0, 21, [1, 1], 'rows'))
})

test.run()
