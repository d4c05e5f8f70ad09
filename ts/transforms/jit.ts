// jit: trace once for each signature, compile once, then one call into the core runs everything.

import { prepareProgram, runPrepared } from '../core/execute.js'
import { checkOptions } from '../core/options.js'
import { sameAval } from '../core/program.js'
import type { Runnable } from '../core/slots.js'
import { Tensor } from '../core/tensor.js'
import { isTracing } from '../core/trace.js'
import { collectLeaves, flatten, type Leaf, showStructure, type Tree, type TreeDef, unflatten } from '../core/tree.js'
import { typeError } from '../errors.js'
import { leafTensor } from './arguments.js'
import { closedFunction } from './function.js'

/** What `jit` may know of the arguments. @inline */
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
  /** The structure of the list of arguments, static ones as empty. */
  structure: TreeDef
  donated: readonly boolean[]
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

/** A compiled function. @inline */
export interface JitFunction<A extends unknown[], B> {
  (...args: A): B
  /** Compiles for these arguments without running; what the plan says. */
  compile(...args: A): CompiledInfo
}

/**
 * `f` compiled: traced once for each combination of tree structures, shapes, dtypes and static values, then run in one
 * call. Numbers and booleans among the arguments are traced scalars; a changed one recompiles nothing. Inside another
 * trace it is `f`. `donate`: argument positions whose memory results may take. `static`: positions of plain JavaScript
 * values, and of all that `f` branches on with `if`: a traced boolean is an object, which JavaScript takes as true.
 * @example
 * const loss = (w: Tensor) => sum(square(w))
 * const descend = jit((w: Tensor, rate: number) => sub(w, mul(rate, grad(loss)(w))), { donate: [0] })
 * let w = tensor([1, -2])
 * for (let i = 0; i < 100; i++) w = descend(w, 0.1)
 * w // [0, 0]
 * const first = jit((x: Tensor, n: number) => slice(x, [0], [n]), { static: [1] })
 * first(arange(9), 3) // [0, 1, 2]
 */
export function jit<A extends unknown[], B extends Tree>(
  f: (...args: A) => B,
  options: JitOptions = {},
): JitFunction<A, B> {
  if (typeof f !== 'function') throw typeError('jit: the first argument is not a function')
  checkOptions('jit', options, { donate: 1, static: 1 })
  const donate = positions('donate', options.donate)
  const fixed = positions('static', options.static)
  for (const position of donate) {
    if (fixed.has(position)) throw typeError(`jit: argument ${position} is both donated and static`)
  }
  const cache = new Map<string, Compiled>()

  let last: Compiled | null = null

  const prepare = (args: A): { compiled: Compiled; values: Tensor[] } => {
    const again = last === null ? null : matchLeaves(last, args)
    if (last !== null && again !== null) return { compiled: last, values: again }
    let key = ''
    const leaves: Leaf[] = []
    const leafDonated: boolean[] = []
    const structures: TreeDef[] = []
    args.forEach((arg, i) => {
      if (fixed.has(i)) {
        key += `s${staticKey(arg, i)};`
        return
      }
      const flat = flatten(arg, `jit: argument ${i + 1}`)
      key += showStructure(flat.structure)
      structures.push(flat.structure)
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
      compiled = build(f as (...args: never[]) => unknown, args, fixed, leafDonated, structures)
      cache.set(key, compiled)
      if (cache.size > SIGNATURES) cache.delete(cache.keys().next().value!)
    }
    if (fixed.size === 0) last = compiled
    return { compiled, values: [...compiled.captured, ...tensors] }
  }

  const call = (...args: A): B => {
    if (isTracing()) return f(...args)
    const { compiled, values } = prepare(args)
    const { runnable, result, donated } = compiled
    return unflatten(result, runPrepared(runnable, values, donated)) as B
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
  structures: TreeDef[],
): Compiled {
  const dynamic = args.filter((_, i) => !fixed.has(i))
  const withStatic = (...given: unknown[]): unknown => {
    let next = 0
    return (f as (...all: unknown[]) => unknown)(...args.map((arg, i) => (fixed.has(i) ? arg : given[next++])))
  }
  const closed = closedFunction('jit', withStatic as (...args: never[]) => unknown, dynamic)
  const { program, captured, result } = closed
  const donated = leafDonated.includes(true) ? [...captured.map(() => false), ...leafDonated] : []
  const runnable = prepareProgram(program, donated)
  return { runnable, captured, result, structure: { kind: 'array', children: structures }, donated }
}

/** The values of a call with the signature of `compiled`, or null for another; no text is made, no key compared. */
function matchLeaves(
  { structure, captured, runnable: { program } }: Compiled,
  args: readonly unknown[],
): Tensor[] | null {
  const values: Leaf[] = captured.slice()
  if (!collectLeaves(structure, args, values)) return null
  const { inputs } = program
  for (let i = captured.length; i < values.length; i++) {
    const leaf = values[i]
    const tensor = leaf instanceof Tensor ? leaf : leafTensor(leaf)
    if (!sameAval(tensor, inputs[i].aval)) return null
    values[i] = tensor
  }
  return values as Tensor[]
}

function positions(what: string, list: readonly number[] | undefined): Set<number> {
  if (
    list !== undefined &&
    (!Array.isArray(list) || list.some(position => !Number.isInteger(position) || position < 0))
  ) {
    throw typeError(`jit: ${what} is a list of argument positions (0, 1, ...), not ${JSON.stringify(list)}`)
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
    if (typeof part !== 'object') throw typeError(`jit: static argument ${position + 1} is a ${typeof part}`)
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
