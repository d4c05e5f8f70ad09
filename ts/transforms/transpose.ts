// Transposition of the linear part of a program: cotangents flow backwards, those of a variable used twice are added.
import type { MaybeZero } from '../core/primitive.js'
import type { Atom, Equation, Program, Var } from '../core/program.js'
import type { Tensor } from '../core/tensor.js'
import { applyProgram, bind, readAtom, setOrigin, tracePure } from '../core/trace.js'
import { addTangents } from '../ops/arithmetic.js'
import { inputTypes, memoized, outputTypes, where, whereNot } from './interpret.js'
import { zeroTangent } from './jvp.js'
import { splitProgram } from './partial.js'

export interface TransposedProgram {
  /** Inputs that are not linear, then the cotangents of the outputs with one -> cotangents of the linear inputs with one. */
  program: Program
  /** Which of the linear inputs have a cotangent. */
  nonzero: boolean[]
}

interface Masks {
  /** Inputs in which the program is linear. */
  linear: readonly boolean[]
  /** Outputs that have a cotangent. */
  cotangents: readonly boolean[]
  /** Linear inputs (among the linear ones) whose cotangent is written out even where it is zero. */
  all?: readonly boolean[]
}

export const transposeProgram: (program: Program, masks: Masks) => TransposedProgram = memoized(
  ({ linear, cotangents, all }: Masks) =>
    [linear, cotangents, all ?? []].map(mask => mask.map(Number).join('')).join('|'),
  (program, { linear, cotangents, all }) => {
    const types = inputTypes(program)
    const split = splitProgram(
      program,
      linear,
      program.outputs.map(() => true),
    )
    let nonzero: boolean[] = []
    const transposed = tracePure([...whereNot(types, linear), ...where(outputTypes(program), cotangents)], values => {
      const plain = values.slice(0, types.length - linear.filter(Boolean).length)
      const residuals = applyProgram(split.known, plain)
      const results = backward(
        split.unknown,
        residuals,
        where(program.inputs, linear),
        program.outputs.map((_, i) =>
          cotangents[i] ? values[plain.length + cotangents.slice(0, i).filter(Boolean).length] : null,
        ),
      )
      const filled = results.map(
        (cotangent, i) => cotangent ?? (all?.[i] ? zeroTangent(where(types, linear)[i].shape) : null),
      )
      nonzero = filled.map(cotangent => cotangent !== null)
      return filled.filter(cotangent => cotangent !== null)
    })
    return { program: transposed, nonzero }
  },
)

/**
 * Runs the linear equations backwards. What they read and is not linear is computed where it is first read, so that what is
 * computed again does not live longer than it must.
 */
function backward(
  program: Program,
  residuals: readonly Tensor[],
  linearInputs: readonly Var[],
  outputs: readonly MaybeZero[],
): MaybeZero[] {
  const environment = new Map<Var, Tensor>()
  program.inputs.slice(0, residuals.length).forEach((variable, i) => {
    environment.set(variable, residuals[i])
  })
  const linear = new Set<unknown>(linearInputs)
  const pending: Equation[] = []
  const makers = new Map<Var, Equation>()
  for (const equation of program.equations) {
    if (equation.inputs.some(atom => linear.has(atom))) {
      for (const variable of equation.outputs) linear.add(variable)
      pending.push(equation)
    } else for (const variable of equation.outputs) makers.set(variable, equation)
  }
  const read = (atom: Atom): Tensor => {
    if (atom.kind === 'var' && !environment.has(atom)) {
      const { primitive, inputs, params, outputs: variables, source } = makers.get(atom)!
      setOrigin(source)
      const results = bind(primitive, inputs.map(read), params)
      variables.forEach((variable, i) => {
        environment.set(variable, results[i])
      })
    }
    return readAtom(environment, atom)
  }
  const cotangents = new Map<Var, Tensor>()
  const accumulate = (variable: Var, cotangent: MaybeZero) => {
    const sum = addTangents(cotangents.get(variable) ?? null, cotangent)
    if (sum !== null) cotangents.set(variable, sum)
  }
  program.outputs.forEach((atom, i) => {
    if (atom.kind === 'var' && linear.has(atom)) accumulate(atom, outputs[i])
  })
  for (const { primitive, inputs, params, outputs: variables, source } of pending.reverse()) {
    setOrigin(source)
    const incoming = variables.map(variable => cotangents.get(variable) ?? null)
    if (incoming.every(cotangent => cotangent === null)) continue
    if (primitive.transpose === null) throw new Error(`transpose: ${primitive.name} is not linear`)
    const values = inputs.map(atom => (linear.has(atom) ? null : read(atom)))
    const results = primitive.transpose(
      incoming,
      values,
      inputs.map(atom => atom.aval),
      params,
    )
    inputs.forEach((atom, i) => {
      if (atom.kind === 'var' && linear.has(atom)) accumulate(atom, results[i])
    })
  }
  return linearInputs.map(variable => cotangents.get(variable) ?? null)
}
