// Running programs: the place where tensors meet compiled code. Executables are cached by what the program says, so an
// eager operation or a transform outside `jit` compiles once for each signature.
import { compile, type Executable } from '../compiler/compile.js'
import { optimize, passKey } from '../compiler/optimize.js'
import { isProgram } from '../compiler/passes/rewrite.js'
import { Storage } from '../runtime/storage.js'
import type { AnyPrimitive } from './primitive.js'
import { type Atom, type Aval, newVar, type Program, printProgram, type Var } from './program.js'
import { sizeOf } from './shape.js'
import { storedTensor, Tensor } from './tensor.js'

/** How many compiled programs stay loaded. */
const CACHE_SIZE = 1024

/** A compiled program and how its outputs are made of results, inputs and literals. */
export interface Runnable {
  readonly executable: Executable
  readonly program: Program
  /** For each output: the result, the input or the literal it is. */
  readonly outputs: readonly { kind: 'result' | 'input' | 'literal'; index: number; atom: Atom }[]
  readonly results: readonly Aval[]
}

const cache = new Map<string, Runnable>()

function remember(key: string, make: () => Runnable): Runnable {
  const known = cache.get(key)
  if (known !== undefined) {
    cache.delete(key)
    cache.set(key, known)
    return known
  }
  const made = make()
  cache.set(key, made)
  if (cache.size > CACHE_SIZE) {
    const [oldest, runnable] = cache.entries().next().value!
    runnable.executable.code.unload()
    cache.delete(oldest)
  }
  return made
}

/** Bytes of loaded programs. */
export function loadedBytes(): number {
  let bytes = 0
  for (const { executable } of cache.values()) bytes += executable.code.bytes
  return bytes
}

/** Compiles a program, after the passes; outputs that are inputs, literals or given twice need no code. */
export function prepareProgram(program: Program, donated: readonly boolean[] = []): Runnable {
  const key = `${passKey()}${donated.some(Boolean) ? donated.map(Number).join('') : ''}${printProgram(program)}`
  return remember(key, () => buildRunnable(optimize(program), donated))
}

function buildRunnable(program: Program, donated: readonly boolean[]): Runnable {
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
  const executable = compile({ ...program, outputs: results }, free)
  return { executable, program, outputs, results: results.map(variable => variable.aval) }
}

/** Runs compiled code. Donated tensors are consumed; nothing is if it throws before the run. */
export function runPrepared(runnable: Runnable, values: readonly Tensor[], donated: readonly boolean[] = []): Tensor[] {
  const { executable, results, outputs } = runnable
  executable.code.ready()
  const addresses: number[] = []
  const literals: number[] = []
  for (let i = 0; i < values.length; i++) {
    const { source, dtype } = values[i]
    if (source.kind === 'storage') addresses.push(source.address)
    else if (source.kind === 'literal') {
      addresses.push(0)
      literals[i] = wordOf(source.value, dtype)
    } else throw new Error('runPrepared: a traced value')
  }
  const { aliases } = executable
  const storages = results.map((aval, i) => {
    const from = aliases[i] >= 0 ? values[aliases[i]].source : null
    return from !== null && from.kind === 'storage' ? from : Storage.allocate(sizeOf(aval.shape) * 4)
  })
  for (const storage of storages) addresses.push(storage.address)
  executable.code.run(addresses, literals)
  const made = results.map((aval, i) => {
    const storage = storages[i]
    const isAlias = aliases[i] >= 0 && storage === values[aliases[i]].source
    return storedTensor(aval.shape, aval.dtype, isAlias ? storage.donate() : storage)
  })
  const returned = new Map<number, Tensor>()
  const list = outputs.map(({ kind, index, atom }) => {
    if (kind === 'result') return made[index]
    if (kind === 'literal') return new Tensor([], atom.aval.dtype, atom as Tensor['source'] & Atom)
    const value = values[index]
    if (!donated[index] || value.source.kind !== 'storage') return value
    const heir = returned.get(index) ?? storedTensor(value.shape, value.dtype, value.source.donate())
    returned.set(index, heir)
    return heir
  })
  donated.forEach((isDonated, i) => {
    const { source } = values[i]
    if (isDonated && source.kind === 'storage') source.free('donated')
  })
  return list
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
  let runnable = prepared.get(program)
  if (runnable === undefined) {
    runnable = prepareProgram(program)
    prepared.set(program, runnable)
  }
  return runPrepared(runnable, values)
}

/** Runs one primitive: a program of one equation. */
export function executeEquation(
  primitive: AnyPrimitive,
  inputs: readonly Tensor[],
  params: unknown,
  types: readonly Aval[],
): Tensor[] {
  let key = primitive.name
  for (const { dtype, shape } of inputs) key += `|${dtype}${shape.join(',')}`
  key += showParams(params)
  const runnable = remember(key, () => {
    const variables = inputs.map(({ shape, dtype }) => newVar({ shape, dtype }))
    const outputs = types.map(newVar)
    return buildRunnable(
      { inputs: variables, equations: [{ primitive, inputs: variables, params, outputs }], outputs },
      [],
    )
  })
  return runPrepared(runnable, inputs)
}

function showParams(params: unknown): string {
  if (params === null || params === undefined) return ''
  return JSON.stringify(params, (_, value) => (isProgram(value) ? printProgram(value) : value))
}
