// Moving work out of a scan, before it and behind it. What moves is chosen by the compiler's passes (hoist, sink); here it
// is batched over the steps, as vmap would, and the scan is rebuilt around what stays.
import { chooseHoisted, gatherTerms } from '../compiler/passes/hoist.js'
import { inline, isZeroBroadcast, type Replacement } from '../compiler/passes/rewrite.js'
import { chooseSunk } from '../compiler/passes/sink.js'
import { pruneProgram } from '../compiler/prune.js'
import { type Atom, type Aval, type Equation, newVar, type Program, type Var } from '../core/program.js'
import type { Tensor } from '../core/tensor.js'
import { applyProgram, tracePure } from '../core/trace.js'
import { add, mul } from '../ops/arithmetic.js'
import { sumAxes } from '../ops/reduce.js'
import { scatterAdd } from '../ops/take.js'
import { chunkLength, onlySummed, runInChunks } from './scan-chunks.js'
import type { ScanParams } from './scan-primitive.js'
import { vmapProgram } from './vmap.js'

const stacked = ({ shape, dtype }: Aval, length: number): Aval => ({ shape: [length, ...shape], dtype })

/** Variables that equations use and do not bind, in the order of their first use; `also` counts as used. */
function freeVariables(equations: readonly Equation[], also: readonly Atom[] = []): Var[] {
  const bound = new Set<Atom>(equations.flatMap(({ outputs }) => outputs))
  const free = new Set<Var>()
  for (const atom of [...equations.flatMap(({ inputs }) => inputs), ...also])
    if (atom.kind === 'var' && !bound.has(atom)) free.add(atom)
  return [...free]
}

/** A scan with what does not depend on the carry computed before it. Null: nothing moves. */
export function hoistScan(equation: Equation): Replacement | null {
  const params = equation.params as ScanParams
  const { consts, carry, length } = params
  const body = gatherTerms(params.body, consts, carry)
  const { invariant, batched: independent } = chooseHoisted(body, consts, carry)
  // Of a bounded loop only the steps that run are worth their work.
  const batched = params.bounded ? [] : independent
  if (invariant.length + batched.length === 0) return null
  const moved = new Set([...invariant, ...batched])
  const rest = body.equations.filter(part => !moved.has(part))
  const needed = new Set<Atom>(freeVariables(rest, body.outputs))
  const outer = new Map<Atom, Atom>(body.inputs.map((variable, i) => [variable, equation.inputs[i]]))

  // Invariant equations move as they are.
  const fresh = new Map<Atom, Atom>()
  const resolve = (atom: Atom): Atom => fresh.get(atom) ?? outer.get(atom) ?? atom
  const before = invariant.map(part => {
    const outputs = part.outputs.map(({ aval }) => newVar(aval))
    const copy = { ...part, inputs: part.inputs.map(resolve), outputs }
    part.outputs.forEach((output, i) => {
      fresh.set(output, outputs[i])
    })
    return copy
  })
  const newConsts = invariant.flatMap(({ outputs }) => outputs).filter(output => needed.has(output))

  // The others run for all steps at once.
  const newXs = batched.flatMap(({ outputs }) => outputs).filter(output => needed.has(output))
  const reads = freeVariables(batched)
  const isStep = (variable: Var) => body.inputs.indexOf(variable) >= consts + carry
  const program: Program = { inputs: reads, equations: batched, outputs: newXs }
  const dims = reads.map(variable => (isStep(variable) ? 0 : null))
  const all = vmapProgram(program, { size: length, dims, wanted: newXs.map(() => 0) })
  const inlined = inline(all.program, reads.map(resolve))

  const inputs = (from: number, to?: number) => ({
    inner: body.inputs.slice(from, to),
    outer: equation.inputs.slice(from, to),
  })
  const [c, h, x] = [inputs(0, consts), inputs(consts, consts + carry), inputs(consts + carry)]
  const outputs = equation.outputs.map(({ aval }) => newVar(aval))
  const loop: Equation = {
    ...equation,
    inputs: [...c.outer, ...newConsts.map(resolve), ...h.outer, ...x.outer, ...inlined.outputs],
    params: {
      ...params,
      body: {
        inputs: [...c.inner, ...newConsts, ...h.inner, ...x.inner, ...newXs],
        equations: rest,
        outputs: body.outputs,
      },
      consts: consts + newConsts.length,
    } satisfies ScanParams,
    outputs,
  }
  return { equations: [...before, ...inlined.equations, loop], outputs }
}

/** A scan with what it only adds up or emits computed behind it. Null: nothing moves. */
export function sinkScan(equation: Equation, isZero: (atom: Atom) => boolean): Replacement | null {
  const params = equation.params as ScanParams
  const { body, consts, carry, length, bounded } = params
  const carries = body.inputs.slice(consts, consts + carry)
  const chosen = chooseSunk(body, carries)
  const { accumulators } = chosen
  const sunk = bounded ? onlySummed(body, chosen, carry) : chosen.equations
  const chunk = bounded ? chunkLength(sunk, length) : length
  if ((accumulators.length === 0 && sunk.length === 0) || (bounded && chunk === 0)) return null
  const moved = new Set([...sunk, ...accumulators.flatMap(({ adds }) => adds)])
  const made = new Set<Atom>(sunk.flatMap(({ outputs }) => outputs))
  const rest = body.equations.filter(part => !moved.has(part))
  const accumulated = new Set(accumulators.map(({ index }) => index))
  const ys = body.outputs.slice(carry)
  const later = ys.filter(atom => made.has(atom))

  const terms = accumulators.flatMap(accumulator => accumulator.terms)
  const reads = freeVariables(sunk, terms)
  const place = (variable: Var): 'const' | 'x' | 'stack' => {
    const index = body.inputs.indexOf(variable)
    return index < 0 || (index >= consts && index < consts + carry) ? 'stack' : index < consts ? 'const' : 'x'
  }
  const stacks = reads.filter(variable => place(variable) === 'stack')

  // The loop that stays emits what the work behind it reads.
  const stayingCarries = carries.flatMap((_, i) => (accumulated.has(i) ? [] : [i]))
  const stayingYs = ys.flatMap((atom, i) => (made.has(atom) ? [] : [i]))
  const loopOutputs = [
    ...stayingCarries.map(i => equation.outputs[i].aval),
    ...stayingYs.map(i => equation.outputs[carry + i].aval),
    ...stacks.map(({ aval }) => stacked(aval, length)),
  ].map(newVar)
  const keepsInput = (i: number) => i < consts || i >= consts + carry || !accumulated.has(i - consts)
  const loop: Equation = {
    ...equation,
    inputs: equation.inputs.filter((_, i) => keepsInput(i)),
    params: {
      ...params,
      body: pruneProgram({
        inputs: body.inputs.filter((_, i) => keepsInput(i)),
        equations: rest,
        outputs: [...stayingCarries.map(i => body.outputs[i]), ...stayingYs.map(i => ys[i]), ...stacks],
      }),
      carry: stayingCarries.length,
    } satisfies ScanParams,
    outputs: loopOutputs,
  }
  const stackOf = new Map<Atom, Atom>(
    stacks.map((variable, i) => [variable, loopOutputs[stayingCarries.length + stayingYs.length + i]]),
  )
  const atomOf = (variable: Var): Atom => stackOf.get(variable) ?? equation.inputs[body.inputs.indexOf(variable)]

  const inits = accumulators.map(({ index }) => equation.inputs[consts + index])
  const atoms = [...reads.map(atomOf), ...inits, ...equation.inputs.slice(0, bounded ? 1 : 0)]
  const work = { sunk, accumulators, later, reads, place, length, zeros: inits.map(isZero) }
  const behind = tracePure(
    atoms.map(({ aval }) => aval),
    values => (bounded ? runInChunks(work, chunk, values) : runBehind(work, values)),
  )
  const inlined = inline(behind, atoms)
  let nextLoop = 0
  const outputs = equation.outputs.map((_, i): Atom => {
    if (i < carry)
      return accumulated.has(i)
        ? inlined.outputs[accumulators.findIndex(({ index }) => index === i)]
        : loopOutputs[nextLoop++]
    return made.has(ys[i - carry])
      ? inlined.outputs[accumulators.length + later.indexOf(ys[i - carry])]
      : loopOutputs[nextLoop++]
  })
  return { equations: [loop, ...inlined.equations], outputs }
}

export interface Behind {
  sunk: readonly Equation[]
  accumulators: ReturnType<typeof chooseSunk>['accumulators']
  later: readonly Atom[]
  reads: readonly Var[]
  place: (variable: Var) => 'const' | 'x' | 'stack'
  /** Steps, and how many of them count. */
  length: number
  count?: Tensor
  /** Accumulators that start at zero. */
  zeros: readonly boolean[]
}

/** The moved equations over all steps: totals of the accumulators, then what is emitted. */
export function runBehind(
  { sunk, accumulators, later, reads, place, length, count, zeros }: Behind,
  values: readonly Tensor[],
): Tensor[] {
  // Rows added into zeros in each step are rows added once.
  const scatters = new Map<Atom, Equation>()
  for (const part of sunk)
    if (
      part.primitive.name === 'scatterAdd' &&
      isZeroBroadcast(sunk.find(({ outputs }) => outputs.includes(part.inputs[0] as Var)))
    )
      scatters.set(part.outputs[0], part)
  const terms = accumulators.flatMap(accumulator => accumulator.terms)
  const direct = new Map(terms.flatMap(term => (scatters.has(term) ? [[term, scatters.get(term)!] as const] : [])))
  const wanted = [...later, ...terms.flatMap(term => (direct.has(term) ? direct.get(term)!.inputs.slice(1) : [term]))]
  const program = pruneProgram({ inputs: reads, equations: sunk, outputs: wanted })
  const dims = reads.map(variable => (place(variable) === 'const' ? null : 0))
  const scattered = new Set<Atom>([...direct.values()].flatMap(({ inputs }) => inputs.slice(1)))
  const all = vmapProgram(program, {
    size: length,
    dims,
    wanted: wanted.map((atom, i) => (i < later.length || scattered.has(atom) ? 0 : undefined)),
  })
  const results = applyProgram(all.program, values.slice(0, reads.length))
  let next = later.length
  const totals = accumulators.map(({ terms: own }, i) => {
    const start = values[reads.length + i]
    return (
      own.reduce<Tensor | null>(
        (sum, term) => {
          if (direct.has(term)) {
            const [indices, updates] = [results[next], results[next + 1]]
            next += 2
            return scatterAdd(sum ?? start, indices, updates)
          }
          const dim = all.dims[next]
          const value = results[next++]
          const total = dim === null ? mul(value, count ?? length) : sumAxes(value, [dim])
          return sum === null ? total : add(sum, total)
        },
        zeros[i] ? null : start,
      ) ?? start
    )
  })
  return [...totals, ...results.slice(0, later.length)]
}
