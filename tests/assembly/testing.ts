// Loads the testing build of the core and gives tests guarded buffers: a kernel that reads garbage or writes
// outside its operands is found out by the canaries on both sides.
import { ENTRIES } from '../../ts/runtime/extension.js'
import { readFile, repository } from '../platform.js'

type Exports = { memory: WebAssembly.Memory } & Record<string, (...args: number[]) => number>

const testing = await WebAssembly.compile(await readFile(new URL('build/testing.wasm', repository)))

/** A fresh instance of the testing build, which has the extension's kernels in the same module. */
export function loadKernels(): Exports {
  const core = new WebAssembly.Instance(testing, {}).exports as Exports & { table: WebAssembly.Table }
  const first = core.table.grow(ENTRIES.length)
  ENTRIES.forEach((name, i) => {
    core.table.set(first + i, core[name])
  })
  core.extend(first)
  return core
}

const GUARD_WORDS = 64
const CANARY = 0x7fc0dead // a quiet NaN: read as a float it poisons the result

export interface Guarded {
  /** Address of the first word. */
  at: number
  words: number
}

/** `words` 32-bit words between canaries; filled from `data` where given (floats, or raw words from an integer array). */
export function guarded(core: Exports, words: number, data?: ArrayLike<number> | Uint32Array | Int32Array): Guarded {
  const base = core.allocate((words + 2 * GUARD_WORDS) * 4)
  new Uint32Array(core.memory.buffer, base, words + 2 * GUARD_WORDS).fill(CANARY)
  const at = base + GUARD_WORDS * 4
  if (data instanceof Uint32Array || data instanceof Int32Array)
    new Uint32Array(core.memory.buffer, at, words).set(data)
  else if (data) new Float32Array(core.memory.buffer, at, words).set(data)
  return { at, words }
}

/** True while the words on both sides of `buffer` are as they were laid. */
export function intact(core: Exports, { at, words }: Guarded): boolean {
  const before = new Uint32Array(core.memory.buffer, at - GUARD_WORDS * 4, GUARD_WORDS)
  const after = new Uint32Array(core.memory.buffer, at + words * 4, GUARD_WORDS)
  return before.every(word => word === CANARY) && after.every(word => word === CANARY)
}

/** A copy of the buffer's words as floats. */
export function floats(core: Exports, { at, words }: Guarded): Float32Array {
  return new Float32Array(core.memory.buffer, at, words).slice()
}

/** A copy of the buffer's words as unsigned integers. */
export function words(core: Exports, { at, words }: Guarded): Uint32Array {
  return new Uint32Array(core.memory.buffer, at, words).slice()
}

export { mulberry32 } from '../mulberry32.js'
