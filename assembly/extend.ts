// How the core calls kernels of the extension (extension.ts), a second module that is only loaded where a program needs
// it: through entries at the end of the core's table, in the order of their opcodes.
import { Opcode } from './format'

/** The opcodes from Opcode.GemmViews on. */
const INSTRUCTIONS: u32 = 5

/** The first of the extension's entries; 0: it is not loaded. A property of this instance, like its memory. */
let first: u32 = 0

/** Says where the extension's entries begin: its instructions in order, then what runs an operation of a Map. */
export function extend(entry: u32): void {
  first = entry
}

/** False if nothing runs this opcode. */
export function runExtension(opcode: u32, at: usize, state: usize): bool {
  const index = opcode - Opcode.GemmViews
  if (first == 0 || index >= INSTRUCTIONS) return false
  call_indirect<void>(first + index, at, state)
  return true
}

/** Runs an operation of a Map that the core itself has no kernel for. */
export function extendedOperation(op: u32, dst: usize, a: usize, b: usize, n: usize): void {
  call_indirect<void>(first + INSTRUCTIONS, op, dst, a, b, n)
}
