// Tracing: while a trace is open, operations are recorded in it instead of run. Values from outside (stored tensors,
// variables of an enclosing trace) are captured: they become the program's first inputs.

import { pruneProgram, readAtoms } from '../compiler/prune.js'
import { typeError, userSource } from '../errors.js'
import { executeEquation, executeProgram } from './execute.js'
import type { AnyPrimitive, ClosedProgram } from './primitive.js'
import { type Atom, type Aval, type Equation, newVar, ownParams, type Program, type Var } from './program.js'
import { SCALAR } from './shape.js'
import { Tensor } from './tensor.js'

/** One program under construction. */
export class Trace {
  readonly equations: Equation[] = []
  readonly captured = new Map<Var | Tensor, { variable: Var; value: Tensor }>()
  open = true
  constructor(readonly parent: Trace | null) {}

  /** The atom by which this trace knows the tensor. */
  atom(tensor: Tensor): Atom {
    const { source } = tensor
    if (source.kind === 'literal') return source
    if (source.kind === 'traced') {
      if (source.trace === this) return source.variable
      checkOpen(tensor)
    }
    const key = source.kind === 'traced' ? source.variable : tensor
    let entry = this.captured.get(key)
    if (entry === undefined) {
      entry = { variable: newVar({ shape: tensor.shape, dtype: tensor.dtype }), value: tensor }
      this.captured.set(key, entry)
    }
    return entry.variable
  }

  /** The tensor that stands for a variable of this trace. */
  tensor(variable: Var): Tensor {
    return Tensor.of(variable.aval.shape, variable.aval.dtype, { kind: 'traced', trace: this, variable })
  }
}

let current: Trace | null = null

/** Finds the user's line for an equation; null: none is remembered, as reading the stack costs more than all tracing. */
let findSource: (() => string | null) | null = null
/** The line of the equation that a transform rewrites now. */
let origin: string | null | undefined

/** Traces with equations that remember the user's lines; `find` says which one where it is not known from a transform. */
export function withSources<T>(body: () => T, find: () => string | null = userSource): T {
  const before = findSource
  findSource = find
  try {
    return body()
  } finally {
    findSource = before
  }
}

/** Says that what is traced from now on comes from an equation with this source (undefined: from the user's calls). */
export const setOrigin = (source: string | null | undefined): void => {
  origin = source
}

/** True while a function is being traced. */
export const isTracing = (): boolean => current !== null

/** Throws if the tensor belongs to a trace that is over. */
function checkOpen(tensor: Tensor): void {
  if (tensor.source.kind === 'traced' && !tensor.source.trace.open) {
    throw typeError(
      `a traced value (${tensor}) is used after its trace ended: it was stored outside of the traced function; return it from the function instead`,
    )
  }
}

/** Applies a primitive: records it in the open trace, or runs it at once. */
export function bind<P>(
  primitive: AnyPrimitive & { type(inputs: readonly Aval[], params: P): Aval[] },
  inputs: readonly Tensor[],
  params: P,
): Tensor[] {
  const trace = current
  if (trace === null) {
    for (let i = 0; i < inputs.length; i++) if (inputs[i].source.kind === 'traced') checkOpen(inputs[i])
    return executeEquation(primitive, inputs, params)
  }
  const outputs = primitive.type(inputs, params).map(newVar)
  const equation = { primitive, inputs: inputs.map(input => trace.atom(input)), params: ownParams(params), outputs }
  trace.equations.push(findSource === null ? equation : { ...equation, source: origin ?? findSource() })
  return outputs.map(variable => trace.tensor(variable))
}

/** A primitive with one result. */
export const bind1 = <P>(
  primitive: AnyPrimitive & { type(inputs: readonly Aval[], params: P): Aval[] },
  inputs: readonly Tensor[],
  params: P,
): Tensor => bind(primitive, inputs, params)[0]

/** Traces `f` on values of the given types. What `f` uses from outside becomes the program's first inputs. */
export function traceProgram(types: readonly Aval[], f: (inputs: Tensor[]) => readonly Tensor[]): ClosedProgram {
  const trace = new Trace(current)
  const variables = types.map(({ shape, dtype }) => newVar({ shape, dtype }))
  const outerOrigin = origin
  current = trace
  origin = undefined
  let outputs: Atom[]
  try {
    outputs = f(variables.map(variable => trace.tensor(variable))).map(tensor => trace.atom(tensor))
  } finally {
    current = trace.parent
    origin = outerOrigin
    trace.open = false
  }
  const pruned = pruneProgram({ inputs: variables, equations: trace.equations, outputs })
  const used = trace.captured.size > 0 ? readAtoms(pruned) : new Set<Atom>()
  const captured = [...trace.captured.values()].filter(({ variable }) => used.has(variable))
  return {
    program: { ...pruned, inputs: [...captured.map(({ variable }) => variable), ...variables] },
    captured: captured.map(({ value }) => value),
  }
}

/** A program that takes nothing from outside: transforms of programs yield these. */
export function tracePure(types: readonly Aval[], f: (inputs: Tensor[]) => readonly Tensor[]): Program {
  const { program, captured } = traceProgram(types, f)
  if (captured.length > 0) throw new Error('tracePure: a transform captured a value')
  return program
}

/** The results of a program: recorded equation by equation in the open trace, or compiled and run. */
export function applyProgram(program: Program, values: readonly Tensor[]): Tensor[] {
  if (current === null) {
    for (const value of values) checkOpen(value)
    return executeProgram(program, values)
  }
  const outer = origin
  const environment = new Map<Var, Tensor>()
  program.inputs.forEach((variable, i) => {
    environment.set(variable, values[i])
  })
  const read = (atom: Atom): Tensor => readAtom(environment, atom)
  for (const { primitive, inputs, params, outputs, source } of program.equations) {
    if (findSource !== null) origin = source ?? outer
    const results = bind(primitive, inputs.map(read), params)
    outputs.forEach((variable, i) => {
      environment.set(variable, results[i])
    })
  }
  origin = outer
  return program.outputs.map(read)
}

/** The tensor that an interpreter holds for an atom. */
export function readAtom(environment: Map<Var, Tensor>, atom: Atom): Tensor {
  if (atom.kind === 'literal') return Tensor.of(SCALAR, atom.aval.dtype, atom)
  return environment.get(atom)!
}

/** A scalar constant; traces write it into the program. */
export const scalar = (value: number, dtype: Tensor['dtype']): Tensor =>
  Tensor.of(SCALAR, dtype, {
    kind: 'literal',
    aval: { shape: [], dtype },
    value: dtype === 'float32' ? Math.fround(value) : value,
  })
