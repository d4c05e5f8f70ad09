// Dead code: equations whose results nobody uses.
import type { Atom, Equation, Program } from '../core/program.js'
import { isEffect } from './passes/rewrite.js'

/** Without equations whose outputs nobody uses. */
export function pruneProgram(program: Program): Program {
  const used = new Set<Atom>(program.outputs)
  const kept: Equation[] = []
  for (let i = program.equations.length - 1; i >= 0; i--) {
    const equation = program.equations[i]
    if (!equation.outputs.some(output => used.has(output)) && !isEffect(equation)) continue
    const pruned = equation.primitive.prune?.(equation, output => used.has(output)) ?? equation
    for (const input of pruned.inputs) used.add(input)
    kept.push(pruned)
  }
  return { ...program, equations: kept.reverse() }
}

/** What a program's equations and outputs read. */
export function readAtoms({ equations, outputs }: Program): Set<Atom> {
  const read = new Set<Atom>(outputs)
  for (const { inputs } of equations) for (const atom of inputs) read.add(atom)
  return read
}
