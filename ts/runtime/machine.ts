// Loading programs into the core and running them: the state block, the arena that all programs share, the slot table.
import { Gemm, State, Status } from '../../assembly/format.js'
import { core, heap, memoryWords } from './core.js'
import { allocateRaw, releaseRaw } from './storage.js'

const NO_LIMIT = 0xffffffff
const FIXED_SLOTS = 3

let state = 0
let scratch = 0
let arena = 0
let arenaBytes = 0

/** Bytes of the arena that all programs share. */
export const arenaSize = (): number => arenaBytes

function prepare(): void {
  const block = allocateRaw(State.Size + State.TileBytes + Gemm.Scratch)
  memoryWords(block, State.Size / 4).fill(0)
  memoryWords(block, State.Size / 4)[State.Tiles / 4] = block + State.Size
  scratch = block + State.Size + State.TileBytes
  state = block
}

function growArena(bytes: number): void {
  if (arena !== 0) releaseRaw(arena)
  arena = 0
  arenaBytes = 0
  arena = allocateRaw(bytes)
  arenaBytes = bytes
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
  private block = 0
  private readonly constantsAt: number
  private readonly literalsAt: number
  private readonly slotsAt: number
  readonly bytes: number

  constructor(private readonly code: Code) {
    this.constantsAt = code.words.length * 4
    this.literalsAt = this.constantsAt + code.constants.length * 4
    this.slotsAt = this.literalsAt + code.slots * 4
    this.bytes = this.slotsAt + (FIXED_SLOTS + code.slots) * 4
  }

  private load(): void {
    const { words, constants } = this.code
    this.block = allocateRaw(this.bytes)
    const memory = memoryWords(this.block, this.bytes / 4)
    memory.set(words)
    memory.set(constants, words.length)
  }

  /** Gives the memory back; a later run loads again. */
  unload(): void {
    if (this.block !== 0) releaseRaw(this.block)
    this.block = 0
  }

  /**
   * Makes everything ready that could need memory, so that `run` allocates nothing.
   * Call before the addresses of results are taken.
   */
  ready(): void {
    if (state === 0) prepare()
    if (this.code.peak > arenaBytes) growArena(this.code.peak)
    if (this.block === 0) this.load()
  }

  /** Runs the program; slot i lies at `addresses[i]`, or holds the literal word `literals[i]` where the address is 0. */
  run(addresses: readonly number[], literals: readonly number[]): void {
    const words = heap()
    const slots = (this.block + this.slotsAt) >>> 2
    const literalAt = this.block + this.literalsAt
    words[slots] = this.block + this.constantsAt
    words[slots + 1] = arena
    words[slots + 2] = scratch
    for (let i = 0; i < addresses.length; i++) {
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
    words[at + State.Part / 4] = 0
    words[at + State.Parts / 4] = 1
    words[at + State.Fuel / 4] = NO_LIMIT
    const status = core().run(state)
    if (status !== Status.Done) {
      throw new Error(`the machine stopped with status ${status} at word ${heap()[(state + State.Counter) >>> 2]}`)
    }
  }
}
