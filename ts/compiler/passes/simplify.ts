// simplify: common subexpressions, constants computed now, identities, and sums moved to where they cost least.
import type { Atom, Equation, Literal, Program, Var } from '../../core/program.js'
import type { Contraction } from '../emit-gemm.js'
import { pruneProgram } from '../prune.js'
import { isProgram, mapPrograms } from './rewrite.js'

/** What a rule sees of the program around an equation. */
interface Context {
  /** The equation that makes a variable; undefined for inputs. */
  definition(atom: Atom): Equation | undefined
  /** True if one equation reads the variable and it is no output. */
  isUsedOnce(atom: Atom): boolean
}

/** Null: the equation stays. Atoms: its results are these. Equations: they stand for it and bind its outputs. */
type Rule = (equation: Equation, context: Context) => null | { atoms: Atom[] } | { equations: Equation[] }

/** The program with the same meaning, bit for bit, and less to do. Sums of batched products become longer contractions. */
export function simplify(program: Program): Program {
  const substitution = new Map<Var, Atom>()
  const definitions = new Map<Var, Equation>()
  const uses = countUses(program)
  const known = new Map<string, Equation>()
  const names = new Map<Atom, number>()
  const result: Equation[] = []
  const resolve = (atom: Atom): Atom => (atom.kind === 'var' ? (substitution.get(atom) ?? atom) : atom)
  const context: Context = {
    definition: atom => (atom.kind === 'var' ? definitions.get(atom) : undefined),
    isUsedOnce: atom => atom.kind === 'var' && uses.get(atom) === 1,
  }
  const add = (equation: Equation): void => {
    const rewritten = applyRules(equation, context)
    if (rewritten !== null && 'atoms' in rewritten) {
      equation.outputs.forEach((output, i) => {
        substitution.set(output, rewritten.atoms[i])
      })
      return
    }
    if (rewritten !== null) {
      for (const part of rewritten.equations) add(part)
      return
    }
    const key = equationKey(equation, names)
    const same = key === null ? undefined : known.get(key)
    if (same !== undefined) {
      equation.outputs.forEach((output, i) => {
        substitution.set(output, same.outputs[i])
        uses.set(same.outputs[i], (uses.get(same.outputs[i]) ?? 0) + (uses.get(output) ?? 0))
      })
      return
    }
    if (key !== null) known.set(key, equation)
    for (const output of equation.outputs) definitions.set(output, equation)
    result.push(equation)
  }
  for (const equation of program.equations) {
    add({ ...equation, inputs: equation.inputs.map(resolve), params: mapPrograms(equation.params, simplify) })
  }
  return pruneProgram({ inputs: program.inputs, equations: result, outputs: program.outputs.map(resolve) })
}

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
function equationKey({ primitive, inputs, params }: Equation, names: Map<Atom, number>): string | null {
  if (Object.values(params ?? {}).some(isProgram)) return null
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

function applyRules(equation: Equation, context: Context): ReturnType<Rule> {
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

/** A sum of a transposition is a transposition of a sum over the axes where they were. */
const sumBeforeTranspose: Rule = (equation, { definition, isUsedOnce }) => {
  const axes: number[] = equation.params.axes
  const inner = definition(equation.inputs[0])
  if (inner?.primitive.name !== 'transpose' || !isUsedOnce(equation.inputs[0])) return null
  const permutation: number[] = inner.params.permutation
  const summed = axes.map(axis => permutation[axis]).sort((a, b) => a - b)
  const order = permutation.filter((_, i) => !axes.includes(i)).map(axis => axis - summed.filter(s => s < axis).length)
  const shape = inner.inputs[0].aval.shape.filter((_, i) => !summed.includes(i))
  const partial: Var = { kind: 'var', aval: { shape, dtype: equation.outputs[0].aval.dtype } }
  const sum: Equation = { ...equation, inputs: [inner.inputs[0]], params: { axes: summed }, outputs: [partial] }
  if (order.every((axis, i) => axis === i)) return { equations: [{ ...sum, outputs: equation.outputs }] }
  return {
    equations: [sum, { ...inner, inputs: [partial], params: { permutation: order }, outputs: equation.outputs }],
  }
}

/** A sum over a dimension in which a product is batched is one more contracted dimension (the mean of vmap(grad)). */
const sumOfBatchedProduct: Rule = (equation, { definition, isUsedOnce }) => {
  const axes: number[] = equation.params.axes
  const product = definition(equation.inputs[0])
  if (product?.primitive.name !== 'dotGeneral' || !isUsedOnce(equation.inputs[0])) return null
  const { contract, batch } = product.params as Contraction
  const nBatch = batch[0].length
  const isSummed = (i: number) => axes.includes(i)
  if (!axes.some(axis => axis < nBatch)) return null
  const params: Contraction = {
    contract: [
      [...batch[0].filter((_, i) => isSummed(i)), ...contract[0]],
      [...batch[1].filter((_, i) => isSummed(i)), ...contract[1]],
    ],
    batch: [batch[0].filter((_, i) => !isSummed(i)), batch[1].filter((_, i) => !isSummed(i))],
  }
  const gone = axes.filter(axis => axis < nBatch)
  const rest = axes.filter(axis => axis >= nBatch).map(axis => axis - gone.length)
  if (rest.length === 0) return { equations: [{ ...product, params, outputs: equation.outputs }] }
  const shape = product.outputs[0].aval.shape.filter((_, i) => !gone.includes(i))
  const partial: Var = { kind: 'var', aval: { shape, dtype: 'float32' } }
  return {
    equations: [
      { ...product, params, outputs: [partial] },
      { ...equation, inputs: [partial], params: { axes: rest } },
    ],
  }
}

const rules: Record<string, Rule[]> = {
  add: [fold((x, y) => x + y)],
  sub: [fold((x, y) => x - y)],
  mul: [fold((x, y) => x * y), timesOne],
  div: [fold((x, y) => x / y), overOne],
  transpose: [mergeTransposes],
  sum: [sumBeforeTranspose, sumOfBatchedProduct],
}
