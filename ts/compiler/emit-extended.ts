// Instructions of the extension (runtime/extension.ts): whoever emits one brings the kernels along.
import type { Opcode } from '../../assembly/format.js'
import { useExtension } from '../runtime/extension.js'
import type { Field, Lowering } from './lowering.js'

/** Appends an instruction that the core has no kernel for. */
export function emitExtended(lowering: Lowering, opcode: Opcode, fields: Field[]): void {
  useExtension()
  lowering.emit(opcode, fields)
}
