// simplify: common subexpressions, constants computed now, identities, and sums moved to where they cost least.
import type { Atom, Equation, Literal, Program, Var } from '../../core/program.js'
import { pruneProgram } from '../prune.js'
import { elements } from '../view.js'
import { hasPrograms, isElementwise, mapEquation } from './rewrite.js'

/** What a rule sees of the program around an equation. */
export interface Context {
  /** The equation that makes a variable; undefined for inputs. */
  definition(atom: Atom): Equation | undefined
  /** True if one equation reads the variable and it is no output. */
  isUsedOnce(atom: Atom): boolean
}

/** Null: the equation stays. Atoms: its results are these. Equations: they stand for it and bind its outputs. */
export type Rule = (equation: Equation, context: Context) => null | { atoms: Atom[] } | { equations: Equation[] }

/** The program with the same meaning, bit for bit, and less to do. */
export const simplify = (program: Program): Program => rewriteBy(rules, program)

/** What a pass made of a program, tidied up if it made anything. */
export const tidy = (before: Program, after: Program): Program => (after === before ? before : simplify(after))

/** The program with rules applied wherever they fit, equal equations merged and unused ones dropped. */
export function rewriteBy(rules: Record<string, Rule[]>, program: Program): Program {
  const substitution = new Map<Var, Atom>()
  const definitions = new Map<Var, Equation>()
  const uses = countUses(program)
  const known = new Map<string, { equation: Equation; index: number }>()
  const names = new Map<Atom, number>()
  const result: Equation[] = []
  const resolve = (atom: Atom): Atom => (atom.kind === 'var' ? (substitution.get(atom) ?? atom) : atom)
  const context: Context = {
    definition: atom => (atom.kind === 'var' ? definitions.get(atom) : undefined),
    isUsedOnce: atom => atom.kind === 'var' && uses.get(atom) === 1,
  }
  const add = (equation: Equation): void => {
    const rewritten = applyRules(rules, equation, context)
    if (rewritten !== null && 'atoms' in rewritten) {
      equation.outputs.forEach((output, i) => {
        substitution.set(output, rewritten.atoms[i])
      })
      return
    }
    if (rewritten !== null) {
      // What one part computes may be there already.
      for (const part of rewritten.equations) add({ ...part, inputs: part.inputs.map(resolve) })
      return
    }
    const key = equationKey(equation, names)
    const before = key === null ? undefined : known.get(key)
    if (before !== undefined && !isBetterAgain(equation, result.length - before.index)) {
      const same = before.equation
      equation.outputs.forEach((output, i) => {
        substitution.set(output, same.outputs[i])
        uses.set(same.outputs[i], (uses.get(same.outputs[i]) ?? 0) + (uses.get(output) ?? 0))
      })
      return
    }
    if (key !== null) known.set(key, { equation, index: result.length })
    for (const output of equation.outputs) definitions.set(output, equation)
    result.push(equation)
  }
  for (const equation of program.equations) {
    add(mapEquation(equation, resolve, inner => rewriteBy(rules, inner)))
  }
  return pruneProgram({ inputs: program.inputs, equations: result, outputs: program.outputs.map(resolve) })
}

/** Equations between two equal cheap ones from which on the second is computed again: its value would be kept for long. */
const NEAR = 32
const SMALL = 1024

/** True where computing a value again costs less than keeping it since it was computed before. */
const isBetterAgain = (equation: Equation, distance: number): boolean =>
  distance > NEAR &&
  isElementwise(equation) &&
  equation.primitive.cheap === true &&
  elements(equation.outputs[0].aval.shape) > SMALL

function countUses(program: Program): Map<Atom, number> {
  const uses = new Map<Atom, number>()
  const use = (atom: Atom) => uses.set(atom, (uses.get(atom) ?? 0) + 1)
  for (const { inputs } of program.equations) inputs.forEach(use)
  // An output counts twice: it is never "used once".
  for (const atom of program.outputs) {
    use(atom)
    use(atom)
  }
  return uses
}

/** Equations with the same key compute the same; null: not compared. */
function equationKey(equation: Equation, names: Map<Atom, number>): string | null {
  const { primitive, inputs, params } = equation
  if (primitive.effect || hasPrograms(equation)) return null
  const operand = (atom: Atom): string => {
    if (atom.kind === 'literal') return `${Object.is(atom.value, -0) ? '-0' : atom.value}${atom.aval.dtype}`
    let name = names.get(atom)
    if (name === undefined) {
      name = names.size
      names.set(atom, name)
    }
    return `v${name}`
  }
  return `${primitive.name}${JSON.stringify(params)}${inputs.map(operand).join()}`
}

function applyRules(rules: Record<string, Rule[]>, equation: Equation, context: Context): ReturnType<Rule> {
  for (const rule of rules[equation.primitive.name] ?? []) {
    const rewritten = rule(equation, context)
    if (rewritten !== null) return rewritten
  }
  return null
}

const floatLiteral = (value: number): Literal => ({
  kind: 'literal',
  aval: { shape: [], dtype: 'float32' },
  value: Math.fround(value),
})

/** An arithmetic operation whose float32 result follows from the double one by rounding once. */
const fold =
  (compute: (x: number, y: number) => number): Rule =>
  ({ inputs }) => {
    const [x, y] = inputs
    if (x.kind !== 'literal' || y?.kind !== 'literal' || x.aval.dtype !== 'float32') return null
    const value = Math.fround(compute(x.value, y.value))
    return Number.isNaN(value) ? null : { atoms: [floatLiteral(value)] }
  }

const isOne = (atom: Atom): boolean => atom.kind === 'literal' && atom.value === 1

/** x * 1 = x, for every x. */
const timesOne: Rule = ({ inputs: [x, y], outputs }) => {
  if (isOne(y) && x.aval.shape.length === outputs[0].aval.shape.length) return { atoms: [x] }
  if (isOne(x) && y.aval.shape.length === outputs[0].aval.shape.length) return { atoms: [y] }
  return null
}

const overOne: Rule = ({ inputs: [x, y] }) => (isOne(y) ? { atoms: [x] } : null)

/** transpose(transpose(x)) is one transposition, or none. */
const mergeTransposes: Rule = (equation, { definition }) => {
  const permutation: number[] = equation.params.permutation
  const inner = definition(equation.inputs[0])
  if (inner?.primitive.name !== 'transpose') return null
  const merged = permutation.map(axis => inner.params.permutation[axis])
  if (merged.every((axis, i) => axis === i)) return { atoms: [inner.inputs[0]] }
  return { equations: [{ ...equation, inputs: [inner.inputs[0]], params: { permutation: merged } }] }
}

/** broadcast(broadcast(x)) is one broadcast. */
const mergeBroadcasts: Rule = (equation, { definition }) => {
  const inner = definition(equation.inputs[0])
  if (inner?.primitive.name !== 'broadcast') return null
  const outer: number[] = equation.params.axes
  const axes = (inner.params.axes as number[]).map(axis => outer[axis])
  return { equations: [{ ...equation, inputs: inner.inputs, params: { shape: equation.params.shape, axes } }] }
}

const rules: Record<string, Rule[]> = {
  add: [fold((x, y) => x + y)],
  sub: [fold((x, y) => x - y)],
  mul: [fold((x, y) => x * y), timesOne],
  div: [fold((x, y) => x / y), overOne],
  transpose: [mergeTransposes],
  broadcast: [mergeBroadcasts],
  stopGradient: [({ inputs: [x] }) => ({ atoms: [x] })],
}
