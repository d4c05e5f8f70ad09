// ONNX's reference vectors of convolutions and pools.
import { test } from 'uvu'
import { jit, type Tensor, tensor } from '../../ts/index.js'
import { listFolder, readText, shared } from '../platform.js'
import { onnxConvolutions } from './onnx-conv.js'
import { compare } from './vectors.js'

interface Value {
  name: string
  dtype: string
  shape: number[]
  data: number[]
}

interface OnnxCase {
  case: string
  // biome-ignore lint/suspicious/noExplicitAny: attributes of any kind
  nodes: { op: string; inputs: string[]; outputs: string[]; attrs: Record<string, any> }[]
  sets: { inputs: Value[]; outputs: Value[] }[]
}

/** Vectors that were written with four digits. */
const FOUR_DIGITS = ['test_averagepool_2d_ceil_last_window_starts_on_pad']

const folder = new URL('conformance/onnx/', shared)
const names = await listFolder(folder)

if (names === null) {
  console.log('conformance vectors (shared/conformance/onnx) are not beside this repository: skipped')
  test.skip('onnx convolutions: no vectors here', () => {})
} else {
  for (const name of names.filter(name => name.endsWith('.json'))) {
    const c: OnnxCase = JSON.parse(await readText(new URL(name, folder)))
    const [node] = c.nodes
    const f = onnxConvolutions[node.op]
    if (c.nodes.length === 1 && f !== undefined) test(`onnx ${c.case}`, () => check(c, f))
  }
}

function check({ case: name, nodes: [node], sets }: OnnxCase, f: (typeof onnxConvolutions)[string]): void {
  for (const { inputs, outputs } of sets) {
    const given = inputs.map(({ data, shape, dtype }) =>
      dtype === 'float32'
        ? tensor(Float32Array.from(data, Number), { shape })
        : tensor(Int32Array.from(data), { shape }),
    )
    const apply = (...values: Tensor[]) => f(values, node.attrs)
    for (const run of [apply, jit(apply)]) {
      const results = run(...given)
      outputs.forEach((expected, i) => {
        const scale = Math.max(...expected.data.map(value => Math.abs(Number(value))), 1)
        compare(
          expected.name,
          results[i],
          { ...expected, dtype: 'float32' },
          FOUR_DIGITS.includes(name) ? 1e-4 : 1e-6 * scale,
        )
      })
    }
  }
}

test.run()
