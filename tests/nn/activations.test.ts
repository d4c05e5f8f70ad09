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
  ['celu at 0', x => nn.celu(x, 2), 0, 1],
  ['relu6 at 0', nn.relu6, 0, 0],
  ['relu6 at 6', nn.relu6, 6, 0],
  ['thresholdedRelu at its threshold', x => nn.thresholdedRelu(x, 2), 2, 0],
  ['softShrink at lambda', x => nn.softShrink(x), 0.5, 0],
  ['softShrink beyond lambda', x => nn.softShrink(x), -0.6, 1],
  ['hardShrink at lambda', x => nn.hardShrink(x), 0.5, 0],
  ['hardShrink beyond lambda', x => nn.hardShrink(x), -0.6, 1],
  ['prelu at 0', x => nn.prelu(x, tensor(0.3)), 0, 0.3],
  ['swish at 0', x => nn.swish(x, 3), 0, 0.5],
  ['tanhShrink at 0', nn.tanhShrink, 0, 0],
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

const activations: Record<string, (x: Tensor) => Tensor> = {
  celu: x => nn.celu(x, 0.5),
  elu: x => nn.elu(x),
  gelu: x => nn.gelu(x),
  'gelu, approximate': x => nn.gelu(x, { approximate: true }),
  hardShrink: x => nn.hardShrink(x),
  hardSigmoid: nn.hardSigmoid,
  hardSwish: nn.hardSwish,
  hardTanh: x => nn.hardTanh(x),
  leakyRelu: x => nn.leakyRelu(x),
  logSigmoid: nn.logSigmoid,
  mish: nn.mish,
  prelu: x => nn.prelu(x, tensor(0.25)),
  relu: nn.relu,
  relu6: nn.relu6,
  selu: nn.selu,
  silu: nn.silu,
  softplus: x => nn.softplus(x),
  'softplus, beta 0.5': x => nn.softplus(x, 0.5),
  'softplus, beta 2': x => nn.softplus(x, 2),
  softShrink: x => nn.softShrink(x),
  softsign: nn.softsign,
  swish: x => nn.swish(x, 0.5),
  tanhShrink: nn.tanhShrink,
  thresholdedRelu: x => nn.thresholdedRelu(x),
}
for (const [name, f] of Object.entries(activations)) {
  test(`${name} of large arguments is what it tends to, in value and derivative`, () => {
    const sizes = [1e4, 1e10, 1e19, 1e25, 3e38]
    const [up, down] = [tensor(sizes), tensor(sizes.map(x => -x))]
    // Above, all but those that end are x (or its sum with a constant); below, constants or lines through 0.
    const [above, below] = [f(up).data(), f(down).data()]
    const [slopesAbove, slopesBelow] = [derivative(f)(up).data(), derivative(f)(down).data()]
    for (const values of [above, below, slopesAbove, slopesBelow]) assert.ok(values.every(Number.isFinite), `${values}`)
    const scale = { selu: 1.0507009873554805 }[name] ?? 1
    const ends: Record<string, number> = { hardSigmoid: 1, hardTanh: 1, relu6: 6, softsign: 1, logSigmoid: 0 }
    const falls: Record<string, number> = { leakyRelu: 0.01, prelu: 0.25 }
    const isOdd = ['hardShrink', 'softShrink', 'tanhShrink'].includes(name)
    sizes.forEach((x, i) => {
      const limit = ends[name]
      const near = (got: number, expected: number) =>
        assert.ok(Math.abs(got - expected) <= 2e-4 * Math.max(1, Math.abs(expected)), `${got}, expected ${expected}`)
      near(above[i], limit ?? scale * x)
      near(slopesAbove[i], limit === undefined ? scale : 0)
      const slope = falls[name] ?? (isOdd || name === 'logSigmoid' ? 1 : 0)
      near(slopesBelow[i], slope)
      if (slope > 0) near(below[i], -slope * x)
      else near(below[i], { celu: -0.5, elu: -1, hardTanh: -1, selu: -1.7580993408473766, softsign: -1 }[name] ?? 0)
    })
  })

  test(`${name} keeps NaN`, () => assert.ok(Number.isNaN(f(tensor([Number.NaN])).item())))
}

test('gated linear units halve an axis', () => {
  const x = tensor([
    [1, 2, 0, 100],
    [3, 4, -100, 0],
  ])
  close(nn.glu(x), [0.5, 2, 0, 2])
  close(nn.glu(x, 0), [1 / (1 + Math.exp(-3)), 2 / (1 + Math.exp(-4)), 0, 50])
  assert.throws(() => nn.glu(tensor([1, 2, 3])), /split: .*3/)
})

test('values between the ends', () => {
  const x = tensor([-2, -0.3, 0.3, 2])
  close(nn.celu(x, 2), [2 * Math.expm1(-1), 2 * Math.expm1(-0.15), 0.3, 2])
  close(nn.softShrink(x), [-1.5, 0, 0, 1.5])
  close(nn.hardShrink(x), [-2, 0, 0, 2])
  close(nn.thresholdedRelu(x), [0, 0, 0, 2])
  close(nn.relu6(tensor([-1, 3, 8])), [0, 3, 6])
  close(
    nn.tanhShrink(x),
    [...x.data()].map(v => v - Math.tanh(v)),
  )
  close(
    nn.swish(x, 2),
    [...x.data()].map(v => v / (1 + Math.exp(-2 * v))),
  )
  close(
    nn.prelu(
      tensor([
        [-1, -1],
        [1, 1],
      ]),
      tensor([0.1, 0.2]),
    ),
    [-0.1, -0.2, 1, 1],
  )
  close(grad((slope: Tensor) => sum(nn.prelu(x, slope)))(tensor(0.5)), -2.3)
})

test('the second derivative of softplus at 0 is a quarter', () => {
  close(derivative(derivative(x => nn.softplus(x)))(tensor([0])), [0.25])
})

test.run()
