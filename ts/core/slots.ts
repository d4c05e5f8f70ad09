// Where the values of a run lie: operands are brought into the core's memory, results get places in it, and become tensors.
import type { Executable } from '../compiler/compile.js'
import { typeError } from '../errors.js'
import { beginRun, compact, OutOfMemory } from '../runtime/pool.js'
import { Storage } from '../runtime/storage.js'
import type { Atom, Aval, Literal, Program } from './program.js'
import { SCALAR } from './shape.js'
import { storedTensor, Tensor } from './tensor.js'

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

/** Where the slots of the run that is being prepared lie; filled and used up by each run. */
export const addresses: number[] = []
/** The words of slots that are literals. */
export const literals: number[] = []

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
export function takeResults(
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
