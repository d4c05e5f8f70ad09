// Compiled code, the core's or the extension's, from the text that assembly/pack.mjs made of it. A module of its own
// unpacks it (assembly/unpack.ts): compiled code is quick from its first bit, JavaScript only after some thousands.
import * as packedCore from './core-wasm.js'

/** Where the text stands in that module's memory: TEXT of assembly/unpack.ts. */
const TEXT = 0x380000

/** Compiled code as text. */
interface Packed {
  readonly size: number
  readonly text: string
}

const unpackerBytes = () => Uint8Array.from(atob(packedCore.unpacker), character => character.charCodeAt(0))

function unpackWith({ exports }: WebAssembly.Instance, { size, text }: Packed): Uint8Array<ArrayBuffer> {
  const { memory, unpack } = exports as { memory: WebAssembly.Memory; unpack(size: number): number }
  new TextEncoder().encodeInto(text, new Uint8Array(memory.buffer, TEXT))
  return new Uint8Array(memory.buffer as ArrayBuffer, unpack(size), size)
}

/** The bytes of a module. */
export const unpacked = (packed: Packed) =>
  unpackWith(new WebAssembly.Instance(new WebAssembly.Module(unpackerBytes())), packed)

/** The bytes of the core. */
export const coreBytes = () => unpacked(packedCore)

/** The same, compiling nothing while the page waits. */
export const coreBytesLater = async () =>
  unpackWith((await WebAssembly.instantiate(unpackerBytes())).instance, packedCore)
