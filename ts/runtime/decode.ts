// The compiled core from the text that assembly/pack.mjs made of it. A module of its own unpacks it (assembly/unpack.ts):
// compiled code is quick from its first bit, JavaScript only after some thousands.
import { size, text, unpacker } from './core-wasm.js'

/** Where the text stands in that module's memory: TEXT of assembly/unpack.ts. */
const TEXT = 0x380000

const unpackerBytes = () => Uint8Array.from(atob(unpacker), character => character.charCodeAt(0))

function unpackWith({ exports }: WebAssembly.Instance): Uint8Array<ArrayBuffer> {
  const { memory, unpack } = exports as { memory: WebAssembly.Memory; unpack(size: number): number }
  new TextEncoder().encodeInto(text, new Uint8Array(memory.buffer, TEXT))
  return new Uint8Array(memory.buffer as ArrayBuffer, unpack(size), size)
}

/** The bytes of the core. */
export const coreBytes = () => unpackWith(new WebAssembly.Instance(new WebAssembly.Module(unpackerBytes())))

/** The same, compiling nothing while the page waits. */
export const coreBytesLater = async () => unpackWith((await WebAssembly.instantiate(unpackerBytes())).instance)
