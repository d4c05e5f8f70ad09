// Where a name is NumPy's or JAX's, what it does at the ends is theirs: negative axes, kept dimensions, nothing to reduce,
// NaN, zeros of either sign, integers that overflow. Expected values from their documentation, by hand.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as heddle from '../../ts/index.js'
import { jit, type Tensor } from '../../ts/index.js'

const test = suite('as in NumPy')

// biome-ignore lint/suspicious/noExplicitAny: rows call operations of many types
const h = heddle as any
const { NaN: nan, POSITIVE_INFINITY: inf } = Number

const f = (data: unknown): Tensor => h.tensor(data)
const i = (data: unknown): Tensor => h.tensor(data, { dtype: 'int32' })
const u = (data: unknown): Tensor => h.tensor(data, { dtype: 'uint32' })
const b = (data: unknown): Tensor => h.tensor(data, { dtype: 'bool' })
const none = (...shape: number[]): Tensor => h.zeros(shape)

/** What is done with which tensors; the shape and the elements, flat. */
type Row = [
  name: string,
  run: (...xs: Tensor[]) => Tensor,
  xs: Tensor[],
  shape: number[],
  elements: (number | boolean)[],
]

const rows: Row[] = [
  // Negative axes and kept dimensions.
  [
    'sum, axis -1',
    x => h.sum(x, { axis: -1 }),
    [
      f([
        [1, 2],
        [3, 4],
      ]),
    ],
    [2],
    [3, 7],
  ],
  [
    'sum, axis -2 kept',
    x => h.sum(x, { axis: -2, keepDims: true }),
    [
      f([
        [1, 2],
        [3, 4],
      ]),
    ],
    [1, 2],
    [4, 6],
  ],
  [
    'max, two axes kept',
    x => h.max(x, { axis: [0, -1], keepDims: true }),
    [
      f([
        [1, 2],
        [3, 4],
      ]),
    ],
    [1, 1],
    [4],
  ],
  [
    'prod, axis -1 kept',
    x => h.prod(x, { axis: -1, keepDims: true }),
    [
      f([
        [1, 2],
        [3, 4],
      ]),
    ],
    [2, 1],
    [2, 12],
  ],
  [
    'argmax, axis -2',
    x => h.argmax(x, -2),
    [
      f([
        [1, 5],
        [3, 4],
      ]),
    ],
    [2],
    [1, 0],
  ],
  [
    'argmin, flattened',
    x => h.argmin(x),
    [
      f([
        [4, 5],
        [3, 3],
      ]),
    ],
    [],
    [2],
  ],
  [
    'cumsum, axis -2',
    x => h.cumsum(x, { axis: -2 }),
    [
      f([
        [1, 2],
        [3, 4],
      ]),
    ],
    [2, 2],
    [1, 2, 4, 6],
  ],
  [
    'cumsum, flattened',
    x => h.cumsum(x),
    [
      f([
        [1, 2],
        [3, 4],
      ]),
    ],
    [4],
    [1, 3, 6, 10],
  ],
  [
    'sort, axis 0',
    x => h.sort(x, { axis: 0 }),
    [
      f([
        [3, 1],
        [2, 5],
      ]),
    ],
    [2, 2],
    [2, 1, 3, 5],
  ],
  ['concat, axis -1', (x, y) => h.concat([x, y], -1), [f([[1], [2]]), f([[3], [4]])], [2, 2], [1, 3, 2, 4]],
  ['stack, axis -1', (x, y) => h.stack([x, y], -1), [f([1, 2]), f([3, 4])], [2, 2], [1, 3, 2, 4]],
  ['expandDims, axis -1', x => h.expandDims(x, -1), [f([1, 2])], [2, 1], [1, 2]],
  [
    'take, axis -1',
    (x, ids) => h.take(x, ids, -1),
    [
      f([
        [1, 2],
        [3, 4],
      ]),
      i([1]),
    ],
    [2, 1],
    [2, 4],
  ],
  [
    'at, from the end',
    x => h.at(x, -1, -1),
    [
      f([
        [1, 2],
        [3, 4],
      ]),
    ],
    [2],
    [2, 4],
  ],
  ['slice, from the end', x => h.slice(x, [-2], [-1]), [f([1, 2, 3])], [1], [2]],
  [
    'flip, axis -1',
    x => h.flip(x, -1),
    [
      f([
        [1, 2],
        [3, 4],
      ]),
    ],
    [2, 2],
    [2, 1, 4, 3],
  ],
  ['roll, axis -1 back', x => h.roll(x, -1, -1), [f([[1, 2, 3]])], [1, 3], [2, 3, 1]],
  ['variance, correction', x => h.variance(x, { correction: 1 }), [f([1, 3])], [], [2]],

  // Nothing.
  ['sum of nothing', x => h.sum(x), [none(0)], [], [0]],
  ['sum over nothing', x => h.sum(x, { axis: 0 }), [none(0, 2)], [2], [0, 0]],
  ['sum over something of nothing', x => h.sum(x, { axis: 1 }), [none(0, 2)], [0], []],
  ['prod of nothing', x => h.prod(x), [none(0)], [], [1]],
  ['prod over nothing', x => h.prod(x, { axis: -1 }), [none(2, 0)], [2], [1, 1]],
  ['mean of nothing', x => h.mean(x), [none(0)], [], [nan]],
  ['variance of nothing', x => h.variance(x), [none(0)], [], [nan]],
  ['all of nothing', x => h.all(x), [none(0)], [], [true]],
  ['any of nothing', x => h.any(x), [none(0)], [], [false]],
  ['logsumexp of nothing', x => h.logsumexp(x), [none(0)], [], [-inf]],
  ['max over something of nothing', x => h.max(x, { axis: 1 }), [none(0, 2)], [0], []],
  ['cumsum of nothing', x => h.cumsum(x), [none(0)], [0], []],
  ['cumprod of nothing', x => h.cumprod(x, { axis: 1 }), [none(2, 0)], [2, 0], []],
  ['cummax of nothing', x => h.cummax(x, { axis: 0 }), [none(0, 2)], [0, 2], []],
  ['sort of nothing', x => h.sort(x), [none(2, 0)], [2, 0], []],
  ['argsort of nothing', x => h.argsort(x, { axis: 0 }), [none(0, 2)], [0, 2], []],
  ['topK of no element', x => h.topK(x, 0)[1], [f([1, 2])], [0], []],
  ['matmul over nothing', (x, y) => h.matmul(x, y), [none(2, 0), none(0, 2)], [2, 2], [0, 0, 0, 0]],
  ['concat with nothing', (x, y) => h.concat([x, y]), [none(0, 2), f([[1, 2]])], [1, 2], [1, 2]],
  ['take nothing of nothing', (x, ids) => h.take(x, ids), [none(0, 2), h.zeros([0], 'int32')], [0, 2], []],
  ['roll nothing', x => h.roll(x, 3), [none(0)], [0], []],
  ['tile nothing', x => h.tile(x, [2, 2]), [none(0)], [2, 0], []],
  ['repeat by 0', x => h.repeat(x, 0), [f([1, 2])], [0], []],
  [
    'diagonal outside',
    x => h.diagonal(x, { offset: 5 }),
    [
      f([
        [1, 2],
        [3, 4],
      ]),
    ],
    [0],
    [],
  ],
  [
    'trace outside',
    x => h.trace(x, { offset: -5 }),
    [
      f([
        [1, 2],
        [3, 4],
      ]),
    ],
    [],
    [0],
  ],
  ['oneHot of no classes', x => h.oneHot(x, 0), [i([1])], [1, 0], []],
  ['einsum over nothing', x => h.einsum('ij->i', x), [none(2, 0)], [2], [0, 0]],
  ['arange of nothing', () => h.arange(3, 1), [], [0], []],
  ['searchsorted in nothing', x => h.searchsorted(x, 1), [none(0)], [], [0]],

  // NaN.
  ['max with NaN', x => h.max(x), [f([1, nan, 3])], [], [nan]],
  [
    'min with NaN',
    x => h.min(x, { axis: 1 }),
    [
      f([
        [1, nan],
        [2, 3],
      ]),
    ],
    [2],
    [nan, 2],
  ],
  ['maximum with NaN', (x, y) => h.maximum(x, y), [f([1, nan, nan]), f([nan, 1, nan])], [3], [nan, nan, nan]],
  ['minimum with NaN', (x, y) => h.minimum(x, y), [f([1, nan]), f([nan, 1])], [2], [nan, nan]],
  ['argmax with NaN', x => h.argmax(x), [f([1, nan, 3, nan])], [], [1]],
  [
    'argmin with NaN',
    x => h.argmin(x, 0),
    [
      f([
        [1, nan],
        [nan, 0],
      ]),
    ],
    [2],
    [1, 0],
  ],
  ['sort with NaN', x => h.sort(x), [f([nan, 2, -inf, nan, 1, inf])], [6], [-inf, 1, 2, inf, nan, nan]],
  ['argsort with NaN', x => h.argsort(x), [f([nan, 2, nan, 1])], [4], [3, 1, 0, 2]],
  ['descending with NaN', x => h.argsort(x, { descending: true }), [f([2, nan, 1, nan])], [4], [1, 3, 0, 2]],
  ['topK with NaN', x => h.topK(x, 2)[0], [f([2, nan, 1])], [2], [nan, 2]],
  ['cummax with NaN', x => h.cummax(x), [f([1, nan, 3])], [3], [1, nan, nan]],
  ['cummin with NaN', x => h.cummin(x, { reverse: true }), [f([1, nan, 3])], [3], [nan, nan, 3]],
  ['cumsum with infinities', x => h.cumsum(x), [f([inf, 1, -inf, 1])], [4], [inf, inf, nan, nan]],
  ['NaN equals nothing', x => h.equal(x, x), [f([nan, 1])], [2], [false, true]],
  ['NaN differs', x => h.notEqual(x, x), [f([nan, 1])], [2], [true, false]],
  ['sign', x => h.sign(x), [f([nan, -0, -3, inf])], [4], [nan, -0, -1, 1]],
  ['clip with NaN', x => h.clip(x, 0, 1), [f([nan, -1, 2])], [3], [nan, 0, 1]],
  ['any of NaN', x => h.any(x), [f([nan])], [], [true]],
  ['cast of NaN', x => h.cast(x, 'bool'), [f([nan, 0, -0])], [3], [true, false, false]],
  ['searchsorted of NaN', (x, y) => h.searchsorted(x, y), [f([1, 2, nan]), f([nan, 3])], [2], [2, 2]],
  ['searchsorted of NaN, right', (x, y) => h.searchsorted(x, y, { side: 'right' }), [f([1, nan]), f([nan])], [1], [2]],

  // Zeros of either sign, and equals.
  ['zeros keep their order', x => h.sort(x), [f([0, -0, -1, -0, 0])], [5], [-1, 0, -0, -0, 0]],
  ['descending zeros too', x => h.sort(x, { descending: true }), [f([-0, 0, 1])], [3], [1, -0, 0]],
  ['argsort is stable', x => h.argsort(x), [f([1, 0, -0, 1, 0])], [5], [1, 2, 4, 0, 3]],
  ['and descending', x => h.argsort(x, { descending: true }), [i([1, 2, 1, 2])], [4], [1, 3, 0, 2]],
  ['topK takes the first of equals', x => h.topK(x, 3)[1], [i([1, 2, 2, 1, 2])], [3], [1, 2, 4]],
  ['argmax takes the first', x => h.argmax(x), [f([1, 3, 3])], [], [1]],
  ['argmin takes the first', x => h.argmin(x), [f([0, -0])], [], [0]],
  ['cumsum of -0', x => h.cumsum(x), [f([-0, -0, 0])], [3], [-0, -0, 0]],
  ['round to even', x => h.round(x), [f([0.5, 1.5, -0.5, 2.5])], [4], [0, 2, -0, 2]],

  // Integers.
  ['int32 addition wraps', (x, y) => h.add(x, y), [i([2147483647]), i([1])], [1], [-2147483648]],
  ['uint32 subtraction wraps', (x, y) => h.sub(x, y), [u([0]), u([1])], [1], [4294967295]],
  ['int32 product wraps', (x, y) => h.mul(x, y), [i([65536]), i([65537])], [1], [65536]],
  ['sum wraps', x => h.sum(x), [i([2147483647, 1])], [], [-2147483648]],
  ['prod wraps', x => h.prod(x), [u([65536, 65536, 3])], [], [0]],
  ['cumsum wraps', x => h.cumsum(x), [u([4294967295, 2])], [2], [4294967295, 1]],
  ['cumprod wraps', x => h.cumprod(x), [i([65536, 32768, 2])], [3], [65536, -2147483648, 0]],
  ['negation wraps', x => h.neg(x), [i([-2147483648])], [1], [-2147483648]],
  ['absolute value wraps', x => h.abs(x), [i([-2147483648])], [1], [-2147483648]],
  ['sort of int32', x => h.sort(x), [i([1, -2147483648, 2147483647, -1])], [4], [-2147483648, -1, 1, 2147483647]],
  ['sort of uint32', x => h.sort(x, { descending: true }), [u([1, 4294967295, 0])], [3], [4294967295, 1, 0]],
  ['sort of bool', x => h.sort(x), [b([true, false, true])], [3], [false, true, true]],
  ['argmax of integers beyond float32', x => h.argmax(x), [i([16777216, 16777217])], [], [1]],
  ['argmin of uint32', x => h.argmin(x, 1), [u([[4294967295, 4294967294]])], [1], [1]],
  ['max of uint32', x => h.max(x), [u([1, 4294967295])], [], [4294967295]],
  ['bools are counted', x => h.sum(x), [b([true, true, false])], [], [2]],
  ['and cumulated', x => h.cumsum(x), [b([true, true, false])], [3], [1, 2, 2]],
  ['and multiplied', x => h.prod(x), [b([true, true])], [], [1]],
  ['cummax of bool', x => h.cummax(x), [b([false, true, false])], [3], [false, true, true]],
  ['remainder by zero', (x, y) => h.rem(x, y), [f([1]), f([0])], [1], [nan]],
]

/** Elements as strings, so that -0 is not 0 and NaN is itself. */
const show = (x: Tensor): string[] => {
  const flat = (value: unknown): unknown[] => (Array.isArray(value) ? value.flatMap(flat) : [value])
  return flat(x.toArray()).map(written)
}
const written = (value: unknown): string => (Object.is(value, -0) ? '-0' : String(value))

for (const [name, run, xs, shape, elements] of rows) {
  test(name, () => {
    for (const result of [run(...xs), jit(run)(...xs)]) {
      assert.equal(result.shape, shape)
      assert.equal(show(result), elements.map(written))
    }
  })
}

test('extremes of nothing do not exist', () => {
  for (const name of ['max', 'min', 'argmax', 'argmin']) assert.throws(() => h[name](none(0)), /nothing/, name)
})

test.run()
