// Dead code: equations whose results nobody uses.
import type { Atom, Equation, Program } from '../core/program.js'

/** Without equations whose outputs nobody uses. */
export function pruneProgram(program: Program): Program {
  const used = new Set<Atom>(program.outputs)
  const isUsed = (atom: Atom): boolean => used.has(atom)
  const kept: Equation[] = []
  for (let i = program.equations.length - 1; i >= 0; i--) {
    const equation = program.equations[i]
    if (!equation.outputs.some(isUsed)) continue
    const pruned = equation.primitive.prune?.(equation, isUsed) ?? equation
    for (const input of pruned.inputs) if (input.kind === 'var') used.add(input)
    kept.push(pruned)
  }
  return { ...program, equations: kept.reverse() }
}
