import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Opcode, ReportKind, State, Status } from '../../assembly/format.js'
import { branch, instruction, loop, makeMachine, operand, register } from './assembler.js'
import { guarded, intact, loadKernels, words } from './testing.js'

const test = suite('machine')

/** Marks one word with `bits`. */
const mark = (bits: number, target: number[]) => instruction(Opcode.Fill, 1, 1, bits, target)
/** Copies one word. */
const move = (target: number[], source: number[]) => instruction(Opcode.Copy, 2, 0, 0, target, source)

/** A machine with slot 1 on `count` zeroed words and slot 2 on the words 1000, 1001, ... */
function setup(count: number) {
  const machine = makeMachine(loadKernels())
  const out = guarded(machine.core, count, new Uint32Array(count))
  const source = guarded(
    machine.core,
    256,
    new Uint32Array(256).map((_, i) => 1000 + i),
  )
  machine.setSlot(1, out.at)
  machine.setSlot(2, source.at)
  const result = () => {
    assert.ok(intact(machine.core, out))
    assert.ok(intact(machine.core, source))
    return [...words(machine.core, out)]
  }
  return { machine, out, source, result }
}

test('runs instructions in order and halts', () => {
  const { machine, result } = setup(2)
  machine.load(mark(5, operand(1)), mark(6, operand(1, 4)), mark(7, operand(1)))
  assert.is(machine.run(), Status.Done)
  assert.equal(result(), [7, 6])
})

test('nested loops step each operand by each counter', () => {
  const { machine, result } = setup(24)
  const body = move(operand(1, 0, 48, 16, 4), operand(2, 0, 400, 40, 4))
  machine.load(loop(2, 0, loop(3, 0, loop(4, 0, body))))
  assert.is(machine.run(), Status.Done)
  const expected = []
  for (let i = 0; i < 2; i++)
    for (let j = 0; j < 3; j++) for (let k = 0; k < 4; k++) expected.push(1000 + 100 * i + 10 * j + k)
  assert.equal(result(), expected)
  assert.is(machine.get(State.Depth), 0)
})

test('steps go backwards, and counters start where they are told', () => {
  const { machine, result } = setup(4)
  machine.load(loop(3, 1, move(operand(1, 0, 4), operand(2, 40, -4))))
  assert.is(machine.run(), Status.Done)
  assert.equal(result(), [0, 1009, 1008, 1007])
})

test('a trip is read from memory through an extent register, clamped', () => {
  for (const [value, trips] of [
    [2, 2],
    [0, 0],
    [-3, 0],
    [99, 4],
  ]) {
    const { machine, source, result } = setup(6)
    new Int32Array(machine.core.memory.buffer, source.at, 2).set([value, 1])
    machine.load(
      instruction(Opcode.Extent, 0, 3, operand(2), 4),
      instruction(Opcode.Extent, 0, 15, operand(2, 4), 4),
      loop(register(3), register(15), mark(9, operand(1, 0, 4))),
      mark(1, operand(1)),
    )
    assert.is(machine.run(), Status.Done)
    assert.equal(
      result(),
      Array.from({ length: 6 }, (_, i) => (i === 0 ? 1 : i <= trips ? 9 : 0)),
    )
  }
})

test('an extent register also counts a kernel', () => {
  const { machine, source, result } = setup(4)
  new Int32Array(machine.core.memory.buffer, source.at, 1).set([3])
  machine.load(instruction(Opcode.Extent, 0, 0, operand(2), 4), instruction(Opcode.Fill, 0, register(0), 8, operand(1)))
  assert.is(machine.run(), Status.Done)
  assert.equal(result(), [8, 8, 8, 0])
})

test('branch and jump choose a path', () => {
  for (const condition of [0, 1]) {
    const { machine, source, result } = setup(2)
    new Uint32Array(machine.core.memory.buffer, source.at, 1).set([condition])
    const otherwise = mark(22, operand(1))
    const then = [...mark(11, operand(1)), ...instruction(Opcode.Jump, 0, 3 + otherwise.length)]
    machine.load(branch(operand(2), then), otherwise, mark(33, operand(1, 4)))
    assert.is(machine.run(), Status.Done)
    assert.equal(result(), [condition ? 11 : 22, 33])
  }
})

test('break leaves the innermost loop only', () => {
  const { machine, source, result } = setup(12)
  // The inner loop ends at the first 0 of each row.
  new Uint32Array(machine.core.memory.buffer, source.at, 12).set([1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1])
  const rest = mark(7, operand(1, 0, 16, 4))
  const breakLength = 2 + 4 + 1
  const exit = breakLength + rest.length + 2
  const inner = loop(4, 0, [...instruction(Opcode.Break, 0, operand(2, 0, 16, 4), exit), ...rest])
  machine.load(loop(3, 0, inner), mark(5, operand(1, 12)))
  assert.is(machine.run(), Status.Done)
  assert.equal(result(), [7, 7, 0, 5, 0, 0, 0, 0, 7, 7, 7, 7])
  assert.is(machine.get(State.Depth), 0)
})

test('pausing after any number of iterations and resuming leaves the same memory', () => {
  const program = [
    loop(3, 0, [
      ...loop(0, 0, mark(1, operand(1, 0, 0, 0))),
      ...loop(4, 2, move(operand(1, 0, 16, 4), operand(2, 0, 40, -4))),
      ...mark(3, operand(1, 96, 4)),
    ]),
    mark(4, operand(1, 108)),
  ]
  const whole = setup(28)
  whole.machine.load(...program)
  assert.is(whole.machine.run(), Status.Done)
  for (let fuel = 1; fuel <= 16; fuel++) {
    const { machine, result } = setup(28)
    machine.load(...program)
    let pauses = 0
    machine.set(State.Fuel, fuel)
    let status = machine.run()
    while (status === Status.Paused) {
      assert.is(machine.get(State.Fuel), 0)
      pauses++
      machine.set(State.Fuel, fuel)
      status = machine.run()
    }
    assert.is(status, Status.Done)
    assert.is(pauses, Math.ceil(15 / fuel) - 1)
    assert.equal(result(), whole.result())
  }
})

test('without fuel it stops at the first end of a loop, again and again', () => {
  const { machine, result } = setup(2)
  machine.load(loop(2, 0, mark(1, operand(1, 0, 4))))
  machine.set(State.Fuel, 0)
  for (let i = 0; i < 3; i++) assert.is(machine.run(), Status.Paused)
  assert.equal(result(), [1, 0])
})

test('an unknown opcode and a loop too deep stop the machine at the instruction', () => {
  const { machine } = setup(1)
  const first = mark(1, operand(1))
  machine.load(first, instruction(999 as Opcode, 0))
  assert.is(machine.run(), Status.BadInstruction)
  assert.is(machine.get(State.Counter), first.length)
  let nest = mark(2, operand(1, 0, ...new Array(16).fill(0)))
  for (let depth = 0; depth < 16; depth++) nest = loop(1, 0, nest)
  machine.load(nest)
  assert.is(machine.run(), Status.Done)
  machine.load(loop(1, 0, nest))
  assert.is(machine.run(), Status.BadInstruction)
  assert.is(machine.get(State.Counter), 16 * 5)
})

/** Gives the machine a ring of `capacity` words and returns how to read it as the host does. */
function listen(machine: ReturnType<typeof makeMachine>, capacity: number) {
  const ring = guarded(machine.core, capacity, new Uint32Array(capacity))
  machine.set(State.Report, ring.at)
  machine.set(State.ReportCapacity, capacity)
  return () => {
    assert.ok(intact(machine.core, ring))
    const content = words(machine.core, ring)
    const reports: number[][] = []
    for (let at = machine.get(State.ReportOldest); at < machine.get(State.ReportWritten); ) {
      const length = 3 + content[(at + 2) % capacity]
      reports.push(Array.from({ length }, (_, i) => content[(at + i) % capacity]))
      at += length
    }
    return reports
  }
}

test('print copies words into the report ring, behind the loop counters', () => {
  const { machine } = setup(1)
  const reports = listen(machine, 64)
  machine.load(
    loop(2, 0, instruction(Opcode.Print, 42, 77, 3, operand(2, 0, 8))),
    instruction(Opcode.Print, 43, 78, 0, operand(2)),
  )
  assert.is(machine.run(), Status.Done)
  assert.equal(reports(), [
    [ReportKind.Print, 42, 5, 77, 0, 1000, 1001, 1002],
    [ReportKind.Print, 42, 5, 77, 1, 1002, 1003, 1004],
    [ReportKind.Print, 43, 1, 78],
  ])
})

test('the ring wraps, keeps whole reports, and cuts one that is larger than itself', () => {
  const { machine } = setup(1)
  const reports = listen(machine, 17)
  machine.load(loop(20, 0, instruction(Opcode.Print, 1, 7, 2, operand(2, 0, 4))))
  assert.is(machine.run(), Status.Done)
  assert.is(machine.get(State.ReportWritten), 140)
  assert.equal(reports(), [
    [ReportKind.Print, 1, 4, 7, 18, 1018, 1019],
    [ReportKind.Print, 1, 4, 7, 19, 1019, 1020],
  ])
  machine.load(instruction(Opcode.Print, 1, 7, 200, operand(2)))
  assert.is(machine.run(), Status.Done)
  assert.equal(reports(), [[ReportKind.Print, 1, 14, 7, ...Array.from({ length: 13 }, (_, i) => 1000 + i)]])
})

test('check reports an equation once, with the loop counters, where a float is not finite', () => {
  for (const bad of [NaN, Infinity, -Infinity])
    for (const count of [1, 3, 16, 17, 63, 64, 100])
      for (const place of [0, count - 1, count]) {
        const { machine } = setup(1)
        const data = new Float32Array(count + 1).fill(-3.4e38)
        data[place] = bad
        const buffer = guarded(machine.core, count + 1, data)
        machine.setSlot(3, buffer.at)
        const reports = listen(machine, 64)
        machine.load(loop(2, 5, instruction(Opcode.Check, 9, count, operand(3, 0, 0))))
        assert.is(machine.run(), Status.Done)
        assert.equal(
          reports(),
          place === count
            ? []
            : [
                [ReportKind.NonFinite, 9, 1, 5],
                [ReportKind.NonFinite, 9, 1, 6],
              ],
        )
      }
})

test('without a ring, print and check do nothing', () => {
  const { machine } = setup(1)
  machine.load(instruction(Opcode.Print, 42, 77, 3, operand(2)), instruction(Opcode.Check, 42, 3, operand(2)))
  assert.is(machine.run(), Status.Done)
  assert.is(machine.get(State.ReportWritten), 0)
})

test.run()
