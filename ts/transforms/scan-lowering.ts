// A scan as a machine loop. xs are read in place, ys are written in place, and a carry that is also emitted lives in one
// buffer of length + 1 entries: h(t-1) and h(t) are two offsets into it.
import { emitCopy } from '../compiler/emit-copy.js'
import type { Lowering } from '../compiler/lowering.js'
import { elements, ITEM_BYTES, sameView, type View, wholeBuffer } from '../compiler/view.js'
import type { Atom, Equation, Program, Var } from '../core/program.js'
import type { ScanParams } from './scan-primitive.js'

/** Where a carry lives inside the loop, and after it. */
interface Place {
  /** True: `before` and `after` have one entry for each step. False: both are the one cell. */
  isStacked: boolean
  /** Read by a step. */
  before: View
  /** Written by a step. */
  after: View
  /** Where the first step reads. */
  start: View
  /** Where the last step wrote. */
  end: View
}

export function lowerScan(
  lowering: Lowering,
  equation: Equation,
  { body, consts, carry, length, reverse }: ScanParams,
): void {
  const operands = equation.inputs.map(atom => lowering.view(atom))
  // A stack that only this loop reads, made at this level, may be overwritten step by step.
  const mayOverwriteStack = equation.inputs.map(
    (atom, i) => lowering.mayOverwrite(atom) && operands[i].buffer.depth === lowering.depth,
  )
  const carryIn = body.inputs.slice(consts, consts + carry)
  const carryOut = body.outputs.slice(0, carry)
  const ys = body.outputs.slice(carry)
  const yResults = equation.outputs.slice(carry)
  const stacks: (View | undefined)[] = ys.map(() => undefined)
  const places: Place[] = carryIn.map((variable, i) => {
    const entering = ys.indexOf(variable)
    const leaving = ys.findIndex((atom, y) => y !== entering && atom === carryOut[i])
    if (carryOut[i] === variable || (entering < 0 && leaving < 0) || carryOut.indexOf(carryOut[i]) !== i)
      return cell(lowering, equation.outputs[i])
    const { place, enters, leaves } = stack(lowering, variable.aval.shape, length, reverse)
    ys.forEach((atom, y) => {
      if (stacks[y] !== undefined) return
      if (atom === variable) stacks[y] = enters
      else if (atom === carryOut[i]) stacks[y] = leaves
    })
    return place
  })
  places.forEach((place, i) => {
    emitCopy(lowering, operands[consts + i], place.start)
  })
  const outs = ys.map((_, y) => stacks[y] ?? lowering.output(yResults[y]))

  lowering.loop(length, () => {
    body.inputs.forEach((variable, i) => {
      if (i < consts) lowering.define(variable, operands[i])
      else if (i < consts + carry) {
        const place = places[i - consts]
        const view = current(lowering, place, 'before', reverse)
        if (place.isStacked) lowering.define(variable, view)
        else lowering.defineOwned(variable, view)
      } else if (mayOverwriteStack[i]) lowering.defineOwned(variable, lowering.step(operands[i], reverse))
      else lowering.define(variable, lowering.step(operands[i], reverse))
    })
    const targets: { atom: Atom; view: View; cell?: Var }[] = []
    ys.forEach((atom, y) => {
      if (stacks[y] === undefined) targets.push({ atom, view: lowering.step(outs[y], reverse) })
    })
    carryOut.forEach((atom, i) => {
      const cell = places[i].isStacked ? undefined : carryIn[i]
      targets.push({ atom, view: current(lowering, places[i], 'after', reverse), cell })
    })
    const aims = new Map<Var, { view: View | null; isVacant: boolean }>()
    for (const { atom, view, cell } of targets) {
      if (atom.kind === 'literal' || aims.get(atom)?.view || body.inputs.includes(atom)) continue
      // Writing a cell destroys the carry that is in it, which need not be this value's own.
      const isKept = cell !== undefined && !diesBefore(body, cell, atom)
      aims.set(atom, { view: isKept ? null : view, isVacant: cell === undefined })
    }
    for (const [variable, { view, isVacant }] of aims) lowering.aim(variable, view, isVacant)
    lowering.lower(body)
    moveAll(
      lowering,
      targets.map(({ atom, view }) => ({ from: lowering.view(atom), to: view })),
    )
  })
  places.forEach((place, i) => {
    lowering.define(equation.outputs[i], place.end)
  })
  yResults.forEach((result, y) => {
    lowering.define(result, outs[y])
  })
}

/** One entry, overwritten by each step. */
function cell(lowering: Lowering, result: Var): Place {
  const view = lowering.destination(result) ?? lowering.temporary(result.aval.shape)
  return { isStacked: false, before: view, after: view, start: view, end: view }
}

/** length + 1 entries: each step reads one and writes the next. */
function stack(lowering: Lowering, shape: readonly number[], length: number, reverse: boolean) {
  const bytes = elements(shape) * ITEM_BYTES
  const buffer = lowering.buffer(bytes * (length + 1))
  const entries = (offset: number): View => wholeBuffer(buffer, [length, ...shape], offset)
  const entry = (index: number): View => wholeBuffer(buffer, shape, index * bytes)
  const [enters, leaves] = reverse ? [entries(bytes), entries(0)] : [entries(0), entries(bytes)]
  const [start, end] = reverse ? [entry(length), entry(0)] : [entry(0), entry(length)]
  return { place: { isStacked: true, before: enters, after: leaves, start, end }, enters, leaves }
}

/** The part of a place that the current step touches. */
const current = (lowering: Lowering, place: Place, side: 'before' | 'after', reverse: boolean): View =>
  place.isStacked ? lowering.step(place[side], reverse) : lowering.changing(place[side])

/** True if nothing reads the old carry after the equation that makes the new one, and that one reads it in its place. */
function diesBefore(body: Program, old: Var, next: Var): boolean {
  const aliases = new Set<Atom>([old])
  /** The old carry, and what was made in its place. */
  const inPlace = new Set<Atom>([old])
  const made = body.equations.findIndex(equation => equation.outputs.includes(next))
  for (const [i, { primitive, inputs, outputs }] of body.equations.entries()) {
    const reads = inputs.some(atom => aliases.has(atom))
    if (!reads) continue
    if (i > made) return false
    const { elementwise, startsFrom } = primitive
    const mayRead = (atom: Atom, k: number) => (elementwise || k === startsFrom) && inPlace.has(atom)
    if (i === made) {
      if (!inputs.every((atom, k) => !aliases.has(atom) || mayRead(atom, k))) return false
      continue
    }
    // A view of the old carry is the old carry.
    if (primitive.cheap && !elementwise) for (const output of outputs) aliases.add(output)
    if (startsFrom !== undefined && inPlace.has(inputs[startsFrom])) {
      inPlace.add(outputs[0])
      aliases.add(outputs[0])
    }
  }
  return !body.outputs.some(atom => aliases.has(atom))
}

/** Copies that happen as if all at once: what a copy (be it its own) would overwrite while it is needed is saved. */
function moveAll(lowering: Lowering, moves: { from: View; to: View }[]): void {
  const pending = moves.filter(({ from, to }) => !sameView(from, to))
  const saved = pending.map(({ from, to }) => {
    const isOverwritten = pending.some(other => other.to.buffer === from.buffer)
    return { from: isOverwritten ? lowering.copy(from) : from, to }
  })
  for (const { from, to } of saved) emitCopy(lowering, from, to)
}
