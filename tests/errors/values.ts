// What makes values: data, shapes, fills.

import type { Tensor } from '../../ts/index.js'
import { f2, f23, h, type Row } from './given.js'

export const valuesRows: Record<string, Row[]> = {
  tensor: [
    [() => h.tensor([[1, 2], [3]]), 'tensor: ragged data', '[2, 2]'],
    [() => h.tensor(['a']), 'tensor: a (string) is not a number'],
    [() => h.tensor([1, 2, 3], { shape: [2, 2] }), 'tensor: 3 values do not fill the shape [2, 2]'],
    [() => h.tensor([1.5], { dtype: 'int32' }), 'tensor: 1.5 is not a value of dtype int32'],
    [() => h.tensor([1], { dtype: 'float64' }), 'tensor: unknown dtype "float64"'],
    [() => h.tensor(new Float64Array(2)), 'tensor: a Float64Array has no dtype here'],
    [() => h.tensor(f2), 'tensor: the data is a tensor already'],
    [() => h.tensor([1], { shape: [-1] }), 'tensor: a shape is a list of non-negative integers'],
  ],
  Tensor: [
    [() => f23.item(), 'item: the tensor has 6 elements', '[2, 3]'],
    [() => h.jit((x: Tensor) => x.data())(f2), 'data() of a traced value', 'cond'],
  ],
  full: [
    [() => h.full([2, -1], 0), 'full: a shape is a list of non-negative integers'],
    [() => h.full(3, 0), 'full: a shape is a list of non-negative integers'],
    [() => h.full([2], 0, 'int'), 'full: unknown dtype "int"'],
    [() => h.full([2], 0.5, 'int32'), 'full: 0.5 is not a value of dtype int32'],
    [() => h.full([65536, 65536], 0), 'out of memory: 17179869184 bytes', 'limit', 'every live tensor is intact'],
  ],
  zeros: [[() => h.zeros([1.5]), 'a shape is a list of non-negative integers']],
  ones: [[() => h.ones('2'), 'a shape is a list of non-negative integers']],
  zerosLike: [[() => h.zerosLike(3), 'zerosLike: the argument is the number 3, not a tensor']],
  onesLike: [[() => h.onesLike(null), 'onesLike: the argument is null, not a tensor']],
  arange: [[() => h.arange(0, 3, 0), 'arange: bounds are finite and the step is not 0: 0, 3, 0']],
  linspace: [
    [() => h.linspace(0, 1, 2.5), 'linspace: the count is a non-negative integer, not 2.5'],
    [() => h.linspace(0, Number.NaN), 'linspace: bounds are finite'],
  ],
  eye: [[() => h.eye(-1), 'eye: a size is a non-negative integer, not -1']],
}
