import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  concat,
  div,
  eye,
  jit,
  matmul,
  mul,
  neg,
  random,
  reshape,
  scan,
  sigmoid,
  split,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  treeMap,
  valueAndGrad,
  vmap,
  zeros,
} from '../../ts/index.js'
import {
  type Cell,
  type CellParams,
  choGruCell,
  convLstmCell,
  coupledLstmCell,
  dense,
  gruCell,
  hardSigmoid,
  initializers,
  layerNormGruCell,
  layerNormLstmCell,
  lstmCell,
  mguCell,
  peepholeLstmCell,
  recurrent,
  relu,
  rnnCell,
  stacked,
} from '../../ts/nn/index.js'
import { close } from '../close.js'
import { mulberry32 } from '../mulberry32.js'
import { everyCell } from './every-cell.js'

const key = random.key(3)
const xs = tensor([
  [1, 2, 3],
  [4, 5, 6],
  [0, 1, 0],
  [-1, 0, 2],
])

for (const [name, cell] of Object.entries(everyCell(4))) {
  test(`${name}: refuses parameters that are not its own, and a batch of sequences`, () => {
    const layer = recurrent(cell)
    const params = layer.init(key, xs)
    const start = /^\w*Cell: the parameters are not what init returned: /
    assert.throws(() => layer.apply(undefined as never, xs), start)
    for (const missing of Object.keys(params)) {
      assert.throws(() => layer.apply({ ...params, [missing]: undefined }, xs), new RegExp(`${missing} is missing`))
    }
    assert.throws(
      () => layer.apply(params, zeros([2, 4, 3])),
      /^\w*Cell: a step of the sequence has shape \[4, 3\], expected a vector \[features\]; use vmap for a batch/,
    )
    assert.throws(
      () => recurrent(stacked(cell, dense(3))).apply([params, null] as never, zeros([2, 4, 3])),
      /use vmap for a batch/,
    )
    assert.throws(() => layer.apply(xs as never, params as never), /Cell: a tensor is given in place of the parameters/)
  })

  test(`${name}: recurrent is scan of the cell, in both directions`, () => {
    const params = cell.init(key, { shape: [3] })
    const [, forward] = scan((carry, x: Tensor) => cell.apply(params, carry, x), cell.initialCarry(params), xs)
    const [, back] = scan((carry, x: Tensor) => cell.apply(params, carry, x), cell.initialCarry(params), xs, {
      reverse: true,
    })
    const last = (ys: Tensor, row: number) => (ys.toArray() as number[][])[row]
    assert.equal(recurrent(cell).apply(params, xs).toArray(), forward.toArray())
    assert.equal(recurrent(cell, { reverse: true }).apply(params, xs).toArray(), back.toArray())
    assert.equal(recurrent(cell, { returnSequences: false }).apply(params, xs).toArray(), last(forward, 3))
    assert.equal(recurrent(cell, { returnSequences: false, reverse: true }).apply(params, xs).toArray(), last(back, 0))
  })

  test(`${name}: compiled and eager agree, and the program does not grow with the steps`, () => {
    const layer = recurrent(cell)
    const params = layer.init(key, { shape: [4, 3] })
    const loss = (p: object, x: Tensor) => sum(layer.apply(p, x))
    const [eager, gradients] = valueAndGrad(loss)(params, xs)
    const [compiled, same] = jit(valueAndGrad(loss))(params, xs)
    close(compiled, eager.item(), 1e-5)
    treeMap((found, expected) => close(found, expected.toArray(), 1e-5), same, gradients)
    const sizes = [8, 64].map(steps => jit(valueAndGrad(loss)).compile(params, zeros([steps, 3])).instructions)
    assert.is(sizes[0], sizes[1])
  })
}

test('parameters start within +-1 / sqrt(units), with PyTorch’s counts', () => {
  const { wx, wh, b } = lstmCell(9).init(key, { shape: [5] })
  assert.equal([wx.shape, wh.shape, b.shape], [[5, 36], [9, 36], [36]])
  assert.ok([wx, wh, b].every(part => part.data().every(v => Math.abs(v) <= 1 / 3)))
  const gru = gruCell(9).init(key, { shape: [5] })
  assert.equal([gru.wx.shape, gru.wh.shape, gru.bx.shape, gru.bh.shape], [[5, 27], [9, 27], [27], [27]])
  assert.not.equal(gru.bx.toArray(), gru.bh.toArray())
})

test('one step of each cell by hand', () => {
  const s = (x: number) => 1 / (1 + Math.exp(-x))
  const one = (...values: number[]) => tensor([values])
  const [h] = rnnCell(1, { activation: relu }).apply(
    { wx: one(2), wh: one(3), b: tensor([1]) },
    tensor([5]),
    tensor([-7]),
  )
  assert.equal(h.toArray(), [2])
  const [{ h: h1, c: c1 }] = lstmCell(1).apply(
    { wx: one(0.1, 0.2, 0.3, 0.4), wh: one(0.5, 0.6, 0.7, 0.8), b: tensor([0, 1, 0, -1]) },
    { h: tensor([0.5]), c: tensor([2]) },
    tensor([1]),
  )
  const c = s(0.2 + 0.3 + 1) * 2 + s(0.1 + 0.25) * Math.tanh(0.3 + 0.35)
  close(c1, c)
  close(h1, s(0.4 + 0.4 - 1) * Math.tanh(c))
  const [g1] = gruCell(1).apply(
    { wx: one(0.1, 0.2, 0.3), wh: one(0.4, 0.5, 0.6), bx: tensor([1, 2, 3]), bh: tensor([-1, 0, 0.5]) },
    tensor([0.5]),
    tensor([2]),
  )
  const [r, z] = [s(0.2 + 1 + 0.2 - 1), s(0.4 + 2 + 0.25)]
  const n = Math.tanh(0.6 + 3 + r * (0.3 + 0.5))
  close(g1, (1 - z) * n + z * 0.5)
})

/** Plain vectors, in float64. */
const dot = (v: number[], m: number[][], column: number): number =>
  v.reduce((total, value, i) => total + value * m[i][column], 0)
const times = (v: number[], m: number[][]): number[] => m[0].map((_, column) => dot(v, m, column))
const s = (x: number): number => 1 / (1 + Math.exp(-x))
const standard = (v: number[], epsilon = 1e-5): number[] => {
  const mean = v.reduce((a, b) => a + b) / v.length
  const variance = v.reduce((a, b) => a + (b - mean) ** 2, 0) / v.length
  return v.map(value => (value - mean) / Math.sqrt(variance + epsilon))
}
const rows = (x: Tensor) => x.toArray() as number[][]
const row = (x: Tensor) => x.toArray() as number[]

/** Parameters with nothing left at zero or one. */
const shaken = <P>(params: P): P => {
  const draw = mulberry32(5)
  return treeMap(
    leaf =>
      add(
        leaf,
        tensor(
          Array.from(leaf.data(), () => draw() - 0.5),
          { shape: leaf.shape },
        ),
      ),
    params,
  )
}

test('minimal gated unit: equations of Zhou et al. 2016', () => {
  const cell = mguCell(3)
  const params = shaken(cell.init(key, { shape: [2] }))
  const [wx, wh, b] = [rows(params.wx), rows(params.wh), row(params.b)]
  const [x, h] = [
    [0.5, -1.5],
    [0.3, -0.2, 0.9],
  ]
  const f = [0, 1, 2].map(i => s(dot(x, wx, i) + dot(h, wh, i) + b[i]))
  const gated = h.map((value, i) => f[i] * value)
  const n = [3, 4, 5].map(i => Math.tanh(dot(x, wx, i) + dot(gated, wh, i) + b[i]))
  close(
    cell.apply(params, tensor(h), tensor(x))[1],
    h.map((value, i) => (1 - f[i]) * value + f[i] * n[i]),
  )
})

test('layer-normalised cells: equations of Ba et al. 2016', () => {
  const lstm = layerNormLstmCell(2)
  const p = shaken(lstm.init(key, { shape: [3] }))
  const [x, h, c] = [
    [0.5, -1.5, 1],
    [0.3, -0.2],
    [0.7, -1],
  ]
  const scaled = (v: number[], gain: number[]) => standard(v).map((value, i) => value * gain[i])
  const [zx, zh, b] = [scaled(times(x, rows(p.wx)), row(p.gx)), scaled(times(h, rows(p.wh)), row(p.gh)), row(p.b)]
  const z = zx.map((value, i) => value + zh[i] + b[i])
  const c1 = c.map((value, i) => s(z[2 + i]) * value + s(z[i]) * Math.tanh(z[4 + i]))
  const scale = row(p.norm.scale)
  const bias = row(p.norm.bias)
  const h1 = standard(c1).map((value, i) => s(z[6 + i]) * Math.tanh(value * scale[i] + bias[i]))
  const [carry, y] = lstm.apply(p, { h: tensor(h), c: tensor(c) }, tensor(x))
  close(carry.c, c1)
  close(y, h1, 1e-5)

  const gru = layerNormGruCell(2, { epsilon: 1e-3 })
  const q = shaken(gru.init(key, { shape: [3] }))
  const both = (v: number[], w: Tensor, gain: Tensor) => {
    const product = times(v, rows(w))
    return [...standard(product.slice(0, 4), 1e-3), ...standard(product.slice(4), 1e-3)].map(
      (value, i) => value * row(gain)[i],
    )
  }
  const [gx, gh, bias3] = [both(x, q.wx, q.gx), both(h, q.wh, q.gh), row(q.b)]
  const expected = h.map((value, i) => {
    const [r, update] = [s(gx[i] + gh[i] + bias3[i]), s(gx[2 + i] + gh[2 + i] + bias3[2 + i])]
    return (1 - update) * Math.tanh(gx[4 + i] + r * gh[4 + i] + bias3[4 + i]) + update * value
  })
  close(gru.apply(q, tensor(h), tensor(x))[1], expected, 1e-5)
})

test('convolutional: windows of one are an lstm at each place; wider ones see their neighbours', () => {
  const cell = convLstmCell(2, 1)
  const frames = random.normal(key, [3, 4, 5, 6])
  const layer = recurrent(cell)
  const params = layer.init(key, frames)
  assert.equal([params.wx.shape, params.wh.shape, params.b.shape], [[8, 4, 1, 1], [8, 2, 1, 1], [8]])
  const own = { wx: transpose(reshape(params.wx, [8, 4])), wh: transpose(reshape(params.wh, [8, 2])), b: params.b }
  const each = vmap(
    vmap((xs: Tensor) => recurrent(lstmCell(2)).apply(own, xs), [2], 2),
    [2],
    2,
  )
  close(layer.apply(params, frames), each(frames).toArray(), 1e-6)

  const line = convLstmCell(1, 3, { forgetBias: 1 })
  const q = line.init(key, { shape: [1, 4] })
  const [wx, wh, b] = [row(reshape(q.wx, [12])), row(reshape(q.wh, [12])), row(q.b)]
  const [x, h, c] = [
    [1, -2, 0.5, 3],
    [0.1, 0.2, -0.3, 0.4],
    [1, 2, -1, 0],
  ]
  const at = (v: number[], i: number) => v[i] ?? 0
  const expected = x.map((_, i) => {
    const [zi, zf, zg, zo] = [0, 1, 2, 3].map(gate =>
      [0, 1, 2].reduce(
        (total, k) => total + wx[3 * gate + k] * at(x, i + k - 1) + wh[3 * gate + k] * at(h, i + k - 1),
        b[gate],
      ),
    )
    return s(zo) * Math.tanh(s(zf) * c[i] + s(zi) * Math.tanh(zg))
  })
  close(line.apply(q, { h: tensor([h]), c: tensor([c]) }, tensor([x]))[1], expected)
  assert.throws(() => recurrent(convLstmCell(2, 3)).init(key, { shape: [3, 4] }), /the input of a step is \[4\]/)
  assert.throws(() => cell.initialCarry(params), /not known/)
})

test('activations can be others', () => {
  const options = { gateActivation: hardSigmoid, activation: relu }
  const gates = (x: number) => Math.min(Math.max(x + 3, 0), 6) / 6
  const one = (...values: number[]) => tensor([values])
  const [{ h, c }] = lstmCell(1, options).apply(
    { wx: one(1, 2, 3, 4), wh: one(0, 0, 0, 0), b: zeros([4]) },
    { h: zeros([1]), c: tensor([1]) },
    tensor([0.5]),
  )
  const expected = gates(1) + gates(0.5) * 1.5
  close(c, expected)
  close(h, gates(2) * expected)
  for (const make of [
    peepholeLstmCell,
    coupledLstmCell,
    layerNormLstmCell,
    gruCell,
    choGruCell,
    mguCell,
    layerNormGruCell,
  ]) {
    const [plain, other] = [make(2), make(2, options)] as unknown as Cell<unknown, unknown>[]
    const params = plain.init(key, { shape: [3] })
    const x = tensor([5, -4, 3])
    const [y, z] = [plain, other].map(cell => cell.apply(params, cell.initialCarry(params), x)[1].toArray())
    assert.not.equal(y, z)
  }
})

test('parameters start as asked: forget gates open, states’ weights gate by gate, biases', () => {
  const plain = lstmCell(3).init(key, { shape: [2] })
  const open = lstmCell(3, { forgetBias: 1.5 }).init(key, { shape: [2] })
  assert.equal(open.wx.toArray(), plain.wx.toArray())
  const opened = row(plain.b).map((value, i) => Math.fround(value + (i >= 3 && i < 6 ? 1.5 : 0)))
  assert.equal(open.b.toArray(), opened)
  const { zeros: none, identity, orthogonal } = initializers
  const coupled = coupledLstmCell(2, { forgetBias: 1, biasInit: none, recurrentInit: identity(0.5) })
  const { b, wh } = coupled.init(key, { shape: [2] })
  assert.equal(b.toArray(), [1, 1, 0, 0, 0, 0])
  assert.equal(wh.toArray(), [
    [0.5, 0, 0.5, 0, 0.5, 0],
    [0, 0.5, 0, 0.5, 0, 0.5],
  ])
  const blocks = split(gruCell(4, { recurrentInit: orthogonal }).init(key, { shape: [2] }).wh, 3, 1)
  for (const block of blocks) close(matmul(block, transpose(block)), eye(4).toArray(), 1e-5)
  assert.not.equal(blocks[0].toArray(), blocks[1].toArray())
  const gru = gruCell(2, { biasInit: none }).init(key, { shape: [2] })
  assert.equal([gru.bx.toArray(), gru.bh.toArray()], [new Array(6).fill(0), new Array(6).fill(0)])
  assert.throws(() => identity()(key, [2]), /identity: the shape has two dimensions, not \[2\]/)
})

test('a recurrent network of relu units that starts from the identity keeps what it has: Le et al. 2015', () => {
  const { identity, zeros: none } = initializers
  const layer = recurrent(rnnCell(3, { activation: relu, recurrentInit: identity(), biasInit: none }))
  const xs = zeros([300, 2])
  const [carry] = layer.run(layer.init(key, xs), xs, { carry: tensor([0.25, 1, 3]) })
  assert.equal(carry.toArray(), [0.25, 1, 3])
})

test('the other convention of the update gate is the same cell with its weights negated: Chung et al. 2014', () => {
  const cell = choGruCell(2)
  const { wx, wh, b } = cell.init(key, { shape: [3] })
  const negated = (w: Tensor) => {
    const [r, z, n] = split(w, 3, -1)
    return concat([r, neg(z), n], -1)
  }
  const [x, h] = [tensor([1, -1, 2]), tensor([0.5, -0.25])]
  const [other] = cell.apply({ wx: negated(wx), wh: negated(wh), b: negated(b) }, h, x)
  const z = split(sigmoid(add(matmul(x, wx), matmul(h, wh), b)), 3)[1]
  const [own] = cell.apply({ wx, wh, b }, h, x)
  const n = div(sub(own, mul(z, h)), sub(1, z))
  close(other, add(mul(sub(1, z), h), mul(z, n)).toArray(), 1e-6)
})

test('sizes are checked where cells are made and where they start', () => {
  for (const make of [rnnCell, lstmCell, peepholeLstmCell, coupledLstmCell, layerNormLstmCell]) {
    assert.throws(
      () => make(0),
      ({ message }: Error) => message.includes(`${make.name}: units is a positive integer, not 0`),
    )
  }
  for (const make of [gruCell, choGruCell, mguCell, layerNormGruCell]) {
    assert.throws(
      () => make(1.5),
      ({ message }: Error) => message.includes(`${make.name}: units is a positive integer, not 1.5`),
    )
    assert.throws(
      () => make(2).init(key, { shape: [] }),
      ({ message }: Error) => message.includes(`${make.name}: the input is a scalar`),
    )
  }
  assert.throws(() => convLstmCell(0, 3), /convLstmCell: channels/)
  assert.throws(() => convLstmCell(2, 0), /convLstmCell: size/)
  const params: CellParams = rnnCell(2).init(key, { shape: [3] })
  assert.throws(
    () => rnnCell(2).apply(params, zeros([2]), zeros([4])),
    /matmul: inner dimensions differ: \[4\] x \[3, 2\]/,
  )
})

test('a cell of your own is a record of three functions', () => {
  const counter: Cell<null, Tensor> = {
    init: () => null,
    initialCarry: () => zeros([2]),
    apply: (_params, total, x) => [add(total, x), add(total, x)],
  }
  const layer = recurrent(counter)
  assert.equal(
    layer
      .apply(
        layer.init(key, { shape: [2, 2] }),
        tensor([
          [1, 2],
          [3, 4],
        ]),
      )
      .toArray(),
    [
      [1, 2],
      [4, 6],
    ],
  )
})

test.run()
