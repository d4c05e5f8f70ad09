// Writes programs for the machine by hand: a few functions that return the words of instructions.
import { Opcode, State } from '../../assembly/format.js'
import type { loadKernels } from './testing.js'

type Core = ReturnType<typeof loadKernels>

/** An OPERAND; `steps` has one byte step for each enclosing loop. */
export const operand = (slot: number, offset = 0, ...steps: number[]): number[] => [slot, offset, ...steps]

/** An EXTENT that names a register. */
export const register = (index: number): number => 0x80000000 + index

/** One instruction; its length is filled in. */
export function instruction(opcode: Opcode, equation: number, ...fields: (number | number[])[]): number[] {
  const words = fields.flat()
  return [opcode | ((words.length + 2) << 16), equation, ...words]
}

/** A loop around `body`. */
export function loop(trip: number, start: number, body: number[]): number[] {
  const end = instruction(Opcode.End, 0)
  return [...instruction(Opcode.Loop, 0, trip, start, 5 + body.length + end.length), ...body, ...end]
}

/** `then` runs if the word that `condition` names is not 0. */
export function branch(condition: number[], then: number[]): number[] {
  const length = 3 + condition.length
  return [...instruction(Opcode.Branch, 0, condition, length + then.length), ...then]
}

export interface Machine {
  core: Core
  state: number
  setSlot(slot: number, at: number): void
  get(field: State): number
  set(field: State, value: number): void
  /** Loads a program (a Halt is appended) and rewinds. */
  load(...program: number[][]): void
  run(): number
}

/** A state block with 8 slots (slot 0 is address 0, so offsets there are addresses) and room for a program. */
export function makeMachine(core: Core, programWords = 1024): Machine {
  const state = core.allocate(State.Size)
  const slots = core.allocate(8 * 4)
  const code = core.allocate(programWords * 4)
  const tiles = core.allocate(State.TileBytes)
  const words = () => new Uint32Array(core.memory.buffer)
  const get = (field: State) => words()[(state + field) >> 2]
  const set = (field: State, value: number) => {
    words()[(state + field) >> 2] = value
  }
  words().fill(0, state >> 2, (state + State.Size) >> 2)
  words().fill(0, slots >> 2, (slots >> 2) + 8)
  set(State.Code, code)
  set(State.Slots, slots)
  set(State.Parts, 1)
  set(State.Fuel, 0xffffffff)
  set(State.Tiles, tiles)
  return {
    core,
    state,
    get,
    set,
    setSlot: (slot, at) => {
      words()[(slots >> 2) + slot] = at
    },
    load: (...program) => {
      const list = [...program.flat(), ...instruction(Opcode.Halt, 0)]
      if (list.length > programWords) throw new RangeError(`program of ${list.length} words`)
      words().set(
        list.map(word => word >>> 0),
        code >> 2,
      )
      set(State.Counter, 0)
      set(State.Depth, 0)
    },
    run: () => core.run(state),
  }
}

/** Runs one instruction as `parts` shares, one after the other. */
export function runShares(machine: Machine, parts: number, words: number[]): void {
  machine.set(State.Parts, parts)
  for (let part = 0; part < parts; part++) {
    machine.set(State.Part, part)
    machine.load(words)
    if (machine.run() !== 0) throw new Error('the machine stopped')
  }
  machine.set(State.Part, 0)
  machine.set(State.Parts, 1)
}
