// Random numbers.

import { random, tensor } from '../../ts/index.js'
import { f2, h, i2, key, type Row } from './given.js'

export const randomRows: Record<string, Row[]> = {
  'random.key': [[() => h.random.key(0.5), 'random.key: the seed is an integer, not 0.5']],
  'random.split': [
    [() => h.random.split(f2), 'random.split: a key is uint32[2] (see random.key), not float32[2]'],
    [() => h.random.split(key, -1), 'random.split: the count is a non-negative integer, not -1'],
    [() => h.random.split(7), 'random.split: a key is uint32[2] (see random.key), not the number 7'],
  ],
  'random.bits': [[() => h.random.bits(key, 3), 'random.bits: a shape is a list of non-negative integers, not 3']],
  'random.uniform': [
    [() => h.random.uniform(1, [2]), 'random.uniform: a key is uint32[2] (see random.key), not the number 1'],
    [() => h.random.uniform(key, [2], 'a'), 'random.uniform: low is the string a, not a tensor'],
    [() => h.random.uniform(key, [3], 0, f2), 'random.uniform: shapes do not broadcast: [2] and [3]'],
    [() => h.random.uniform(key, [], 0, f2), 'random.uniform: high [2] does not broadcast to []'],
  ],
  'random.randint': [
    [() => h.random.randint(key, 3, 0, 1), 'random.randint: a shape is a list of non-negative integers, not 3'],
    [() => h.random.randint(key, [3], 0.5, 1), 'random.randint: [low, high) is a range of int32, not [0.5, 1)'],
    [() => h.random.randint(key, [3], 2, 2), 'random.randint: [low, high) is a range of int32, not [2, 2)'],
    [() => h.random.randint(key, [3], 0, 2 ** 31 + 1), 'a range of int32, not [0, 2147483649)'],
    [
      () => h.random.randint(key, [3], -1, 1, 'uint32'),
      'random.randint: [low, high) is a range of uint32, not [-1, 1)',
    ],
    [() => h.random.randint(key, [2], f2, 9.5), 'random.randint: [low, high) is a range of int32, not [Tensor', '9.5)'],
    [() => h.random.randint(key, [2], 0), 'random.randint: high is undefined, not a tensor'],
    [() => h.random.randint(2, [2], 0, 1), 'random.randint: a key is uint32[2] (see random.key), not the number 2'],
  ],
  'random.truncatedNormal': [
    [() => h.random.truncatedNormal(key, -2, 'a'), 'random.truncatedNormal: upper is the string a, not a tensor'],
    [() => h.random.truncatedNormal(key, -2, f2, [3]), 'random.truncatedNormal: shapes do not broadcast: [2] and [3]'],
    [() => h.random.truncatedNormal(f2, -2, 2), 'random.truncatedNormal: a key is uint32[2]', 'float32[2]'],
  ],
  'random.exponential': [
    [() => h.random.exponential(1), 'random.exponential: a key is uint32[2] (see random.key), not the number 1'],
    [() => h.random.exponential(key, 2), 'random.exponential: a shape is a list of non-negative integers, not 2'],
  ],
  'random.normal': [
    [() => h.random.normal(h.stack(random.split(key)), [2]), 'random.normal: a key is uint32[2]', 'uint32[2, 2]'],
    [() => h.random.normal(key, [-1]), 'random.normal: a shape is a list of non-negative integers'],
  ],
  'random.permutation': [
    [() => h.random.permutation(key, 2.5), 'random.permutation: a shape is a list of non-negative integers, not [2.5]'],
    [() => h.random.permutation(key, [1]), 'random.permutation: the argument is an array, not a tensor'],
    [() => h.random.permutation(key, f2, 1), 'random.permutation: axis 1 is out of range for rank 1'],
    [() => h.random.permutation(3, 4), 'random.permutation: a key is uint32[2] (see random.key), not the number 3'],
  ],
  'random.foldIn': [
    [() => h.random.foldIn(f2, 1), 'random.foldIn: a key is uint32[2]', 'float32[2]'],
    [() => h.random.foldIn(key, 0.5), 'random.foldIn: the data is one integer, not 0.5'],
    [() => h.random.foldIn(key, i2), 'random.foldIn: the data is one integer, not int32[2]'],
    [() => h.random.foldIn(key, 'a'), 'random.foldIn: the data is the string a, not a tensor'],
  ],
  'random.bernoulli': [
    [() => h.random.bernoulli(key, 'a'), 'random.bernoulli: the probability is the string a, not a tensor'],
    [() => h.random.bernoulli(1), 'random.bernoulli: a key is uint32[2] (see random.key), not the number 1'],
  ],
  'random.gumbel': [
    [() => h.random.gumbel(key, 2), 'random.gumbel: a shape is a list of non-negative integers, not 2'],
  ],
  'random.categorical': [
    [() => h.random.categorical(key, tensor(1)), 'random.categorical: logits are float32[..., classes]', 'float32[]'],
    [() => h.random.categorical(key, i2), 'random.categorical: logits are float32[..., classes]', 'int32[2]'],
    [() => h.random.categorical(key, [1]), 'random.categorical: logits is an array, not a tensor'],
  ],
}
