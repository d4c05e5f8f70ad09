// Metrics of predictions: by counting.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { jit, log, type Tensor, tensor } from '../../ts/index.js'
import {
  accuracy,
  averageDisplacement,
  classScores,
  confusionMatrix,
  finalDisplacement,
  perplexity,
  topKAccuracy,
} from '../../ts/nn/index.js'
import { close } from '../close.js'

const ids = (list: unknown): Tensor => tensor(list as number[], { dtype: 'int32' })
const logits = tensor([
  [
    [1, 2, 3],
    [0, 5, 1],
  ],
  [
    [2, 2, 0],
    [9, 8, 7],
  ],
])

test('accuracy: the likeliest class, or one of the k likeliest; ignored labels do not count', () => {
  const labels = ids([
    [2, 0],
    [1, 2],
  ])
  close(accuracy(logits, labels), 1 / 4)
  close(accuracy(logits, labels, { ignore: 0 }), 1 / 3)
  close(accuracy(logits, labels, { ignore: 2 }), 0)
  close(topKAccuracy(logits, labels, 1), 1 / 4)
  close(topKAccuracy(logits, labels, 2), 2 / 4)
  close(topKAccuracy(logits, labels, 2, { ignore: 2 }), 1 / 2)
  close(topKAccuracy(logits, labels, 3), 1)
  close(jit((x: Tensor, y: Tensor) => topKAccuracy(x, y, 2))(logits, labels), 2 / 4)
  assert.ok(
    Number.isNaN(
      accuracy(
        logits,
        ids([
          [7, 7],
          [7, 7],
        ]),
        { ignore: 7 },
      ).item(),
    ),
  )
  assert.throws(() => accuracy(logits, ids([1, 2])), /accuracy: int32 labels \[2\] do not fit logits \[2, 2, 3\]/)
  assert.throws(
    () =>
      topKAccuracy(
        logits,
        tensor([
          [1, 2],
          [1, 2],
        ]),
        1,
      ),
    /topKAccuracy: float32 labels \[2, 2\]/,
  )
  assert.throws(() => topKAccuracy(logits, labels, 4), /k is an integer from 0 to 3/)
})

test('perplexity is the inverse of the geometric mean of probabilities', () => {
  const likely = log(
    tensor([
      [0.5, 0.5],
      [0.875, 0.125],
      [0.1, 0.9],
    ]),
  )
  close(perplexity(likely, ids([0, 1, 9]), { ignore: 9 }), 4)
  close(perplexity(likely, ids([0, 1, 1])), (1 / (0.5 * 0.125 * 0.9)) ** (1 / 3))
})

test('a confusion matrix counts labels by row and predictions by column', () => {
  const labels = [0, 1, 2, 1, 1, -1, 2, 3]
  const predictions = [0, 2, 2, 1, 1, 0, 5, 0]
  close(confusionMatrix(ids(labels), ids(predictions), 3), [1, 0, 0, 0, 2, 1, 0, 0, 1])
  assert.is(confusionMatrix(ids(labels), ids(predictions), 3).dtype, 'int32')
  close(confusionMatrix(ids(labels), ids(predictions), 3, { ignore: 1 }), [1, 0, 0, 0, 0, 0, 0, 0, 1])
  close(confusionMatrix(ids([[1], [0]]), ids([[1], [1]]), 2), [0, 1, 0, 1])
  assert.throws(() => confusionMatrix(ids([1]), ids([1, 2]), 3), /labels \[1\] and predictions \[2\] differ in shape/)
  assert.throws(() => confusionMatrix(ids([1]), tensor([1]), 3), /predictions are integers, not float32/)
  assert.throws(() => confusionMatrix(ids([1]), ids([1]), 0), /classes is a positive integer, not 0/)
})

test('precision, recall and F1 of each class and their averages', () => {
  const confusion = ids([
    [4, 1, 0, 0],
    [2, 3, 0, 0],
    [0, 2, 0, 0],
    [0, 0, 0, 0],
  ])
  const { precision, recall, f1 } = classScores(confusion)
  close(precision, [4 / 6, 3 / 6, 0, 0])
  close(recall, [4 / 5, 3 / 5, 0, 0])
  close(f1, [8 / 11, 6 / 11, 0, 0])
  close(classScores(confusion, { average: 'macro' }).f1, 14 / 44)
  close(classScores(confusion, { average: 'weighted' }).recall, 7 / 12)
  close(classScores(confusion, { average: 'weighted' }).f1, (5 * (8 / 11) + 5 * (6 / 11)) / 12)
  const micro = classScores(confusion, { average: 'micro' })
  close(micro.precision, 7 / 12)
  close(micro.f1, 7 / 12)
  assert.throws(() => classScores(ids([[1, 2]])), /square, not \[1, 2\]/)
  assert.throws(() => classScores(confusion, { average: 'mean' as 'macro' }), /average is 'none', .* not "mean"/)
})

test('displacements: the mean over all steps, and at the last', () => {
  const prediction = tensor([
    [
      [0, 0],
      [3, 4],
    ],
    [
      [1, 1],
      [1, 2],
    ],
  ])
  const target = tensor([
    [
      [0, 0],
      [0, 0],
    ],
    [
      [1, 1],
      [1, 1],
    ],
  ])
  close(averageDisplacement(prediction, target), 6 / 4)
  close(finalDisplacement(prediction, target), 6 / 2)
  assert.throws(() => finalDisplacement(prediction, tensor([[1]])), /not paths \[..., T, D\] of one shape/)
})

test.run()
