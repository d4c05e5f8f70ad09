// The pool behind stored tensors: what is resident in the core's memory, in order of last use, and what gives way when
// room is needed. Resident bytes are a cache: a record that moves out becomes a JavaScript typed array, which belongs to
// the garbage collector alone, so a loop that never lets the collector's callbacks run cannot fill the core's memory.
import { located, userSource } from '../errors.js'
import { core, heap } from './core.js'

/** What the pool keeps: a record that is resident at an address. */
export interface Resident {
  address: number
  readonly bytes: number
  /** The run that needs it where it is. */
  pinnedBy: number
  older: Resident | null
  newer: Resident | null
  /** Forgets the block: its words are in `words` from `at` on. */
  moveOut(words: Uint32Array<ArrayBuffer>, at: number): void
}

/** The core's memory cannot be larger, and no block is. */
const LARGEST = 0xfffe0000
const DEFAULT_LIMIT = 2 ** 30
/**
 * Resident bytes start out bounded by this; the bound grows, up to the limit, when what moved out is wanted back. A job
 * that never yields fills it with forgotten tensors, so it is small.
 */
const FIRST_BOUND = 2 ** 20
/** The bound of a program that yields: what the collector's callbacks free in place need not be copied out. */
const YIELDING_BOUND = 2 ** 23

/** Small records move out together, as one typed array of this size: one allocation for many. */
const BATCH_BYTES = 8192

/** Blocks up to this size are carved from slabs here, without a call into the core. */
export const SMALL_BYTES = 256
const SLAB_BYTES = 16384
const UNIT = 64
const small: number[][] = Array.from({ length: SMALL_BYTES / UNIT + 1 }, () => [])
/** What a record costs besides its bytes, against the bound: many small ones burden the collector. */
const RECORD_COST = 512
const unitsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / UNIT))

let limit = DEFAULT_LIMIT
let bound = FIRST_BOUND
let resident = 0
let count = 0
/** Resident bytes and the cost of their records. */
let load = 0
let movedOut = 0
let movedBack = 0
/** Bytes moved out and back since the bound was last set. */
let outSince = 0
let backSince = 0
let oldest: Resident | null = null
let newest: Resident | null = null
let run = 1
/** Where small records are gathered. */
let staging = 0

/** Something that can give memory back when the core has no more: caches, the arena. Returns false if it had nothing. */
export type Reclaimer = () => boolean
const reclaimers: Reclaimer[] = []

/** Asks `reclaim` for memory when the core's is exhausted. */
export const whenExhausted = (reclaim: Reclaimer): void => {
  reclaimers.push(reclaim)
}

/** Bytes of stored tensors, as `memory()` tells them. */
export const poolUse = () => ({ limit, resident, count, movedOut, movedBack })

/** Begins a run and gives its number: records that carry it stay resident; those that carry earlier ones may move. */
export const beginRun = (): number => ++run

/** Sets how many bytes of tensors may be resident; what is more moves out at once. */
export function setLimit(bytes: number): void {
  limit = bytes
  bound = Math.min(FIRST_BOUND, limit)
  outSince = backSince = 0
  run++
  if (load > limit) moveOutOldest(load - limit)
}

/** Enters a record as the one used last. */
export function enter(record: Resident): void {
  resident += record.bytes
  load += record.bytes + RECORD_COST
  count++
  link(record)
}

/** Takes a record out: it moved out or is free. */
export function leave(record: Resident): void {
  resident -= record.bytes
  load -= record.bytes + RECORD_COST
  count--
  unlink(record)
}

/** Marks a record as the one used last. */
export function touch(record: Resident): void {
  if (newest === record) return
  unlink(record)
  link(record)
}

function link(record: Resident): void {
  record.older = newest
  if (newest === null) oldest = record
  else newest.newer = record
  newest = record
}

function unlink(record: Resident): void {
  const { older, newer } = record
  if (older === null) oldest = newer
  else older.newer = newer
  if (newer === null) newest = older
  else newer.older = older
  // A record that is out must not keep others alive.
  record.older = record.newer = null
}

/** Moves out what was used longest ago, at least `bytes` of load where the running call leaves so much; says how much. */
function moveOutOldest(bytes: number): number {
  let moved = 0
  let batch: Resident[] = []
  let batched = 0
  for (let record = oldest; record !== null && moved < bytes; ) {
    const { newer } = record
    if (record.pinnedBy !== run) {
      moved += record.bytes + RECORD_COST
      movedOut += record.bytes
      outSince += record.bytes
      if (batched + record.bytes > BATCH_BYTES) {
        moveOutTogether(batch)
        batch = []
        batched = 0
      }
      batch.push(record)
      batched += record.bytes
    }
    record = newer
  }
  if (batch.length > 0) moveOutTogether(batch)
  return moved
}

/** Nothing is given back before its copy is made: should that fail, nothing has happened. */
function moveOutTogether(batch: readonly Resident[]): void {
  if (staging === 0 && batch.length > 1) staging = core().allocate(BATCH_BYTES) >>> 0
  const words = heap()
  if (staging === 0 || batch.length === 1) {
    for (const record of batch) {
      const at = record.address >>> 2
      record.moveOut(words.slice(at, at + (record.bytes >>> 2)), 0)
    }
    return
  }
  const start = staging >>> 2
  let at = start
  for (const { address, bytes: length } of batch) {
    words.copyWithin(at, address >>> 2, (address + length) >>> 2)
    at += length >>> 2
  }
  const copy = words.slice(start, at)
  at = 0
  for (const record of batch) {
    record.moveOut(copy, at)
    at += record.bytes >>> 2
  }
}

/** Counts what came back; if much of what moves out does, more is allowed to stay. */
export function cameBack(bytes: number): void {
  movedBack += bytes
  backSince += bytes
}

/** A collector's callback freed a record: the program yields. */
export function wasCollected(): void {
  if (bound < YIELDING_BOUND) bound = Math.min(limit, YIELDING_BOUND)
}

/** A block for a tensor of `bytes`; makes room first where the bound would be passed. */
export function allocateBlock(bytes: number, what: string): number {
  if (load + bytes > bound) makeRoom(bytes)
  if (bytes > SMALL_BYTES) return allocate(bytes, what)
  const units = unitsOf(bytes)
  const free = small[units]
  if (free.length === 0) {
    const slab = allocate(SLAB_BYTES, what)
    for (let at = SLAB_BYTES - units * UNIT; at >= 0; at -= units * UNIT) free.push(slab + at)
  }
  return free.pop()!
}

/** Gives a block of `allocateBlock` back. */
export function releaseBlock(address: number, bytes: number): void {
  if (bytes > SMALL_BYTES) release(address)
  else small[unitsOf(bytes)].push(address)
}

function makeRoom(bytes: number): void {
  if (bound < limit && outSince >= bound / 4 && backSince * 4 > outSince) {
    bound = Math.min(limit, bound * 2)
    outSince = backSince = 0
    if (load + bytes <= bound) return
  }
  if (outSince > bound * 4) {
    outSince /= 2
    backSince /= 2
  }
  moveOutOldest(Math.max(load + bytes - bound, bound / 4))
}

/** There is no memory; `mayFit`: all free places together might have been enough. */
export class OutOfMemory extends RangeError {
  constructor(
    message: string,
    readonly mayFit: boolean,
  ) {
    super(located(message, userSource()))
  }
}

/** A block of at least `bytes`. When the core has none, tensors, caches and the arena give way; then it throws. */
export function allocate(bytes: number, what: string): number {
  if (bytes <= LARGEST) {
    let address = core().allocate(bytes) >>> 0
    for (let wanted = bytes; address === 0 && moveOutOldest(wanted) > 0; wanted *= 2) {
      address = core().allocate(bytes) >>> 0
    }
    for (const reclaim of reclaimers) {
      if (address === 0 && reclaim()) address = core().allocate(bytes) >>> 0
    }
    if (address !== 0) return address
  }
  throw new OutOfMemory(
    `${what}: out of memory: ${showBytes(bytes)} were asked for; ${showBytes(resident)} of tensors are resident, ` +
      `the limit is ${showBytes(LARGEST)} of WebAssembly memory (${showBytes(limit)} of tensors, see setMemoryLimit); ` +
      'every live tensor is intact',
    bytes <= LARGEST,
  )
}

/** Gives a block back. */
export const release = (address: number): void => core().release(address)

/**
 * Moves everything out, so that what a run needs comes back side by side: for when the free places would do together
 * and none of them alone does.
 */
export function compact(): void {
  run++
  moveOutOldest(Number.POSITIVE_INFINITY)
  for (const reclaim of reclaimers) reclaim()
}

/** `1048576 bytes (1.0 MiB)`. */
function showBytes(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length, Math.floor(Math.log2(Math.max(bytes, 1)) / 10))
  return power === 0 ? `${bytes} bytes` : `${bytes} bytes (${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]})`
}
