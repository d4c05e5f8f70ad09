// Partial evaluation: a program split into what can be computed from the known inputs and the rest, with the values that
// the rest needs (residuals). What is a cheap function of another residual is computed again instead of kept.

import { pruneProgram } from '../compiler/prune.js'
import { type Atom, type Equation, makersOf, type Program, type Var } from '../core/program.js'
import { sizeOf } from '../core/shape.js'
import { where, whereNot } from './interpret.js'

export interface SplitProgram {
  /** Known inputs -> known outputs, then residuals. */
  known: Program
  /** Residuals, then unknown inputs -> unknown outputs. */
  unknown: Program
  residuals: Var[]
  /** Which outputs are unknown. */
  unknownOutputs: boolean[]
}

/**
 * Splits a program. `unknown[i]`: input i is not known. `forced[i]`: output i goes to the unknown side in any case.
 * `free`: known inputs that cost nothing to keep.
 */
export function splitProgram(
  program: Program,
  unknown: readonly boolean[],
  forced: readonly boolean[] = [],
  free: ReadonlySet<Var> = new Set(),
): SplitProgram {
  const unknownVars = new Set<Atom>(where(program.inputs, unknown))
  const knownEquations: Equation[] = []
  const unknownEquations: Equation[] = []
  for (const equation of program.equations) {
    const mask = equation.inputs.map(atom => unknownVars.has(atom))
    if (!mask.includes(true)) {
      knownEquations.push(equation)
      continue
    }
    const parts = equation.primitive.partial?.(equation, mask) ?? { known: [], unknown: [equation] }
    knownEquations.push(...parts.known)
    unknownEquations.push(...parts.unknown)
    for (const { outputs } of parts.unknown) for (const output of outputs) unknownVars.add(output)
  }
  const unknownOutputs = program.outputs.map((atom, i) => forced[i] === true || unknownVars.has(atom))
  const unknownResults = where(program.outputs, unknownOutputs)
  const pruned = pruneProgram({ inputs: [], equations: unknownEquations, outputs: unknownResults })
  const needed = knownAtoms(pruned.equations, pruned.outputs)
  const again = recomputed(needed, knownEquations, free)
  const rest = [...again, ...pruned.equations]
  const residuals = [...knownAtoms(rest, unknownResults)]
  const known = pruneProgram({
    inputs: whereNot(program.inputs, unknown),
    equations: knownEquations,
    outputs: [...whereNot(program.outputs, unknownOutputs), ...residuals],
  })
  return {
    known,
    unknown: { inputs: [...residuals, ...where(program.inputs, unknown)], equations: rest, outputs: unknownResults },
    residuals,
    unknownOutputs,
  }

  /** Variables that these equations use and do not bind, unknown inputs apart. */
  function knownAtoms(equations: readonly Equation[], outputs: readonly Atom[]): Set<Var> {
    const bound = new Set<Atom>(where(program.inputs, unknown))
    for (const equation of equations) for (const output of equation.outputs) bound.add(output)
    const used = new Set<Var>()
    const use = (atom: Atom) => {
      if (atom.kind === 'var' && !bound.has(atom)) used.add(atom)
    }
    for (const equation of equations) equation.inputs.forEach(use)
    outputs.forEach(use)
    return used
  }
}

/** Known equations to run again on the unknown side, because what they are made of is kept anyway or costs no more. */
function recomputed(needed: Set<Var>, knownEquations: readonly Equation[], free: ReadonlySet<Var>): Equation[] {
  const definition = makersOf(knownEquations)
  const order = new Map(knownEquations.map((equation, i) => [equation, i]))
  const residuals = new Set(needed)
  const again = new Set<Equation>()

  /** What `variable` is made of by cheap equations: the variables that would have to be kept, and the equations. */
  const expand = (variable: Var) => {
    const leaves = new Set<Var>()
    const equations = new Set<Equation>()
    const visit = (atom: Atom, isRoot: boolean): void => {
      if (atom.kind === 'literal' || free.has(atom)) return
      if (!isRoot && residuals.has(atom)) return
      const equation = definition.get(atom)
      if (equation === undefined || equation.primitive.cheap !== true) {
        leaves.add(atom)
        return
      }
      equations.add(equation)
      for (const input of equation.inputs) visit(input, false)
    }
    visit(variable, true)
    return { leaves, equations }
  }
  const byLastDefined = () =>
    [...residuals]
      .filter(v => definition.get(v)?.primitive.cheap)
      .sort((a, b) => order.get(definition.get(b)!)! - order.get(definition.get(a)!)!)
  for (let isChanged = true; isChanged; ) {
    isChanged = false
    for (const variable of byLastDefined()) {
      const { leaves, equations } = expand(variable)
      if (leaves.has(variable)) continue
      const [leaf, ...others] = leaves
      const isFree = leaf === undefined
      const isSwap = leaf !== undefined && others.length === 0 && sizeOf(leaf.aval.shape) <= sizeOf(variable.aval.shape)
      if (!isFree && !isSwap) continue
      residuals.delete(variable)
      if (leaf !== undefined) residuals.add(leaf)
      for (const equation of equations) again.add(equation)
      isChanged = true
    }
  }
  return [...again].sort((a, b) => order.get(a)! - order.get(b)!)
}
