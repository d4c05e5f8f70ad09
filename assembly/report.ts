// The report ring: what a program says without calling the host (format.ts: Print, Check, ReportKind).
import { ReportKind, State } from './format'
import { address, extent } from './operands'

export function printInstruction(at: usize, state: usize): void {}
export function checkInstruction(at: usize, state: usize): void {}
