// Running programs: the place where tensors meet compiled code. Executables are cached by what the program says, so an
// eager operation or a transform outside `jit` compiles once for each signature.
import { ReportKind } from '../../assembly/format.js'
import { compile, type Executable } from '../compiler/compile.js'
import type { Checks } from '../compiler/lowering.js'
import { optimize, passKey } from '../compiler/optimize.js'
import { hasPrograms, isProgram } from '../compiler/passes/rewrite.js'
import { ITEM_BYTES } from '../compiler/view.js'
import { typeError } from '../errors.js'
import { beginRun, compact, OutOfMemory } from '../runtime/pool.js'
import { Storage } from '../runtime/storage.js'
import type { AnyPrimitive } from './primitive.js'
import {
  type Atom,
  type Aval,
  type Equation,
  type Literal,
  newVar,
  ownParams,
  type Program,
  printProgram,
  sameAval,
  showAval,
  type Var,
} from './program.js'
import { SCALAR, sizeOf } from './shape.js'
import { storedTensor, Tensor } from './tensor.js'

/** How many compiled programs are remembered. */
const CACHE_SIZE = 1024

/** A compiled program and how its outputs are made of results, inputs and literals. */
export interface Runnable {
  /** Whose call it is, as messages name it. */
  readonly name: string
  readonly executable: Executable
  readonly program: Program
  /** For each output: the result, the input or the literal it is. */
  readonly outputs: readonly { kind: 'result' | 'input' | 'literal'; index: number; atom: Atom }[]
  readonly results: readonly Aval[]
  /** Bytes of each result. */
  readonly bytes: readonly number[]
  /** True where output i is result i and nothing else. */
  readonly isPlain: boolean
  lastUse: number
  /** The program before the passes, and its text where it was needed. */
  origin?: Program
  text?: string
}

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

/** Where the slots of the run that is being prepared lie; filled and used up by each run. */
export const addresses: number[] = []
/** The words of slots that are literals. */
export const literals: number[] = []

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

/** Brings the operands into the core's memory and finds places for the results. If it throws nothing has changed. */
export function bindSlots(runnable: Runnable, values: readonly Tensor[], donated: readonly boolean[] = []): Storage[] {
  let storages: Storage[]
  try {
    storages = place(runnable, values, donated)
  } catch (error) {
    if (!(error instanceof OutOfMemory && error.mayFit)) throw error
    compact()
    storages = place(runnable, values, donated)
  }
  const count = values.length
  for (let i = 0; i < count; i++) {
    const { source, dtype } = values[i]
    if (source.kind === 'storage') addresses[i] = source.address
    else {
      addresses[i] = 0
      literals[i] = wordOf((source as Literal).value, dtype)
    }
  }
  for (let i = 0; i < storages.length; i++) addresses[count + i] = storages[i].address
  return storages
}

function place(
  { executable, bytes, name }: Runnable,
  values: readonly Tensor[],
  donated: readonly boolean[],
): Storage[] {
  const run = beginRun()
  for (let i = 0; i < values.length; i++) {
    const { source } = values[i]
    if (source.kind === 'storage') {
      // It would be overwritten while it is read.
      if (source.pinnedBy === run && (donated[i] || donated[values.findIndex(value => value.source === source)])) {
        throw typeError('jit: a tensor is donated and passed a second time; copy one of them or do not donate it')
      }
      source.use(values[i], run, name)
    } else if (source.kind === 'traced') throw new Error('runPrepared: a traced value')
  }
  executable.code.ready(name)
  const { aliases } = executable
  const storages: Storage[] = []
  try {
    for (let i = 0; i < bytes.length; i++) {
      const from = aliases[i] >= 0 ? values[aliases[i]].source : null
      storages.push(from !== null && from.kind === 'storage' ? from : Storage.allocate(bytes[i], run, name))
    }
    // Making room for the results may have taken the program's own.
    executable.code.ready(name)
  } catch (error) {
    freeResults(storages, values)
    throw error
  }
  return storages
}

/** Gives back places for results; those that results would have taken from donated operands stay theirs. */
export function freeResults(storages: readonly Storage[], values: readonly Tensor[]): void {
  for (const storage of storages) if (!values.some(({ source }) => source === storage)) storage.free('disposed')
}

/** The tensors that a run has made. */
function takeResults(
  { results, outputs, isPlain, executable: { aliases } }: Runnable,
  values: readonly Tensor[],
  storages: readonly Storage[],
  donated: readonly boolean[],
): Tensor[] {
  const made: Tensor[] = []
  for (let i = 0; i < results.length; i++) {
    const donor = aliases[i] < 0 ? null : values[aliases[i]]
    made.push(donor?.source === storages[i] ? inherit(donor, results[i]) : storedTensor(results[i], storages[i]))
  }
  const list = isPlain ? made : outputsOf(outputs, made, values, donated)
  for (let i = 0; i < donated.length; i++) {
    const { source } = values[i]
    if (donated[i] && source.kind === 'storage') source.free('donated')
  }
  return list
}

function outputsOf(
  outputs: Runnable['outputs'],
  made: readonly Tensor[],
  values: readonly Tensor[],
  donated: readonly boolean[],
): Tensor[] {
  const returned = new Map<number, Tensor>()
  return outputs.map(({ kind, index, atom }) => {
    if (kind === 'result') return made[index]
    if (kind === 'literal') return Tensor.of(SCALAR, atom.aval.dtype, atom as Tensor['source'] & Atom)
    const value = values[index]
    if (!donated[index] || value.source.kind !== 'storage') return value
    const heir = returned.get(index) ?? inherit(value, value)
    returned.set(index, heir)
    return heir
  })
}

/** A new tensor with the memory of a donated one, which is thereby used up. */
function inherit(donor: Tensor, aval: Aval): Tensor {
  const heir = storedTensor(aval, donor.source as Storage)
  donor.source = Storage.donated
  return heir
}

const floatWord = new Float32Array(1)
const floatBits = new Uint32Array(floatWord.buffer)

function wordOf(value: number, dtype: Tensor['dtype']): number {
  if (dtype !== 'float32') return value >>> 0
  floatWord[0] = value
  return floatBits[0]
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
