// The program: what tracing yields and every transform rewrites. Typed variables, equations, sub-programs in the
// parameters of control flow. Plain data, printable, checkable.
import { isProgram } from '../compiler/passes/rewrite.js'
import type { DType } from './dtype.js'
import type { AnyPrimitive } from './primitive.js'
import { fixed, type Shape, sameShape, showShape } from './shape.js'

/** What is known of a value before it is computed. */
export interface Aval {
  readonly shape: Shape
  readonly dtype: DType
}

/** A variable: bound once, by an input or an equation. Identity is what counts. */
export interface Var {
  readonly kind: 'var'
  readonly aval: Aval
}

/** A scalar constant. */
export interface Literal {
  readonly kind: 'literal'
  readonly aval: Aval
  readonly value: number
}

export type Atom = Var | Literal

export interface Equation {
  readonly primitive: AnyPrimitive
  readonly inputs: readonly Atom[]
  // biome-ignore lint/suspicious/noExplicitAny: the primitive knows the type of its parameters
  readonly params: any
  readonly outputs: readonly Var[]
  /**
   * The user's line that this came from; a fused equation has one for each operation, between them newlines. Known where
   * `withSources` asked for it.
   */
  readonly source?: string | null
}

export interface Program {
  readonly inputs: readonly Var[]
  readonly equations: readonly Equation[]
  readonly outputs: readonly Atom[]
}

/**
 * Parameters as equations keep them: fixed copies of lists, which a caller may change later. Those with programs among them
 * are made by transforms, which keep no lists of callers.
 */
export function ownParams<P>(params: P): P {
  if (typeof params !== 'object' || params === null || Object.isFrozen(params)) return params
  if (Object.values(params).some(isProgram)) return params
  const own = (Array.isArray(params) ? params.slice() : { ...params }) as P & object
  for (const name in own) own[name] = ownParams(own[name])
  return Object.freeze(own)
}

/** A new variable of a type. */
export const newVar = ({ shape, dtype }: Aval): Var => ({ kind: 'var', aval: { shape: fixed(shape), dtype } })

/** Which equation makes each variable. */
export function makersOf(equations: readonly Equation[]): Map<Atom, Equation> {
  const makers = new Map<Atom, Equation>()
  for (const equation of equations) for (const output of equation.outputs) makers.set(output, equation)
  return makers
}

/** True if dtype and shape are the same. */
export const sameAval = (a: Aval, b: Aval): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape)

const SHORT: Record<DType, string> = { float32: 'f32', int32: 'i32', uint32: 'u32', bool: 'bool' }

/** `f32[2, 3]`. */
export const showAval = (aval: Aval): string => `${SHORT[aval.dtype]}${showShape(aval.shape)}`

/**
 * The program as text, one equation a line; two programs with the same text compute the same.
 * `indent` is what stands before each line.
 */
export function printProgram(program: Program, indent = ''): string {
  const names = new Map<Var, string>()
  const name = (atom: Atom): string => {
    if (atom.kind === 'literal') {
      return `${Object.is(atom.value, -0) ? '-0' : atom.value}:${SHORT[atom.aval.dtype]}`
    }
    let known = names.get(atom)
    if (known === undefined) {
      known = variableName(names.size)
      names.set(atom, known)
    }
    return known
  }
  const typed = (variable: Var): string => `${name(variable)}:${showAval(variable.aval)}`
  const lines = [`${indent}{ inputs ${program.inputs.map(typed).join(' ')}`]
  for (const { primitive, inputs, params, outputs } of program.equations) {
    const left = outputs.map(typed).join(' ')
    lines.push(`${indent}  ${left} = ${primitive.name}${printParams(params, indent)} ${inputs.map(name).join(' ')}`)
  }
  lines.push(`${indent}  outputs ${program.outputs.map(name).join(' ')} }`)
  return lines.join('\n')
}

function variableName(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26))
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`
}

function printParams(params: unknown, indent: string): string {
  // Functions among them matter to transforms only.
  const entries = Object.entries((params ?? {}) as Record<string, unknown>).filter(
    ([, own]) => typeof own !== 'function',
  )
  if (entries.length === 0) return ''
  const show = (value: unknown): string =>
    isProgram(value) ? `\n${printProgram(value, `${indent}    `)}` : printValue(value)
  return `[${entries.map(([key, value]) => `${key}=${show(value)}`).join(' ')}]`
}

const printValue = (value: unknown): string =>
  Array.isArray(value)
    ? `(${value.map(printValue).join(',')})`
    : typeof value === 'object' && value !== null
      ? JSON.stringify(value)
      : String(value)

/** Throws if a variable is used before it is bound, bound twice, or has another type than its equation's rule gives. */
export function checkProgram(program: Program): void {
  const bound = new Set<Var>()
  const bindVar = (variable: Var) => {
    if (bound.has(variable)) throw new Error('checkProgram: a variable is bound twice')
    bound.add(variable)
  }
  const use = (atom: Atom, where: string) => {
    if (atom.kind === 'var' && !bound.has(atom)) throw new Error(`checkProgram: unbound variable in ${where}`)
    if (atom.kind === 'literal' && atom.aval.shape.length > 0) throw new Error('checkProgram: a literal is a scalar')
  }
  program.inputs.forEach(bindVar)
  for (const equation of program.equations) {
    const { primitive, inputs, params, outputs } = equation
    for (const atom of inputs) use(atom, primitive.name)
    for (const value of Object.values((params ?? {}) as Record<string, unknown>))
      if (isProgram(value)) checkProgram(value)
    const types = primitive.type(
      inputs.map(atom => atom.aval),
      params,
    )
    if (types.length !== outputs.length) throw new Error(`checkProgram: ${primitive.name} has ${types.length} outputs`)
    types.forEach((type, i) => {
      if (!sameAval(type, outputs[i].aval)) {
        throw new Error(
          `checkProgram: ${primitive.name} gives ${showAval(type)}, bound as ${showAval(outputs[i].aval)}`,
        )
      }
    })
    outputs.forEach(bindVar)
  }
  for (const atom of program.outputs) use(atom, 'the outputs')
}
