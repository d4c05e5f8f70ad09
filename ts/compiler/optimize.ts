// The passes over a program, in their order; each can be switched off.
import type { Program } from '../core/program.js'

/** A rewriting of programs that keeps their meaning. */
export interface Pass {
  readonly name: string
  run(program: Program): Program
}

export const passes: Pass[] = []

/** The program after all passes. */
export function optimize(program: Program): Program {
  return passes.reduce((result, pass) => pass.run(result), program)
}
