// The extension: kernels that many programs never need, in a second module (assembly/extension.ts) over the core's memory.
// Only what needs it imports this file, so that neither a page nor a bundle without such operations has its bytes.
import { core } from './core.js'
import { unpacked } from './decode.js'
import { size, text } from './extension-wasm.js'

/** The table's entries: instructions in the order of their opcodes, then what runs an operation of a Map. @internal */
export const ENTRIES = ['gemmViews', 'pool', 'overlapAdd', 'sort', 'cumulate', 'operation']

let isLoaded = false

/** Makes the extension's opcodes and operations known to the machine: for what lowers to them. */
export function useExtension(): void {
  if (isLoaded) return
  const { memory, table, extend } = core()
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(unpacked({ size, text })), { env: { memory } })
  const first = table.grow(ENTRIES.length)
  ENTRIES.forEach((name, i) => {
    table.set(first + i, exports[name])
  })
  extend(first)
  isLoaded = true
}
