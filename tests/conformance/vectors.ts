// Reads the reference vectors that nobody here wrote, where they lie beside the repository, and compares with them.
import { jit, type Tensor, tensor, vjp, zeros } from '../../ts/index.js'
import { listFolder, readText, shared } from '../platform.js'

interface StoredTensor {
  shape: number[]
  dtype: 'float32' | 'int32' | 'bool'
  data: (number | string)[]
}

type Named<T> = Record<string, T>

/** One case, as the file has it. */
export interface Case {
  case: string
  family: string
  // biome-ignore lint/suspicious/noExplicitAny: hyper-parameters of any kind
  attrs: Named<any>
  params: Named<StoredTensor>
  inputs: Named<StoredTensor>
  no_grad?: string[]
  cotangents: Named<StoredTensor>
  outputs: Named<StoredTensor>
  loss: number | null
  grads: Named<StoredTensor>
  tolerance: { rel: number; outputs: Named<number>; grads: Named<number>; loss?: number }
}

/** All cases of a suite of vectors, by name; null where they do not lie beside the repository. */
export async function readCases(suite: string): Promise<Case[] | null> {
  const folder = new URL(`conformance/${suite}/`, shared)
  const names = await listFolder(folder)
  if (names === null) return null
  const cases = names.filter(name => name.endsWith('.json'))
  return Promise.all(cases.map(async name => JSON.parse(await readText(new URL(name, folder)))))
}

export const numbers = (stored: StoredTensor): number[] => stored.data.map(Number)

export const toTensor = (stored: StoredTensor): Tensor =>
  tensor(roundedData(stored), { shape: stored.shape, dtype: stored.dtype })

/** 9 digits name one float32; that one is meant. */
function roundedData(stored: StoredTensor): Float32Array | Int32Array {
  return stored.dtype === 'float32' ? Float32Array.from(numbers(stored)) : Int32Array.from(numbers(stored))
}

export const toTensors = (stored: Named<StoredTensor>): Named<Tensor> =>
  Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, toTensor(value)]))

/** Throws unless every element is within `tolerance` of what is expected; infinities must be equal. */
export function compare(what: string, got: Tensor, expected: StoredTensor, tolerance = 0): void {
  if (got.shape.join() !== expected.shape.join()) {
    throw new Error(`${what}: shape [${got.shape}] instead of [${expected.shape}]`)
  }
  const values = got.data()
  let worst = 0
  let place = -1
  numbers(expected).forEach((value, i) => {
    const error = values[i] === value ? 0 : Math.abs(values[i] - value)
    if (!(error <= worst)) {
      worst = error
      place = i
    }
  })
  if (!(worst <= tolerance)) {
    throw new Error(
      `${what}[${place}] is ${values[place]}, expected ${numbers(expected)[place]}: off by ${worst}, allowed ${tolerance} (x${(worst / tolerance).toFixed(1)})`,
    )
  }
}

/** Compares those outputs that the case has. */
export function compareOutputs(c: Case, outputs: Named<Tensor>, mode = ''): void {
  for (const [name, expected] of Object.entries(c.outputs)) {
    if (outputs[name] === undefined) throw new Error(`${c.case}: no output ${name}`)
    compare(`${c.case}${mode}: output ${name}`, outputs[name], expected, c.tolerance.outputs[name])
  }
}

/** Compares gradients. */
export function compareGradients(c: Case, gradients: Named<Tensor>, mode = ''): void {
  for (const [name, expected] of Object.entries(c.grads)) {
    if (gradients[name] === undefined) throw new Error(`${c.case}: no gradient of ${name}`)
    compare(`${c.case}${mode}: gradient of ${name}`, gradients[name], expected, c.tolerance.grads[name])
  }
}

/** Runs `f` from all named tensors to named outputs, eager and compiled; compares outputs and gradients. */
export function checkFunction(c: Case, f: (values: Named<Tensor>) => Named<Tensor>): void {
  const all = { ...toTensors(c.params), ...toTensors(c.inputs) }
  const differentiable = Object.fromEntries(Object.keys(c.grads).map(name => [name, all[name]]))
  const cotangents = toTensors(c.cotangents)
  const both = (own: Named<Tensor>, rest: Named<Tensor>, given: Named<Tensor>) => {
    const [outputs, pull] = vjp((values: Named<Tensor>) => f({ ...rest, ...values }), own)
    const full = Object.entries(outputs).map(([name, output]) => [name, given[name] ?? zeros(output.shape)])
    return [outputs, pull(Object.fromEntries(full))[0]] as const
  }
  for (const [mode, run] of [
    ['', both],
    [' (jit)', jit(both)],
  ] as const) {
    const [outputs, gradients] = run(differentiable, all, cotangents)
    compareOutputs(c, outputs, mode)
    compareGradients(c, gradients, mode)
  }
}
