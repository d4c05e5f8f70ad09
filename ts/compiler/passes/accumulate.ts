// accumulate: a product that is added to something starts from it instead of from zero, in its place where it dies.
import type { Atom, Equation, Program } from '../../core/program.js'
import { emitCopy } from '../emit-copy.js'
import { type Contraction, emitGemm } from '../emit-gemm.js'
import { machinePrimitive } from '../machine-primitive.js'
import { isContiguous } from '../view.js'
import { mapPrograms } from './rewrite.js'

/** Inputs: what is added to, lhs, rhs. */
const dotAddPrimitive = machinePrimitive<Contraction>({
  name: 'dotAdd',
  type: ([sum]) => [sum],
  lower(lowering, { inputs, outputs }, contraction) {
    const [sum, lhs, rhs] = inputs.map(input => lowering.view(input))
    if (lowering.mayOverwrite(inputs[0]) && isContiguous(sum) && lowering.destination(outputs[0]) === undefined) {
      lowering.defineOwned(outputs[0], sum)
      emitGemm(lowering, lhs, rhs, sum, contraction, true)
      return
    }
    const out = lowering.output(outputs[0])
    emitCopy(lowering, sum, out)
    emitGemm(lowering, lhs, rhs, out, contraction, true)
  },
})

/** The program with products accumulated into what they are added to. */
export function accumulate(program: Program): Program {
  const inner = program.equations.map(equation => ({ ...equation, params: mapPrograms(equation.params, accumulate) }))
  return accumulateProducts({ ...program, equations: inner })
}

function usesOf(program: Program): Map<Atom, number> {
  const uses = new Map<Atom, number>()
  const use = (atom: Atom) => uses.set(atom, (uses.get(atom) ?? 0) + 1)
  for (const { inputs } of program.equations) inputs.forEach(use)
  program.outputs.forEach(use)
  return uses
}

/** add(dot, z) and add(z, dot), where nothing else reads the product. */
function accumulateProducts(program: Program): Program {
  const uses = usesOf(program)
  const products = new Map<Atom, Equation>()
  const gone = new Set<Equation>()
  const outputs = new Set<Atom>(program.outputs)
  const equations = program.equations.map(equation => {
    if (equation.primitive.name === 'dotGeneral') products.set(equation.outputs[0], equation)
    if (equation.primitive.name !== 'add' || equation.outputs[0].aval.dtype !== 'float32') return equation
    const [x, y] = equation.inputs
    const isProduct = (atom: Atom) => products.has(atom) && uses.get(atom) === 1 && !outputs.has(atom)
    const side = isProduct(y) ? 1 : isProduct(x) ? 0 : -1
    if (side < 0 || equation.inputs.some(atom => atom.aval.shape.length !== equation.outputs[0].aval.shape.length))
      return equation
    const product = products.get(equation.inputs[side])!
    gone.add(product)
    const fused: Equation = {
      primitive: dotAddPrimitive,
      inputs: [equation.inputs[1 - side], ...product.inputs],
      params: product.params,
      outputs: equation.outputs,
    }
    return fused
  })
  return { ...program, equations: equations.filter(equation => !gone.has(equation)) }
}
