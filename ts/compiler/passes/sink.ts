// sink: what a loop only adds up or only emits is computed after it, for all steps at once: the weight gradients of a
// recurrence become one matrix product.
import { type Atom, type Equation, makersOf, type Program, type Var } from '../../core/program.js'
import { isElementwise, isHeavy, isView, isZeroBroadcast, replaceEquations } from './rewrite.js'
import { tidy } from './simplify.js'

/** The program with sums and emissions moved behind their loops. */
export const sink = (program: Program): Program =>
  tidy(
    program,
    replaceEquations(program, (equation, definition) => {
      const isZero = (atom: Atom) => isZeroBroadcast(definition(atom))
      return equation.primitive.sink?.(equation, isZero) ?? null
    }),
  )

/** A carry that a loop only adds to. */
export interface Accumulator {
  /** Which carry. */
  readonly index: number
  /** What is added in each step. */
  readonly terms: readonly Atom[]
  /** The adding equations. */
  readonly adds: readonly Equation[]
}

/** What can be computed after the loop. */
export interface Sunk {
  readonly accumulators: readonly Accumulator[]
  /** Equations to move, in order. */
  readonly equations: readonly Equation[]
}

/** Chooses what moves behind a loop whose body is `body`. `carries` are the carry inputs, in the order of the first outputs. */
export function chooseSunk(body: Program, carries: readonly Var[]): Sunk {
  const consumers = new Map<Atom, Equation[]>()
  for (const equation of body.equations) {
    for (const input of equation.inputs) consumers.set(input, [...(consumers.get(input) ?? []), equation])
  }
  // What a call that is still there computes is not to be kept for all steps, nor what is as large.
  const fleeting = new Set<Atom>()
  for (const equation of body.equations) {
    const isSame = (isView(equation) || isElementwise(equation)) && equation.inputs.some(atom => fleeting.has(atom))
    if (equation.primitive.inline || isSame) for (const output of equation.outputs) fleeting.add(output)
  }
  const makers = makersOf(body.equations)
  const accumulators = carries.flatMap((carry, index) => {
    const found = accumulatorOf(body, carry, index, consumers, makers)
    return found === null || found.terms.some(term => fleeting.has(term)) ? [] : found
  })
  const adds = new Set(accumulators.flatMap(accumulator => accumulator.adds))
  const accumulated = new Set(accumulators.map(({ index }) => index))

  // What the true carries need stays.
  const needed = new Set<Atom>(carries.flatMap((_, i) => (accumulated.has(i) ? [] : [body.outputs[i]])))
  const stays = new Set<Equation>()
  for (const equation of body.equations.toReversed()) {
    if (!equation.outputs.some(output => needed.has(output))) continue
    stays.add(equation)
    for (const input of equation.inputs) needed.add(input)
  }
  const given = new Set<Atom>(body.inputs)
  for (const carry of carries) given.delete(carry)
  const emitted = new Set<Atom>(body.outputs.slice(carries.length))
  const sunk = new Set<Equation>()
  // Values that exist for all steps after the loop: what comes in, what is emitted anyway, what moved equations read.
  const stacked = new Set<Atom>(emitted)
  for (const equation of body.equations.toReversed()) {
    if (adds.has(equation) || stays.has(equation)) continue
    const readers = equation.outputs.flatMap(output => consumers.get(output) ?? [])
    if (!readers.every(reader => adds.has(reader) || sunk.has(reader))) continue
    const isFree = (atom: Atom) => atom.kind === 'literal' || given.has(atom) || stacked.has(atom)
    const moves = isHeavy(equation) || isView(equation) || (isElementwise(equation) && equation.inputs.every(isFree))
    if (!moves) continue
    sunk.add(equation)
    for (const input of equation.inputs) stacked.add(input)
  }
  return { accumulators, equations: body.equations.filter(equation => sunk.has(equation)) }
}

/** True for what a heavy equation computes and others only look at. */
function isHeavyBehindViews(atom: Atom, makers: Map<Atom, Equation>): boolean {
  const maker = makers.get(atom)
  return maker !== undefined && (isHeavy(maker) || (isView(maker) && isHeavyBehindViews(maker.inputs[0], makers)))
}

/** The chain of additions by which a carry becomes its next value, if nothing else reads it on the way. */
function accumulatorOf(
  body: Program,
  carry: Var,
  index: number,
  consumers: Map<Atom, Equation[]>,
  makers: Map<Atom, Equation>,
): Accumulator | null {
  const terms: Atom[] = []
  const adds: Equation[] = []
  /** What a term is a sum of, if nothing else reads it: each part moves by itself. All but one must be worth moving. */
  const addends = (term: Atom): { terms: Atom[]; adds: Equation[] } => {
    const maker = makers.get(term)
    const whole = { terms: [term], adds: [] }
    if (maker?.primitive.name !== 'add' || consumers.get(term)!.length > 1 || body.outputs.includes(term)) return whole
    const [a, b] = maker.inputs
    if (a === b || a.kind === 'literal' || b.kind === 'literal') return whole
    const parts = [addends(a), addends(b)]
    const all = parts.flatMap(part => part.terms)
    return all.filter(part => !isHeavyBehindViews(part, makers)).length > 1
      ? whole
      : { terms: all, adds: [maker, ...parts.flatMap(part => part.adds)] }
  }
  const emitted = body.outputs.slice()
  emitted.splice(index, 1)
  let current: Atom = carry
  while (current !== body.outputs[index]) {
    const readers: Equation[] = consumers.get(current) ?? []
    if (readers.length !== 1 || emitted.includes(current)) return null
    const [add] = readers
    if (add.primitive.name !== 'add' || add.inputs[0] === add.inputs[1]) return null
    if (add.outputs[0].aval.dtype !== 'float32') return null
    const parts = addends(add.inputs[add.inputs[0] === current ? 1 : 0])
    terms.push(...parts.terms)
    adds.push(add, ...parts.adds)
    current = add.outputs[0]
  }
  if (adds.length === 0 || emitted.includes(current) || (consumers.get(current) ?? []).length > 0) return null
  return { index, terms, adds }
}
