// The one instance of the WebAssembly core: made synchronously at first use, never at import, so that importing
// heddle on a server that renders pages touches no WebAssembly.
import { coreBytes, coreBytesLater } from './decode.js'

/** What the core exports. A plain record: profilers and tests may wrap its functions. @internal */
export interface Core {
  memory: WebAssembly.Memory
  /** Runs the program that the state block names; returns a Status. */
  run(state: number): number
  /** A block of at least `bytes`, 64-byte aligned; 0 when memory cannot grow. */
  allocate(bytes: number): number
  release(address: number): void
  /** Bytes in use by blocks. */
  resident(): number
  /** Where the extension's kernels stand once it is loaded, from the entry on that `extend` was told. */
  table: WebAssembly.Table
  extend(entry: number): void
}

let instance: Core | null = null

// Not through @assemblyscript/loader: there are no managed objects to marshal, and it would wrap every call.
const exportsOf = (wasm: WebAssembly.Instance): Core => ({ ...(wasm.exports as unknown as Core) })

/** The core, instantiated now if it was not yet. @internal */
export function core(): Core {
  instance ??= exportsOf(new WebAssembly.Instance(new WebAssembly.Module(coreBytes())))
  return instance
}

/** True once something has used the core. @internal */
export const isInstantiated = (): boolean => instance !== null

/** What `fetch` resolves with, as far as it matters here. */
export interface Fetched {
  readonly ok: boolean
  arrayBuffer(): Promise<ArrayBuffer>
}

/**
 * Compiles and instantiates the core without blocking, for pages that prefer it; otherwise the first operation does it.
 * `source`: the package's `heddle.wasm`, fetched: compiled while it arrives, and browsers keep the compiled code.
 * @example
 * await init()
 * const streaming = () => init(fetch('/assets/heddle.wasm')) // in a page that serves the package's file there
 */
export async function init(source?: Fetched | PromiseLike<Fetched>): Promise<void> {
  if (instance !== null) return
  const module = await (source === undefined
    ? WebAssembly.compile(await coreBytesLater())
    : WebAssembly.compileStreaming(source as Response | PromiseLike<Response>))
  const wasm = await WebAssembly.instantiate(module)
  instance ??= exportsOf(wasm)
}

let heapView = new Uint32Array(0)

/** All of the core's memory as 32-bit words, as it is now: growing it detaches earlier views, so keep none. @internal */
export function heap(): Uint32Array {
  const { buffer } = core().memory
  if (heapView.buffer !== buffer) heapView = new Uint32Array(buffer)
  return heapView
}

/** Part of the core's memory, valid until it grows. @internal */
export const memoryWords = (address: number, length: number): Uint32Array =>
  new Uint32Array(core().memory.buffer, address, length)
