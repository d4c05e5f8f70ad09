// Loading programs into the core and running them: the state block, the arena that all programs share, the slot table.
import { Gemm, type ReportKind, State, Status } from '../../assembly/format.js'
import { rangeError } from '../errors.js'
import { core, heap, memoryWords } from './core.js'
import { allocate, release, whenExhausted } from './pool.js'

const NO_LIMIT = 0xffffffff
const FIXED_SLOTS = 3
/** Programs may hold so much of the core's memory; those used longest ago make room and load again when they run. */
const PROGRAM_BYTES = 2 ** 26

let state = 0
let scratch = 0
let arena = 0
let arenaBytes = 0
/** The program that is being made ready or runs. */
let running: LoadedCode | null = null
const loaded = new Set<LoadedCode>()
let loadedBytes = 0
let uses = 0

/** Bytes of the arena and of loaded programs, as `memory()` tells them. */
export const machineUse = () => ({ arena: arenaBytes, programs: loadedBytes })

function prepare(): void {
  const block = allocate(State.Size + State.TileBytes + Gemm.Scratch, 'the machine')
  memoryWords(block, State.Size / 4).fill(0)
  const words = memoryWords(block, State.Size / 4)
  words[State.Tiles / 4] = block + State.Size
  words[State.Parts / 4] = 1
  scratch = block + State.Size + State.TileBytes
  state = block
  whenExhausted(shrink)
}

function growArena(bytes: number, what: string): void {
  releaseArena()
  arena = allocate(bytes, `${what}, temporaries`)
  arenaBytes = bytes
}

function releaseArena(): void {
  if (arena !== 0) release(arena)
  arena = 0
  arenaBytes = 0
}

/** Memory is exhausted: gives back programs that do not run, and of the arena what the running one does not need. */
function shrink(): boolean {
  const before = loadedBytes + arenaBytes
  for (const code of loaded) if (code !== running) code.unload()
  const needed = running?.code.peak ?? 0
  if (arenaBytes > needed) {
    releaseArena()
    if (needed > 0) {
      // Smaller than what was just given back, so there is room; should there be none, the program asks again.
      arena = core().allocate(needed) >>> 0
      arenaBytes = arena === 0 ? 0 : needed
    }
  }
  return loadedBytes + arenaBytes < before
}

function boundPrograms(): void {
  if (loadedBytes <= PROGRAM_BYTES) return
  const byUse = [...loaded].sort((a, b) => a.lastUse - b.lastUse)
  for (const code of byUse) {
    if (loadedBytes <= PROGRAM_BYTES / 2) break
    if (code !== running) code.unload()
  }
}

/** A program's words, its constants and the bytes of arena it needs. */
export interface Code {
  readonly words: Uint32Array<ArrayBuffer>
  readonly constants: readonly number[]
  readonly peak: number
  /** Arguments and results, in the order of their slots. */
  readonly slots: number
}

/** A program in the core's memory: words, then constants, then literal arguments, then the slot table. */
export class LoadedCode {
  /** Counts up; what was used longest ago has the smallest. */
  lastUse = 0
  private block = 0
  private readonly constantsAt: number
  private readonly literalsAt: number
  private readonly slotsAt: number
  readonly bytes: number

  constructor(readonly code: Code) {
    this.constantsAt = code.words.length * 4
    this.literalsAt = this.constantsAt + code.constants.length * 4
    this.slotsAt = this.literalsAt + code.slots * 4
    this.bytes = this.slotsAt + (FIXED_SLOTS + code.slots) * 4
  }

  private load(what: string): void {
    const { words, constants } = this.code
    this.block = allocate(this.bytes, `${what}, its program`)
    const memory = memoryWords(this.block, this.bytes / 4)
    memory.set(words)
    memory.set(constants, words.length)
    loaded.add(this)
    loadedBytes += this.bytes
    boundPrograms()
  }

  /** Gives the memory back; a later run loads again. */
  unload(): void {
    if (this.block === 0) return
    release(this.block)
    this.block = 0
    loaded.delete(this)
    loadedBytes -= this.bytes
  }

  /**
   * Makes everything ready that could need memory, so that `run` allocates nothing.
   * Call before the addresses of results are taken; `what` names who asks, should there be no memory.
   */
  ready(what: string): void {
    running = this
    this.lastUse = ++uses
    if (state === 0) prepare()
    if (this.code.peak > arenaBytes) growArena(this.code.peak, what)
    if (this.block === 0) this.load(what)
  }

  /**
   * Runs the program. Slot i of `count` lies at `addresses[i]`, or holds the literal word `literals[i]` where the address
   * is 0.
   */
  run(addresses: readonly number[], literals: readonly number[], count: number): void {
    this.start(addresses, literals, count)
    this.resume()
  }

  /**
   * Runs the program and pauses after each iteration of a loop to hand over what it has reported meanwhile; `receive`
   * returns true to stop there. `reportWords`: enough for all reports between two pauses.
   */
  runReporting(
    addresses: readonly number[],
    literals: readonly number[],
    count: number,
    reportWords: number,
    receive: (kind: ReportKind, equation: number, words: Uint32Array) => boolean,
  ): void {
    // Not `allocate`: the addresses of operands are known, so nothing may move now.
    const ring = core().allocate(reportWords * 4) >>> 0
    if (ring === 0) throw rangeError(`debug: out of memory: ${reportWords * 4} bytes were asked for`)
    try {
      this.start(addresses, literals, count)
      const field = (offset: State): number => (state + offset) >>> 2
      heap()[field(State.Report)] = ring
      heap()[field(State.ReportCapacity)] = reportWords
      // Without fuel it stops before the first End, then it has enough for that one: nothing runs twice between two pauses.
      for (let isDone = false, fuel = 0; !isDone; fuel = 1) {
        heap()[field(State.Fuel)] = fuel
        isDone = this.resume()
        const words = heap()
        const reports = words.subarray(ring >>> 2, (ring >>> 2) + words[field(State.ReportWritten)])
        words[field(State.ReportWritten)] = 0
        words[field(State.ReportOldest)] = 0
        for (let at = 0; at < reports.length; ) {
          const from = at + 3
          at = from + reports[at + 2]
          if (receive(reports[from - 3], reports[from - 2], reports.slice(from, at))) return
        }
      }
    } finally {
      heap()[(state + State.Report) >>> 2] = 0
      running = null
      release(ring)
    }
  }

  /** Sets the machine to the program's first instruction; the address of its state. */
  start(addresses: readonly number[], literals: readonly number[], count: number): number {
    const words = heap()
    const slots = (this.block + this.slotsAt) >>> 2
    const literalAt = this.block + this.literalsAt
    words[slots] = this.block + this.constantsAt
    words[slots + 1] = arena
    words[slots + 2] = scratch
    for (let i = 0; i < count; i++) {
      let address = addresses[i]
      if (address === 0) {
        address = literalAt + i * 4
        words[address >>> 2] = literals[i]
      }
      words[slots + FIXED_SLOTS + i] = address
    }
    const at = state >>> 2
    words[at + State.Code / 4] = this.block
    words[at + State.Counter / 4] = 0
    words[at + State.Slots / 4] = this.block + this.slotsAt
    words[at + State.Depth / 4] = 0
    words[at + State.Fuel / 4] = NO_LIMIT
    words[at + State.Report / 4] = 0
    words[at + State.ReportWritten / 4] = 0
    words[at + State.ReportOldest / 4] = 0
    return state
  }

  /** Runs until the end (true), or until the fuel is used up. */
  private resume(): boolean {
    const status = core().run(state)
    if (status === Status.Done) {
      running = null
      return true
    }
    if (status === Status.Paused) return false
    running = null
    throw new Error(`the machine stopped with status ${status} at word ${heap()[(state + State.Counter) >>> 2]}`)
  }
}
