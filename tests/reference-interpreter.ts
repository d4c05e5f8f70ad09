// Runs programs in float64, equation by equation, by the references that stand beside the primitives: slow, obviously
// right, and independent of the compiler and the machine.
import type { Atom, Program, Var } from '../ts/core/program.js'
import { build, type NdArray } from '../ts/ops/laws.js'
import { allLaws } from './ops/primitives.js'

/** What becomes of the result of an equation before others read it. */
export type Disturb = (result: NdArray) => NdArray

/** The outputs of a program; `disturb` shows how far errors of its values reach. */
export function interpret(program: Program, inputs: readonly NdArray[], disturb: Disturb = x => x): NdArray[] {
  const environment = new Map<Var, NdArray>()
  program.inputs.forEach((variable, i) => {
    environment.set(variable, inputs[i])
  })
  const read = (atom: Atom): NdArray =>
    atom.kind === 'literal' ? build([], atom.aval.dtype, () => atom.value) : environment.get(atom)!
  const run = (inner: Program, values: readonly NdArray[]) => interpret(inner, values, disturb)
  for (const { primitive, inputs: atoms, params, outputs } of program.equations) {
    const laws = allLaws.get(primitive.name)
    if (laws === undefined) throw new Error(`the reference interpreter does not know ${primitive.name}`)
    const results = laws.reference(atoms.map(read), params, run)
    outputs.forEach((variable, i) => {
      environment.set(variable, disturb(results[i]))
    })
  }
  return program.outputs.map(read)
}
