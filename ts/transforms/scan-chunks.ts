// What a bounded scan only adds up leaves it as a bounded scan over some steps at a time: the weight gradients of a small
// ragged batch are a few products of some rows instead of one for each step, and none for the steps that do not run.
import { isZeroBroadcast } from '../compiler/passes/rewrite.js'
import type { Sunk } from '../compiler/passes/sink.js'
import { elements } from '../compiler/view.js'
import { type Atom, type Equation, type Literal, newVar, type Program, type Var } from '../core/program.js'
import type { Tensor } from '../core/tensor.js'
import { tracePure } from '../core/trace.js'
import { add, clip, div, mul, sub } from '../ops/arithmetic.js'
import { broadcastPrimitive } from '../ops/broadcast.js'
import { cast } from '../ops/cast.js'
import { less } from '../ops/compare.js'
import { arange } from '../ops/full.js'
import { reshape } from '../ops/reshape.js'
import { selectPrimitive } from '../ops/where.js'
import { cut } from './interpret.js'
import { type Behind, runBehind } from './scan-motion.js'
import { bindScan } from './scan-primitive.js'

/** Rows of a product from which on it gains nothing from more. */
const ROWS = 32

/** The equations that lead to sums alone, and to nothing that is emitted. */
export function onlySummed(body: Program, { accumulators, equations }: Sunk, carry: number): Equation[] {
  const gone = new Set(accumulators.flatMap(({ adds }) => adds))
  const moved = new Set(equations)
  const emitted = new Set<Atom>(body.outputs.slice(carry))
  for (const equation of equations.toReversed()) {
    const isRead = (output: Atom) =>
      emitted.has(output) || body.equations.some(reader => reader.inputs.includes(output) && !gone.has(reader))
    if (equation.outputs.some(isRead)) moved.delete(equation)
    else gone.add(equation)
  }
  return equations.filter(equation => moved.has(equation))
}

/** Steps to take at a time, a divisor of all; 0 where one at a time is as good. */
export function chunkLength(sunk: readonly Equation[], length: number): number {
  let rows = ROWS
  for (const { primitive, inputs, params } of sunk) {
    // Rows that are not added into zeros would be added into as many tables as there are steps.
    const zeros = sunk.find(({ outputs }) => outputs.includes(inputs[0] as Var))
    if (primitive.name === 'scatterAdd' && !isZeroBroadcast(zeros)) return 0
    const summed: readonly number[] =
      primitive.name === 'scatterAdd'
        ? inputs[1].aval.shape
        : primitive.name === 'dotGeneral'
          ? params.contract[0].map((axis: number) => inputs[0].aval.shape[axis])
          : [ROWS]
    rows = Math.min(rows, elements(summed))
  }
  for (let chunk = Math.floor(ROWS / Math.max(1, rows)); chunk > 1; chunk--) if (length % chunk === 0) return chunk
  return 0
}

/** Of zeros these make zeros, so that steps that do not run add nothing. */
const KEEPS_ZERO = new Set(['dotGeneral', 'mul', 'neg', 'sum', 'broadcast', 'reshape', 'transpose', 'slice'])

/** The moved work with what steps that do not run would contribute set to zero: NaN that stands there reaches no sum. */
function masked(work: Behind, active: Var): Behind {
  const { sunk, accumulators, reads, place } = work
  const substitution = new Map<Atom, Atom>()
  const resolve = (atom: Atom): Atom => substitution.get(atom) ?? atom
  const equations: Equation[] = []
  const zero: Literal = { kind: 'literal', aval: { shape: [], dtype: 'float32' }, value: 0 }
  const mask = (variable: Var): void => {
    if (variable.aval.dtype !== 'float32') return
    const { shape } = variable.aval
    const [flag, kept] = [newVar({ shape, dtype: 'bool' }), newVar(variable.aval)]
    equations.push(
      { primitive: broadcastPrimitive, inputs: [active], params: { shape, axes: [] }, outputs: [flag] },
      { primitive: selectPrimitive, inputs: [flag, variable, zero], params: {}, outputs: [kept] },
    )
    substitution.set(variable, kept)
  }
  for (const variable of reads) if (place(variable) === 'x') mask(variable)
  for (const equation of sunk) {
    const { name } = equation.primitive
    const isFactor = (output: Atom) =>
      sunk.every(({ primitive, inputs }) => primitive.name === 'dotGeneral' || !inputs.includes(output)) &&
      !accumulators.some(({ terms }) => terms.includes(output))
    equations.push({ ...equation, inputs: equation.inputs.map(resolve) })
    // What is gathered is finite, and a factor beside zeros; rows of zeros are added into zeros.
    if (KEEPS_ZERO.has(name) || name === 'scatterAdd' || (name === 'take' && equation.outputs.every(isFactor))) continue
    equation.outputs.forEach(mask)
  }
  return {
    ...work,
    sunk: equations,
    reads: [...reads, active],
    accumulators: accumulators.map(own => ({ ...own, terms: own.terms.map(resolve) })),
    place: variable => (variable === active ? 'x' : place(variable)),
  }
}

/** The sums of the steps that run. Values: what is read, where the sums start, and the number of steps. */
export function runInChunks(work: Behind, chunk: number, values: readonly Tensor[]): Tensor[] {
  const { reads, place, accumulators, length } = work
  const [read, starts, [bound]] = cut(values, reads.length, accumulators.length)
  const isConst = reads.map(variable => place(variable) === 'const')
  const count = length / chunk
  const fixed = read.filter((_, i) => isConst[i])
  const rows = read.flatMap((value, i) => (isConst[i] ? [] : [reshape(value, [count, chunk, ...value.shape.slice(1)])]))
  const active = newVar({ shape: [], dtype: 'bool' })
  const behind = masked(work, active)
  const xs = [...rows, arange(count)]
  const consts = [sub(count, div(sub(length, bound), chunk)), bound, ...fixed]
  const step = tracePure(
    [...consts, ...starts, ...xs.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype }))],
    inner => {
      const [[, steps, ...known], sums, some, [index]] = cut(inner, consts.length, starts.length, rows.length)
      const first = mul(index, chunk)
      const flags = less(add(arange(chunk), first), steps)
      let [nextConst, nextRow] = [0, 0]
      const own = isConst.map(flag => (flag ? known[nextConst++] : some[nextRow++]))
      return runBehind(
        {
          ...behind,
          length: chunk,
          count: cast(clip(sub(steps, first), 0, chunk), 'float32'),
          zeros: starts.map(() => false),
        },
        [...own, flags, ...sums],
      )
    },
  )
  return bindScan(
    { body: step, consts: consts.length, carry: starts.length, length: count, reverse: false, bounded: true },
    [...consts, ...starts, ...xs],
  )
}
