// Convolutional layers, pools, norms over channels, dropout, skip connections, and states that go through them.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  conv2d as convolve,
  flatten,
  grad,
  jit,
  mean,
  mul,
  ones,
  random,
  reshape,
  stack,
  sub,
  sum,
  type Tensor,
  tensor,
  treeMap,
  valueAndGrad,
  variance,
  vmap,
  zeros,
} from '../../ts/index.js'
import { encodeSafetensors, loadInto } from '../../ts/io/index.js'
import * as nn from '../../ts/nn/index.js'
import { close } from '../close.js'

const key = random.key(7)
const named = { axisName: 'batch' }

test('convolutions infer their channels; weights and lengths are those of the operations', () => {
  const layer = nn.conv2d(6, [3, 5], { stride: 2, padding: 1, groups: 2 })
  const params = layer.init(key, { shape: [4, 9, 10] })
  assert.equal([params.w.shape, params.b.shape], [[6, 2, 3, 5], [6]])
  const x = random.normal(key, [4, 9, 10])
  const plain = convolve(x, params.w, { stride: 2, padding: 1, groups: 2 })
  assert.equal(layer.apply({ w: params.w, b: tensor([1, 2, 3, 4, 5, 6]) }, x).shape, plain.shape)
  close(sub(layer.apply({ w: params.w, b: ones([6]) }, x), plain), ones(plain.shape).toArray(), 1e-5)
  assert.equal(nn.conv1d(3, 4).init(key, { shape: [2, 9] }).w.shape, [3, 2, 4])
  assert.equal(nn.conv3d(3, 2).init(key, { shape: [2, 4, 4, 4] }).w.shape, [3, 2, 2, 2, 2])
  assert.equal(nn.convTranspose1d(3, 4).init(key, { shape: [2, 9] }).w.shape, [2, 3, 4])
  const up = nn.convTranspose2d(6, 4, { stride: 2, padding: 1, groups: 2 })
  const upParams = up.init(key, { shape: [4, 5, 5] })
  assert.equal([upParams.w.shape, upParams.b.shape], [[4, 3, 4, 4], [6]])
  assert.equal(up.apply(upParams, zeros([4, 5, 5])).shape, [6, 10, 10])
  assert.equal(nn.convTranspose3d(3, 2).init(key, { shape: [2, 4, 4, 4] }).w.shape, [2, 3, 2, 2, 2])
})

test('weights start by how many inputs reach an output', () => {
  const { w } = nn.conv2d(64, 5, { init: nn.initializers.heNormal }).init(key, { shape: [16, 8, 8] })
  const deviation = Math.sqrt(variance(w).item())
  assert.ok(Math.abs(deviation / Math.sqrt(2 / (16 * 25)) - 1) < 0.03, String(deviation))
  const up = nn.convTranspose2d(16, 5, { init: nn.initializers.heNormal }).init(key, { shape: [64, 8, 8] })
  assert.ok(Math.abs(Math.sqrt(variance(up.w).item()) / Math.sqrt(2 / (64 * 25)) - 1) < 0.03)
})

test('a convolution without bias has no b, in the type either', () => {
  const params: { w: Tensor } = nn.conv2d(3, 3, { bias: false }).init(key, { shape: [2, 5, 5] })
  assert.equal(Object.keys(params), ['w'])
})

test('pools are functions of one example, and of many', () => {
  const x = reshape(tensor([1, 5, 2, 0, 3, 4, 8, 6]), [2, 2, 2])
  assert.equal(nn.maxPool(2)(x).toArray(), [[[5]], [[8]]])
  assert.equal(nn.meanPool(2)(x).toArray(), [[[2]], [[5.25]]])
  assert.equal(nn.meanPool([1, 2], { stride: 1 })(x).toArray(), [
    [[3], [1]],
    [[3.5], [7]],
  ])
  assert.equal(nn.globalMaxPool(x).toArray(), [5, 8])
  assert.equal(nn.globalMeanPool(x).toArray(), [2, 5.25])
  assert.equal(vmap(nn.globalMeanPool)(stack([x, x])).toArray(), [
    [2, 5.25],
    [2, 5.25],
  ])
})

test('dropout: nothing at inference; in training the share that is dropped, and the mean stays', () => {
  const layer = nn.dropout(0.25)
  const x = ones([100, 100])
  assert.equal(layer.apply(null, x).toArray(), x.toArray())
  assert.equal(nn.dropout(0).apply(null, x, { train: true }).toArray(), x.toArray())
  const y = layer.apply(null, x, { train: true, key }).data()
  const dropped = y.filter(v => v === 0).length
  assert.ok(Math.abs(dropped / 1e4 - 0.25) < 0.02, String(dropped))
  assert.ok(y.every(v => v === 0 || v === Math.fround(1 / 0.75)))
  const gradient = grad((own: Tensor) => sum(layer.apply(null, own, { train: true, key })))(x)
  assert.equal([...gradient.data()], [...y])
})

test('dropout under vmap: each example its own key; whole channels', () => {
  const layer = nn.chain(nn.dropout(0.5), nn.dropout(0.5, { broadcastAxes: [1, -1] }))
  const train = (x: Tensor, own: Tensor) => layer.apply([null, null], x, { train: true, key: own })
  const keys = stack(random.split(key, 6))
  const y = jit(vmap(train))(ones([6, 40, 3, 3]), keys)
  const examples = y.toArray() as number[][][][]
  examples.forEach((example, i) => {
    assert.equal(example, train(ones([40, 3, 3]), random.split(key, 6)[i]).toArray())
  })
  assert.not.equal(examples[0], examples[1])
  const silent = examples.flat().filter(channel => channel.flat().every(v => v === 0)).length
  assert.ok(silent > 90 && silent < 150, String(silent))
  assert.ok(new Set(y.data()).has(4))
})

test('group and instance norm: mean 0 and variance 1 of what is normalised together', () => {
  const x = random.normal(key, [6, 4, 5])
  const moments = (y: Tensor) => [mean(y, { axis: 1 }), variance(y, { axis: 1 })].map(m => m.toArray() as number[])
  const [centres, spreads] = moments(reshape(nn.groupNorm(3, { affine: false }).apply(null, x), [3, 40]))
  close(tensor(centres), [0, 0, 0], 1e-6)
  close(tensor(spreads), [1, 1, 1], 1e-4)
  const [means, variances] = moments(reshape(nn.instanceNorm({ affine: false }).apply(null, x), [6, 20]))
  close(tensor(means), new Array(6).fill(0), 1e-6)
  close(tensor(variances), new Array(6).fill(1), 1e-4)
  const layer = nn.groupNorm(2)
  const params = layer.init(key, x)
  assert.equal([params.scale.toArray(), params.bias.toArray()], [new Array(6).fill(1), new Array(6).fill(0)])
  const shifted = layer.apply({ scale: mul(2, params.scale), bias: params.scale }, x)
  close(sub(shifted, mul(2, layer.apply(params, x))), ones([6, 4, 5]).toArray(), 1e-5)
})

const batch = random.normal(random.key(3), [8, 3, 4, 5])

/** A layer over a batch in training. */
const train = <P, S>(layer: nn.StatefulLayer<P, S>, params: P, state: S, xs: Tensor): [S, Tensor] =>
  vmap(
    (p: P, s: S, x: Tensor) => layer.run(p, x, { train: true, state: s }),
    [null, null, 0],
    [null, 0],
    named,
  )(params, state, xs) as [S, Tensor]

test('batch norm: statistics of the batch while training, the running ones otherwise', () => {
  const layer = nn.batchNorm({ momentum: 0.5 })
  const params = layer.init(key, { shape: [3, 4, 5] })
  const [next, y] = train(layer, params, layer.initState({ shape: [3, 4, 5] }), batch)
  const axis = [0, 2, 3]
  close(mean(y, { axis }), [0, 0, 0], 1e-6)
  close(variance(y, { axis }), [1, 1, 1], 1e-4)
  close(next.mean, mul(0.5, mean(batch, { axis })).toArray(), 1e-6)
  const expected = variance(batch, { axis, correction: 1 }).toArray() as number[]
  close(
    next.variance,
    expected.map(v => 0.5 + 0.5 * v),
    1e-5,
  )
  const infer = vmap((x: Tensor) => layer.run(params, x, { state: next }), [0], [null, 0])
  const [same, z] = infer(batch)
  assert.equal(same.mean.toArray(), next.mean.toArray())
  assert.equal(z.toArray(), vmap((x: Tensor) => layer.apply(params, x, { state: next }))(batch).toArray())
})

test('batch norm of vectors, of a batch of one, without scale', () => {
  const layer = nn.batchNorm({ affine: false })
  assert.is(layer.init(key, { shape: [2] }), null)
  const xs = tensor([
    [1, 5],
    [3, 5],
  ])
  const [next, y] = train(layer, null, layer.initState({ shape: [2] }), xs)
  close(
    y,
    [
      [-1, 0],
      [1, 0],
    ] as never,
    1e-4,
  )
  close(next.variance, [0.9 + 0.1 * 2, 0.9], 1e-6)
  const [lone] = train(layer, null, next, tensor([[1, 2]]))
  assert.ok([...lone.variance.data()].every(Number.isFinite))
})

test('batch norm: the batch may be asked for the output alone, and says what is missing', () => {
  const layer = nn.batchNorm()
  const params = layer.init(key, { shape: [3, 4, 5] })
  const state = layer.initState({ shape: [3, 4, 5] })
  const alone = vmap((x: Tensor) => layer.apply(params, x, { train: true }), [0], 0, named)(batch)
  assert.equal(alone.toArray(), train(layer, params, state, batch)[1].toArray())
  assert.throws(
    () => vmap((x: Tensor) => layer.apply(params, x))(batch),
    /batchNorm: the running statistics are missing/,
  )
  assert.throws(
    () => vmap((x: Tensor) => layer.apply(params, x, { train: true }))(batch),
    /batchNorm: no vmap around names its axis "batch"/,
  )
  const other = layer.initState({ shape: [4] })
  for (const mixed of [other, { ...state, mean: other.mean }, { ...state, variance: other.variance }]) {
    assert.throws(
      () => layer.apply(params, zeros([3, 4]), { state: mixed }),
      /batchNorm: the state is not that of 3 channels/,
    )
  }
})

const network = nn.chain(
  nn.residual(
    nn.chain(nn.conv2d(3, 3, { padding: 1 }), nn.batchNorm(), nn.relu),
    nn.chain(nn.conv2d(3, 1), nn.batchNorm()),
  ),
  nn.dropout(0.1),
  nn.globalMeanPool,
  nn.dense(2),
)
const image = { shape: [3, 4, 5] }

test('states go through chains and skip connections: in training, in inference, into files and back', () => {
  const params = network.init(key, image)
  const state = network.initState(image)
  const labels = tensor([0, 1, 0, 1, 0, 1, 0, 1], { dtype: 'int32' })
  const keys = stack(random.split(key, 8))
  const loss = (p: typeof params, s: typeof state): [Tensor, typeof state] => {
    const one = (q: typeof params, own: typeof state, x: Tensor, k: Tensor) =>
      network.run(q, x, { train: true, key: k, state: own })
    const [next, logits] = vmap(one, [null, null, 0, 0], [null, 0], named)(p, s, batch, keys)
    return [nn.crossEntropy(logits, labels), next]
  }
  const step = jit((p: typeof params, s: typeof state) => {
    const [[value, next], gradients] = valueAndGrad(loss, { hasAux: true })(p, s)
    return [treeMap((w, g) => sub(w, mul(0.3, g)), p, gradients), next, value] as [typeof params, typeof state, Tensor]
  })
  let [p, s] = [params, state]
  const losses: number[] = []
  for (let i = 0; i < 40; i++) {
    const [nextParams, nextState, value] = step(p, s)
    ;[p, s] = [nextParams, nextState]
    losses.push(value.item())
  }
  assert.ok(losses[39] < 0.8 * losses[0], `${losses[0]} to ${losses[39]}`)
  const [trained] = s
  assert.ok(Math.abs(trained.body[1].variance.data()[0] - 1) > 0.05)
  assert.equal([trained.body[0], trained.body[2], s[1], s[2], s[3]], [null, null, null, null, null])
  const infer = (own: typeof state) => vmap((x: Tensor) => network.apply(p, x, { state: own }))(batch).toArray()
  assert.equal(infer(loadInto(state, encodeSafetensors(s))), infer(s))
  assert.not.equal(infer(state), infer(s))
})

test('frames of clips: statistics over all frames of all clips, one state for all steps', () => {
  const clips = random.normal(random.key(5), [4, 6, 3, 4, 5])
  const layer = nn.timeDistributed(nn.chain(nn.batchNorm({ axisName: ['batch', 'time'] }), nn.relu))
  const params = layer.init(key, { shape: [6, 3, 4, 5] })
  const state = layer.initState({ shape: [6, 3, 4, 5] })
  const [next, y] = train(layer, params, state, clips)
  const flat = nn.chain(nn.batchNorm(), nn.relu)
  const [expected, z] = train(flat, params, state, reshape(clips, [24, 3, 4, 5]))
  close(y, reshape(z, y.shape).toArray(), 1e-5)
  close(next[0].mean, expected[0].mean.toArray(), 1e-6)
  close(next[0].variance, expected[0].variance.toArray(), 1e-5)
  const infer = vmap((x: Tensor) => layer.apply(params, x, { state: next }))(clips)
  close(
    infer,
    reshape(
      vmap((x: Tensor) => flat.apply(params, x, { state: next }))(reshape(clips, [24, 3, 4, 5])),
      y.shape,
    ).toArray(),
    1e-6,
  )
  assert.equal(nn.timeDistributed(flatten).apply(null, clips).shape, [4, 360])
})

test('a chain without a state is run without one; one with a state says whose is wrong', () => {
  const plain = nn.chain(flatten, nn.dense(2))
  const params = plain.init(key, image)
  assert.equal(plain.initState(image), [null, null])
  const [next, y] = plain.run(params, zeros([3, 4, 5]), { state: [null, null] })
  assert.equal([next, y.shape], [[null, null], [2]])
  const own = network.init(key, image)
  assert.throws(() => network.apply(own, zeros([3, 4, 5])), /batchNorm: the running statistics are missing/)
  assert.throws(
    () => network.apply(own, zeros([3, 4, 5]), { state: [null] }),
    /chain: the state is not the list of 4 that initState returns/,
  )
})

test('residual: shapes must agree; the way around is the input where none is given', () => {
  const block = nn.residual(nn.dense(3, { init: nn.initializers.zeros }))
  const params = block.init(key, { shape: [3] })
  assert.equal(block.apply(params, tensor([1, 2, 3])).toArray(), [1, 2, 3])
  assert.is(params.shortcut, null)
  const wrong = nn.residual(nn.dense(2))
  assert.throws(
    () => wrong.apply(wrong.init(key, { shape: [3] }), ones([3])),
    /residual: the body gives shape \[2\], the shortcut \[3\]/,
  )
})

test('refusals name the layer and what was given', () => {
  assert.throws(() => nn.conv2d(0, 3), /conv2d: filters is a positive integer, not 0/)
  assert.throws(() => nn.conv2d(3, [3]), /conv2d: size is an integer of at least 1, or 2 of them, not \[3\]/)
  assert.throws(
    () => nn.conv2d(3, 3).init(key, { shape: [8, 8] }),
    /conv2d: .* shape \[8, 8\], expected \[channels, length, length\]/,
  )
  assert.throws(
    () => nn.conv1d(3, 3, { groups: 2 }).init(key, { shape: [4, 9] }),
    /conv1d: 2 groups do not divide 4 channels and 3 filters/,
  )
  assert.throws(() => nn.globalMeanPool(ones([3])), /globalMeanPool: an example has shape \[3\]/)
  assert.throws(() => nn.dropout(1), /dropout: the rate is a probability in \[0, 1\), not 1/)
  assert.throws(() => nn.dropout(0.5).apply(null, ones([2]), { train: true }), /dropout: training needs a key/)
  assert.throws(() => nn.groupNorm(4).init(key, { shape: [6, 2] }), /groupNorm: 4 groups do not divide 6 channels/)
  assert.throws(() => nn.batchNorm({ momentum: 2 }), /batchNorm: momentum is in \[0, 1\], not 2/)
  assert.throws(() => nn.batchNorm().init(key, { shape: [] }), /batchNorm: .* shape \[\], expected \[channels, ...\]/)
  assert.throws(() => nn.localResponseNorm(0), /localResponseNorm: size is a positive integer, not 0/)
  assert.throws(() => nn.residual(3 as never), /residual: argument 1 is neither a layer/)
  // @ts-expect-error a layer without a state has no run
  assert.throws(() => nn.dense(2).run({}, ones([2]), {}))
})

test.run()
