// fuse: chains of elementwise equations of one shape become one instruction that runs them tile by tile.
import type { MapOp } from '../../../assembly/format.js'
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

function groupEquation(group: Group, readOutside: (group: Group) => Set<Atom>): Equation {
  if (group.equations.length === 1) return group.equations[0].equation
  const inputs = [...group.inputs]
  const register = new Map<Atom, number>(inputs.map((atom, i) => [atom, i]))
  group.equations.forEach(({ equation }, i) => {
    register.set(equation.outputs[0], inputs.length + i)
  })
  const steps = group.equations.map(({ equation, op }) => ({
    op,
    operands: equation.inputs.map(atom => register.get(atom)!),
  }))
  const read = readOutside(group)
  const results = group.equations.flatMap(({ equation }, i) => (read.has(equation.outputs[0]) ? [i] : []))
  const outputs = results.map(i => group.equations[i].equation.outputs[0]) as Var[]
  return {
    primitive: fusedMapPrimitive,
    inputs,
    params: { steps, results, types: outputs.map(({ aval }) => aval) } satisfies FusedParams,
    outputs,
  }
}
