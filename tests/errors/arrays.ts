// Shapes, parts and indices.

import { tensor } from '../../ts/index.js'
import { empty, f2, f23, h, i2, type Row } from './given.js'

export const arraysRows: Record<string, Row[]> = {
  reshape: [
    [() => h.reshape(f23, [4]), 'reshape', '[2, 3]', '[4]'],
    [() => h.reshape(f23, [4, -1]), 'reshape: [2, 3] does not fit [4, -1]'],
    [() => h.reshape(f23, 6), 'reshape: a shape is a list of non-negative integers, not 6'],
    [() => h.reshape([1, 2], [2]), 'reshape: the argument is an array, not a tensor'],
  ],
  flatten: [[() => h.flatten(1), 'flatten: the argument is the number 1, not a tensor']],
  expandDims: [[() => h.expandDims(f23, 4), 'expandDims: axis 4 is out of range for rank 3']],
  squeeze: [
    [() => h.squeeze(f23, 0), 'squeeze: axis 0 of [2, 3] has length 2, not 1'],
    [() => h.squeeze(f23, 2), 'squeeze: axis 2 is out of range for rank 2'],
  ],
  broadcastTo: [
    [() => h.broadcastTo(f23, [2]), 'broadcastTo', '[2, 3]', '[2]'],
    [() => h.broadcastTo(f23, [3, 3]), 'broadcastTo', '[2, 3]', '[3, 3]'],
    [() => h.broadcastTo(f23, 3), 'broadcastTo: a shape is a list of non-negative integers'],
  ],
  transpose: [
    [() => h.transpose(f23, [0, 0]), 'transpose: [0, 0] is not a permutation of the axes of [2, 3]'],
    [() => h.transpose(f23, [0, 1, 2]), 'transpose: axis 2 is out of range for rank 2'],
    [() => h.transpose(f23, 1), 'transpose: the permutation is a list of axes, not the number 1'],
    [() => h.transpose([[1]]), 'transpose: the argument is an array'],
  ],
  moveaxis: [[() => h.moveaxis(f23, 0, 2), 'moveaxis: axis 2 is out of range for rank 2']],
  swapaxes: [[() => h.swapaxes(f23, -3, 0), 'swapaxes: axis -3 is out of range for rank 2']],
  concat: [
    [() => h.concat([]), 'concat: there is no tensor'],
    [() => h.concat([f23, f2]), 'concat', '[2, 3]', '[2]'],
    [() => h.concat([f23, h.ones([2, 2])], 0), 'concat', '[2, 3]', '[2, 2]'],
    [() => h.concat([f23, f23], 2), 'concat: axis 2 is out of range for rank 2'],
    [() => h.concat(f23), 'concat: the first argument is a list of tensors'],
    [() => h.concat([f2, [1]]), 'concat: element 1 of the list is an array, not a tensor'],
    [() => h.concat([tensor(1)]), 'concat: scalars have no axis; use stack'],
  ],
  stack: [
    [() => h.stack([]), 'stack: there is no tensor'],
    [() => h.stack([f2, f23]), 'stack: shapes differ: [2] and [2, 3]'],
    [() => h.stack([f2], 2), 'stack: axis 2 is out of range for rank 2'],
  ],
  split: [
    [() => h.split(f23, 2), 'split: axis 1 of [2, 3] does not split into 2'],
    [() => h.split(f23, [1, 1]), 'split: axis 1 of [2, 3] does not split into [1,1]'],
    [() => h.split(f23, 2, 2), 'split: axis 2 is out of range for rank 2'],
    [() => h.split(f23), 'split: the parts are a number or a list of sizes, not undefined'],
    [() => h.split([1, 2], 2), 'split: the argument is an array'],
  ],
  slice: [
    [() => h.slice(f23, [0, 0, 0]), 'slice: more bounds than dimensions: shape [2, 3]'],
    [() => h.slice(f23, [0], [1], [0]), 'slice: steps are positive integers: [0]'],
    [() => h.slice(f23, 0), 'slice: bounds and steps are lists of integers, not 0'],
    [() => h.slice(f23, [0.5]), 'slice: bounds and steps are lists of integers, not [0.5]'],
    [() => h.slice('a', [0]), 'slice: the argument is the string a'],
  ],
  at: [
    [() => h.at(f23, 2), 'at: index 2 is out of range for axis 0 of [2, 3]'],
    [() => h.at(f23, 0, 2), 'at: axis 2 is out of range for rank 2'],
    [() => h.at(f23, 0.5), 'at: index 0.5 is out of range'],
  ],
  pad: [
    [() => h.pad(f23, [[1, 1]]), 'pad: shape [2, 3] takes 2 pairs of non-negative integers, not [[1,1]]'],
    [() => h.pad(f2, [[-1, 0]]), 'pad: shape [2] takes 1 pairs'],
    [() => h.pad(f2, [[1, 1]], 'mirror'), 'pad: there is no mode mirror, only edge, reflect, symmetric, wrap'],
    [
      () =>
        h.pad(
          empty,
          [
            [1, 0],
            [0, 0],
          ],
          'edge',
        ),
      'pad: [0, 3] has nothing to repeat along axis 0',
    ],
    [() => h.pad(f2, 1), 'pad: shape [2] takes 1 pairs of non-negative integers, not 1'],
  ],
  flip: [[() => h.flip(f23, 2), 'flip: axis 2 is out of range for rank 2']],
  take: [
    [() => h.take(f23, f2), 'take: indices have dtype float32, not int32'],
    [() => h.take(f23, i2, 2), 'take: axis 2 is out of range for rank 2'],
    [() => h.take(f23, [0, 1]), 'take: indices is an array, not a tensor'],
    [() => h.take(empty, i2), 'take: there is nothing to index in shape [0, 3]'],
    [() => h.take(tensor(1), i2), 'take: axis 0 is out of range for rank 0'],
  ],
  takeAlongAxis: [
    [() => h.takeAlongAxis(f23, i2), 'takeAlongAxis: indices [2] do not fit [2, 3] along axis 1'],
    [() => h.takeAlongAxis(f23, f23), 'takeAlongAxis: indices have dtype float32, not int32'],
  ],
  scatterAdd: [
    [() => h.scatterAdd(f23, i2, f2), 'scatterAdd: updates have shape [2], expected [2, 3]'],
    [() => h.scatterAdd(f2, i2, i2), 'scatterAdd: dtypes float32 and int32 cannot be added'],
    [() => h.scatterAdd(f2, f2, f2), 'scatterAdd: indices have dtype float32, not int32'],
    [() => h.scatterAdd(f2, i2, 1), 'scatterAdd: updates is the number 1, not a tensor'],
  ],
}
