// Keras' reference vectors of convolutional and pooling layers, rounded to six digits.
import { test } from 'uvu'
import { jit, sigmoid, type Tensor, tanh, tensor } from '../../ts/index.js'
import { relu } from '../../ts/nn/index.js'
import { listFolder, readText, shared } from '../platform.js'
import { convolutional, type KerasLayer } from './keras-conv.js'
import { compare } from './vectors.js'

interface Value {
  shape: number[]
  data: number[]
}

interface KerasCase {
  key: string
  // biome-ignore lint/suspicious/noExplicitAny: attributes of any kind
  params: { attrs: Record<string, any> } | null
  input: Value
  weights?: Value[]
  expected: Value
}

const activations: Record<string, (x: Tensor) => Tensor> = { linear: x => x, relu, sigmoid, tanh }
const folder = new URL('conformance/keras/', shared)
const names = await listFolder(folder)

if (names === null) {
  console.log('conformance vectors (shared/conformance/keras) are not beside this repository: skipped')
  test.skip('keras convolutions: no vectors here', () => {})
} else {
  for (const [name, layer] of Object.entries(convolutional)) {
    const file = names.find(file => file.endsWith(`.${name}.json`))!
    const cases: KerasCase[] = JSON.parse(await readText(new URL(file, folder)))
    for (const c of cases) test(`keras ${c.key}`, () => check(c, layer))
  }
}

function check({ key, params, input, weights = [], expected }: KerasCase, layer: KerasLayer): void {
  const toTensor = ({ data, shape }: Value) => tensor(Float32Array.from(data), { shape })
  const attributes = params?.attrs ?? {}
  const apply = (x: Tensor, ...own: Tensor[]) =>
    activations[attributes.activation ?? 'linear'](layer(x, own, attributes))
  for (const run of [apply, jit(apply)]) {
    compare(key, run(toTensor(input), ...weights.map(toTensor)), { ...expected, dtype: 'float32' }, 1e-5)
  }
}

test.run()
