// Reductions, softmax, products.

import { tensor } from '../../ts/index.js'
import { empty, f2, f23, h, i2, type Row, reduction } from './given.js'

export const reductionsRows: Record<string, Row[]> = {
  max: [...reduction('max'), [() => h.max(empty), 'max: shape [0, 3] has nothing along the reduced axes']],
  min: [...reduction('min'), [() => h.min(empty, { axis: 0 }), 'min: shape [0, 3] has nothing']],
  countNonzero: reduction('countNonzero'),
  norm: [
    [() => h.norm([1, 2]), 'norm: the argument is an array, not a tensor'],
    [() => h.norm(f23, { order: Number.NaN }), 'norm: the order is NaN'],
    [() => h.norm(f23, { axis: 2 }), 'norm: axis 2 is out of range for rank 2'],
  ],
  argmax: [
    [() => h.argmax(f23, 2), 'argmax: axis 2 is out of range for rank 2'],
    [() => h.argmax(empty, 0), 'argmax: shape [0, 3] has nothing to compare'],
    [() => h.argmax([1]), 'argmax: the argument is an array'],
  ],
  argmin: [
    [() => h.argmin(empty), 'argmin: shape [0, 3] has nothing to compare'],
    [() => h.argmin(f2, -2), 'argmin: axis -2 is out of range for rank 1'],
  ],
  softmax: [
    [() => h.softmax(f23, 5), 'softmax: axis 5 is out of range for rank 2'],
    [() => h.softmax(i2), 'softmax: dtype int32 is not accepted'],
    [() => h.softmax([1]), 'softmax: the argument is an array'],
  ],
  logSoftmax: [[() => h.logSoftmax(tensor(1)), 'logSoftmax: axis -1 is out of range for rank 0']],
  logsumexp: [
    [() => h.logsumexp(f23, { axis: [1, -1] }), 'logsumexp: an axis is given twice: [1, 1]'],
    [() => h.logsumexp('a'), 'logsumexp: the argument is the string a'],
  ],
  softmaxCrossEntropy: [
    [() => h.softmaxCrossEntropy(f23, f2), 'labels have dtype float32, not int32'],
    [() => h.softmaxCrossEntropy(f23, tensor([0, 1, 2], { dtype: 'int32' })), '[2, 3]', '[3]'],
    [() => h.softmaxCrossEntropy(f23, [0, 1]), 'softmaxCrossEntropy: labels is an array, not a tensor'],
  ],
  matmul: [
    [
      () => h.matmul(h.ones([32, 128]), h.ones([256, 1024])),
      'matmul: inner dimensions differ: [32, 128] x [256, 1024]',
    ],
    [() => h.matmul(f23, tensor(1)), 'matmul: operands have at least one dimension: [2, 3] x []'],
    [
      () => h.matmul(h.ones([2, 4, 3]), h.ones([3, 3, 4])),
      'matmul: leading dimensions do not broadcast: [2, 4, 3] x [3, 3, 4]',
    ],
    [() => h.matmul(f23, [1, 2]), 'matmul: an argument is an array'],
  ],
  dot: [
    [() => h.dot(f2, tensor([1, 2, 3])), 'dot: inner dimensions differ: [2] x [3]'],
    [() => h.dot(f2, 'a'), 'dot: an argument is the string a'],
  ],
  scaledDotProductAttention: [
    [() => h.scaledDotProductAttention([1], f23, f23), 'scaledDotProductAttention: q is an array, not a tensor'],
    [() => h.scaledDotProductAttention(f23, i2, f23), 'scaledDotProductAttention: k has dtype int32, not float32'],
    [
      () => h.scaledDotProductAttention(h.ones([2, 2, 3]), f23, f23),
      'scaledDotProductAttention: one head has q [Tq, D], k [Tk, D], v [Tk, Dv], not q [2, 2, 3], k [2, 3], v [2, 3]',
    ],
    [
      () => h.scaledDotProductAttention(f23, h.ones([4, 2]), h.ones([4, 2])),
      'scaledDotProductAttention: shapes do not fit: q [2, 3], k [4, 2], v [4, 2]',
    ],
    [
      () => h.scaledDotProductAttention(f23, f23, h.ones([4, 2])),
      'scaledDotProductAttention: shapes do not fit: q [2, 3], k [2, 3], v [4, 2]',
    ],
    [
      () => h.scaledDotProductAttention(f23, f23, f23, { mask: h.ones([3]) }),
      'scaledDotProductAttention: mask [3] does not broadcast to [2, 2]',
    ],
    [
      () => h.scaledDotProductAttention(f23, f23, f23, { mask: i2 }),
      'scaledDotProductAttention: mask has dtype int32, not bool or float32',
    ],
    [
      () => h.scaledDotProductAttention(f23, f23, f23, { mask: true }),
      'scaledDotProductAttention: mask is the boolean true, not a tensor',
    ],
    [
      () => h.scaledDotProductAttention(f23, f23, f23, { keyLength: i2 }),
      'scaledDotProductAttention: keyLength is one integer, not ',
    ],
    [
      () => h.scaledDotProductAttention(f23, f23, f23, { keyLength: 1.5 }),
      'scaledDotProductAttention: the number 1.5 beside a tensor of dtype int32 is not an integer',
    ],
    [
      () => h.scaledDotProductAttention(f23, f23, f23, { scale: '1' }),
      'scaledDotProductAttention: scale is a finite number, not 1',
    ],
  ],
  outer: [[() => h.outer(f2, null), 'outer: an argument is null']],
  dotGeneral: [
    [() => h.dotGeneral(f23, f23, { contract: [[1], [0]] }), 'dotGeneral', '[2, 3]'],
    [() => h.dotGeneral(f23, f2, { contract: [[2], [0]] }), 'dotGeneral: axis 2 is out of range for rank 2'],
    [() => h.dotGeneral(f23, i2, { contract: [[0], [0]] }), 'dotGeneral: operands are float32, not float32 and int32'],
    [() => h.dotGeneral(f23, 1, { contract: [[0], [0]] }), 'dotGeneral: rhs is the number 1, not a tensor'],
  ],
}
