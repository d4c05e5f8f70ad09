import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CrossEntropyKind, Opcode, SoftmaxKind } from '../../assembly/format.js'
import { instruction, type Machine, makeMachine, operand, runShares } from './assembler.js'
import { floats, type Guarded, guarded, intact, loadKernels, mulberry32, words } from './testing.js'

const test = suite('softmax')
const SHAPES = [
  [1, 1],
  [3, 2],
  [2, 3],
  [5, 4],
  [4, 7],
  [3, 64],
  [2, 65],
  [7, 131],
  [1, 2500],
  [0, 5],
]
const gap = 3

/** As 1, 2 and 3 shares, with the same bits; returns the floats. */
function shares(machine: Machine, program: number[], out: Guarded): Float32Array {
  let result: Uint32Array | undefined
  for (const parts of [1, 2, 3]) {
    new Uint32Array(machine.core.memory.buffer, out.at, out.words).fill(0)
    runShares(machine, parts, program)
    if (result) assert.equal(words(machine.core, out), result)
    result = words(machine.core, out)
  }
  return floats(machine.core, out)
}

function close(fast: Float32Array, naive: Float32Array, message: string) {
  for (let i = 0; i < fast.length; i++) {
    const same = fast[i] === naive[i] || (Number.isNaN(fast[i]) && Number.isNaN(naive[i]))
    if (!same && !(Math.abs(fast[i] - naive[i]) <= 1e-6 * Math.max(1, Math.abs(naive[i]))))
      assert.unreachable(`${message} at ${i}: ${fast[i]}, expected ${naive[i]}`)
  }
}

const special = [NaN, Infinity, -Infinity, 0, -0, 3e38, -3e38]

function logits(rows: number, length: number, variant: number, random: () => number): Float32Array {
  const data = new Float32Array(rows * (length + gap)).map(() => (random() - 0.5) * [2, 30, 200][variant % 3])
  if (variant === 3) data.fill(-Infinity)
  if (variant >= 4) for (let i = 0; i < data.length; i += 3) data[i] = special[(i + variant) % special.length]
  return data
}

test('agrees with its twin, on any row length and on infinities', () => {
  const random = mulberry32(5)
  const machine = makeMachine(loadKernels())
  const { core } = machine
  for (const kind of [SoftmaxKind.Softmax, SoftmaxKind.LogSoftmax, SoftmaxKind.LogSumExp])
    for (const [rows, length] of SHAPES)
      for (let variant = 0; variant < 8; variant++) {
        const row = (length + gap) * 4
        const source = guarded(core, rows * (length + gap), logits(rows, length, variant, random))
        const out = guarded(core, rows * (length + gap))
        const twin = guarded(core, out.words, new Uint32Array(out.words))
        const program = instruction(
          Opcode.Softmax, 0, kind, rows, length, operand(0, out.at), row, operand(0, source.at), row,
        ) // biome-ignore format: one instruction
        const fast = shares(machine, program, out)
        core.naiveSoftmax(kind, rows, length, twin.at, row, source.at, row)
        close(fast, floats(core, twin), `kind ${kind}, ${rows} x ${length}, variant ${variant}`)
        assert.ok(intact(core, out) && intact(core, source))
      }
})

test('log-sum-exp of -inf is -inf, with +inf it is +inf, of nothing it is -inf', () => {
  const machine = makeMachine(loadKernels())
  const { core } = machine
  const infinity = Infinity
  for (const [row, expected] of [
    [[-infinity, -infinity, -infinity], -infinity],
    [[1, infinity, -infinity, 2, 3], infinity],
    [[], -infinity],
    [[1000, 1000], 1000 + Math.LN2],
  ] as [number[], number][]) {
    const source = guarded(core, row.length, row)
    const out = guarded(core, 1)
    const rows = [operand(0, out.at), 4, operand(0, source.at), 4 * row.length]
    runShares(machine, 1, instruction(Opcode.Softmax, 0, SoftmaxKind.LogSumExp, 1, row.length, ...rows))
    assert.is(floats(core, out)[0], Math.fround(expected))
  }
})

test('softmax runs in place', () => {
  const machine = makeMachine(loadKernels())
  const { core } = machine
  const random = mulberry32(6)
  for (const kind of [SoftmaxKind.Softmax, SoftmaxKind.LogSoftmax]) {
    const source = guarded(core, 3 * 37, new Float32Array(3 * 37).map(random))
    const out = guarded(core, 3 * 37)
    const program = (to: Guarded) =>
      instruction(Opcode.Softmax, 0, kind, 3, 37, operand(0, to.at), 148, operand(0, source.at), 148)
    runShares(machine, 1, program(out))
    runShares(machine, 1, program(source))
    assert.equal(words(core, source), words(core, out))
  }
})

test('cross-entropy and its gradient agree with their twins; labels are clamped', () => {
  const random = mulberry32(7)
  const machine = makeMachine(loadKernels())
  const { core } = machine
  for (const kind of [CrossEntropyKind.Loss, CrossEntropyKind.Gradient])
    for (const [rows, classes] of SHAPES)
      for (let variant = 0; variant < 8; variant++) {
        const row = (classes + gap) * 4
        const outRow = kind === CrossEntropyKind.Loss ? 4 : row
        const source = guarded(core, rows * (classes + gap), logits(rows, classes, variant, random))
        const labels = guarded(
          core,
          rows * 2,
          Int32Array.from({ length: rows * 2 }, () => Math.floor((random() * 1.4 - 0.2) * classes)),
        )
        const out = guarded(core, (rows * outRow) / 4)
        const twin = guarded(core, out.words, new Uint32Array(out.words))
        const program = instruction(
          Opcode.CrossEntropy, 0, kind, rows, classes, operand(0, out.at), outRow, operand(0, source.at), row,
          operand(0, labels.at), 8,
        ) // biome-ignore format: one instruction
        const fast = shares(machine, program, out)
        core.naiveCrossEntropy(kind, rows, classes, twin.at, outRow, source.at, row, labels.at, 8)
        close(fast, floats(core, twin), `kind ${kind}, ${rows} x ${classes}, variant ${variant}`)
        assert.ok(intact(core, out) && intact(core, source) && intact(core, labels))
      }
})

test('the gradient may take the place of the logits', () => {
  const machine = makeMachine(loadKernels())
  const { core } = machine
  const source = guarded(core, 5, [1, 2, 3, 4, 5])
  const labels = guarded(core, 1, new Int32Array([3]))
  const out = guarded(core, 5)
  for (const to of [out, source])
    runShares(
      machine,
      1,
      instruction(
        Opcode.CrossEntropy,
        0,
        1,
        1,
        5,
        operand(0, to.at),
        20,
        operand(0, source.at),
        20,
        operand(0, labels.at),
        4,
      ),
    )
  assert.equal(words(core, source), words(core, out))
})

test.run()
