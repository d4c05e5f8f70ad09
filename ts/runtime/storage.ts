// Storage: the block of core memory behind a stored tensor. Tensors are ordinary values: the garbage collector finds
// them, and a FinalizationRegistry that holds the record (never the tensor) gives the block back.
import { core, memoryWords } from './core.js'

/** Blocks up to this size come from slabs that this room carves, without a call into the core. */
const SMALL_BYTES = 256
const SLAB_BYTES = 16384
const ALIGNMENT = 64

const small: number[][] = Array.from({ length: SMALL_BYTES / ALIGNMENT + 1 }, () => [])

function allocateBlock(bytes: number): number {
  if (bytes > SMALL_BYTES) {
    const address = core().allocate(bytes)
    if (address === 0) throw outOfMemory(bytes)
    return address
  }
  const units = Math.max(1, Math.ceil(bytes / ALIGNMENT))
  const free = small[units]
  if (free.length === 0) {
    const slab = core().allocate(SLAB_BYTES)
    if (slab === 0) throw outOfMemory(bytes)
    for (let at = SLAB_BYTES - units * ALIGNMENT; at >= 0; at -= units * ALIGNMENT) free.push(slab + at)
  }
  return free.pop()!
}

function releaseBlock(address: number, bytes: number): void {
  if (bytes > SMALL_BYTES) core().release(address)
  else small[Math.max(1, Math.ceil(bytes / ALIGNMENT))].push(address)
}

/** A block for programs and tables, not behind a tensor. Throws when memory cannot grow. */
export function allocateRaw(bytes: number): number {
  const address = core().allocate(bytes)
  if (address === 0) throw outOfMemory(bytes)
  return address
}

/** Gives a block of `allocateRaw` back. */
export const releaseRaw = (address: number): void => core().release(address)

const outOfMemory = (bytes: number): RangeError =>
  new RangeError(
    `out of memory: ${bytes} bytes were asked for, ${core().memory.buffer.byteLength} are held of at most 4294967296; every live tensor is intact`,
  )

/** One tensor's block. */
export class Storage {
  readonly kind = 'storage'
  /** Why it can no longer be read, or null while it can. */
  private gone: 'disposed' | 'donated' | null = null
  private constructor(
    private block: number,
    readonly bytes: number,
  ) {}

  /** A new block; what lies in it is unspecified. */
  static allocate(bytes: number): Storage {
    return new Storage(allocateBlock(bytes), bytes)
  }

  /** A new block that holds these words. */
  static of(words: Uint32Array): Storage {
    const storage = Storage.allocate(words.byteLength)
    memoryWords(storage.address, words.length).set(words)
    return storage
  }

  /** Where the block lies. Throws if it was donated or disposed. */
  get address(): number {
    if (this.gone !== null) {
      throw new TypeError(
        this.gone === 'donated'
          ? "a tensor is used after it was donated to a compiled function; use the function's result instead, or do not donate it"
          : 'a tensor is used after dispose()',
      )
    }
    return this.block
  }

  /** A view of the words, valid until memory grows. */
  words(length: number): Uint32Array {
    return memoryWords(this.address, length)
  }

  /** Frees the block when `owner` is forgotten. */
  keepWhile(owner: object): void {
    registry.register(owner, this, this)
  }

  /** Frees the block now. */
  free(reason: 'disposed' | 'donated'): void {
    if (this.gone !== null) return
    this.gone = reason
    registry.unregister(this)
    releaseBlock(this.block, this.bytes)
  }

  /** Hands the block to a new record; this one counts as donated. */
  donate(): Storage {
    const heir = new Storage(this.address, this.bytes)
    this.gone = 'donated'
    registry.unregister(this)
    return heir
  }

  /** @internal Called when the owner was collected. */
  collected(): void {
    if (this.gone !== null) return
    this.gone = 'disposed'
    releaseBlock(this.block, this.bytes)
  }
}

const registry = new FinalizationRegistry<Storage>(storage => storage.collected())
