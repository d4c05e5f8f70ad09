import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { grad, sum, type Tensor, tensor } from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import { close } from '../close.js'

const derivative = (f: (x: Tensor) => Tensor) => grad((x: Tensor) => sum(f(x)))

/** Kinks: the derivative there, as PyTorch has it. */
const kinks: [string, (x: Tensor) => Tensor, number, number][] = [
  ['relu at 0', nn.relu, 0, 0],
  ['leakyRelu at 0', x => nn.leakyRelu(x, 0.1), 0, 0.1],
  ['elu at 0', x => nn.elu(x, 0.5), 0, 0.5],
  ['selu at 0', nn.selu, 0, 1.7580993408473766],
  ['hardTanh at 1', x => nn.hardTanh(x), 1, 0],
  ['hardTanh at -1', x => nn.hardTanh(x), -1, 0],
  ['hardSigmoid at 3', nn.hardSigmoid, 3, 0],
  ['hardSigmoid at -3', nn.hardSigmoid, -3, 0],
  ['softsign at 0', nn.softsign, 0, 1],
  ['softplus at 0', x => nn.softplus(x), 0, 0.5],
]
for (const [name, f, at, expected] of kinks) {
  test(`the derivative of ${name} is ${expected}`, () => close(derivative(f)(tensor([at])), [expected]))
}

test('tails keep their relative precision', () => {
  const x = tensor([-30, -80])
  const relative = (got: Tensor, expected: number[]) =>
    got.data().forEach((value, i) => {
      assert.ok(Math.abs(value / expected[i] - 1) < 1e-5, `${value}, expected ${expected[i]}`)
    })
  relative(nn.softplus(x), [Math.exp(-30), Math.exp(-80)])
  relative(derivative(v => nn.softplus(v))(x), [Math.exp(-30), Math.exp(-80)])
  relative(nn.silu(x), [-30 * Math.exp(-30), -80 * Math.exp(-80)])
  relative(nn.mish(x), [-30 * Math.exp(-30), -80 * Math.exp(-80)])
  relative(nn.logSigmoid(tensor([30, 80])), [-Math.exp(-30), -Math.exp(-80)])
})

test('large arguments give no NaN, in value or derivative', () => {
  const x = tensor([1e4, -1e4, 1e10, -1e10])
  for (const [name, f] of Object.entries(nn)) {
    if (
      !['relu', 'leakyRelu', 'elu', 'selu', 'gelu', 'silu', 'mish', 'softplus', 'softsign', 'logSigmoid'].includes(name)
    )
      continue
    const activation = f as (x: Tensor) => Tensor
    for (const values of [activation(x), derivative(v => activation(v))(x)]) {
      assert.ok(values.data().every(Number.isFinite), `${name}: ${values.data()}`)
    }
  }
})

test('NaN stays NaN', () => {
  const x = tensor([Number.NaN])
  for (const f of [nn.relu, nn.leakyRelu, nn.elu, nn.hardTanh, nn.hardSigmoid, nn.softplus, nn.gelu]) {
    assert.ok(Number.isNaN((f as (x: Tensor) => Tensor)(x).item()))
  }
})

test('the second derivative of softplus at 0 is a quarter', () => {
  close(derivative(derivative(x => nn.softplus(x)))(tensor([0])), [0.25])
})

test('losses are means: of -log p, of squared errors', () => {
  const labels = tensor([2, 0], { dtype: 'int32' })
  const logits = tensor([
    [1, 2, 3],
    [0, 0, 0],
  ])
  const nll = Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3)) - 3
  close(nn.crossEntropy(logits, labels), (nll + Math.log(3)) / 2)
  close(nn.meanSquaredError(tensor([1, 2]), tensor([3, 5])), 6.5)
  assert.throws(
    () => nn.crossEntropy(logits, tensor([1], { dtype: 'int32' })),
    /labels \[1\] do not fit logits \[2, 3\]/,
  )
})

test('ignored labels do not count, whatever their logits are', () => {
  const labels = tensor([1, 0, 1], { dtype: 'int32' })
  const logits = tensor([
    [0, 1],
    [Number.NaN, 0],
    [3, 5],
  ])
  const expected = (Math.log(1 + Math.exp(-1)) + Math.log(1 + Math.exp(-2))) / 2
  close(nn.crossEntropy(logits, labels, { ignore: 0 }), expected)
  assert.throws(() => nn.crossEntropy(logits, logits, { ignore: 0 }), /go with integer labels/)
  assert.throws(() => nn.crossEntropy(logits, labels, { smoothing: 2 }), /smoothing lies in \[0, 1\], not 2/)
})

test('binary cross-entropy and Huber at their ends', () => {
  close(nn.binaryCrossEntropy(tensor([200, -200, 0]), tensor([1, 0, 1])), Math.log(2) / 3)
  close(nn.huber(tensor([0.5, 3]), tensor([0, 0])), (0.125 + 2.5) / 2)
  close(nn.meanAbsoluteError(tensor([0.5, 3]), tensor([0, 0])), 1.75)
})

test.run()
