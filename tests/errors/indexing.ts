// Order, running reductions, windows, scatter, and what is composed of views.

import { tensor } from '../../ts/index.js'
import { empty, f2, f23, h, i2, type Row, reduction } from './given.js'

const running = (name: string): Row[] => [
  [() => h[name]([1, 2]), `${name}: the argument is an array, not a tensor`],
  [() => h[name](f23, { axis: 2 }), `${name}: axis 2 is out of range for rank 2`],
]

const shaped = (name: string): Row[] => [
  [() => h[name]([1, 2], 2), `${name}: the argument is an array, not a tensor`],
  [() => h[name](f23, -1), `${name}: a shape is a list of non-negative integers, not [-1]`],
  [() => h[name](f23, 1.5), `${name}: a shape is a list of non-negative integers, not [1.5]`],
]

const triangle = (name: string): Row[] => [
  [() => h[name](f2), `${name}: [2] is not a matrix`],
  [() => h[name](f23, 0.5), `${name}: the offset of a diagonal is an integer, not 0.5`],
  [() => h[name](1), `${name}: the argument is the number 1, not a tensor`],
]

export const indexingRows: Record<string, Row[]> = {
  sort: [
    [() => h.sort([1]), 'sort: the argument is an array'],
    [() => h.sort(f23, { axis: 2 }), 'sort: axis 2 is out of range for rank 2'],
    [() => h.sort(tensor(1)), 'sort: axis -1 is out of range for rank 0'],
  ],
  argsort: [[() => h.argsort(f23, { axis: -3 }), 'argsort: axis -3 is out of range for rank 2']],
  topK: [
    [() => h.topK(f23, 4), 'topK: k is an integer from 0 to 3, the length of axis 1 of [2, 3], not 4'],
    [() => h.topK(f23, -1, 0), 'topK: k is an integer from 0 to 2, the length of axis 0 of [2, 3], not -1'],
    [() => h.topK(f23), 'topK: k is an integer', 'not undefined'],
    [() => h.topK([1], 1), 'topK: the argument is an array'],
  ],
  cumsum: running('cumsum'),
  cumprod: running('cumprod'),
  cummax: running('cummax'),
  cummin: running('cummin'),
  prod: reduction('prod'),
  dynamicSlice: [
    [() => h.dynamicSlice(f23, [0], [1, 1]), 'dynamicSlice: shape [2, 3] takes a list of 2 starts'],
    [() => h.dynamicSlice(f23, [0, 0], [1, 4]), 'dynamicSlice: a window [1, 4] does not fit into [2, 3]'],
    [() => h.dynamicSlice(f23, [0, 0], [1]), 'dynamicSlice: a window [1] does not fit into [2, 3]'],
    [() => h.dynamicSlice(f23, [0, f2], [1, 1]), 'dynamicSlice: a start is an integer scalar, not float32[2]'],
    [() => h.dynamicSlice(f23, [0, 0.5], [1, 1]), 'dynamicSlice: the number 0.5 beside a tensor of dtype int32'],
    [() => h.dynamicSlice(f23, [0, 0], 2), 'dynamicSlice: a shape is a list of non-negative integers, not 2'],
    [() => h.dynamicSlice([1], [0], [1]), 'dynamicSlice: x is an array'],
  ],
  dynamicUpdateSlice: [
    [() => h.dynamicUpdateSlice(f23, f2, [0]), 'dynamicUpdateSlice: a window [2] does not fit into [2, 3]'],
    [() => h.dynamicUpdateSlice(f2, f2, 0), 'dynamicUpdateSlice: shape [2] takes a list of 1 starts'],
    [() => h.dynamicUpdateSlice(f2, i2, [0]), 'dynamicUpdateSlice: dtypes float32 and int32 differ'],
    [() => h.dynamicUpdateSlice(f2, 1, [0]), 'dynamicUpdateSlice: update is the number 1, not a tensor'],
  ],
  scatter: [
    [() => h.scatter(f23, i2, f2), 'scatter: updates have shape [2], expected [2, 3]'],
    [() => h.scatter(f2, i2, i2), 'scatter: dtypes float32 and int32 differ'],
    [() => h.scatter(f2, f2, f2), 'scatter: indices have dtype float32, not int32'],
    [() => h.scatter(f2, [0], f2), 'scatter: indices is an array, not a tensor'],
    [() => h.scatter(empty, i2, 1), 'scatter: there is nothing to index in shape [0, 3]'],
    [() => h.scatter(i2, i2, 0.5), 'scatter: the number 0.5 beside a tensor of dtype int32'],
  ],
  putAlongAxis: [
    [() => h.putAlongAxis(f23, i2, 1), 'putAlongAxis: indices [2] do not fit [2, 3] along axis 1'],
    [
      () => h.putAlongAxis(f23, h.zeros([2, 1], 'int32'), f23),
      'putAlongAxis: updates have shape [2, 3], expected [2, 1]',
    ],
    [() => h.putAlongAxis(f23, f23, 1), 'putAlongAxis: indices have dtype float32, not int32'],
  ],
  addAlongAxis: [
    [() => h.addAlongAxis(f23, i2, 1), 'addAlongAxis: indices [2] do not fit [2, 3] along axis 1'],
    [() => h.addAlongAxis(f2, i2, i2), 'scatterAdd: dtypes float32 and int32 cannot be added'],
    [() => h.addAlongAxis(f2, i2, 1, 1), 'addAlongAxis: axis 1 is out of range for rank 1'],
  ],
  searchsorted: [
    [() => h.searchsorted(f23, 1), 'searchsorted: sorted has shape [2, 3], not one dimension'],
    [() => h.searchsorted(f2, 'a'), 'searchsorted: an argument is the string a'],
    [() => h.searchsorted(f2, 1, { side: 'up' }), "searchsorted: side is 'left' or 'right', not 'up'"],
  ],
  oneHot: [
    [() => h.oneHot(f2, 3), 'oneHot: indices have dtype float32, not int32'],
    [() => h.oneHot(i2, -1), 'oneHot: the number of classes is a non-negative integer, not -1'],
    [() => h.oneHot(i2, 3, { axis: 2 }), 'axis 2 is out of range for rank 2'],
  ],
  flatnonzero: [
    [() => h.flatnonzero(f23), 'flatnonzero: the size is a non-negative integer, not undefined'],
    [() => h.flatnonzero([1], 1), 'flatnonzero: the argument is an array'],
  ],
  tile: shaped('tile'),
  repeat: [
    ...shaped('repeat'),
    [() => h.repeat(f23, [1, 2], 1), 'repeat: 2 counts for the 3 elements along axis 1 of [2, 3]'],
    [() => h.repeat(f23, 2, 2), 'repeat: axis 2 is out of range for rank 2'],
  ],
  roll: [
    [() => h.roll(f23, 0.5), 'roll: shifts are integers, one for each axis, not 0.5'],
    [() => h.roll(f23, [1, 2], 0), 'roll: shifts are integers, one for each axis, not [1,2]'],
    [() => h.roll(f23, 1, 2), 'roll: axis 2 is out of range for rank 2'],
  ],
  unstack: [
    [() => h.unstack(f23, 2), 'unstack: axis 2 is out of range for rank 2'],
    [() => h.unstack([f2]), 'unstack: the argument is an array'],
  ],
  meshgrid: [
    [() => h.meshgrid(f2), 'meshgrid: the first argument is a list of vectors'],
    [() => h.meshgrid([f2, f23]), 'meshgrid: a vector has shape [2, 3]'],
    [() => h.meshgrid([1]), 'meshgrid: a vector is the number 1'],
    [() => h.meshgrid([f2, f2], { indexing: 'yx' }), "meshgrid: indexing is 'xy' or 'ij', not 'yx'"],
  ],
  diag: [
    [() => h.diag(tensor(1)), 'diag: [] is neither a vector nor a matrix'],
    [() => h.diag(f2, 0.5), 'diag: the offset of a diagonal is an integer, not 0.5'],
  ],
  diagonal: [
    [() => h.diagonal(f2), 'diagonal: axis 1 is out of range for rank 1'],
    [() => h.diagonal(f23, { axis1: 1 }), 'diagonal: an axis of [2, 3] is given twice: 1'],
  ],
  trace: [[() => h.trace(f2), 'trace: axis 1 is out of range for rank 1']],
  tril: triangle('tril'),
  triu: triangle('triu'),
  einsum: [
    [() => h.einsum('ij,jk->ik', f23), "einsum: 'ij,jk->ik' names 2 operands, not 1"],
    [() => h.einsum('ij->i'), 'einsum: there is no operand'],
    [() => h.einsum('i', f23), "einsum: 'i' has 1 labels for operand 0 of shape [2, 3]"],
    [() => h.einsum('ijk...', f23), "einsum: 'ijk...' has 4 labels for operand 0 of shape [2, 3]"],
    [() => h.einsum('ij,jk', f23, f23), "einsum: 'ij,jk' has lengths 3 and 2 for j"],
    [() => h.einsum('...,...', f23, h.ones([2])), "einsum: '...,...' has lengths 3 and 2 for ..."],
    [() => h.einsum('ij->k', f23), "einsum: 'ij->k' has k in its result only"],
    [() => h.einsum('ij->ii', f23), "einsum: 'ij->ii' has i twice in its result"],
    [() => h.einsum('i1->i', f23), "einsum: 'i1->i' is not a formula"],
    [() => h.einsum('ij->i->j', f23), "einsum: 'ij->i->j' is not a formula"],
    [() => h.einsum('i..j', f23), "einsum: 'i..j' is not a formula"],
    [() => h.einsum(f23, f23), 'einsum: ', 'is not a string'],
    [() => h.einsum('i', [1]), 'einsum: an argument is an array'],
  ],
  tensordot: [
    [() => h.tensordot(f23, f23, 3), 'tensordot: 3 axes of [2, 3] and [2, 3]'],
    [() => h.tensordot(f23, f23, 1), 'tensordot: lengths differ: [2, 3] x [2, 3] along [1] and [0]'],
    [() => h.tensordot(f23, f2, [[2], [0]]), 'tensordot: axis 2 is out of range for rank 2'],
  ],
  inner: [[() => h.inner(f23, f2), 'inner: last dimensions differ: [2, 3] x [2]']],
  vdot: [[() => h.vdot(f23, f2), 'vdot: sizes differ: [2, 3] x [2]']],
  kron: [[() => h.kron('a', f2), 'kron: an argument is the string a']],
}
