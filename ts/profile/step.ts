// Running a program one instruction at a time, on its real operands and in its real order: a Halt stands behind every
// instruction, and the clock is read there. Control stays the machine's own.
import { Opcode, State } from '../../assembly/format.js'
import { core, heap } from '../runtime/core.js'
import type { Code, LoadedCode } from '../runtime/machine.js'

const HALT_WORDS = 2

/** A program that stops after each instruction. */
export interface Stepped {
  readonly words: Uint32Array<ArrayBuffer>
  /** The instruction that begins at a word, or -1. */
  readonly instructionAt: Int32Array
  readonly count: number
}

/** Instructions whose last word is a distance from their first word, to where they may jump. */
const JUMPS: readonly number[] = [Opcode.Loop, Opcode.Branch, Opcode.Jump, Opcode.Break]

/** The program with a Halt behind every instruction; jumps lead to the Halt before their target. */
export function haltEverywhere({ words }: Code): Stepped {
  const starts: number[] = []
  const position = new Map<number, number>()
  for (let at = 0; ; at += words[at] >>> 16) {
    position.set(at, starts.length)
    starts.push(at)
    if ((words[at] & 0xffff) === Opcode.Halt) break
  }
  const count = starts.length - 1
  const moved = (instruction: number): number => starts[instruction] + instruction * HALT_WORDS
  const stepped = new Uint32Array(moved(count) + HALT_WORDS)
  const instructionAt = new Int32Array(stepped.length).fill(-1)
  const halt = Opcode.Halt | (HALT_WORDS << 16)
  for (let i = 0; i < count; i++) {
    const [from, to, length] = [starts[i], moved(i), words[starts[i]] >>> 16]
    stepped.set(words.subarray(from, from + length), to)
    stepped[to + length] = halt
    instructionAt[to] = i
    if (!JUMPS.includes(words[from] & 0xffff)) continue
    const target = position.get(from + words[from + length - 1])!
    stepped[to + length - 1] = moved(target) - HALT_WORDS - to
  }
  stepped[moved(count)] = halt
  return { words: stepped, instructionAt, count }
}

/** Where the program's arguments and results lie, as LoadedCode.start takes it. */
type Slots = readonly [addresses: readonly number[], literals: readonly number[], count: number]

/** Milliseconds and calls of every instruction in one run, and milliseconds of all together. */
export interface Times {
  readonly milliseconds: Float64Array
  readonly calls: Float64Array
  readonly total: number
}

/**
 * Runs a stepped program. The time between two readings of the clock is one instruction's, so that a coarse clock is
 * right on the average.
 */
export function runStepped({ instructionAt, count }: Stepped, code: LoadedCode, slots: Slots): Times {
  const milliseconds = new Float64Array(count)
  const calls = new Float64Array(count)
  const state = code.start(...slots)
  // Nothing that runs here allocates, so the view stays valid.
  const words = heap()
  const counter = (state + State.Counter) >>> 2
  const machine = core()
  const start = performance.now()
  let before = start
  for (;;) {
    const instruction = instructionAt[words[counter]]
    if (instruction < 0) return { milliseconds, calls, total: before - start }
    machine.run(state)
    words[counter] += HALT_WORDS
    const after = performance.now()
    milliseconds[instruction] += after - before
    calls[instruction]++
    before = after
  }
}

/** Milliseconds that a step takes which does nothing. */
export function emptyStep(code: LoadedCode, slots: Slots): number {
  const state = code.start(...slots)
  const words = heap()
  const counter = (state + State.Counter) >>> 2
  const machine = core()
  const halt = code.code.words.length - HALT_WORDS
  const steps = 200
  const before = performance.now()
  for (let i = 0; i < steps; i++) {
    words[counter] = halt
    machine.run(state)
    performance.now()
  }
  return (performance.now() - before) / steps
}

/** The smallest step of the clock, in milliseconds: browsers make it coarse. */
export function clockTick(): number {
  const start = performance.now()
  let now = start
  while (now === start) now = performance.now()
  return now - start
}
