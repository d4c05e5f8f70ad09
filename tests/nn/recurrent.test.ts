// Sequences through cells: carries, lengths, directions.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  arange,
  at,
  concat,
  expandDims,
  flip,
  grad,
  jit,
  less,
  mul,
  random,
  reshape,
  slice,
  stack,
  sub,
  sum,
  type Tensor,
  tensor,
  treeMap,
  vmap,
  where,
  zeros,
} from '../../ts/index.js'
import {
  bidirectional,
  chain,
  dense,
  embedding,
  gruCell,
  lstmCell,
  recurrent,
  rollout,
  stacked,
  variationalDropout,
} from '../../ts/nn/index.js'
import { bits, close } from '../close.js'

const key = random.key(11)
const xs = random.normal(random.key(2), [6, 3])
const nothing = (x: Tensor) => x.toArray()

test('a stream run in pieces, each from the carry of the last one, is the stream run at once', () => {
  const layer = recurrent(lstmCell(4))
  const params = layer.init(key, xs)
  const [last, ys] = layer.run(params, xs)
  const [carry, first] = layer.run(params, slice(xs, [0], [2]))
  const [end, second] = layer.run(params, slice(xs, [2]), { carry })
  assert.equal(concat([first, second], 0).toArray(), ys.toArray())
  assert.equal(bits(end), bits(last))
  assert.equal(layer.apply(params, xs).toArray(), ys.toArray())
  const backwards = recurrent(lstmCell(4), { reverse: true })
  const [late, tail] = backwards.run(params, slice(xs, [4]))
  const [, head] = backwards.run(params, slice(xs, [0], [4]), { carry: late })
  assert.equal(concat([head, tail], 0).toArray(), backwards.apply(params, xs).toArray())
})

for (const reverse of [false, true]) {
  test(`lengths: each example is as if it were alone, whatever stands behind its end${reverse ? ' (reverse)' : ''}`, () => {
    const lengths = tensor([6, 1, 4, 0], { dtype: 'int32' })
    const batch = random.normal(key, [4, 6, 3])
    const isReal = expandDims(less(arange(6), reshape(lengths, [4, 1])), 2)
    const all = recurrent(gruCell(5), { reverse })
    const one = recurrent(gruCell(5), { reverse, returnSequences: false })
    const params = all.init(key, xs)
    const run = vmap((x: Tensor, length: Tensor) => [all.run(params, x, { length }), one.apply(params, x, { length })])
    const padded = where(isReal, batch, Number.NaN)
    for (const own of [run, jit(run)]) {
      const [[carries, ys], lasts] = own(padded, lengths) as unknown as [[Tensor, Tensor], Tensor]
      ;[6, 1, 4].forEach((length, i) => {
        const [carry, y] = all.run(params, slice(at(batch, i), [0], [length]))
        close(at(carries, i), carry.toArray(), 1e-6)
        close(slice(at(ys, i), [0], [length]), y.toArray(), 1e-6)
        close(slice(at(ys, i), [length]), zeros([6 - length, 5]).toArray(), 0)
        close(at(lasts, i), at(y, reverse ? 0 : -1).toArray(), 1e-6)
      })
      assert.equal([at(carries, 3), at(lasts, 3)].map(nothing), [new Array(5).fill(0), new Array(5).fill(0)])
    }
    const loss = (p: typeof params) =>
      sum(vmap((x: Tensor, length: Tensor) => one.apply(p, x, { length }))(padded, lengths))
    const alone = (p: typeof params) =>
      [6, 1, 4]
        .map((length, i) => sum(one.apply(p, slice(at(batch, i), [0], [length]))))
        .reduce((total, value) => add(total, value))
    treeMap((found, expected) => close(found, expected.toArray(), 1e-5), grad(loss)(params), grad(alone)(params))
    assert.equal(one.apply(params, xs, { length: 2 }).toArray(), one.apply(params, slice(xs, [0], [2])).toArray())
    assert.equal(one.apply(params, xs, { length: 9 }).toArray(), one.apply(params, xs).toArray())
  })
}

test('lengths reach the recurrent layers of a chain', () => {
  const model = chain(embedding(5, 4), bidirectional(gruCell(3)), recurrent(gruCell(2), { returnSequences: false }))
  const ids = tensor([1, 4, 2, 0, 0], { dtype: 'int32' })
  const params = model.init(key, ids)
  const short = slice(ids, [0], [3])
  close(model.apply(params, ids, { length: 3 }), model.apply(params, short).toArray(), 1e-6)
})

test('bidirectional: both directions beside each other, added, averaged, multiplied, or by a function', () => {
  const [ahead, back] = [recurrent(gruCell(2)), recurrent(gruCell(2), { reverse: true })]
  const layer = bidirectional(gruCell(2))
  const params = layer.init(key, xs)
  const [f, b] = [ahead.apply(params.forward, xs), back.apply(params.backward, xs)]
  const merged = (merge: 'concat' | 'sum' | 'mean' | 'mul') => bidirectional(gruCell(2), { merge }).apply(params, xs)
  assert.equal(layer.apply(params, xs).toArray(), concat([f, b], 1).toArray())
  assert.equal(merged('concat').toArray(), concat([f, b], 1).toArray())
  assert.equal(merged('sum').toArray(), add(f, b).toArray())
  assert.equal(merged('mean').toArray(), mul(add(f, b), 0.5).toArray())
  assert.equal(merged('mul').toArray(), mul(f, b).toArray())
  assert.equal(bidirectional(gruCell(2), { merge: sub }).apply(params, xs).toArray(), sub(f, b).toArray())
  const ends = bidirectional(gruCell(2), { returnSequences: false }).apply(params, xs)
  assert.equal(ends.toArray(), concat([at(f, -1), at(b, 0)]).toArray())
  assert.not.equal(nothing(params.forward.wx), nothing(params.backward.wx))
})

test('bidirectional: two kinds of cell, carries of both', () => {
  const layer = bidirectional(lstmCell(2), { backward: gruCell(3) })
  const params = layer.init(key, xs)
  const [carry, ys] = layer.run(params, xs)
  assert.equal([ys.shape, carry.forward.c.shape, carry.backward.shape], [[6, 5], [2], [3]])
  const [, next] = layer.run(params, xs, { carry })
  const [, ahead] = recurrent(lstmCell(2)).run(params.forward, xs, { carry: carry.forward })
  const [, back] = recurrent(gruCell(3), { reverse: true }).run(params.backward, xs, { carry: carry.backward })
  assert.equal(next.toArray(), concat([ahead, back], 1).toArray())
  const dropped = bidirectional(variationalDropout(gruCell(40), { output: 0.5 }), { returnSequences: false })
  const y = dropped.apply(dropped.init(key, xs), xs, { train: true, key }).toArray() as number[]
  assert.not.equal(
    y.slice(0, 40).map(value => value === 0),
    y.slice(40).map(value => value === 0),
  )
  assert.throws(
    () => bidirectional(gruCell(2), { merge: 'ave' as never }),
    /merge is concat, sum, mean, mul or a function/,
  )
  assert.throws(() => bidirectional(dense(2) as never), /bidirectional: the argument is not a cell/)
})

test('a sequence read backwards is the reversed sequence read forwards', () => {
  const params = recurrent(lstmCell(4)).init(key, xs)
  const back = recurrent(lstmCell(4), { reverse: true }).apply(params, xs)
  assert.equal(back.toArray(), flip(recurrent(lstmCell(4)).apply(params, flip(xs, 0)), 0).toArray())
})

test('rollout: each output is the next input', () => {
  const cell = stacked(gruCell(4), dense(2))
  const layer = rollout(cell, 5)
  const start = tensor([1, -1])
  const params = layer.init(key, start)
  let [carry, x] = [cell.initialCarry(params), start]
  const expected = Array.from({ length: 5 }, () => {
    ;[carry, x] = cell.apply(params, carry, x)
    return x
  })
  const [last, ys] = layer.run(params, start)
  close(ys, stack(expected).toArray(), 1e-6)
  treeMap((found, own) => close(found, own.toArray(), 1e-6), last, carry)
  close(
    layer.run(params, at(ys, 1), { carry: layer.run(params, start)[0] })[1],
    nothing(layer.run(params, at(ys, 1), { carry: last })[1]),
  )
  assert.throws(() => rollout(cell, 0), /rollout: steps is a positive integer/)
  assert.throws(() => rollout(gruCell(4), 3).apply(gruCell(4).init(key, start), start), /the carry\[1\] changes/)
})

test('what makes no sense is refused', () => {
  const cell = gruCell(2)
  const params = cell.init(key, { shape: [3] })
  assert.throws(() => recurrent({} as never), /recurrent: the argument is not a cell/)
  assert.throws(() => recurrent(null as never), /recurrent: the argument is not a cell/)
  assert.throws(() => recurrent(cell, { returnSequences: false }).apply(params, zeros([0, 3])), /no last output/)
  assert.throws(() => recurrent(cell).run(params, xs, { carry: zeros([3]) }), /matmul/)
})

test.run()
