// contract: sums become part of what they sum: of a product that is batched along the summed dimension, one more
// contracted dimension (the mean of vmap(grad) is one product); of a sum, one sum.
import type { Atom, Equation, Program, Var } from '../../core/program.js'
import type { Contraction } from '../emit-gemm.js'
import { type Rule, rewriteBy } from './simplify.js'

/** The program with sums taken inside of products and sums. */
export const contract = (program: Program): Program => rewriteBy(rules, program)

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

/** A sum over a dimension that comes from one operand of a product alone is taken of that operand: sum(a) b is sum(a b). */
const sumOfFreeProduct: Rule = (equation, { definition, isUsedOnce }) => {
  const axes: number[] = equation.params.axes
  const product = definition(equation.inputs[0])
  if (product?.primitive.name !== 'dotGeneral' || !isUsedOnce(equation.inputs[0])) return null
  const { contract, batch } = product.params as Contraction
  // The product's dimensions: the batched ones, then those of each operand that are neither batched nor contracted.
  let place = batch[0].length
  const summed = product.inputs.map(({ aval: { shape } }, side) =>
    shape.flatMap((_, i) =>
      contract[side].includes(i) || batch[side].includes(i) || !axes.includes(place++) ? [] : [i],
    ),
  )
  if (axes.some(axis => axis < batch[0].length) || axes.length === 0) return null
  const sums: Equation[] = []
  const operands = product.inputs.map((input, side): Atom => {
    const gone = summed[side]
    if (gone.length === 0) return input
    const shape = input.aval.shape.filter((_, i) => !gone.includes(i))
    const partial: Var = { kind: 'var', aval: { shape, dtype: 'float32' } }
    sums.push({ ...equation, inputs: [input], params: { axes: gone }, outputs: [partial] })
    return partial
  })
  const kept = (list: readonly (readonly number[])[]): number[][] =>
    list.map((dims, side) => dims.map(i => i - summed[side].filter(gone => gone < i).length))
  const params = { contract: kept(contract), batch: kept(batch) } as unknown as Contraction
  return { equations: [...sums, { ...product, inputs: operands, params, outputs: equation.outputs }] }
}

/** A sum of a sum is one sum over both's axes. */
const mergeSums: Rule = (equation, { definition, isUsedOnce }) => {
  const inner = definition(equation.inputs[0])
  if (inner?.primitive.name !== 'sum' || !isUsedOnce(equation.inputs[0])) return null
  const first: number[] = inner.params.axes
  const kept = inner.inputs[0].aval.shape.map((_, i) => i).filter(axis => !first.includes(axis))
  const second = (equation.params.axes as number[]).map(axis => kept[axis])
  return {
    equations: [{ ...equation, inputs: inner.inputs, params: { axes: [...first, ...second].sort((a, b) => a - b) } }],
  }
}

const rules: Record<string, Rule[]> = { sum: [mergeSums, sumBeforeTranspose, sumOfBatchedProduct, sumOfFreeProduct] }
