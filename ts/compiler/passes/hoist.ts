// hoist: what does not change leaves the loop; what depends on the steps' inputs but not on the carry leaves it as one
// batched contraction over all steps.
import type { Atom, Equation, Program, Var } from '../../core/program.js'
import { isElementwise, isHeavy, isView, replaceEquations } from './rewrite.js'
import { tidy } from './simplify.js'

/** The program with invariant work, and contractions that do not read a carry, moved before their loops. */
export const hoist = (program: Program): Program =>
  tidy(
    program,
    replaceEquations(program, equation => equation.primitive.hoist?.(equation) ?? null),
  )

/** What a value in a loop's body depends on, the most of it. */
const Depends = { OnNothing: 0, OnStep: 1, OnCarry: 2 } as const

export interface Hoisted {
  /** Equations that depend on nothing in the loop. */
  readonly invariant: readonly Equation[]
  /** Equations to run for all steps at once. */
  readonly batched: readonly Equation[]
}

/** For every variable of the body, what it depends on. */
export function dependencies(body: Program, consts: number, carry: number): (atom: Atom) => number {
  const levels = new Map<Atom, number>()
  body.inputs.forEach((variable, i) => {
    levels.set(variable, i < consts ? Depends.OnNothing : i < consts + carry ? Depends.OnCarry : Depends.OnStep)
  })
  const levelOf = (atom: Atom): number => levels.get(atom) ?? Depends.OnNothing
  for (const { inputs, outputs } of body.equations) {
    const level = inputs.reduce<number>((highest, atom) => Math.max(highest, levelOf(atom)), Depends.OnNothing)
    for (const output of outputs) levels.set(output, level)
  }
  return levelOf
}

/** Chooses what moves before a loop. */
export function chooseHoisted(body: Program, consts: number, carry: number): Hoisted {
  const levelOf = dependencies(body, consts, carry)
  const definition = new Map<Atom, Equation>()
  const readers = new Map<Atom, number>()
  for (const equation of body.equations) {
    for (const output of equation.outputs) definition.set(output, equation)
    for (const input of equation.inputs) readers.set(input, (readers.get(input) ?? 0) + 1)
  }
  for (const output of body.outputs) readers.set(output, (readers.get(output) ?? 0) + 1)
  const level = (equation: Equation) => levelOf(equation.outputs[0])
  const invariant = body.equations.filter(equation => level(equation) === Depends.OnNothing)
  const chosen = new Set<Equation>()
  /** Marks what an equation needs from inside the loop; false if that is more than contractions, gathers and views. */
  const bring = (equation: Equation, into: Set<Equation>): boolean => {
    if (level(equation) === Depends.OnNothing || chosen.has(equation)) return true
    if (!isHeavy(equation) && !isView(equation)) return false
    into.add(equation)
    return equation.inputs.every(atom => {
      const maker = definition.get(atom)
      return maker === undefined || bring(maker, into)
    })
  }
  for (const equation of body.equations) {
    if (level(equation) !== Depends.OnStep) continue
    if (equation.primitive.name === 'dotGeneral') {
      const needed = new Set<Equation>()
      if (bring(equation, needed)) for (const part of needed) chosen.add(part)
    } else if (isElementwise(equation) && replacesStack(equation)) chosen.add(equation)
  }
  return { invariant, batched: body.equations.filter(equation => chosen.has(equation)) }

  /** True if the result takes the place of a moved operand that nothing else reads, so that no stack is added. */
  function replacesStack(equation: Equation): boolean {
    const isMoved = (atom: Atom) => chosen.has(definition.get(atom)!)
    const isAtHand = (atom: Atom) => levelOf(atom) === Depends.OnNothing || isMoved(atom)
    return equation.inputs.every(isAtHand) && equation.inputs.some(atom => isMoved(atom) && readers.get(atom) === 1)
  }
}

/**
 * The body with sums regrouped: in a chain of additions the terms that do not depend on the carry come first, so that
 * they can leave the loop together.
 */
export function gatherTerms(body: Program, consts: number, carry: number): Program {
  const levelOf = dependencies(body, consts, carry)
  const readers = new Map<Atom, Equation[]>()
  const definition = new Map<Atom, Equation>()
  for (const equation of body.equations) {
    for (const output of equation.outputs) definition.set(output, equation)
    for (const input of equation.inputs) readers.set(input, [...(readers.get(input) ?? []), equation])
  }
  const isSum = (equation: Equation | undefined): equation is Equation =>
    equation?.primitive.name === 'add' && equation.outputs[0].aval.dtype === 'float32'
  const isInner = (equation: Equation): boolean => {
    const [output] = equation.outputs
    const readBy = readers.get(output) ?? []
    return (
      readBy.length === 1 &&
      isSum(readBy[0]) &&
      !body.outputs.includes(output) &&
      readBy[0].inputs[0] !== readBy[0].inputs[1]
    )
  }
  const termsOf = (equation: Equation): Atom[] =>
    equation.inputs.flatMap(atom => {
      const maker = definition.get(atom)
      return isSum(maker) && isInner(maker) ? termsOf(maker) : [atom]
    })
  /** The additions as they stood. */
  const original = (equation: Equation): Equation[] => [
    ...equation.inputs.flatMap(atom => {
      const maker = definition.get(atom)
      return isSum(maker) && isInner(maker) ? original(maker) : []
    }),
    equation,
  ]
  const equations: Equation[] = []
  for (const equation of body.equations) {
    if (isSum(equation) && isInner(equation)) continue
    if (!isSum(equation)) {
      equations.push(equation)
      continue
    }
    const terms = termsOf(equation)
    const isEarly = (atom: Atom) => levelOf(atom) !== Depends.OnCarry
    const early = terms.filter(isEarly)
    const late = terms.filter(atom => !isEarly(atom))
    const isMixed = early.length > 1 && late.length > 0 && early.some(atom => levelOf(atom) === Depends.OnStep)
    equations.push(...(isMixed ? chain(equation, [...early, ...late]) : original(equation)))
  }
  return { ...body, equations }
}

/** The terms added one after the other; the last addition binds the equation's own output. */
function chain(equation: Equation, terms: readonly Atom[]): Equation[] {
  let sum = terms[0]
  return terms.slice(1).map((term, i) => {
    const isLast = i === terms.length - 2
    const aval = {
      shape: sum.aval.shape.length >= term.aval.shape.length ? sum.aval.shape : term.aval.shape,
      dtype: sum.aval.dtype,
    }
    const output: Var = isLast ? equation.outputs[0] : { kind: 'var', aval }
    const added: Equation = { ...equation, inputs: [sum, term], outputs: [output] }
    sum = output
    return added
  })
}
