// commute: gathers and contractions change places where the ids outnumber the rows that they choose from:
//   take(E, i) W            = take(E W, i)
//   scatterAdd(0, i, Z W)   = scatterAdd(0, i, Z) W
//   take(E, i)^T Z          = E^T scatterAdd(0, i, Z)
// so that the product runs over the rows of the table instead of over every id.
import type { AnyPrimitive } from '../../core/primitive.js'
import type { Atom, Aval, Equation, Program, Var } from '../../core/program.js'
import type { Contraction } from '../emit-gemm.js'
import { elements } from '../view.js'
import { isElementwise, isZeroBroadcast, type Replacement, replaceEquations } from './rewrite.js'
import { simplify } from './simplify.js'

type Definition = (atom: Atom) => Equation | undefined

/** The program with gathers behind products and scatters before them, where that is less work. */
export function commute(program: Program): Program {
  const scatter = findPrimitive(program, 'scatterAdd')
  const broadcast = findPrimitive(program, 'broadcast')
  const rule = (equation: Equation, definition: Definition): Replacement | null => {
    switch (equation.primitive.name) {
      case 'transpose':
        return transposeOfTake(equation, definition)
      case 'dotGeneral':
        return (
          productOfTake(equation, definition) ??
          (scatter && broadcast ? productWithTake(equation, definition, scatter, broadcast) : null)
        )
      case 'scatterAdd':
        return scatterOfTranspose(equation, definition) ?? scatterOfProduct(equation, definition)
      default:
        return isElementwise(equation) ? elementwiseOfTake(equation, definition) : null
    }
  }
  // One round makes the next one's patterns; four are more than any chain needs.
  let result = program
  for (let round = 0; round < 4; round++) {
    const next = replaceEquations(result, rule)
    if (next === result) break
    result = simplify(next)
  }
  return result
}

/** A primitive that the program uses already (passes make no new ones). */
function findPrimitive(program: Program, name: string): AnyPrimitive | undefined {
  return program.equations.find(({ primitive }) => primitive.name === name)?.primitive
}

const variable = (shape: readonly number[], { dtype }: Aval): Var => ({ kind: 'var', aval: { shape, dtype } })
const list = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i)
const isAscending = (axes: readonly number[], from: number): boolean => axes.every((axis, i) => axis === from + i)

/** The take that makes an atom, if its ids outnumber its rows. */
function takeOf(atom: Atom, definition: Definition): Equation | null {
  const maker = definition(atom)
  if (maker?.primitive.name !== 'take') return null
  const [table, ids] = maker.inputs
  return elements(ids.aval.shape) > table.aval.shape[0] ? maker : null
}

/** transpose(take(E, i)) = take(E, transpose(i)) where only dimensions of i move. */
function transposeOfTake(equation: Equation, definition: Definition): Replacement | null {
  const maker = definition(equation.inputs[0])
  if (maker?.primitive.name !== 'take') return null
  const [table, ids] = maker.inputs
  const rank = ids.aval.shape.length
  const permutation: number[] = equation.params.permutation
  if (!isAscending(permutation.slice(rank), rank)) return null
  const order = permutation.slice(0, rank)
  const moved = variable(
    order.map(axis => ids.aval.shape[axis]),
    ids.aval,
  )
  const output = variable(equation.outputs[0].aval.shape, table.aval)
  return {
    equations: [
      { ...equation, inputs: [ids], params: { permutation: order }, outputs: [moved] },
      { ...maker, inputs: [table, moved], outputs: [output] },
    ],
    outputs: [output],
  }
}

/** scatterAdd(x, i, transpose(u)) = scatterAdd(x, transpose(i), u) where only dimensions of i move. */
function scatterOfTranspose(equation: Equation, definition: Definition): Replacement | null {
  const [operand, ids, updates] = equation.inputs
  const maker = definition(updates)
  if (maker?.primitive.name !== 'transpose') return null
  const rank = ids.aval.shape.length
  const permutation: number[] = maker.params.permutation
  if (!isAscending(permutation.slice(rank), rank)) return null
  const back = list(0, rank).map(axis => permutation.indexOf(axis))
  const moved = variable(
    back.map(axis => ids.aval.shape[axis]),
    ids.aval,
  )
  const output = variable(operand.aval.shape, operand.aval)
  return {
    equations: [
      { ...maker, inputs: [ids], params: { permutation: back }, outputs: [moved] },
      { ...equation, inputs: [operand, moved, maker.inputs[0]], outputs: [output] },
    ],
    outputs: [output],
  }
}

/** take(E, i) W = take(E W, i): lhs is the take, what is contracted lies in its rows, and nothing is batched. */
function productOfTake(equation: Equation, definition: Definition): Replacement | null {
  const { contract, batch } = equation.params as Contraction
  const [lhs, rhs] = equation.inputs
  const take = takeOf(lhs, definition)
  if (take === null || batch[0].length > 0) return null
  const [table, ids] = take.inputs
  const shift = ids.aval.shape.length - 1
  if (contract[0].some(axis => axis <= shift)) return null
  const rowShape = table.aval.shape.filter((_, axis) => axis === 0 || !contract[0].includes(axis + shift))
  const rhsFree = rhs.aval.shape.filter((_, axis) => !contract[1].includes(axis))
  const product = variable([...rowShape, ...rhsFree], table.aval)
  const output = variable(equation.outputs[0].aval.shape, table.aval)
  return {
    equations: [
      {
        ...equation,
        inputs: [table, rhs],
        params: { contract: [contract[0].map(axis => axis - shift), contract[1]], batch },
        outputs: [product],
      },
      { ...take, inputs: [product, ids], outputs: [output] },
    ],
    outputs: [output],
  }
}

/** op(take(E, i), rows) = take(op(E, rows), i) where `rows` is the same for every id. */
function elementwiseOfTake(equation: Equation, definition: Definition): Replacement | null {
  const [output] = equation.outputs
  if (equation.outputs.length !== 1) return null
  const takes = equation.inputs.map(atom => takeOf(atom, definition))
  const take = takes.find(maker => maker !== null)
  if (!take || takes.filter(maker => maker !== null).length !== 1) return null
  const [table, ids] = take.inputs
  const rank = ids.aval.shape.length
  const extra: Equation[] = []
  const operands = equation.inputs.map((atom, i): Atom | null => {
    if (takes[i] !== null) return table
    if (atom.aval.shape.length === 0) return atom
    const maker = definition(atom)
    if (maker?.primitive.name !== 'broadcast') return null
    const axes: number[] = maker.params.axes
    if (axes.some(axis => axis < rank)) return null
    const rows = variable(table.aval.shape, atom.aval)
    extra.push({
      ...maker,
      params: { shape: table.aval.shape, axes: axes.map(axis => axis - rank + 1) },
      outputs: [rows],
    })
    return rows
  })
  if (operands.includes(null)) return null
  const rows = variable(table.aval.shape, output.aval)
  const result = variable(output.aval.shape, output.aval)
  return {
    equations: [
      ...extra,
      { ...equation, inputs: operands as Atom[], outputs: [rows] },
      { ...take, inputs: [rows, ids], outputs: [result] },
    ],
    outputs: [result],
  }
}

/** scatterAdd(0, i, Z W) = scatterAdd(0, i, Z) W: Z's free dimensions are those of i, and W is all that follows. */
function scatterOfProduct(equation: Equation, definition: Definition): Replacement | null {
  const [operand, ids, updates] = equation.inputs
  const product = definition(updates)
  const zeros = definition(operand)
  if (product?.primitive.name !== 'dotGeneral' || zeros === undefined || !isZeroBroadcast(zeros)) return null
  const { contract, batch } = product.params as Contraction
  const [z, w] = product.inputs
  const rank = ids.aval.shape.length
  const n = operand.aval.shape[0]
  const isPlain =
    batch[0].length === 0 &&
    z.aval.shape.length === rank + contract[0].length &&
    contract[0].every(axis => axis >= rank)
  if (!isPlain || elements(ids.aval.shape) <= n) return null
  const rows = [n, ...z.aval.shape.slice(rank)]
  const start = variable(rows, operand.aval)
  const summed = variable(rows, operand.aval)
  const output = variable(operand.aval.shape, operand.aval)
  return {
    equations: [
      { ...zeros, params: { shape: rows, axes: [] }, outputs: [start] },
      { ...equation, inputs: [start, ids, z], outputs: [summed] },
      {
        ...product,
        inputs: [summed, w],
        params: { contract: [contract[0].map(axis => axis - rank + 1), contract[1]], batch },
        outputs: [output],
      },
    ],
    outputs: [output],
  }
}

/** take(E, i)^T Z = E^T scatterAdd(0, i, Z), the ids' dimensions being all that is contracted; on either side. */
function productWithTake(
  equation: Equation,
  definition: Definition,
  scatter: AnyPrimitive,
  broadcast: AnyPrimitive,
): Replacement | null {
  const { contract, batch } = equation.params as Contraction
  if (batch[0].length > 0) return null
  for (const side of [0, 1] as const) {
    const take = takeOf(equation.inputs[side], definition)
    if (take === null) continue
    const [table, ids] = take.inputs
    const rank = ids.aval.shape.length
    const other = equation.inputs[1 - side]
    const pairs = contract[side].map((axis, i) => [axis, contract[1 - side][i]]).sort((a, b) => a[0] - b[0])
    // The other operand has the ids' dimensions first, in their order.
    if (pairs.length !== rank || !pairs.every(([own, that], i) => own === i && that === i)) continue
    const rows = [table.aval.shape[0], ...other.aval.shape.slice(rank)]
    const zero: Atom = { kind: 'literal', aval: { shape: [], dtype: 'float32' }, value: 0 }
    const start = variable(rows, other.aval)
    const summed = variable(rows, other.aval)
    const output = variable(equation.outputs[0].aval.shape, other.aval)
    return {
      equations: [
        { primitive: broadcast, inputs: [zero], params: { shape: rows, axes: [] }, outputs: [start] },
        { primitive: scatter, inputs: [start, ids, other], params: {}, outputs: [summed] },
        {
          ...equation,
          inputs: side === 0 ? [table, summed] : [summed, table],
          params: { contract: [[0], [0]], batch },
          outputs: [output],
        },
      ],
      outputs: [output],
    }
  }
  return null
}
