import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  evalShape,
  eye,
  grad,
  jit,
  matmul,
  mul,
  ones,
  random,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  treeMap,
  vmap,
} from '../../ts/index.js'
import {
  batchNorm,
  bidirectional,
  chain,
  conv2d,
  convLstmCell,
  convTranspose2d,
  crossEntropy,
  dense,
  dropout,
  embedding,
  encoderBlock,
  feedForward,
  gpt,
  groupNorm,
  gruCell,
  initializers,
  type Layer,
  layerNorm,
  learnedPositions,
  lstmCell,
  maxPool,
  multiHeadAttention,
  type ParamsOf,
  recurrent,
  relu,
  residual,
  rmsNorm,
  rnnCell,
  rollout,
  standardize,
  timeDistributed,
} from '../../ts/nn/index.js'
import { close } from '../close.js'

const key = random.key(7)
const ids = { shape: [5], dtype: 'int32' } as const

test('dense: sizes are inferred; the bias starts at zero; x w + b', () => {
  const layer = dense(3)
  const params = layer.init(key, { shape: [2] })
  assert.equal([params.w.shape, params.b.shape], [[2, 3], [3]])
  assert.equal(params.b.toArray(), [0, 0, 0])
  const own = {
    w: tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]),
    b: tensor([10, 20, 30]),
  }
  assert.equal(layer.apply(own, tensor([1, 2])).toArray(), [19, 32, 45])
  assert.equal(layer.apply(own, tensor([[1, 2]])).toArray(), [[19, 32, 45]])
})

test('dense without bias has no b, in the type either', () => {
  const params: { w: Tensor } = dense(3, { bias: false }).init(key, { shape: [2] })
  assert.equal(Object.keys(params), ['w'])
})

test('embedding: rows of the table, repeated ids add up in the gradient', () => {
  const layer = embedding(4, 2)
  const params = layer.init(key, { shape: [3], dtype: 'int32' })
  assert.equal(params.w.shape, [4, 2])
  const table = tensor([
    [0, 1],
    [2, 3],
    [4, 5],
    [6, 7],
  ])
  const picked = tensor([3, 1, 3], { dtype: 'int32' })
  assert.equal(layer.apply({ w: table }, picked).toArray(), [
    [6, 7],
    [2, 3],
    [6, 7],
  ])
  const gradient = grad((w: Tensor) => sum(layer.apply({ w }, picked)))(table)
  assert.equal(gradient.toArray(), [
    [0, 0],
    [1, 1],
    [0, 0],
    [2, 2],
  ])
})

test('layerNorm: mean 0 and variance 1 over the last axis, then scale and bias', () => {
  const layer = layerNorm()
  const params = layer.init(key, { shape: [4] })
  const root = Math.sqrt(1.25 + 1e-5)
  const expected = [-1.5 / root, -0.5 / root, 0.5 / root, 1.5 / root]
  close(layer.apply(params, tensor([1, 2, 3, 4])), expected)
  close(
    layer.apply({ scale: tensor([1, 2, 3, 4]), bias: ones([4]) }, tensor([1, 2, 3, 4])),
    expected.map((v, i) => v * (i + 1) + 1),
  )
  close(
    standardize(
      tensor([
        [1, 2],
        [3, 4],
      ]),
      { axis: [0, 1] },
    ),
    expected,
  )
})

test('chain: each layer is initialised for what those before it give', () => {
  const model = chain(embedding(65, 8), recurrent(lstmCell(16)), relu, dense(65))
  const params = model.init(key, ids)
  const [table, cell, nothing, head] = params
  const shapes = [table.w, cell.wx, cell.wh, cell.b, head.w, head.b].map(tensor => tensor.shape)
  assert.equal(shapes, [[65, 8], [8, 64], [16, 64], [64], [16, 65], [65]])
  assert.is(nothing, null)
  assert.equal(evalShape((p: typeof params, x: Tensor) => model.apply(p, x))(params, ids), {
    shape: [5, 65],
    dtype: 'float32',
  })
})

test('chain: the static type of the parameters survives', () => {
  const model = chain(dense(4), tanh, dense(2, { bias: false }))
  type Params = ParamsOf<typeof model>
  const params: [{ w: Tensor; b: Tensor }, null, { w: Tensor }] = model.init(key, { shape: [3] }) satisfies Params
  const gradient = grad((p: Params) => sum(model.apply(p, ones([3]))))(params)
  assert.equal(gradient[0].b.shape, [4])
  assert.equal(gradient[2].w.shape, [4, 2])
  assert.is(gradient[1], null)
  // @ts-expect-error the second layer has no parameters
  assert.throws(() => params[1].w)
})

test('chain in a chain, and a layer of your own', () => {
  const gain: Layer<{ g: Tensor }> = {
    init: (_key, input) => ({ g: ones(input.shape) }),
    apply: ({ g }, x) => mul(g, x),
  }
  const model = chain(chain(dense(4), gain), chain(gain, dense(1)))
  const params = model.init(key, { shape: [2] })
  assert.equal(params[0][1].g.shape, [4])
  assert.equal(params[1][0].g.shape, [4])
  assert.equal(vmap(model.apply, [null, 0])(params, ones([6, 2])).shape, [6, 1])
})

test('init can be compiled, and gives the same values', () => {
  const model = chain(dense(4), recurrentOfRows(), dense(1))
  const eager = model.init(key, { shape: [3, 2] })
  const compiled = jit((k: Tensor) => model.init(k, { shape: [3, 2] }))(key)
  treeMap((a, b) => assert.equal(a.toArray(), b.toArray()), eager, compiled)
})
const recurrentOfRows = () => recurrent(rnnCell(5))

test('different keys and different layers start differently, the same key the same', () => {
  const model = chain(dense(2), dense(2))
  const first = model.init(key, { shape: [2] })
  assert.equal(first[0].w.toArray(), model.init(key, { shape: [2] })[0].w.toArray())
  assert.not.equal(first[0].w.toArray(), first[1].w.toArray())
  assert.not.equal(first[0].w.toArray(), model.init(random.key(8), { shape: [2] })[0].w.toArray())
})

test('a chain trains under vmap, grad and jit', () => {
  const model = chain(embedding(3, 4), recurrent(gruCell(8)), dense(3))
  const params = model.init(key, ids)
  const x = tensor(
    [
      [0, 1, 2, 0, 1],
      [2, 1, 0, 2, 1],
    ],
    { dtype: 'int32' },
  )
  const y = tensor(
    [
      [1, 2, 0, 1, 2],
      [1, 0, 2, 1, 0],
    ],
    { dtype: 'int32' },
  )
  const loss = (p: typeof params) => crossEntropy(vmap(model.apply, [null, 0])(p, x), y)
  const step = jit((p: typeof params) => treeMap((w, g) => mul(1, sub(w, g)), p, grad(loss)(p)))
  let trained = params
  for (let i = 0; i < 60; i++) trained = step(trained)
  assert.ok(loss(trained).item() < 0.2 * loss(params).item(), `${loss(params).item()} to ${loss(trained).item()}`)
})

test('refusals name the layer and what was given', () => {
  assert.throws(() => dense(0), /dense: units is a positive integer, not 0/)
  assert.throws(() => dense(2).init(key, { shape: [] }), /dense: the input is a scalar/)
  assert.throws(() => embedding(3, 2).init(key, { shape: [4] }), /embedding: the input holds ids/)
  assert.throws(() => recurrent(rnnCell(2)).init(key, { shape: [4] }), /recurrent: the input has shape \[4\]/)
  // @ts-expect-error a number is no layer
  assert.throws(() => chain(dense(2), 3), /chain: argument 2 is neither a layer/)
  assert.throws(() => chain(rnnCell(2) as never), /chain: argument 1 is a cell, .*: recurrent\(cell\) is the layer/)
  assert.throws(
    () => dense(2).init(3 as never, { shape: [2] }),
    /random.split: a key is uint32\[2\] \(see random.key\), not the number 3/,
  )
  assert.throws(() => dense(2).init(key, [2] as never), /dense: init takes a key and what the input looks like/)
  assert.throws(() => recurrent(dense(2) as never), /recurrent: the argument is not a cell/)
  const last = recurrent(rnnCell(2), { returnSequences: false })
  assert.throws(() => last.apply(last.init(key, { shape: [4, 2] }), ones([0, 2])), /no steps has no last output/)
  const model = chain(dense(2), dense(3))
  assert.throws(() => model.apply([] as never, ones([2])), /chain: the parameters are not the list of 2/)
  assert.throws(
    () => model.apply(model.init(key, { shape: [2] }), ones([5])),
    /matmul: inner dimensions differ: \[5\] x \[2, 2\]/,
  )
})

test('parameters that init did not return are named, and so is what is missing of them', () => {
  const [x, kernel] = [ones([2]), ones([1, 4, 4])]
  // biome-ignore lint/suspicious/noExplicitAny: what is given on purpose is not what the types ask for
  const layers: [string, any, Tensor, string][] = [
    ['dense', dense(3), x, 'w'],
    ['embedding', embedding(3, 2), tensor([1], { dtype: 'int32' }), 'w'],
    ['conv2d', conv2d(2, 3), kernel, 'w'],
    ['convTranspose2d', convTranspose2d(2, 3), kernel, 'w'],
    ['layerNorm', layerNorm(), x, 'scale'],
    ['rmsNorm', rmsNorm(), x, 'scale'],
    ['learnedPositions', learnedPositions(3), ones([2, 2]), 'w'],
    ['feedForward', feedForward(), x, 'w1'],
    ['multiHeadAttention', multiHeadAttention({ heads: 1 }), ones([2, 2]), 'wq'],
    ['lstmCell', recurrent(lstmCell(2)), ones([3, 2]), 'wh'],
    ['convLstmCell', recurrent(convLstmCell(2, 3)), ones([3, 1, 4, 4]), 'wx'],
    ['bidirectional', bidirectional(gruCell(2)), ones([3, 2]), 'forward'],
    ['residual', residual(dense(2)), x, 'body'],
  ]
  for (const [name, layer, input, missing] of layers) {
    const start = `^${name}: the parameters are not what init returned: `
    assert.throws(() => layer.apply(undefined, input), new RegExp(`${start}they are undefined`))
    assert.throws(() => layer.apply({}, input), new RegExp(`${start}${missing} is missing`))
    const swapped = `^${name}: a tensor is given in place of the parameters, which come first: apply\\(params, x\\)`
    assert.throws(() => layer.apply(input, layer.init(key, input)), new RegExp(swapped))
  }
  for (const layer of [groupNorm(1), batchNorm()]) {
    const own = layer.init(key, kernel)
    assert.throws(
      () => layer.apply({ ...own, bias: undefined } as never, kernel),
      /Norm: the parameters .*: bias is miss/,
    )
    assert.throws(
      () => layer.apply(kernel as never, own as never),
      /Norm: a tensor is given in place of the parameters/,
    )
  }
  assert.throws(() => dense(3).apply({ W: eye(2), b: x } as never, x), /dense: .*: w is missing/)
})

test('initializers and activations are functions, and initializers give tensors of the shape they are asked for', () => {
  const refused = (name: string, make: (options: never) => unknown) => {
    const said = new RegExp(`^${name}: init is a function such as initializers.zeros, not the string zeros`)
    assert.throws(() => make({ init: 'zeros' } as never), said)
    assert.throws(() => make({ init: null } as never), new RegExp(`^${name}: init is .*, not null`))
  }
  refused('dense', options => dense(3, options))
  refused('embedding', options => embedding(3, 2, options))
  refused('conv2d', options => conv2d(3, 2, options))
  refused('gruCell', options => gruCell(3, options))
  refused('convLstmCell', options => convLstmCell(3, 3, options))
  refused('learnedPositions', options => learnedPositions(3, options))
  refused('feedForward', options => feedForward(options))
  refused('multiHeadAttention', options => multiHeadAttention({ heads: 1, ...(options as object) }))
  assert.throws(() => dense(3, { biasInit: 0 as never }), /dense: biasInit is a function .*, not the number 0/)
  assert.throws(
    () => lstmCell(4, { activation: 'tanh' as never }),
    /lstmCell: activation is a function such as tanh, not the string tanh/,
  )
  const wrong = { init: initializers.normal as never }
  const what = /: an initializer returns a function, not a tensor of shape \[.*\]: is it one that was not made yet/
  for (const layer of [dense(3, wrong), recurrent(gruCell(3, wrong)), feedForward(wrong)]) {
    assert.throws(() => layer.init(key, { shape: [4, 3] }), what)
  }
  assert.throws(() => conv2d(2, 3, wrong).init(key, { shape: [1, 4, 4] }), what)
  assert.throws(() => embedding(2, 3, wrong).init(key, ids), what)
  assert.throws(
    () => dense(3, { biasInit: () => ones([2]) }).init(key, { shape: [4] }),
    /dense: an initializer returns shape \[2\], not a tensor of shape \[3\]/,
  )
})

test('a mode is an object, of any names', () => {
  const [x, images] = [ones([3, 2]), ones([1, 4, 4])]
  // biome-ignore lint/suspicious/noExplicitAny: what is given on purpose is not what the types ask for
  const layers: [string, any, Tensor][] = [
    ['chain', chain(dense(2)), x],
    ['residual', residual(dense(2)), x],
    ['timeDistributed', timeDistributed(dense(2)), x],
    ['recurrent', recurrent(gruCell(2)), x],
    ['bidirectional', bidirectional(gruCell(2)), x],
    ['rollout', rollout(gruCell(2), 3), ones([2])],
    ['dropout', dropout(0.5), x],
    ['multiHeadAttention', multiHeadAttention({ heads: 1 }), x],
    ['encoderBlock', encoderBlock({ heads: 1 }), x],
    ['batchNorm', batchNorm(), images],
    ['gpt', gpt({ vocabulary: 3, length: 4, width: 2, layers: 1, heads: 1 }), tensor([1], { dtype: 'int32' })],
  ]
  for (const [name, layer, input] of layers) {
    const params = layer.init(key, input)
    for (const [mode, said] of [
      [true, 'the boolean true'],
      [5, 'the number 5'],
      [input, 'a Tensor'],
      [[], 'an array'],
      [null, 'null'],
    ]) {
      const expected = `^${name}: the mode is an object such as \\{ train, key \\}, not ${said}`
      assert.throws(() => layer.apply(params, input, mode), new RegExp(expected))
    }
    const state = layer.initState?.(input)
    layer.apply(params, input, { anything: 3, ...(state === undefined ? {} : { state }) })
  }
})

test('a link that returns no tensor is refused, wherever it stands', () => {
  const model = chain(dense(2), relu, maxPool as never)
  const params = model.init(key, { shape: [2] })
  assert.throws(
    () => model.apply(params, ones([2])),
    /^chain: link 3 returns a function, not a tensor: is it a layer that was not made yet \(maxPool\(2\)\)\?/,
  )
  assert.throws(() => chain(maxPool as never, relu).init(key, { shape: [2] }), /^chain: link 1 returns a function/)
  assert.throws(
    () => chain((() => 3) as never).apply([null] as never, ones([2])),
    /^chain: link 1 returns the number 3, not a/,
  )
  const lost = (() => undefined) as never
  assert.throws(
    () => residual(lost).apply({ body: null, shortcut: null } as never, ones([2])),
    /^residual: the body returns und/,
  )
  assert.throws(
    () => timeDistributed(lost).apply(null as never, ones([2, 2])),
    /^timeDistributed: the argument returns und/,
  )
})

test('initialisers: bounds, deviations, orthonormal rows or columns', () => {
  const shape = [60, 40]
  const bound = Math.sqrt(6 / 100)
  const glorot = initializers.glorotUniform(key, shape).data()
  assert.ok(glorot.every(v => v >= -bound && v < bound) && Math.max(...glorot) > 0.99 * bound)
  const he = [...initializers.heNormal(key, shape).data()]
  const deviation = Math.sqrt(he.reduce((total, v) => total + v * v, 0) / he.length)
  assert.ok(Math.abs(deviation / Math.sqrt(2 / 60) - 1) < 0.05)
  assert.ok(
    initializers
      .uniform(0.1)(key, shape)
      .data()
      .every(v => Math.abs(v) <= 0.1),
  )
  assert.equal(initializers.zeros(key, [2]).toArray(), [0, 0])
  for (const [rows, columns] of [
    [6, 6],
    [4, 9],
    [9, 4],
  ]) {
    const q = initializers.orthogonal(key, [rows, columns])
    assert.equal(q.shape, [rows, columns])
    const product = rows <= columns ? matmul(q, transpose(q)) : matmul(transpose(q), q)
    close(product, eye(Math.min(rows, columns)).toArray(), 1e-6)
  }
  assert.throws(() => initializers.orthogonal(key, [3]), /two dimensions/)
})

test.run()
