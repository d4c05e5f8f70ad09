// accumulate: a product that is added to something starts from it instead of from zero, in its place where it dies; so do
// rows added to zeros and windows written into zeros, as gradients of reading them are.
import { type Atom, type Equation, makersOf, type Program } from '../../core/program.js'
import { type Contraction, emitGemm } from '../emit-gemm.js'
import { machinePrimitive } from '../machine-primitive.js'
import { isContiguous } from '../view.js'
import { isView, isZeroBroadcast, mapPrograms } from './rewrite.js'

/** Inputs: what is added to, lhs, rhs. */
const dotAddPrimitive = machinePrimitive<Contraction>({
  name: 'dotAdd',
  type: ([sum]) => [sum],
  aim(lowering, { inputs: [sum], outputs: [result] }) {
    // Where the result must go, what it is added to is computed.
    if (sum.kind !== 'var' || lowering.useCount(sum) !== 1 || lowering.destination(result) === undefined) return
    const place = lowering.vacantPlace(result)
    if (place !== null && isContiguous(place)) lowering.aim(sum, place)
  },
  lower(lowering, { inputs, outputs }, contraction) {
    const [, lhs, rhs] = inputs.map(input => lowering.view(input))
    emitGemm(lowering, lhs, rhs, lowering.outputFrom(inputs[0], outputs[0]), contraction, true)
  },
  startsFrom: 0,
})

/** The program with products accumulated into what they are added to. */
export const accumulate = (program: Program): Program => accumulateIn(program, new Set(), new Set())

/** `owned`: inputs that nobody else reads, so that they may be overwritten. `zeros`: inputs that are zero everywhere. */
function accumulateIn(program: Program, owned: ReadonlySet<Atom>, zeros: ReadonlySet<Atom>): Program {
  const uses = new Map<Atom, number>()
  const use = (atom: Atom) => uses.set(atom, (uses.get(atom) ?? 0) + 1)
  for (const { inputs } of program.equations) inputs.forEach(use)
  // An output is never read for the last time.
  for (const atom of program.outputs) uses.set(atom, Number.POSITIVE_INFINITY)
  const makers = makersOf(program.equations)

  const gone = new Set<Equation>()
  const isMade = (atom: Atom): boolean => {
    const maker = makers.get(atom)
    return maker !== undefined && !isView(maker) && maker.primitive.partial === undefined
  }
  /** True if the value lies in a place of its own that is free after its one reader. */
  const isFree = (atom: Atom): boolean => uses.get(atom) === 1 && (owned.has(atom) || isMade(atom))
  const isProduct = (atom: Atom): boolean => makers.get(atom)?.primitive.name === 'dotGeneral' && uses.get(atom) === 1
  const isZero = (atom: Atom): boolean => zeros.has(atom) || isZeroBroadcast(makers.get(atom))
  /** True for what is written into zeros, rows or a window, and read by only one equation. */
  const isUsedOnceInZeros = (atom: Atom): boolean => {
    const maker = makers.get(atom)
    return maker?.primitive.accumulating !== undefined && uses.get(atom) === 1 && isZero(maker.inputs[0])
  }
  const equations = program.equations.map(original => {
    const mayOverwrite = new Set<Atom>(original.primitive.overwritable?.(original, isFree) ?? [])
    const constants = original.primitive.constants?.(original) ?? []
    const zeroInside = new Set<Atom>(constants.filter(([, atom]) => isZero(atom)).map(([variable]) => variable))
    const params = mapPrograms(original.params, inner => accumulateIn(inner, mayOverwrite, zeroInside))
    const equation = { ...original, params }
    if (equation.primitive.name !== 'add' || equation.outputs[0].aval.dtype !== 'float32') return equation
    const [x, y] = equation.inputs
    if (x.aval.shape.length !== y.aval.shape.length) return equation
    const into = [y, x].find(atom => isUsedOnceInZeros(atom))
    if (into !== undefined) {
      const maker = makers.get(into)!
      gone.add(maker)
      const primitive = maker.primitive.accumulating!()
      return { ...equation, primitive, inputs: [into === y ? x : y, ...maker.inputs.slice(1)], params: maker.params }
    }
    const side = isProduct(y) && isFree(x) ? 1 : isProduct(x) && isFree(y) ? 0 : -1
    if (side < 0) return equation
    const product = makers.get(equation.inputs[side])!
    gone.add(product)
    const inputs = [equation.inputs[1 - side], ...product.inputs]
    return { ...equation, primitive: dotAddPrimitive, inputs, params: product.params }
  })
  return { ...program, equations: equations.filter((_, i) => !gone.has(program.equations[i])) }
}
