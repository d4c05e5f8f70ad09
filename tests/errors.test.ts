// Every operation and transform refuses what does not fit with one message: the operation, what was given, and the
// user's own line; and what was computed before stays as it was.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { firstOutside, framesOf, libraryRoot } from '../ts/errors.js'
import * as heddle from '../ts/index.js'
import { memory, random, type Tensor, tensor, treeLeaves } from '../ts/index.js'
import { profile } from '../ts/profile/index.js'

// What is given on purpose is not what the types ask for.
// biome-ignore lint/suspicious/noExplicitAny: see above
const h = heddle as any

/** What is done, what the message contains. */
type Row = readonly [attempt: () => unknown, ...contains: string[]]

const f23 = tensor([
  [1, 2, 3],
  [4, 5, 6],
])
const f2 = tensor([1, 2])
const i2 = tensor([0, 1], { dtype: 'int32' })
const u2 = tensor([3, 4], { dtype: 'uint32' })
const b2 = tensor([true, false])
const empty = h.zeros([0, 3])
const key = random.key(1)

/** Two operands, elementwise. */
const binary = (name: string): Row[] => [
  [() => h[name](f23, f2), `${name}: shapes do not broadcast: [2, 3] and [2]`],
  [() => h[name]('a', f2), `${name}: an argument is the string a`],
  [() => h[name](f2, [1, 2]), `${name}: an argument is an array`, 'tensor('],
  [() => h[name](f2), `${name}: an argument is undefined`],
  [() => h[name](i2, 1.5), `${name}: the number 1.5 beside a tensor of dtype int32`],
]

/** One operand, elementwise. */
const unary = (name: string): Row[] => [
  [() => h[name]([1, 2]), `${name}: an argument is an array`, 'tensor('],
  [() => h[name](), `${name}: an argument is undefined`],
]

/** The same, where only floats are taken. */
const floatUnary = (name: string): Row[] => [
  ...unary(name),
  [() => h[name](i2), `${name}: dtype int32 is not accepted`],
]

const reduction = (name: string): Row[] => [
  [() => h[name]([1, 2]), `${name}: the argument is an array, not a tensor`],
  [() => h[name](f23, { axis: 2 }), `${name}: axis 2 is out of range for rank 2`],
  [() => h[name](f23, { axis: [0, 0] }), `${name}: an axis is given twice`],
  [() => h[name](f23, { axis: 0.5 }), `${name}: axis 0.5 is out of range`],
]

const x3 = (x: Tensor): Tensor => h.mul(x, 3)

/** A row list for each export. */
const table: Record<string, Row[]> = {
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
  ...Object.fromEntries(
    ['add', 'mul', 'sub', 'div', 'rem', 'pow', 'maximum', 'minimum', 'equal', 'notEqual', 'less', 'lessEqual']
      .concat(['greater', 'greaterEqual'])
      .map(name => [name, binary(name)]),
  ),
  ...Object.fromEntries(
    ['bitwiseAnd', 'bitwiseOr', 'bitwiseXor'].map(name => [
      name,
      [...binary(name), [() => h[name](f2, f2), 'dtype float32 is not accepted']] as Row[],
    ]),
  ),
  ...Object.fromEntries(
    ['shiftLeft', 'shiftRight'].map(name => [
      name,
      [...binary(name), [() => h[name](b2, b2), `${name}: dtype bool is not accepted`]] as Row[],
    ]),
  ),
  logicalAnd: [[() => h.logicalAnd('a', f2), 'logicalAnd: an argument is the string a']],
  logicalOr: [[() => h.logicalOr(f2), 'logicalOr: an argument is undefined']],
  logicalNot: [[() => h.logicalNot([1]), 'logicalNot: an argument is an array']],
  bitwiseNot: [...unary('bitwiseNot'), [() => h.bitwiseNot(f2), 'dtype float32 is not accepted']],
  neg: [...unary('neg'), [() => h.neg(b2), 'neg: dtype bool is not accepted']],
  sign: [...unary('sign'), [() => h.sign(b2), 'sign: dtype bool is not accepted']],
  abs: unary('abs'),
  square: [[() => h.square('a'), 'an argument is the string a']],
  clip: [[() => h.clip(f2, f23, 1), 'maximum: shapes do not broadcast: [2] and [2, 3]']],
  ...Object.fromEntries(
    ['exp', 'expm1', 'log', 'log1p', 'sqrt', 'rsqrt', 'erf', 'sigmoid', 'tanh', 'sin', 'cos'].map(name => [
      name,
      floatUnary(name),
    ]),
  ),
  ceil: unary('ceil'),
  floor: unary('floor'),
  round: unary('round'),
  isFinite: unary('isFinite'),
  where: [
    [() => h.where('a', 1, 2), 'where: an argument is the string a'],
    [() => h.where(b2, f23, 0), 'where: shapes do not broadcast'],
    [() => h.where(b2, 'a', 0), 'where: an argument is the string a'],
  ],
  cast: [
    [() => h.cast(f2, 'float64'), 'cast: unknown dtype "float64"; there are float32'],
    [() => h.cast([1], 'int32'), 'cast: the argument is an array, not a tensor'],
  ],
  ...Object.fromEntries(['sum', 'mean', 'variance', 'std', 'any', 'all'].map(name => [name, reduction(name)])),
  max: [...reduction('max'), [() => h.max(empty), 'max: shape [0, 3] has nothing along the reduced axes']],
  min: [...reduction('min'), [() => h.min(empty, { axis: 0 }), 'min: shape [0, 3] has nothing']],
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
    [() => h.logsumexp(f23, { axis: [1, -1] }), 'logsumexp: an axis of [2, 3] is given twice'],
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
  outer: [[() => h.outer(f2, null), 'outer: an argument is null']],
  dotGeneral: [
    [() => h.dotGeneral(f23, f23, { contract: [[1], [0]] }), 'dotGeneral', '[2, 3]'],
    [() => h.dotGeneral(f23, f2, { contract: [[2], [0]] }), 'dotGeneral: axis 2 is out of range for rank 2'],
    [() => h.dotGeneral(f23, i2, { contract: [[0], [0]] }), 'dotGeneral: operands are float32, not float32 and int32'],
    [() => h.dotGeneral(f23, 1, { contract: [[0], [0]] }), 'dotGeneral: rhs is the number 1, not a tensor'],
  ],
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
    [() => h.stack([f2, f23]), '[1, 2]', '[1, 2, 3]'],
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
  'random.key': [[() => h.random.key(0.5), 'random.key: the seed is an integer, not 0.5']],
  'random.split': [
    [() => h.random.split(f2), 'random.split: a key is uint32[2] (see random.key), not float32[2]'],
    [() => h.random.split(key, -1), 'random.split: the count is a non-negative integer, not -1'],
    [() => h.random.split(7), 'random.split: the key is the number 7, not a tensor'],
  ],
  'random.bits': [[() => h.random.bits(key, 3), 'random.bits: a shape is a list of non-negative integers, not 3']],
  'random.uniform': [[() => h.random.uniform(1, [2]), 'random.uniform: the key is the number 1, not a tensor']],
  'random.normal': [
    [() => h.random.normal(h.stack(random.split(key)), [2]), 'random.normal: a key is uint32[2]', 'uint32[2, 2]'],
    [() => h.random.normal(key, [-1]), 'random.normal: a shape is a list of non-negative integers'],
  ],
  'random.foldIn': [
    [() => h.random.foldIn(f2, 1), 'random.foldIn: a key is uint32[2]', 'float32[2]'],
    [() => h.random.foldIn(key, 0.5), 'random.foldIn: the data is one integer, not 0.5'],
    [() => h.random.foldIn(key, i2), 'random.foldIn: the data is one integer, not int32[2]'],
    [() => h.random.foldIn(key, 'a'), 'random.foldIn: the data is the string a, not a tensor'],
  ],
  'random.bernoulli': [
    [() => h.random.bernoulli(key, 'a'), 'random.bernoulli: the probability is the string a, not a tensor'],
    [() => h.random.bernoulli(1), 'random.bernoulli: the key is the number 1, not a tensor'],
  ],
  'random.gumbel': [
    [() => h.random.gumbel(key, 2), 'random.gumbel: a shape is a list of non-negative integers, not 2'],
  ],
  'random.categorical': [
    [() => h.random.categorical(key, tensor(1)), 'random.categorical: logits are float32[..., classes]', 'float32[]'],
    [() => h.random.categorical(key, i2), 'random.categorical: logits are float32[..., classes]', 'int32[2]'],
    [() => h.random.categorical(key, [1]), 'random.categorical: logits is an array, not a tensor'],
  ],
  setMemoryLimit: [[() => h.setMemoryLimit(0), 'setMemoryLimit: a limit is a positive number of bytes, not 0']],
  profile: [
    [() => profile(3 as never), 'profile: the first argument is not a function'],
    [() => profile(x3, { milliseconds: Number.NaN }), 'profile: milliseconds is NaN'],
    [() => profile(x3)('a' as never), 'profile: arguments'],
    [() => h.jit((x: Tensor) => profile(x3)(x).result)(f2), 'profile: called inside of jit'],
  ],
  treeMap: [
    [() => h.treeMap(x3, { a: f2 }, { b: f2 }), 'treeMap: tree 2 differs from the first: {"b": *} beside {"a": *}'],
    [() => h.treeMap(x3, new Map()), 'is a Map: a tree holds tensors and numbers'],
  ],
  treeLeaves: [[() => h.treeLeaves({ a: 'text' }), '.a is a string (text): a tree holds tensors and numbers']],
  jit: [
    [() => h.jit(3), 'jit: the first argument is not a function'],
    [() => h.jit(x3, { donate: [-1] }), 'jit: donate is a list of argument positions'],
    [() => h.jit(x3, { donate: [0], static: [0] }), 'jit: argument 0 is both donated and static'],
    [() => h.jit(x3)('a'), 'jit: argument 1 is a string (a)'],
    [() => h.jit(() => 'text')(), "jit: the function's result is a string (text)"],
    [() => h.jit(async (x: Tensor) => x)(f2), 'jit: the function is async'],
    [() => h.jit((x: Tensor) => (Number(x) > 0 ? x : h.neg(x)))(tensor(1)), 'traced value', 'where(', 'cond'],
    [() => h.jit((x: Tensor) => h.tensor(x.toArray()))(f2), 'data() of a traced value (float32[2])'],
    [() => h.jit((x: Tensor) => h.matmul(x, x))(f23), 'matmul: inner dimensions differ: [2, 3] x [2, 3]'],
    [
      () => h.jit((x: Tensor, y: Tensor) => h.add(x, y), { donate: [0] })(f2, f2),
      'jit: a tensor is donated and passed a second time',
    ],
  ],
  grad: [
    [() => h.grad(3), 'grad: the first argument is not a function'],
    [() => h.grad((x: Tensor) => x)(f2), 'grad: the loss is a float32 scalar, not float32[2]; reduce it'],
    [() => h.grad(h.sum)(3), 'grad: the first argument is the number 3; gradients are taken with respect to float32'],
    [() => h.grad(h.sum)(i2), 'grad: the first argument has dtype int32'],
    [() => h.grad(() => 'loss')(f2), "grad: the function's result is a string (loss)"],
    [() => h.grad((p: { w: Tensor }) => h.sum(p.w))({ w: i2 }), 'grad: the first argument.w has dtype int32'],
    [() => h.grad((x: Tensor) => [h.sum(x), x])(f2), 'grad: the function returns [*, *], expected one loss', 'hasAux'],
  ],
  valueAndGrad: [
    [
      () => h.valueAndGrad((x: Tensor) => h.sum(x), { hasAux: true })(f2),
      'grad: the function returns *, expected [loss, extra]',
    ],
    [
      () => h.valueAndGrad((x: Tensor) => h.sum(h.cast(x, 'int32')))(f2),
      'grad: the loss is a float32 scalar, not int32[]',
    ],
  ],
  vjp: [
    [() => h.vjp(x3, f2)[1](f23), 'vjp: a cotangent has shape [2, 3], the result [2]'],
    [() => h.vjp(x3, f2)[1]([f2]), 'vjp: the cotangent is [*], the result *'],
    [() => h.vjp('f', f2), 'vjp: the first argument is not a function'],
  ],
  jvp: [
    [() => h.jvp(x3, [f2], [f23]), 'jvp: a tangent has shape [2, 3], its primal [2]'],
    [() => h.jvp(x3, [f2], [f2, f2]), 'jvp: trees differ: [*] and [*, *]'],
    [() => h.jvp(null, [f2], [f2]), 'jvp: the first argument is not a function'],
  ],
  linearize: [
    [() => h.linearize(x3, f2)[1](f23), 'linearize: a tangent has shape [2, 3], its primal [2]'],
    [() => h.linearize(x3, f2)[1](f2, f2), 'linearize: trees differ'],
    [() => h.linearize(1, f2), 'linearize: the first argument is not a function'],
  ],
  vmap: [
    [() => h.vmap(3), 'vmap: the first argument is not a function'],
    [() => h.vmap(x3)(tensor(1)), 'vmap: argument 1 has a leaf of shape [], which has no axis 0'],
    [() => h.vmap(x3, [3])(f23), 'vmap: argument 1 has a leaf of shape [2, 3], which has no axis 3'],
    [() => h.vmap(h.add)(f23, tensor([1, 2, 3])), 'vmap: batch axes have different lengths: 2 and 3'],
    [() => h.vmap(x3, [null])(f2), 'vmap: no argument has a batch axis'],
    [() => h.vmap(x3, [0, 0])(f2), 'vmap: inAxes names 2 arguments, the function was called with 1'],
    [() => h.vmap((p: { w: Tensor }) => p.w, [{ w: { deep: 0 } }])({ w: f2 }), 'vmap: axes', 'do not fit argument 1.w'],
    [() => h.vmap(x3, [0], 3)(f2), 'vmap: outAxes 3 does not fit a result of rank 1'],
    [() => h.vmap((x: Tensor) => h.matmul(x, f23))(f23), 'matmul: inner dimensions differ: [3] x [2, 3]'],
  ],
  scan: [
    [() => h.scan(1, f2, f23), 'scan: the first argument is not a function'],
    [() => h.scan((c: Tensor) => c, f2, f2), 'scan: the function returns [carry, y]'],
    [
      () => h.scan((c: Tensor, x: Tensor) => [h.stack([c, x]), x], tensor(0), f2),
      'scan: the carry changes: it starts as f32[] and a step returns shape [2]',
    ],
    [
      () => h.scan((c: Tensor, x: Tensor) => [h.cast(c, 'int32'), x], tensor(0), f2),
      'scan: the carry changes: it starts as f32[] and a step returns i32[]',
    ],
    [
      () => h.scan((c: { a: Tensor }, x: Tensor) => [{ b: c.a }, x], { a: f2 }, f2),
      'scan: the carry changes its structure: it starts as {"a": *} and a step returns {"b": *}',
    ],
    [() => h.scan((_: { a: Tensor }, x: Tensor) => [{ a: x }, x], { a: f2 }, f2), 'scan: the carry.a changes'],
    [
      () => h.scan((c: Tensor, x: Tensor) => [c, x], f2, { a: f2, b: tensor([1, 2, 3]) }),
      'scan: leaves of xs have different numbers of steps: 2 and 3',
    ],
    [() => h.scan((c: Tensor) => [c, c], f2, null), 'scan: there is no xs; give the number of steps'],
    [
      () => h.scan((c: Tensor) => [c, c], f2, null, { length: 1.5 }),
      'scan: the number of steps is a non-negative integer, not 1.5',
    ],
    [() => h.scan((c: Tensor, x: Tensor) => [c, x], f2, tensor(1)), 'scan: a leaf of xs is a scalar'],
    [
      () => h.scan((c: Tensor, x: Tensor) => [h.matmul(c, f23), x], tensor([1, 2, 3]), f2),
      'matmul: inner dimensions differ: [3] x [2, 3]',
    ],
  ],
  makeProgram: [[() => h.makeProgram(3)(f2), 'makeProgram: the first argument is not a function']],
  evalShape: [
    [() => h.evalShape(x3)({ shape: [-1] }), 'evalShape: a shape is a list of non-negative integers'],
    [
      () => h.evalShape((x: Tensor) => h.matmul(x, f23))({ shape: [3] }),
      'matmul: inner dimensions differ: [3] x [2, 3]',
    ],
    [() => h.evalShape(1)(), 'evalShape: the first argument is not a function'],
  ],
  debug: [[() => h.debug.nans(3), 'debug.nans: the first argument is not a function']],
}
const kept = [f23, f2, i2, u2, b2, key]
const before = kept.map(x => x.toArray())

/** JavaScriptCore leaves out the frames of functions that end in a call, as most rows do. */
const frames = (): number => framesOf(new Error().stack ?? '').length
const framesAfterTailCall = (): number => frames()
const keepsFrames = framesAfterTailCall() > frames()

for (const [name, rows] of Object.entries(table)) {
  test(`${name} says what is wrong`, () => {
    rows.forEach(([attempt, ...contains], i) => {
      let message: string | null = null
      try {
        attempt()
      } catch (error) {
        assert.ok(error instanceof TypeError || error instanceof RangeError, `${name} ${i}: ${error}`)
        message = (error as Error).message
      }
      assert.ok(message !== null, `${name} ${i}: nothing was thrown: ${attempt}`)
      for (const part of contains) assert.ok(message.includes(part), `${name} ${i}: "${message}" lacks "${part}"`)
      assert.match(message, keepsFrames ? /\([^()]*errors\.test\.[jt]s:\d+:\d+\)$/ : /\(.+:\d+:\d+\)$/)
      assert.ok(message.split('\n').length === 1, message)
    })
    kept.forEach((x, i) => {
      assert.equal(x.toArray(), before[i])
    })
  })
}

test('every operation and transform has its rows', () => {
  const exempt = new Set(['init', 'memory'])
  const names = Object.entries(h).flatMap(([name, value]) =>
    name === 'random'
      ? Object.keys(value as object)
          .filter(
            inner => typeof (value as Record<string, unknown>)[inner] === 'function' && !/Primitive$|Laws$/.test(inner),
          )
          .map(inner => `random.${inner}`)
      : [name],
  )
  assert.equal(
    names.filter(name => !(name in table) && !exempt.has(name)),
    [],
  )
})

test('a value that escaped its trace says so', () => {
  let escaped: Tensor | undefined
  h.jit((x: Tensor) => {
    escaped = h.add(x, 1)
    return x
  })(f2)
  for (const attempt of [
    () => h.add(escaped, 1),
    () => h.jit((x: Tensor) => h.mul(x, escaped))(f2),
    () => escaped!.data(),
  ])
    assert.throws(attempt, /traced value/)
  assert.throws(
    () => h.add(escaped, 1),
    /used after its trace ended.*return it from the function instead \(.*:\d+:\d+\)$/,
  )
})

test('a function that throws while it is traced leaves no trace open', () => {
  assert.throws(
    () =>
      h.jit((x: Tensor) =>
        h.scan(
          (carry: Tensor) =>
            h.vmap(() => {
              throw new Error('mine')
            })(carry),
          x,
          x,
        ),
      )(f2),
    'mine',
  )
  assert.equal(h.add(f2, 1).toArray(), [2, 3])
})

test('indices out of range are clamped in eager and in compiled code, and touch no other tensor', () => {
  const neighbours = Array.from({ length: 40 }, (_, i) => h.full([3], i))
  const wild = tensor([-2147483648, -1, 0, 1, 2, 2147483647], { dtype: 'int32' })
  const canaries = Array.from({ length: 40 }, (_, i) => h.full([3], i))
  const taken = (table: Tensor, ids: Tensor) => h.take(table, ids)
  const scattered = (x: Tensor, ids: Tensor) => h.scatterAdd(x, ids, h.ones([6, 3]))
  const along = (x: Tensor, ids: Tensor) => h.takeAlongAxis(x, h.reshape(ids, [2, 3]))
  const rows = [
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3],
    [4, 5, 6],
    [4, 5, 6],
    [4, 5, 6],
  ]
  for (const run of [(f: unknown) => f, h.jit] as ((f: unknown) => (...args: Tensor[]) => Tensor)[]) {
    assert.equal(run(taken)(f23, wild).toArray(), rows)
    assert.equal(run(scattered)(f23, wild).toArray(), [
      [4, 5, 6],
      [7, 8, 9],
    ])
    assert.equal(run(along)(f23, wild).toArray(), [
      [1, 1, 1],
      [5, 6, 6],
    ])
    assert.ok(Number.isFinite(h.sum(run(h.softmaxCrossEntropy)(h.stack(new Array(6).fill(f2)), wild)).item()))
  }
  for (const list of [neighbours, canaries])
    assert.equal(
      list.map(x => x.toArray()),
      list.map((_, i) => [i, i, i]),
    )
})

test('an error in the middle of much work frees what it had made', () => {
  const { tensors } = memory()
  for (let i = 0; i < 50; i++) {
    try {
      h.jit((x: Tensor) => h.matmul(h.add(x, 1), x))(f23)
    } catch {}
  }
  assert.ok(memory().tensors <= tensors + 2)
  assert.is(treeLeaves({ a: f2 }).length, 1)
})

test('stacks are read in the formats of V8, SpiderMonkey and JavaScriptCore', () => {
  const v8 = `Error
    at userSource (file:///lib/ts/errors.js:20:9)
    at matmul (file:///lib/ts/ops/dot-general.js:3:4)
    at Array.map (<anonymous>)
    at async node:internal/modules/run:1:2
    at model (file:///home/me/my (copy)/model.js:12:7)
    at file:///home/me/main.js:1:1`
  const gecko = `userSource@http://host/ts/errors.js:20:9
matmul@http://host/ts/ops/dot-general.js:3:4
model@http://host/model.js:12:7
@http://host/main.js:1:1`
  const jsc = `userSource@http://host/node_modules/@me/heddle/dist/shared-1a.js:20:9
matmul@http://host/node_modules/@me/heddle/dist/index.js:3:4
map@[native code]
model@http://host/model.js:12:7
module code@http://host/main.js:1:1`
  const line = (stack: string): string | null => {
    const frames = framesOf(stack)
    return firstOutside(frames, libraryRoot(frames[0].file))
  }
  assert.is(line(v8), '/home/me/my (copy)/model.js:12:7')
  assert.is(line(gecko), 'http://host/model.js:12:7')
  assert.is(line(jsc), 'http://host/model.js:12:7')
  assert.is(line(jsc.replaceAll(/http:[^:]*:/g, 'http://host/bundle.js:')), null)
  assert.is(firstOutside(framesOf('no stack at all'), 'x'), null)
})

test.run()
