// Keras 2 layers against recorded outputs: gates and layouts that are not PyTorch's, eager and compiled.
import { test } from 'uvu'
import { jit, type Tensor, tensor } from '../../ts/index.js'
import { type KerasLayer, layers, type Settings } from './keras-layers.js'
import { compare, readCases } from './vectors.js'

interface Stored {
  data: number[]
  shape: number[]
}

interface KerasCase {
  /** Package, layer and number: core.Dense.0. */
  key: string
  params: { attrs?: Settings } | null
  input: Stored
  weights?: Stored[]
  expected: Stored
}

const cases = ((await readCases('keras')) as unknown as KerasCase[][] | null)?.flat()

/** Rounded to 6 digits behind the point. */
const TOLERANCE = 1e-5

const toTensor = ({ data, shape }: Stored): Tensor => tensor(data, { shape })

function run({ key, params, input, weights = [], expected }: KerasCase, layer: KerasLayer): void {
  const index = Number(key.split('.')[2])
  const f = (x: Tensor, own: Tensor[]) => layer(x, own, params?.attrs ?? {}, index)
  const largest = Math.max(1, ...expected.data.map(Math.abs))
  for (const [mode, apply] of [
    ['eager', f],
    ['jit', jit(f)],
  ] as const) {
    const y = apply(toTensor(input), weights.map(toTensor))
    compare(`${key} ${mode}`, y, { ...expected, dtype: 'float32' }, TOLERANCE * largest)
  }
}

if (cases === undefined) {
  console.log('conformance vectors (shared/conformance/keras) are not beside this repository: skipped')
  test.skip('keras conformance: no vectors here', () => {})
} else {
  const missing: string[] = []
  for (const c of cases) {
    const layer = layers[c.key.replace(/\.\d+$/, '')]
    if (layer === undefined) missing.push(c.key)
    else test(`keras ${c.key}`, () => run(c, layer))
  }
  console.log(`keras conformance: ${cases.length - missing.length} of ${cases.length} cases covered`)
  if (missing.length > 0) console.log(`  no such layer yet: ${missing.length}: ${missing.join(' ')}`)
}

test.run()
