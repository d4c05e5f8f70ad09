// Storage: the record behind a stored tensor. Tensors are ordinary values: the garbage collector finds those that are
// forgotten, and a FinalizationRegistry that holds the record (never the tensor) gives the block back. There is no
// WeakRef: it would keep its target alive until the job ends.
import { typeError } from '../errors.js'
import { heap } from './core.js'
import {
  allocateBlock,
  beginRun,
  cameBack,
  enter,
  leave,
  type Resident,
  releaseBlock,
  SMALL_BYTES,
  touch,
  wasCollected,
} from './pool.js'

/** One tensor's words: in a block of the core's memory, or moved out to a typed array. */
export class Storage implements Resident {
  readonly kind = 'storage'
  /** Neighbours in the pool's order. */
  older: Resident | null = null
  newer: Resident | null = null
  /** Where the block lies while it is resident, else 0. */
  address = 0
  pinnedBy = 0
  private isOwned = false
  /** The words from `movedAt` on, while they are not in the core's memory. */
  private moved: Uint32Array<ArrayBuffer> | null = null
  private movedAt = 0
  /** Why it can no longer be read, or null while it can. */
  private gone: 'disposed' | 'donated' | null = null
  private constructor(readonly bytes: number) {}

  /** What a tensor has whose own record became a result's: no words, and the message for whoever asks. */
  static readonly donated = new Storage(0)
  static {
    Storage.donated.gone = 'donated'
  }

  /** A new block, pinned by `run`; what lies in it is unspecified. `what` names who asks, should there be no memory. */
  static allocate(bytes: number, run: number, what: string): Storage {
    const storage = new Storage(bytes)
    storage.address = allocateBlock(bytes, what)
    storage.pinnedBy = run
    enter(storage)
    return storage
  }

  /** A new block that holds these words. */
  static of(words: Uint32Array, what: string): Storage {
    const storage = Storage.allocate(words.byteLength, beginRun(), what)
    heap().set(words, storage.address >>> 2)
    return storage
  }

  /**
   * Makes sure that the words are in the core's memory, at `address`, for as long as `run` is the current one.
   * `owner` is the tensor whose record this is, `what` names who asks. Throws if it was donated or disposed.
   */
  use(owner: object, run: number, what: string): void {
    if (this.gone !== null) throw this.goneError(what)
    this.pinnedBy = run
    if (this.moved === null) touch(this)
    else this.moveIn(owner, what)
  }

  /** A copy of the words, from wherever they are. */
  copy(length: number): Uint32Array<ArrayBuffer> {
    if (this.gone !== null) throw this.goneError('data')
    if (this.moved !== null) return this.moved.slice(this.movedAt, this.movedAt + length)
    const at = this.address >>> 2
    return heap().slice(at, at + length)
  }

  /** Frees the block when `owner` is forgotten; an owner before it counts no more. */
  keepWhile(owner: object): void {
    if (this.isOwned) registry.unregister(this)
    this.isOwned = true
    this.register(owner)
  }

  /** Frees the words now. */
  free(reason: 'disposed' | 'donated'): void {
    if (this.gone !== null) return
    this.gone = reason
    this.moved = null
    this.drop()
  }

  /** The pool needs the room; the words are in `words` from `at` on. */
  moveOut(words: Uint32Array<ArrayBuffer>, at: number): void {
    this.moved = words
    this.movedAt = at
    this.drop()
  }

  private moveIn(owner: object, what: string): void {
    const words = this.moved!
    this.address = allocateBlock(this.bytes, what)
    heap().set(words.subarray(this.movedAt, this.movedAt + (this.bytes >>> 2)), this.address >>> 2)
    this.moved = null
    enter(this)
    cameBack(this.bytes)
    this.register(owner)
  }

  /** Small records cost more to watch than they hold: forgotten ones stay until they move out. */
  private register(owner: object): void {
    if (this.bytes > SMALL_BYTES) registry.register(owner, this, this)
  }

  private drop(): void {
    if (this.address === 0) return
    if (this.bytes > SMALL_BYTES) registry.unregister(this)
    this.dropBlock()
  }

  private dropBlock(): void {
    leave(this)
    releaseBlock(this.address, this.bytes)
    this.address = 0
  }

  private goneError(what: string): TypeError {
    return typeError(
      this.gone === 'donated'
        ? `${what}: a tensor is used after it was donated to a compiled function; use the function's result instead, or do not donate it`
        : `${what}: a tensor is used after dispose()`,
    )
  }

  /** @internal The owner was collected. */
  collected(): void {
    if (this.address === 0) return
    this.gone = 'disposed'
    this.dropBlock()
    wasCollected()
  }
}

const registry = new FinalizationRegistry<Storage>(storage => storage.collected())
