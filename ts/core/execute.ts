// Running programs: the place where tensors meet compiled code. Executables are cached by what the program says, so an
// eager operation or a transform outside `jit` compiles once for each signature.
import { ReportKind } from '../../assembly/format.js'
import { compile } from '../compiler/compile.js'
import type { Checks } from '../compiler/lowering.js'
import { optimize, passKey } from '../compiler/optimize.js'
import { hasPrograms, isProgram } from '../compiler/passes/rewrite.js'
import { ITEM_BYTES } from '../compiler/view.js'
import type { Storage } from '../runtime/storage.js'
import type { AnyPrimitive } from './primitive.js'
import {
  type Aval,
  type Equation,
  newVar,
  ownParams,
  type Program,
  printProgram,
  sameAval,
  showAval,
  type Var,
} from './program.js'
import { sizeOf } from './shape.js'
import { addresses, bindSlots, freeResults, literals, type Runnable, takeResults } from './slots.js'
import type { Tensor } from './tensor.js'

/** How many compiled programs are remembered. */
const CACHE_SIZE = 1024

const cache = new Map<string, Runnable>()
let uses = 0

function remember(key: string, make: () => Runnable): Runnable {
  let runnable = cache.get(key)
  if (runnable === undefined) {
    runnable = make()
    cache.set(key, runnable)
    if (cache.size > CACHE_SIZE) forgetOldest()
  }
  runnable.lastUse = ++uses
  return runnable
}

/** Forgets the quarter that was used longest ago. */
function forgetOldest(): void {
  const byUse = [...cache].sort(([, a], [, b]) => a.lastUse - b.lastUse)
  for (const [key, { executable }] of byUse.slice(0, CACHE_SIZE / 4)) {
    executable.code.unload()
    cache.delete(key)
  }
  recent.clear()
}

/** Compiles a program, after the passes; outputs that are inputs, literals or given twice need no code. */
export function prepareProgram(program: Program, donated: readonly boolean[] = []): Runnable {
  const { inputs, equations, outputs } = program
  const flags = donated.some(Boolean) ? donated.map(Number).join('') : ''
  let key = `${passKey()}${flags};${equations.length};${inputs.map(({ aval }) => showAval(aval))};${outputs.length}`
  // Printing takes as long as a pass, so only programs that are alike so far are compared by what they say.
  const alike = cache.get(key)
  if (alike !== undefined) {
    const text = printProgram(program)
    alike.text ??= printProgram(alike.origin!)
    if (text !== alike.text) key += text
  }
  return remember(key, () => {
    const runnable = buildRunnable('a compiled function', optimize(program), donated)
    runnable.origin = program
    return runnable
  })
}

/** Compiles a program as it is, without the passes and apart from the cache. */
export function buildRunnable(
  name: string,
  program: Program,
  donated: readonly boolean[] = [],
  checks?: Checks,
): Runnable {
  const results: Var[] = []
  const outputs = program.outputs.map(atom => {
    if (atom.kind === 'literal') return { kind: 'literal' as const, index: 0, atom }
    const input = program.inputs.indexOf(atom)
    if (input >= 0) return { kind: 'input' as const, index: input, atom }
    let index = results.indexOf(atom)
    if (index < 0) index = results.push(atom) - 1
    return { kind: 'result' as const, index, atom }
  })
  // A donated input that is returned as it is stays where it is.
  const returned = new Set(outputs.map(({ kind, index }) => (kind === 'input' ? index : -1)))
  const free = donated.map((isDonated, i) => isDonated && !returned.has(i))
  const executable = compile({ ...program, outputs: results }, free, checks)
  return {
    name,
    executable,
    program,
    outputs,
    results: results.map(variable => variable.aval),
    bytes: results.map(({ aval }) => sizeOf(aval.shape) * ITEM_BYTES),
    isPlain: outputs.every(({ kind, index }, i) => kind === 'result' && index === i),
    lastUse: 0,
  }
}

/** What a run that looked for NaN came upon first. */
export interface NonFinite {
  readonly equation: Equation
  /** The steps of the enclosing loops, outermost first. */
  readonly steps: readonly number[]
}

/** Of a report: its head, and the counters of at most 16 nested loops. */
const REPORT_WORDS = 20

/** What was printed, in order; each says it to whom it concerns. */
type Printed = (() => void)[]

/** Runs compiled code that reports; returns the first NaN that it has come upon, if any, and what was printed until then. */
function runReporting({ executable: { code, prints } }: Runnable, slots: number, checks: Checks['equations'] = []) {
  const printed: Printed = []
  let found: NonFinite | null = null
  // Between two pauses everything is reported at most once.
  const words = checks.reduce((sum, { outputs }) => sum + outputs.length, 0) + prints.length + 1
  const capacity = prints.reduce((sum, { count }) => sum + count, words * REPORT_WORDS)
  code.runReporting(addresses, literals, slots, capacity, (kind, equation, words) => {
    if (kind === ReportKind.NonFinite) {
      found = { equation: checks[equation], steps: [...words] }
      return true
    }
    const { walks, receive } = prints[words[0]]
    const steps = walks.map((last, i) => (last === undefined ? words[i + 1] : last - words[i + 1]))
    printed.push(() => receive(words.subarray(walks.length + 1), steps))
    return false
  })
  return { printed, found: found as NonFinite | null }
}

/** Runs a program as it was traced, without passes, and stops where an equation yields NaN (or an infinity). */
export function runChecked(
  program: Program,
  values: readonly Tensor[],
  infinities: boolean,
): { results: Tensor[] } | { found: NonFinite } {
  const checks: Checks = { equations: [], infinities }
  const runnable = buildRunnable('debug.nans', program, [], checks)
  const { code } = runnable.executable
  let storages: Storage[] = []
  let outcome: { results: Tensor[] } | { found: NonFinite }
  let printed: Printed
  try {
    storages = bindSlots(runnable, values)
    const reported = runReporting(runnable, values.length + storages.length, checks.equations)
    printed = reported.printed
    if (reported.found === null) outcome = { results: takeResults(runnable, values, storages, []) }
    else {
      freeResults(storages, values)
      outcome = { found: reported.found }
    }
  } catch (error) {
    freeResults(storages, values)
    throw error
  } finally {
    code.unload()
  }
  for (const say of printed) say()
  return outcome
}

/** Runs compiled code. Donated tensors are consumed; nothing is if it throws before the run. */
export function runPrepared(runnable: Runnable, values: readonly Tensor[], donated: readonly boolean[] = []): Tensor[] {
  const storages = bindSlots(runnable, values, donated)
  const { executable } = runnable
  const slots = values.length + storages.length
  let printed: Printed = []
  try {
    if (executable.prints.length === 0) executable.code.run(addresses, literals, slots)
    else printed = runReporting(runnable, slots).printed
  } catch (error) {
    freeResults(storages, values)
    throw error
  }
  const results = takeResults(runnable, values, storages, donated)
  for (const say of printed) say()
  return results
}

const prepared = new WeakMap<Program, Runnable>()

/** Compiles (or finds) a program and runs it. */
export function executeProgram(program: Program, values: readonly Tensor[]): Tensor[] {
  let runnable = passKey() === '' ? prepared.get(program) : prepareProgram(program)
  if (runnable === undefined) {
    runnable = prepareProgram(program)
    prepared.set(program, runnable)
  }
  return runPrepared(runnable, values)
}

/** The signatures of a primitive that were used last: most calls find theirs without writing a key. */
interface Signature {
  readonly params: unknown
  readonly inputs: readonly Aval[]
  readonly runnable: Runnable
}
const RECENT = 8
const recent = new Map<AnyPrimitive, Signature[]>()

/** Runs one primitive: a program of one equation. Its type rule checks the inputs before anything else happens. */
export function executeEquation(primitive: AnyPrimitive, inputs: readonly Tensor[], params: unknown): Tensor[] {
  if (passKey() !== '') return runPrepared(findEquation(primitive, inputs, params), inputs)
  let signatures = recent.get(primitive)
  if (signatures === undefined) {
    signatures = []
    recent.set(primitive, signatures)
  }
  for (let i = 0; i < signatures.length; i++) {
    const signature = signatures[i]
    if (!fits(signature, inputs, params)) continue
    if (i > 0) {
      signatures[i] = signatures[i - 1]
      signatures[i - 1] = signature
    }
    signature.runnable.lastUse = ++uses
    return runPrepared(signature.runnable, inputs)
  }
  const runnable = findEquation(primitive, inputs, params)
  const avals = inputs.map(({ shape, dtype }) => ({ shape, dtype }))
  if (signatures.unshift({ params: ownParams(params), inputs: avals, runnable }) > RECENT) signatures.pop()
  return runPrepared(runnable, inputs)
}

function fits(signature: Signature, inputs: readonly Tensor[], params: unknown): boolean {
  const known = signature.inputs
  if (known.length !== inputs.length) return false
  for (let i = 0; i < known.length; i++) if (!sameAval(known[i], inputs[i])) return false
  return sameParams(signature.params, params)
}

/** Parameters are plain data, and programs, of which only the very same counts. */
function sameParams(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || isProgram(a)) return false
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!sameParams(a[i], b[i])) return false
    return true
  }
  let count = 0
  for (const key in a) {
    count++
    if (!sameParams((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])) return false
  }
  for (const _ in b) count--
  return count === 0
}

function findEquation(primitive: AnyPrimitive, inputs: readonly Tensor[], given: unknown): Runnable {
  const params = ownParams(given)
  const types = primitive.type(inputs, params)
  let key = passKey() + primitive.name
  for (const { dtype, shape } of inputs) key += `|${dtype}${shape.join(',')}`
  key += showParams(params)
  return remember(key, () => {
    const variables = inputs.map(({ shape, dtype }) => newVar({ shape, dtype }))
    const outputs = types.map(newVar)
    const equation = { primitive, inputs: variables, params, outputs }
    const program = { inputs: variables, equations: [equation], outputs }
    // No pass finds anything in one operation alone.
    return buildRunnable(primitive.name, hasPrograms(equation) ? optimize(program) : program)
  })
}

function showParams(params: unknown): string {
  if (params === null || params === undefined) return ''
  return JSON.stringify(params, (_, value) =>
    isProgram(value)
      ? printProgram(value)
      : typeof value === 'number'
        ? `${Object.is(value, -0) ? '-0' : value}n`
        : value,
  )
}
