// Losses: their values by hand, what does not count, and derivatives where a formula could lose them.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { grad, log, logSoftmax, mul, ones, sum, type Tensor, tensor, vmap } from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import { close } from '../close.js'

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
  assert.throws(
    () => nn.crossEntropy(logits, tensor([2, 0])),
    /float32 labels \[2\], .*, do not fit logits \[2, 3\]; the numbers of classes have dtype int32/,
  )
})

test('a column against a row is refused, not taken for all pairs; one may broadcast to the other', () => {
  const [column, row] = [ones([4, 1]), tensor([0, 1, 2, 3])]
  const losses = {
    meanSquaredError: nn.meanSquaredError,
    meanAbsoluteError: nn.meanAbsoluteError,
    huber: nn.huber,
    smoothL1: nn.smoothL1,
    poissonNll: nn.poissonNll,
    binaryCrossEntropy: nn.binaryCrossEntropy,
    klDivergence: nn.klDivergence,
    hinge: nn.hinge,
    softMargin: nn.softMargin,
  }
  for (const [name, loss] of Object.entries(losses)) {
    assert.throws(
      () => loss(column, row),
      new RegExp(`^${name}: \\[4, 1\\] and \\[4\\] broadcast to \\[4, 4\\]; give them one shape`),
    )
    assert.throws(() => loss(row, column), new RegExp(`^${name}: \\[4\\] and \\[4, 1\\] broadcast to`))
    for (const one of [ones([4, 4]), tensor(1), tensor([1])]) loss(one, row)
  }
  close(nn.meanSquaredError(ones([2, 4]), row), (1 + 0 + 1 + 4) / 4)
  const three = /: \[4, 1\] and \[4\] and \[4\] broadcast to \[4, 4\]/
  assert.throws(() => nn.gaussianNll(column, row, row), three)
  assert.throws(() => nn.marginRanking(column, row, row), three)
  assert.throws(() => nn.tripletMargin(column, row, row), three)
  assert.throws(() => nn.cosineEmbedding(ones([4, 2]), ones([4, 2]), column), /: \[4\] and \[4, 1\] broadcast to/)
  assert.throws(() => nn.meanSquaredError(ones([3]), row), /meanSquaredError: shapes do not broadcast: \[3\] and \[4\]/)
  // Within vmap shapes are those of one example.
  close(vmap((x: Tensor, y: Tensor) => nn.meanSquaredError(x, y))(column, row), [1, 0, 1, 4])
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

const logits = tensor([
  [1, 2, 3],
  [0, 0, 4],
  [2, -1, 0],
  [0, 1, 0],
])
const labels = tensor([2, 0, 1, 0], { dtype: 'int32' })
const weights = tensor([0.5, 2, 1])

test('negative log-likelihood of log-softmax is cross-entropy, however labels count', () => {
  for (const options of [{}, { ignore: 0 }, { weights }, { ignore: 0, weights }])
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      const all = { ...options, reduction }
      const expected = nn.crossEntropy(logits, labels, all)
      const got = nn.negativeLogLikelihood(logSoftmax(logits), labels, all)
      close(got, [...expected.data()], 2e-6)
      const derivative = (loss: (x: Tensor) => Tensor) => grad((x: Tensor) => sum(loss(x)))(logits)
      close(
        derivative(x => nn.negativeLogLikelihood(logSoftmax(x), labels, all)),
        [...derivative(x => nn.crossEntropy(x, labels, all)).data()],
        2e-6,
      )
    }
  const each = nn.crossEntropy(logits, labels, { reduction: 'none' })
  assert.equal(each.shape, [4])
  close(nn.crossEntropy(logits, labels), [...each.data()].reduce((a, b) => a + b) / 4)
  const kept = nn.crossEntropy(logits, labels, { reduction: 'none', ignore: 0, weights }).data()
  close(tensor(kept), [each.data()[0], 0, 2 * each.data()[2], 0])
  close(nn.crossEntropy(logits, labels, { ignore: 0, weights }), (kept[0] + kept[2]) / 3)
  for (const wrong of [logits, tensor([1], { dtype: 'int32' })])
    assert.throws(() => nn.negativeLogLikelihood(logits, wrong), /negativeLogLikelihood: .* do not fit \[4, 3\]/)
})

test('every loss is a mean, a sum or each by itself', () => {
  const [x, y] = [tensor([[0.5, 3]]), tensor([[0, 1]])]
  const losses: Record<string, (options?: nn.LossOptions) => Tensor> = {
    binaryCrossEntropy: options => nn.binaryCrossEntropy(x, y, options),
    gaussianNll: options => nn.gaussianNll(x, y, tensor([[1, 2]]), options),
    hinge: options => nn.hinge(x, y, options),
    huber: options => nn.huber(x, y, 1, options),
    marginRanking: options => nn.marginRanking(x, y, y, 3, options),
    meanAbsoluteError: options => nn.meanAbsoluteError(x, y, options),
    meanSquaredError: options => nn.meanSquaredError(x, y, options),
    poissonNll: options => nn.poissonNll(x, y, options),
    smoothL1: options => nn.smoothL1(x, y, 1, options),
    softMargin: options => nn.softMargin(x, y, options),
  }
  for (const [name, loss] of Object.entries(losses)) {
    const each = loss({ reduction: 'none' })
    assert.equal(each.shape, [1, 2], name)
    const [a, b] = each.data()
    assert.ok(a !== b, name)
    close(loss({ reduction: 'sum' }), a + b)
    close(loss(), (a + b) / 2)
    assert.throws(() => loss({ reduction: 'all' as 'sum' }), /reduction is 'mean', 'sum' or 'none', not "all"/)
  }
})

test('losses of counts, variances and robust ones, by hand', () => {
  close(nn.poissonNll(tensor([1, 0]), tensor([3, 0])), (Math.E - 3 + 1) / 2)
  close(nn.gaussianNll(tensor([1]), tensor([3]), tensor([4])), (Math.log(4) + 1) / 2)
  close(nn.smoothL1(tensor([0.1, 3]), tensor([0, 0]), 0.5), (0.01 + 2.75) / 2)
  assert.throws(() => nn.smoothL1(logits, logits, 0), /smoothL1: beta is positive, not 0/)
  assert.throws(() => nn.huber(logits, logits, -1), /huber: delta is positive, not -1/)
})

test('the divergence of Kullback and Leibler: nothing where a target is 0, in value and derivative', () => {
  const q = log(
    tensor([
      [0.25, 0.75],
      [1, 0],
    ]),
  )
  const p = tensor([
    [0.5, 0.5],
    [1, 0],
  ])
  const expected = (0.5 * Math.log(2) + 0.5 * Math.log(2 / 3)) / 2
  close(nn.klDivergence(q, p), expected)
  close(nn.klDivergence(q, log(p), { logTarget: true }), expected)
  close(nn.klDivergence(q, p, { reduction: 'none' }), [2 * expected, 0])
  close(grad((x: Tensor) => nn.klDivergence(x, p))(q), [-0.25, -0.25, -0.5, 0])
  const byTarget = grad((x: Tensor) => nn.klDivergence(q, x))(
    tensor([
      [0.5, 0.5],
      [1, 0],
    ]),
  )
  close(byTarget, [(1 + Math.log(2)) / 2, (1 + Math.log(2 / 3)) / 2, 0.5, 0])
})

test('scores beyond their margin cost nothing', () => {
  close(nn.hinge(tensor([2, 0.5, -2]), tensor([1, 1, -1])), 0.5 / 3)
  close(grad((x: Tensor) => nn.hinge(x, tensor([1, -1])))(tensor([0.5, 0.5])), [-0.5, 0.5])
  close(nn.softMargin(tensor([1000, -1000]), tensor([1, 1])), 500)
  close(nn.marginRanking(tensor([3, 1]), tensor([1, 3]), tensor([1, -1])), 0)
  close(nn.marginRanking(tensor([3, 1]), tensor([1, 2]), tensor([1, 1]), 0.5), 0.75)
})

test('angles between vectors, short ones among them', () => {
  const [a, b] = [
    tensor([
      [3, 4],
      [1, 0],
      [0, 0],
    ]),
    tensor([
      [4, 3],
      [0, 2],
      [1, 1],
    ]),
  ]
  close(nn.cosineSimilarity(a, b), [0.96, 0, 0])
  close(nn.cosineSimilarity(a, b, { axis: 0 }), [12 / Math.sqrt(10 * 17), 12 / (4 * Math.sqrt(14))])
  close(vmap((x: Tensor, y: Tensor) => nn.cosineSimilarity(x, y))(a, b), [0.96, 0, 0])
  assert.ok(
    grad((x: Tensor) => sum(nn.cosineSimilarity(x, b)))(a)
      .data()
      .every(Number.isFinite),
  )
  close(nn.cosineSimilarity(mul(a, 1e-3), mul(b, 1e3)), [0.96, 0, 0])
  close(nn.cosineEmbedding(a, b, tensor([1, -1, -1]), 0, { reduction: 'none' }), [0.04, 0, 0])
  close(nn.cosineEmbedding(a, b, tensor([-1, 1, 1]), 0.5), (0.46 + 1 + 1) / 3)
  close(nn.cosineEmbedding(a, b, tensor([1, -1, -1]), 0.5, { reduction: 'none' }), [0.04, 0, 0])
})

test('triplets: the positive should be nearer by the margin', () => {
  const anchor = tensor([
    [0, 0],
    [0, 0],
  ])
  const positive = tensor([
    [3, 4],
    [0, 0],
  ])
  const negative = tensor([
    [0, 1],
    [6, 8],
  ])
  close(nn.tripletMargin(anchor, positive, negative), 2.5)
  close(nn.tripletMargin(anchor, positive, negative, 20, { reduction: 'none' }), [24, 10])
  close(grad((x: Tensor) => nn.tripletMargin(x, positive, negative))(anchor), [-0.3, -0.4 + 0.5, 0, 0])
})

test.run()
