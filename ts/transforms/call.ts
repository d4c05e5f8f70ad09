// What calls share: equations that stand for a program, with something to say when they are differentiated.
import type { Lowering } from '../compiler/lowering.js'
import { mappedAxis, mapping } from '../core/axes.js'
import type { BatchDim, ClosedProgram, MaybeZero, Primitive } from '../core/primitive.js'
import { type Aval, type Equation, newVar, type Program, sameAval, showAval } from '../core/program.js'
import type { Tensor } from '../core/tensor.js'
import { applyProgram, bind, isTracing, scalar } from '../core/trace.js'
import { showStructure, type TreeDef } from '../core/tree.js'
import { typeError } from '../errors.js'
import { broadcastInDim } from '../ops/broadcast.js'
import { flattenTensors } from './arguments.js'
import { type ClosedFunction, closedFunction } from './function.js'
import { outputTypes, spread } from './interpret.js'
import { jvpProgram } from './jvp.js'
import { vmapProgram } from './vmap.js'

/** The equations of the program in the place of the call; results of their own. Only where the passes that do so are off. */
export function lowerCall(lowering: Lowering, { inputs, outputs }: Equation, { body }: { body: Program }): void {
  const given = inputs.map(atom => lowering.view(atom))
  lowering.lowerInner(body, given).forEach((view, i) => {
    lowering.define(outputs[i], given.some(({ buffer }) => buffer === view.buffer) ? lowering.copy(view) : view)
  })
}

/** A function with rules of its own, as an equation. Inputs: what the programs captured, the arguments. */
export interface RuleParams {
  /** The function. */
  body: Program
  /** How many inputs of each program are what any of them captured. */
  captured: number
  /** The programs of the rules; null: differentiated as the body is. Not part of what is printed: results do not depend on it. */
  rules: (() => readonly Program[]) | null
}

/** The function that is traced to an equation of `primitive`; `trace` gives the programs of its rules. */
export function functionWithRules<A extends unknown[], B>(
  operation: string,
  primitive: Primitive<RuleParams>,
  f: (...args: A) => B,
  trace: (call: ClosedFunction, args: A) => readonly ClosedProgram[],
): (...args: A) => B {
  /** Calls whose rules are being traced. */
  const open: { signature: string; call: ClosedFunction; params: RuleParams }[] = []
  return (...args) => {
    if (!isTracing()) return f(...args)
    const { leaves, structure } = flattenTensors(operation, args, 'arguments')
    const signature = `${showStructure(structure)}${leaves.map(showAval)}`
    const outer = open.find(other => other.signature === signature)
    // A rule that calls its function: that call gets the rules when they are there.
    if (outer) return outer.call.build(bind(primitive, [...outer.call.captured, ...leaves], outer.params)) as B
    const call = closedFunction(operation, f, args)
    const own: RuleParams = { body: call.program, captured: call.captured.length, rules: null }
    open.push({ signature, call, params: own })
    let closed: readonly ClosedProgram[]
    try {
      closed = [call, ...trace(call, args)]
    } finally {
      open.pop()
    }
    const captured = closed.flatMap(part => part.captured)
    let at = 0
    const params: RuleParams = { body: call.program, captured: captured.length, rules: () => rules }
    const [body, ...rules] = closed.map(({ program, captured: { length } }) => {
      const shared = captured.map(({ shape, dtype }) => newVar({ shape, dtype }))
      shared.splice(at, length, ...program.inputs.slice(0, length))
      at += length
      const equations = program.equations.map(equation =>
        equation.params === own
          ? { ...equation, params, inputs: [...shared, ...equation.inputs.slice(own.captured)] }
          : equation,
      )
      return { ...program, equations, inputs: [...shared, ...program.inputs.slice(length)] }
    })
    params.body = body
    return call.build(bind(primitive, [...captured, ...leaves], params)) as B
  }
}

/** Results and tangents of a program, which `apply` applies. */
export function jvpOf(
  body: Program,
  primals: readonly Tensor[],
  tangents: readonly MaybeZero[],
  apply: (program: Program, values: Tensor[]) => Tensor[],
): { results: Tensor[]; tangents: MaybeZero[] } {
  const { program, nonzero } = jvpProgram(body, { nonzero: tangents.map(isThere) })
  const all = apply(program, [...primals, ...tangents.filter(isThere)])
  return { results: all.slice(0, nonzero.length), tangents: spread(nonzero, all.slice(nonzero.length)) }
}

export const isThere = (value: MaybeZero): value is Tensor => value !== null

/** The primitive of functions with rules: `jvp` applies them, `batch` gives them for a batch. */
export function primitiveWithRules(
  name: string,
  jvp: (
    rules: readonly Program[],
    primals: readonly Tensor[],
    tangents: readonly MaybeZero[],
    params: RuleParams,
  ) => { results: Tensor[]; tangents: MaybeZero[] },
  batch: (rules: readonly Program[], batching: RuleBatching) => readonly Program[],
): Primitive<RuleParams> {
  const jvpWithResults: NonNullable<Primitive<RuleParams>['jvpWithResults']> = (primals, tangents, params) => {
    const { body, captured, rules } = params
    if (rules === null) return jvpOf(body, primals, tangents, applyProgram)
    if (tangents.slice(0, captured).some(isThere)) {
      throw typeError(
        `${name}: the function uses a differentiated value that is not one of its arguments; its rule says nothing about that one: make it an argument`,
      )
    }
    return jvp(rules(), primals, tangents, params)
  }
  const primitive: Primitive<RuleParams> = {
    name,
    type: (_inputs, { body }) => outputTypes(body),
    jvp: (primals, tangents, _results, params) => jvpWithResults(primals, tangents, params).tangents,
    jvpWithResults,
    transpose: null,
    batch(inputs, dims, { body, captured, rules }, size) {
      // All results are batched: a cotangent of one belongs to one example.
      const placed = vmapProgram(body, { size, dims }).dims.map(dim => dim ?? 0)
      const { program } = vmapProgram(body, { size, dims, wanted: placed })
      const floats = dims.filter((_, i) => i >= captured && isFloat(inputs[i]))
      const floatResults = placed.filter((_, i) => isFloat(body.outputs[i].aval))
      // Not before they are asked for: a rule may hold its own function.
      const axisName = mappedAxis()
      const batched =
        rules && (() => mapping(axisName, () => batch(rules(), { size, dims, captured, placed, floats, floatResults })))
      return { results: bind(primitive, inputs, { body: program, captured, rules: batched }), dims: placed }
    },
    inline: ({ body }) => body,
    lower: lowerCall,
  }
  return primitive
}

/** Where the batch dimensions are: of captured values and arguments, of results; and of those of both that are float32. */
interface RuleBatching {
  readonly size: number
  readonly dims: readonly BatchDim[]
  readonly captured: number
  readonly placed: readonly number[]
  readonly floats: readonly BatchDim[]
  readonly floatResults: readonly number[]
}

/** Zeros of any type. */
export const zerosOf = ({ shape, dtype }: Aval): Tensor => broadcastInDim(scalar(0, dtype), shape, [])

export const isFloat = ({ dtype }: Aval): boolean => dtype === 'float32'

/** The next value for each float32 type, zeros for the others. */
export function fillZeros(types: readonly Aval[], values: readonly Tensor[]): Tensor[] {
  let next = 0
  return types.map(type => (isFloat(type) ? values[next++] : zerosOf(type)))
}

/** Throws unless all are functions. */
export function checkFunctions(operation: string, ...given: readonly unknown[]): void {
  given.forEach((f, i) => {
    if (typeof f !== 'function') throw typeError(`${operation}: argument ${i + 1} is not a function`)
  })
}

/** What a rule returns, if that is two things. */
export function pair<A, B>(what: string, returned: readonly [A, B]): readonly [A, B] {
  if (!Array.isArray(returned) || returned.length !== 2) throw typeError(`${what} returns a pair`)
  return returned
}

/** The leaves of a tree that has this structure and these types; `onlyFloats`: the types of the other leaves do not matter. */
export function leavesLike(
  what: string,
  tree: unknown,
  structure: TreeDef,
  types: readonly Aval[],
  onlyFloats: boolean,
): Tensor[] {
  const flat = flattenTensors(what, tree, '')
  const [found, expected] = [showStructure(flat.structure), showStructure(structure)]
  if (found !== expected) throw typeError(`${what} is ${found}, expected ${expected}`)
  flat.leaves.forEach((leaf, i) => {
    if (!sameAval(leaf, types[i]) && !(onlyFloats && !isFloat(types[i])))
      throw typeError(`${what} has a leaf ${showAval(leaf)}, expected ${showAval(types[i])}`)
  })
  return flat.leaves
}
