// fuse: chains of elementwise equations of one shape become one instruction that runs them tile by tile.
import { MapOp } from '../../../assembly/format.js'
import type { Atom, Aval, Equation, Program, Var } from '../../core/program.js'
import { emitMaps, type MapStep } from '../emit-map.js'
import { machinePrimitive } from '../machine-primitive.js'
import { elements } from '../view.js'
import { mapEquation } from './rewrite.js'

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
  const equations = program.equations.map(equation => mapEquation(equation, atom => atom, fuse))
  return fuseElementwise({ ...program, equations })
}

/** Registers of one instruction: operands, results and temporaries. */
const MAX_REGISTERS = 56

/** Elements up to which equations that share nothing run together; larger ones would only drive each other out of cache. */
const SMALL = 4096

/** Elementwise equations of one shape that will run as one, at the place of the last of them. */
interface Group {
  readonly shape: string
  readonly members: { equation: Equation; op: MapOp; index: number }[]
  /** Atoms that come from outside. */
  readonly inputs: Set<Atom>
  readonly made: Set<Atom>
}

function fuseElementwise(program: Program): Program {
  const result: (Equation | Group)[] = []
  /** Groups whose results nothing outside has read yet: more may join them. */
  const open = new Set<Group>()
  const makers = new Map<Atom, Group>()
  program.equations.forEach((equation, index) => {
    const [output] = equation.outputs
    const op = equation.primitive.mapOp?.(
      equation.inputs.map(atom => atom.aval),
      equation.params,
    )
    const joined = op === undefined || output.aval.shape.length === 0 ? null : groupFor(equation, open)
    for (const input of equation.inputs) {
      const maker = makers.get(input)
      if (maker !== undefined && joined?.includes(maker) !== true) open.delete(maker)
    }
    if (joined === null) {
      result.push(equation)
      return
    }
    const merged = mergeGroups(joined, output.aval.shape.join())
    for (const old of joined) {
      open.delete(old)
      result.splice(result.lastIndexOf(old), 1)
    }
    for (const input of equation.inputs) if (!merged.made.has(input)) merged.inputs.add(input)
    merged.members.push({ equation, op: op!, index })
    merged.made.add(output)
    for (const atom of merged.made) makers.set(atom, merged)
    open.add(merged)
    result.push(merged)
  })
  const readers = new Map<Atom, Equation[]>()
  for (const equation of program.equations) {
    for (const input of equation.inputs) {
      const list = readers.get(input)
      if (list === undefined) readers.set(input, [equation])
      else list.push(equation)
    }
  }
  const outputs = new Set<Atom>(program.outputs)
  const equations = result.map(item => {
    if (!('made' in item)) return item
    const members = new Set(item.members.map(({ equation }) => equation))
    const isRead = (atom: Atom) => outputs.has(atom) || (readers.get(atom) ?? []).some(reader => !members.has(reader))
    return groupEquation(item, isRead)
  })
  return { ...program, equations }
}

/** The open groups that an equation belongs to: those whose values it reads, or, where it is small, any of its shape. */
function groupFor(equation: Equation, open: ReadonlySet<Group>): Group[] {
  const { shape } = equation.outputs[0].aval
  const name = shape.join()
  const joined: Group[] = []
  let registers = equation.inputs.length + 1
  for (const group of open) {
    if (group.shape !== name) continue
    const isShared = (atom: Atom) => atom.aval.shape.length > 0 && (group.made.has(atom) || group.inputs.has(atom))
    const size = group.inputs.size + group.made.size
    if (registers + size > MAX_REGISTERS) continue
    if (elements(shape) > SMALL && !equation.inputs.some(isShared)) continue
    joined.push(group)
    registers += size
  }
  return joined
}

/** One group with the members of several, in their order. */
function mergeGroups(groups: readonly Group[], shape: string): Group {
  if (groups.length === 1) return groups[0]
  const members = groups.flatMap(group => group.members).sort((a, b) => a.index - b.index)
  const made = new Set(groups.flatMap(group => [...group.made]))
  const inputs = new Set(groups.flatMap(group => [...group.inputs]).filter(atom => !made.has(atom)))
  return { shape, members, inputs, made }
}

/** One operation of a chain before it has registers. */
interface Operation {
  readonly op: MapOp
  readonly operands: readonly Atom[]
  readonly result: Var
}

function groupEquation(group: Group, isRead: (atom: Atom) => boolean): Equation {
  if (group.members.length === 1) return group.members[0].equation
  const operations = joinMultiplyAdds(
    group.members.map(({ equation, op }) => ({ op, operands: equation.inputs, result: equation.outputs[0] })),
    isRead,
  )
  const inputs = [...group.inputs]
  const register = new Map<Atom, number>(inputs.map((atom, i) => [atom, i]))
  operations.forEach(({ result }, i) => {
    register.set(result, inputs.length + i)
  })
  const steps = operations.map(({ op, operands }) => ({ op, operands: operands.map(atom => register.get(atom)!) }))
  const results = operations.flatMap(({ result }, i) => (isRead(result) ? [i] : []))
  const outputs = results.map(i => operations[i].result)
  return {
    primitive: fusedMapPrimitive,
    inputs,
    params: { steps, results, types: outputs.map(({ aval }) => aval) } satisfies FusedParams,
    outputs,
    source: group.members.map(({ equation }) => equation.source).join('\n'),
  }
}

/** a * b + c in one operation, with the two roundings of the two, where nothing else reads the product. */
function joinMultiplyAdds(operations: readonly Operation[], isRead: (atom: Atom) => boolean): Operation[] {
  const uses = new Map<Atom, number>()
  for (const { operands } of operations) for (const atom of operands) uses.set(atom, (uses.get(atom) ?? 0) + 1)
  const products = new Map<Atom, Operation>()
  const joined = new Set<Operation>()
  const result = operations.map(operation => {
    if (operation.op === MapOp.MulF && uses.get(operation.result) === 1 && !isRead(operation.result)) {
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
