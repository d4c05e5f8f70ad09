// What passes share: walking the programs inside of equations.
import { type Atom, type Equation, newVar, type Program, type Var } from '../../core/program.js'

/** True for a parameter that is itself a program (the body of a scan). */
export const isProgram = (value: unknown): value is Program =>
  typeof value === 'object' && value !== null && 'equations' in value && 'outputs' in value

/** True for an equation with a program among its parameters. */
export const hasPrograms = ({ params }: Equation): boolean => Object.values(params ?? {}).some(isProgram)

/** Whether an equation is such, by itself or in a program inside of it. */
function anywhere(flag: 'effect' | 'isCollective'): (equation: Equation) => boolean {
  const test = ({ primitive, params }: Equation): boolean =>
    primitive[flag] === true ||
    Object.values(params ?? {}).some(value => isProgram(value) && value.equations.some(test))
  return test
}

/** True for an equation that does more than make its results. */
export const isEffect = anywhere('effect')

/** True for an equation that a vmap replaces even where its operands are the same for all examples. */
export const isCollective = anywhere('isCollective')

/** Parameters with every program among them rewritten; the very same where that changes none. */
export function mapPrograms<P>(params: P, rewrite: (program: Program) => Program): P {
  let mapped = params
  for (const key in params) {
    const value = params[key]
    if (!isProgram(value)) continue
    const next = rewrite(value)
    if (next !== value) mapped = { ...mapped, [key]: next }
  }
  return mapped
}

/** The equation with other inputs and other programs in it; the very same where nothing changes, as mostly. */
export function mapEquation(
  equation: Equation,
  resolve: (atom: Atom) => Atom,
  rewrite: (program: Program) => Program,
): Equation {
  const { inputs } = equation
  const params = mapPrograms(equation.params, rewrite)
  return params === equation.params && inputs.every(atom => resolve(atom) === atom)
    ? equation
    : { ...equation, inputs: inputs.map(resolve), params }
}

/** What stands for an equation: other equations, and the atoms that are its results. */
export interface Replacement {
  readonly equations: readonly Equation[]
  readonly outputs: readonly Atom[]
}

/**
 * The program with every equation for which `rule` gives a replacement replaced, inner programs first; the very same if
 * there is none.
 */
export function replaceEquations(
  program: Program,
  rule: (equation: Equation, definition: (atom: Atom) => Equation | undefined) => Replacement | null,
): Program {
  const substitution = new Map<Atom, Atom>()
  const definitions = new Map<Atom, Equation>()
  const resolve = (atom: Atom): Atom => substitution.get(atom) ?? atom
  const define = (atom: Atom): Equation | undefined => definitions.get(atom)
  const equations: Equation[] = []
  let isChanged = false
  for (const original of program.equations) {
    const equation = mapEquation(original, resolve, inner => replaceEquations(inner, rule))
    const replacement = rule(equation, define)
    isChanged ||= replacement !== null || equation !== original
    for (const part of replacement?.equations ?? [equation])
      for (const output of part.outputs) definitions.set(output, part)
    if (replacement === null) {
      equations.push(equation)
      continue
    }
    equations.push(...replacement.equations.map(part => (part.source ? part : { ...part, source: equation.source })))
    equation.outputs.forEach((output, i) => {
      substitution.set(output, resolve(replacement.outputs[i]))
    })
  }
  return isChanged ? { inputs: program.inputs, equations, outputs: program.outputs.map(resolve) } : program
}

/** A program's equations with atoms in place of its inputs, and results of their own: it may be used more than once. */
export function inline(program: Program, atoms: readonly Atom[]): Replacement {
  const substitution = new Map<Atom, Atom>(program.inputs.map((variable, i) => [variable, atoms[i]]))
  const resolve = (atom: Atom): Atom => substitution.get(atom) ?? atom
  const rename = (output: Var): Var => {
    const fresh = newVar(output.aval)
    substitution.set(output, fresh)
    return fresh
  }
  return {
    equations: program.equations.map(equation => ({
      ...equation,
      inputs: equation.inputs.map(resolve),
      outputs: equation.outputs.map(rename),
    })),
    outputs: program.outputs.map(resolve),
  }
}

/** The primitives that move out of loops: contractions, gathers, scatters and reductions. */
const HEAVY = new Set([
  'dotGeneral',
  'take',
  'scatterAdd',
  'sum',
  'reduceMax',
  'reduceMin',
  'logSumExp',
  'crossEntropy',
])

/** True for equations worth moving out of a loop. */
export const isHeavy = (equation: Equation): boolean => HEAVY.has(equation.primitive.name)

/** True for equations that only look at a value in another way. */
export const isView = ({ primitive }: Equation): boolean => primitive.cheap === true && primitive.elementwise !== true

/** True for equations whose results depend on their operands element by element. */
export const isElementwise = ({ primitive }: Equation): boolean => primitive.elementwise === true

/** True for a broadcast zero, given the equation that makes it. */
export function isZeroBroadcast(maker: Equation | undefined): boolean {
  const [value] = maker?.inputs ?? []
  return maker?.primitive.name === 'broadcast' && value.kind === 'literal' && value.value === 0
}
