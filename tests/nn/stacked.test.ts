// Cells one above the other are a cell: one step after the other or one cell after the other.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  arange,
  at,
  concat,
  expandDims,
  grad,
  jit,
  less,
  ones,
  random,
  slice,
  stack,
  sum,
  type Tensor,
  tanh,
  tensor,
  treeMap,
  where,
  zeros,
} from '../../ts/index.js'
import {
  convLstmCell,
  dense,
  gruCell,
  lstmCell,
  recurrent,
  relu,
  residualCell,
  rnnCell,
  stacked,
} from '../../ts/nn/index.js'
import { bits, close } from '../close.js'

const key = random.key(11)
const xs = random.normal(random.key(2), [6, 3])

const deep = stacked(relu, lstmCell(4), dense(5), residualCell(gruCell(5)), tanh)

test('stacked: a cell of cells, layers and functions; one step after the other or one cell after the other', () => {
  const layer = recurrent(deep)
  const params = layer.init(key, xs)
  const [none, lstm, head, gru, same] = params
  assert.equal([none, same], [null, null])
  assert.equal(
    [lstm.wx.shape, head.w.shape, gru.wx.shape],
    [
      [3, 16],
      [4, 5],
      [5, 15],
    ],
  )
  let carry = deep.initialCarry(params)
  const outputs = Array.from({ length: 6 }, (_, t) => {
    const [next, y] = deep.apply(params, carry, at(xs, t))
    carry = next
    return y
  })
  const hs = recurrent(lstmCell(4)).apply(lstm, relu(xs))
  const zs = dense(5).apply(head, hs)
  const expected = tanh(add(recurrent(gruCell(5)).apply(gru, zs), zs))
  const [last, ys] = layer.run(params, xs)
  close(ys, expected.toArray(), 1e-6)
  close(stack(outputs), expected.toArray(), 1e-6)
  treeMap((found, stepwise) => close(found, stepwise.toArray(), 1e-6), last, carry)
  assert.equal(last[0], null)
  // @ts-expect-error a function has no carry
  assert.throws(() => last[0].shape)
})

test('stacked: ragged batches, streams, stacks of stacks', () => {
  const cell = stacked(stacked(gruCell(3), dense(3)), residualCell(stacked(lstmCell(3), gruCell(3))))
  const layer = recurrent(cell)
  const params = layer.init(key, xs)
  const [, ys] = layer.run(params, xs)
  const [carry, head] = layer.run(params, slice(xs, [0], [3]))
  const [, tail] = layer.run(params, slice(xs, [3]), { carry })
  close(concat([head, tail], 0), ys.toArray(), 1e-6)
  const padded = where(expandDims(less(arange(6), 3), 1), xs, Number.NaN)
  const [end, own] = layer.run(params, padded, { length: 3 })
  close(own, concat([head, zeros([3, 3])], 0).toArray(), 1e-6)
  treeMap((found, expected) => close(found, expected.toArray(), 1e-6), end, carry)
  const gradient = grad((p: typeof params) => sum(layer.apply(p, padded, { length: 3 })))(params)
  const alone = grad((p: typeof params) => sum(layer.apply(p, slice(xs, [0], [3]))))(params)
  treeMap((found, expected) => close(found, expected.toArray(), 1e-5), gradient, alone)
})

test('stacked: products with inputs leave the loops of all cells', () => {
  const [first, second] = [lstmCell(4), lstmCell(4)]
  const params = stacked(first, second).init(key, { shape: [3] })
  const compiled = (f: (p: typeof params, x: Tensor) => Tensor) =>
    jit(grad((p: typeof params, x: Tensor) => sum(f(p, x))))
  const one = compiled((p, x) => recurrent(stacked(first, second)).apply(p, x))
  const two = compiled((p, x) => recurrent(second).apply(p[1], recurrent(first).apply(p[0], x)))
  assert.is(one.compile(params, xs).instructions, two.compile(params, xs).instructions)
  assert.equal(bits(one(params, xs)), bits(two(params, xs)))
})

test('stacked: cells that must know their input find it, whatever stands below', () => {
  const cell = stacked((x: Tensor) => slice(x, [0, 1, 1], [1, 4, 5]), convLstmCell(2, 3), convLstmCell(3, 1))
  const clip = ones([4, 1, 5, 5])
  const layer = recurrent(cell)
  const [carry, ys] = layer.run(layer.init(key, clip), clip)
  assert.equal(
    [ys.shape, carry[1].h.shape, carry[2].c.shape],
    [
      [4, 3, 3, 4],
      [2, 3, 4],
      [3, 3, 4],
    ],
  )
  assert.throws(() => stacked(gruCell(2), 3 as never), /stacked: argument 2 is neither a cell, a layer nor a function/)
  const empty = recurrent(stacked())
  assert.equal(empty.apply(empty.init(key, xs), xs).toArray(), xs.toArray())
})

test('stacked: layers between cells draw at each step anew, the same whether in one loop or in several', () => {
  const noise = {
    init: () => null,
    apply: (_: null, x: Tensor, mode?: { key?: Tensor }) => (mode?.key ? add(x, random.uniform(mode.key, x.shape)) : x),
  }
  const cell = stacked(rnnCell(3), noise, rnnCell(3), noise)
  const params = cell.init(key, { shape: [3] })
  const layer = recurrent(stacked(noise))
  const ys = layer.apply([null], zeros([4, 3]), { key }).toArray() as number[][]
  assert.not.equal(ys[0], ys[1])
  let carry = cell.initialCarry(params)
  const stepwise = Array.from({ length: 6 }, (_, t) => {
    const [next, y] = cell.apply(params, carry, at(xs, t), { key, step: tensor(t, { dtype: 'int32' }) })
    carry = next
    return y
  })
  close(recurrent(cell).apply(params, xs, { key }), stack(stepwise).toArray(), 1e-6)
})

test('residualCell: what is no cell is refused', () => {
  assert.throws(() => residualCell(dense(2) as never), /residualCell: the argument is not a cell/)
})

test.run()
