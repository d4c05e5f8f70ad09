// jit: trace once for each signature, compile once, then one call into the core runs everything.
import { prepareProgram, type Runnable, runPrepared } from '../core/execute.js'
import type { Tensor } from '../core/tensor.js'
import { isTracing } from '../core/trace.js'
import { flatten, type Leaf, showStructure, type TreeDef, unflatten } from '../core/tree.js'
import { leafTensor } from './arguments.js'
import { closedFunction } from './function.js'

export interface JitOptions {
  /** Arguments whose tensors may be overwritten with results; they cannot be used afterwards. */
  donate?: readonly number[]
  /** Arguments that are JavaScript values (sizes, flags, names): each new value is traced anew. */
  static?: readonly number[]
}

interface Compiled {
  runnable: Runnable
  captured: readonly Tensor[]
  result: TreeDef
}

/** How many signatures of one function stay compiled. */
const SIGNATURES = 64

/** What a compiled function tells about itself. */
export interface CompiledInfo {
  /** Machine instructions; loops count once. */
  instructions: number
  /** Bytes of temporaries at the peak. */
  peakBytes: number
}

export interface JitFunction<A extends unknown[], B> {
  (...args: A): B
  /** Compiles for these arguments without running; what the plan says. */
  compile(...args: A): CompiledInfo
}

/**
 * `f` compiled: traced once for each combination of tree structures, shapes, dtypes and static values, then run in one
 * call. Numbers among the arguments are traced scalars; a changed one recompiles nothing. Inside another trace it is `f`.
 * `donate`: argument positions whose memory results may take. `static`: positions of plain JavaScript values.
 * @example const step = jit(trainStep, { donate: [0, 1] })
 */
export function jit<A extends unknown[], B>(f: (...args: A) => B, options: JitOptions = {}): JitFunction<A, B> {
  if (typeof f !== 'function') throw new TypeError('jit: the first argument is not a function')
  const donate = positions('donate', options.donate)
  const fixed = positions('static', options.static)
  for (const position of donate) {
    if (fixed.has(position)) throw new TypeError(`jit: argument ${position} is both donated and static`)
  }
  const cache = new Map<string, Compiled>()

  const prepare = (args: A): { compiled: Compiled; values: Tensor[]; donated: boolean[] } => {
    let key = ''
    const leaves: Leaf[] = []
    const leafDonated: boolean[] = []
    args.forEach((arg, i) => {
      if (fixed.has(i)) {
        key += `s${staticKey(arg, i)};`
        return
      }
      const flat = flatten(arg, `jit: argument ${i + 1}`)
      key += showStructure(flat.structure)
      for (const leaf of flat.leaves) {
        leaves.push(leaf)
        leafDonated.push(donate.has(i))
      }
      key += ';'
    })
    const tensors = leaves.map(leafTensor)
    for (const { dtype, shape } of tensors) key += `${dtype}${shape.join()};`
    let compiled = cache.get(key)
    if (compiled === undefined) {
      compiled = build(f as (...args: never[]) => unknown, args, fixed, leafDonated)
      cache.set(key, compiled)
      if (cache.size > SIGNATURES) cache.delete(cache.keys().next().value!)
    }
    const captured = compiled.captured
    return {
      compiled,
      values: captured.length === 0 ? tensors : [...captured, ...tensors],
      donated: donate.size === 0 ? [] : [...captured.map(() => false), ...leafDonated],
    }
  }

  const call = (...args: A): B => {
    if (isTracing()) return f(...args)
    const { compiled, values, donated } = prepare(args)
    if (donated.length > 0) checkDonation(values, donated)
    return unflatten(compiled.result, runPrepared(compiled.runnable, values, donated)) as B
  }
  const compile = (...args: A): CompiledInfo => {
    const { executable } = prepare(args).compiled.runnable
    return { instructions: executable.length, peakBytes: executable.peak }
  }
  return Object.assign(call, { compile })
}

function build(
  f: (...args: never[]) => unknown,
  args: readonly unknown[],
  fixed: ReadonlySet<number>,
  leafDonated: readonly boolean[],
): Compiled {
  const dynamic = args.filter((_, i) => !fixed.has(i))
  const withStatic = (...given: unknown[]): unknown => {
    let next = 0
    return (f as (...all: unknown[]) => unknown)(...args.map((arg, i) => (fixed.has(i) ? arg : given[next++])))
  }
  const closed = closedFunction('jit', withStatic as (...args: never[]) => unknown, dynamic)
  const donated = [...closed.captured.map(() => false), ...leafDonated]
  return { runnable: prepareProgram(closed.program, donated), captured: closed.captured, result: closed.result }
}

function positions(what: string, list: readonly number[] | undefined): Set<number> {
  if (
    list !== undefined &&
    (!Array.isArray(list) || list.some(position => !Number.isInteger(position) || position < 0))
  ) {
    throw new TypeError(`jit: ${what} is a list of argument positions (0, 1, ...), not ${JSON.stringify(list)}`)
  }
  return new Set(list)
}

const identities = new WeakMap<object, number>()
let nextIdentity = 0

/** Plain static values are compared by what they say; functions and instances by identity. */
function staticKey(value: unknown, position: number): string {
  const keyOf = (part: unknown): string => {
    if (typeof part === 'string') return JSON.stringify(part)
    if (typeof part === 'number') return Object.is(part, -0) ? '-0' : String(part)
    if (part === null || part === undefined || typeof part === 'boolean') return String(part)
    if (typeof part === 'function') return identityOf(part)
    if (typeof part !== 'object') throw new TypeError(`jit: static argument ${position + 1} is a ${typeof part}`)
    if (Array.isArray(part)) return `[${part.map(keyOf).join()}]`
    const prototype = Object.getPrototypeOf(part)
    if (prototype !== Object.prototype && prototype !== null) return identityOf(part)
    return `{${Object.entries(part).map(([name, own]) => `${JSON.stringify(name)}:${keyOf(own)}`)}}`
  }
  return keyOf(value)
}

function identityOf(object: object): string {
  let known = identities.get(object)
  if (known === undefined) {
    known = nextIdentity++
    identities.set(object, known)
  }
  return `#${known}`
}

/** A donated tensor given twice would be overwritten while it is read. */
function checkDonation(values: readonly Tensor[], donated: readonly boolean[]): void {
  const seen = new Map<unknown, number>()
  values.forEach(({ source }, i) => {
    if (source.kind !== 'storage') return
    const before = seen.get(source)
    if (before !== undefined && (donated[i] || donated[before])) {
      throw new TypeError('jit: a tensor is donated and passed a second time; copy one of them or do not donate it')
    }
    seen.set(source, i)
  })
}
