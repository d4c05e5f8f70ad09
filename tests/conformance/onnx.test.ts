// The ONNX project's own cases: each operator is a short function over heddle's public API, eager and compiled.
import { test } from 'uvu'
import { bitwiseAnd, jit, type Tensor } from '../../ts/index.js'
import { operators } from './onnx-layers.js'
import { fromStored, type Graph, runGraph, type Stored } from './onnx-operator.js'
import { numbers, readCases } from './vectors.js'

interface OnnxCase extends Pick<Graph, 'nodes'> {
  case: string
  ops: string[]
  graphOutputs: { name: string }[]
  sets: { inputs: Stored[]; outputs: Stored[] }[]
}

/** Float inputs that are numbers, by operator: they are not traced. */
const constant: Record<string, number[]> = { OneHot: [0, 1], Pad: [2], Range: [0, 1, 2] }

const cases = (await readCases('onnx')) as unknown as OnnxCase[] | null

/** Cases that stay out, and why. */
const leftOut: Record<string, string> = {
  test_loop11: 'the extent of a slice in its body is known only at run time',
}

/** Why a case is not run, or null. */
function uncovered({ case: name, nodes }: OnnxCase): string | null {
  if (name in leftOut) return leftOut[name]
  const missing = nodes.find(node => operators[node.op] === undefined)
  return missing ? `nothing for ${missing.op}` : null
}

/** Cases that were written with four digits. */
const rounded = new Set(['test_averagepool_2d_ceil_last_window_starts_on_pad'])

/** Within `tolerance` of the value, or of 1 where it is smaller; what is not finite, and integers, exactly. */
function check(what: string, got: Tensor, expected: Stored, tolerance: number): void {
  if (got.shape.join() !== expected.shape.join()) {
    throw new Error(`${what}: shape [${got.shape}], expected [${expected.shape}]`)
  }
  const kind = { float32: 'float32', int32: 'int32', int64: 'int32', uint8: 'int32', bool: 'bool' }[expected.dtype]
  if (got.dtype !== kind) throw new Error(`${what}: dtype ${got.dtype}, expected ${kind}`)
  // Bytes are computed modulo 2^32, of which 2^8 is a divisor.
  const values = (expected.dtype === 'uint8' ? bitwiseAnd(got, 255) : got).data()
  numbers({ ...expected, dtype: 'float32' }).forEach((value, i) => {
    const allowed = kind === 'float32' && Number.isFinite(value) ? tolerance * Math.max(1, Math.abs(value)) : 0
    const isSame = values[i] === value || Math.abs(values[i] - value) <= allowed
    if (!isSame) throw new Error(`${what}[${i}] is ${values[i]}, expected ${value}`)
  })
}

/** Eager, and compiled as a function of its float inputs; others give shapes and are constants. */
function run({ case: name, nodes, graphOutputs: outputs, sets }: OnnxCase): void {
  for (const set of sets) {
    const given = Object.fromEntries(set.inputs.map(stored => [stored.name, fromStored(stored)]))
    const plain = nodes.flatMap(({ op, inputs }) => (constant[op] ?? []).map(i => inputs[i]))
    const isTraced = ([input, x]: [string, Tensor]) => x.dtype === 'float32' && !plain.includes(input)
    const floats = Object.fromEntries(Object.entries(given).filter(isTraced))
    const whole = (own: Record<string, Tensor>) => runGraph({ nodes, outputs }, { ...given, ...own }, operators)
    for (const [mode, f] of [
      ['eager', whole],
      ['jit', jit(whole)],
    ] as const) {
      f(floats).forEach((y, i) => {
        check(`${mode} ${outputs[i].name}`, y, set.outputs[i], rounded.has(name) ? 1e-4 : 1e-6)
      })
    }
  }
}

if (cases === null) {
  console.log('conformance vectors (shared/conformance/onnx) are not beside this repository: skipped')
  test.skip('onnx conformance: no vectors here', () => {})
} else {
  const missing = new Map<string, string[]>()
  for (const c of cases) {
    const reason = uncovered(c)
    if (reason === null) test(`onnx ${c.case}`, () => run(c))
    else missing.set(reason, [...(missing.get(reason) ?? []), c.case])
  }
  const left = [...missing.values()].flat().length
  console.log(`onnx conformance: ${cases.length - left} of ${cases.length} cases covered`)
  for (const [reason, names] of missing) console.log(`  ${reason}: ${names.length}: ${names.join(' ')}`)
}

test.run()
