// What the core's memory is used for, and how much of it tensors may take.
import { typeError } from '../errors.js'
import { core, isInstantiated } from './core.js'
import { machineUse } from './machine.js'
import { poolUse, setLimit } from './pool.js'

/** What `memory()` tells; all in bytes but `tensors`. */
export interface MemoryUse {
  /** Tensors in WebAssembly memory may take so much; see `setMemoryLimit`. */
  limit: number
  /** Tensors in WebAssembly memory, those included that are forgotten and not yet collected. */
  resident: number
  /** How many tensors that is. */
  tensors: number
  /**
   * Moved out of WebAssembly memory to JavaScript's since the start, least recently used first. From then on they belong
   * to the garbage collector, which does not say when it frees them.
   */
  spilled: number
  /** Of these, moved back because they were used again. */
  restored: number
  /** Temporaries that all compiled programs share: the largest peak so far. */
  arena: number
  /** Compiled programs that are loaded. */
  programs: number
  /** All of WebAssembly memory. It never shrinks; what is free in it is used again. */
  total: number
}

/**
 * How much memory is used, and for what.
 * @example
 * const { resident, limit } = memory()
 * resident <= limit // true
 */
export function memory(): MemoryUse {
  const { limit, resident, count, movedOut, movedBack } = poolUse()
  const total = isInstantiated() ? core().memory.buffer.byteLength : 0
  return { limit, resident, tensors: count, spilled: movedOut, restored: movedBack, ...machineUse(), total }
}

/**
 * Sets how many bytes of tensors may be in WebAssembly memory (1 GiB at first). What is more moves out to JavaScript's
 * memory, least recently used first, and back when it is used. Only what a single call needs at once may pass the limit.
 * Throws unless `bytes` is a positive number.
 * @example setMemoryLimit(64 * 2 ** 20)
 */
export function setMemoryLimit(bytes: number): void {
  if (typeof bytes !== 'number' || !(bytes > 0)) {
    throw typeError(`setMemoryLimit: a limit is a positive number of bytes, not ${String(bytes)}`)
  }
  setLimit(bytes)
}
