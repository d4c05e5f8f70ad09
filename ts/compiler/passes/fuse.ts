// fuse: chains of elementwise equations of one shape become one instruction that runs them tile by tile.
import { MapOp } from '../../../assembly/format.js'
import type { Atom, Aval, Equation, Program, Var } from '../../core/program.js'
import { emitMaps, type MapStep } from '../emit-map.js'
import { machinePrimitive } from '../machine-primitive.js'
import { mapPrograms } from './rewrite.js'

interface FusedParams {
  steps: readonly MapStep[]
  /** Which steps' results are outputs. */
  results: readonly number[]
  types: readonly Aval[]
}

const fusedMapPrimitive = machinePrimitive<FusedParams>({
  name: 'fusedMap',
  type: (_inputs, { types }) => [...types],
  lower(lowering, { inputs, outputs }, { steps, results }) {
    const views = inputs.map(input => lowering.view(input))
    emitMaps(
      lowering,
      steps,
      views,
      results,
      outputs.map(output => lowering.output(output)),
    )
  },
  elementwise: true,
})

/** The program with fewer, larger equations. */
export function fuse(program: Program): Program {
  const inner = program.equations.map(equation => ({ ...equation, params: mapPrograms(equation.params, fuse) }))
  return fuseElementwise({ ...program, equations: inner })
}

/** Registers of one instruction: operands, results and temporaries. */
const MAX_REGISTERS = 56

/** Elementwise equations that will run as one, at the place of the last of them. */
interface Group {
  shape: string
  equations: { equation: Equation; op: MapOp }[]
  /** Atoms that come from outside. */
  inputs: Set<Atom>
  made: Set<Atom>
}

function fuseElementwise(program: Program): Program {
  const result: (Equation | Group)[] = []
  const open = new Map<string, Group>()
  const makers = new Map<Atom, Group>()
  const close = (group: Group) => {
    if (open.get(group.shape) === group) open.delete(group.shape)
  }
  for (const equation of program.equations) {
    const op = equation.primitive.mapOp?.(
      equation.inputs.map(atom => atom.aval),
      equation.params,
    )
    const shape = equation.outputs[0]?.aval.shape.join() ?? ''
    const own = op === undefined ? undefined : open.get(shape)
    // What reads a group's results from outside ends the group.
    for (const input of equation.inputs) {
      const group = makers.get(input)
      if (group !== undefined && group !== own) close(group)
    }
    if (op === undefined || equation.outputs[0].aval.shape.length === 0) {
      result.push(equation)
      continue
    }
    let group = own !== undefined && open.get(shape) === own ? own : undefined
    if (group !== undefined && group.inputs.size + group.made.size + equation.inputs.length + 1 > MAX_REGISTERS)
      group = undefined
    if (group === undefined) {
      group = { shape, equations: [], inputs: new Set(), made: new Set() }
      open.set(shape, group)
    } else result.splice(result.indexOf(group), 1)
    result.push(group)
    for (const input of equation.inputs) if (!group.made.has(input)) group.inputs.add(input)
    group.equations.push({ equation, op })
    for (const output of equation.outputs) {
      group.made.add(output)
      makers.set(output, group)
    }
  }
  const readOutside = (group: Group): Set<Atom> => {
    const read = new Set<Atom>(program.outputs)
    const members = new Set(group.equations.map(({ equation }) => equation))
    for (const equation of program.equations) {
      if (!members.has(equation)) for (const atom of equation.inputs) read.add(atom)
    }
    return read
  }
  return { ...program, equations: result.map(item => ('made' in item ? groupEquation(item, readOutside) : item)) }
}

/** One operation of a chain before it has registers. */
interface Operation {
  readonly op: MapOp
  readonly operands: readonly Atom[]
  readonly result: Var
}

function groupEquation(group: Group, readOutside: (group: Group) => Set<Atom>): Equation {
  if (group.equations.length === 1) return group.equations[0].equation
  const read = readOutside(group)
  const operations = joinMultiplyAdds(
    group.equations.map(({ equation, op }) => ({ op, operands: equation.inputs, result: equation.outputs[0] })),
    read,
  )
  const inputs = [...group.inputs]
  const register = new Map<Atom, number>(inputs.map((atom, i) => [atom, i]))
  operations.forEach(({ result }, i) => {
    register.set(result, inputs.length + i)
  })
  const steps = operations.map(({ op, operands }) => ({ op, operands: operands.map(atom => register.get(atom)!) }))
  const results = operations.flatMap(({ result }, i) => (read.has(result) ? [i] : []))
  const outputs = results.map(i => operations[i].result)
  return {
    primitive: fusedMapPrimitive,
    inputs,
    params: { steps, results, types: outputs.map(({ aval }) => aval) } satisfies FusedParams,
    outputs,
  }
}

/** a * b + c in one operation, with the two roundings of the two, where nothing else reads the product. */
function joinMultiplyAdds(operations: readonly Operation[], read: ReadonlySet<Atom>): Operation[] {
  const uses = new Map<Atom, number>()
  for (const { operands } of operations) for (const atom of operands) uses.set(atom, (uses.get(atom) ?? 0) + 1)
  const products = new Map<Atom, Operation>()
  const joined = new Set<Operation>()
  const result = operations.map(operation => {
    if (operation.op === MapOp.MulF && uses.get(operation.result) === 1 && !read.has(operation.result)) {
      products.set(operation.result, operation)
    }
    if (operation.op !== MapOp.AddF) return operation
    const side = operation.operands.findIndex(atom => products.has(atom))
    if (side < 0) return operation
    const product = products.get(operation.operands[side])!
    joined.add(product)
    return { ...operation, op: MapOp.MulAddF, operands: [...product.operands, operation.operands[1 - side]] }
  })
  return result.filter(operation => !joined.has(operation))
}
