// Sequences through cells: carries, lengths, directions, stacks; and what makes training through time robust.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  arange,
  at,
  concat,
  expandDims,
  flatten,
  flip,
  grad,
  jit,
  less,
  mean,
  mul,
  ones,
  random,
  reshape,
  slice,
  stack,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  treeLeaves,
  treeMap,
  vmap,
  where,
  zeros,
} from '../../ts/index.js'
import {
  bidirectional,
  type Cell,
  chain,
  choGruCell,
  convLstmCell,
  coupledLstmCell,
  dense,
  embedding,
  gruCell,
  type LstmCarry,
  layerNormGruCell,
  layerNormLstmCell,
  lstmCell,
  maxNorm,
  mguCell,
  peepholeLstmCell,
  readState,
  recurrent,
  relu,
  repeatVector,
  residualCell,
  rnnCell,
  rollout,
  stacked,
  timeDistributed,
  variationalDropout,
  zoneout,
} from '../../ts/nn/index.js'
import { close } from '../close.js'

const key = random.key(11)
const xs = random.normal(random.key(2), [6, 3])
const bits = (tree: unknown) => treeLeaves(tree).map(leaf => leaf.toArray())
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

test('repeatVector and timeDistributed', () => {
  assert.equal(repeatVector(3)(tensor([1, 2])).toArray(), [
    [1, 2],
    [1, 2],
    [1, 2],
  ])
  assert.throws(() => repeatVector(0), /repeatVector: steps/)
  const clip = random.normal(key, [3, 2, 4])
  const flat = timeDistributed(chain((x: Tensor) => flatten(x), dense(2)))
  const params = flat.init(key, clip)
  assert.equal(params[1]!.w.shape, [8, 2])
  close(
    flat.apply(params, clip),
    dense(2)
      .apply(params[1]!, reshape(clip, [3, 8]))
      .toArray(),
  )
  const noise = {
    init: () => null,
    apply: (_: null, x: Tensor, mode?: { key?: Tensor }) => random.uniform(mode!.key!, x.shape),
  }
  const drawn = timeDistributed(noise).apply(null, clip, { key }).toArray() as number[][][]
  assert.not.equal(drawn[0], drawn[1])
  const none = slice(clip, [0], [0])
  assert.equal(timeDistributed(noise).apply(null, none, { key }).shape, [0, 2, 4])
  assert.throws(() => timeDistributed(3 as never), /timeDistributed: the argument is neither a layer/)
  assert.throws(() => flat.init(key, { shape: [3] }), /timeDistributed: the input has shape \[3\]/)
})

test('maxNorm: long columns are cut, short ones stay bit for bit', () => {
  const w = random.normal(key, [5, 4])
  const limited = maxNorm(w, 2)
  const norms = (x: Tensor) =>
    (x.toArray() as number[][])[0].map((_, i) => Math.hypot(...(x.toArray() as number[][]).map(r => r[i])))
  const before = norms(w)
  norms(limited).forEach((norm, i) => {
    assert.ok(Math.abs(norm - Math.min(before[i], 2)) < 1e-6)
    if (before[i] < 2) {
      assert.equal(
        (limited.toArray() as number[][]).map(r => r[i]),
        (w.toArray() as number[][]).map(r => r[i]),
      )
    }
  })
  assert.ok(before.some(norm => norm < 2) && before.some(norm => norm > 2), `${before}`)
  assert.equal(maxNorm(zeros([2, 2]), 1).toArray(), zeros([2, 2]).toArray())
  const row = maxNorm(tensor([[3, 4]]), 1, 1)
  close(row, [0.6, 0.8])
  assert.throws(() => maxNorm(w, 0), /maxNorm: the limit is a positive number, not 0/)
})

const train = { train: true, key: random.key(4) }

test('variational dropout: one mask for all steps; the carry is whole; means are kept', () => {
  /** Passes its input on and shows what it reads of its state. */
  const glass: Cell<null, Tensor, Tensor, Tensor> = {
    init: () => null,
    initialCarry: () => ones([2000]),
    apply: (_, h, x, mode) => [h, concat([x, readState(h, mode)])],
  }
  const layer = recurrent(variationalDropout(glass, { input: 0.25, state: 0.5 }))
  const input = ones([3, 1000])
  const [carry, ys] = layer.run(null, input, train)
  const rows = ys.toArray() as number[][]
  assert.equal([rows[1], rows[2]], [rows[0], rows[0]])
  const [xs0, hs0] = [rows[0].slice(0, 1000), rows[0].slice(1000)]
  const third = Math.fround(1 / 0.75)
  assert.ok(xs0.every(x => x === 0 || x === third) && hs0.every(h => h === 0 || h === 2))
  const share = (list: number[]) => list.filter(value => value === 0).length / list.length
  assert.ok(Math.abs(share(xs0) - 0.25) < 0.05 && Math.abs(share(hs0) - 0.5) < 0.05, `${share(xs0)} ${share(hs0)}`)
  assert.equal(carry.toArray(), ones([2000]).toArray())
  const other = layer.run(null, input, { ...train, key: random.key(5) })[1]
  assert.not.equal(other.toArray(), rows)
  assert.equal(layer.apply(null, input).toArray(), recurrent(glass).apply(null, input).toArray())
  assert.equal(layer.apply(null, input, { key }).toArray(), recurrent(glass).apply(null, input).toArray())
  const output = recurrent(variationalDropout(glass, { output: 0.5 }))
    .apply(null, input, train)
    .toArray() as number[][]
  assert.equal(output[1], output[0])
  assert.ok(Math.abs(share(output[0]) - 0.5) < 0.05)
})

test('variational dropout: what products read of the state is dropped, what is carried on is not', () => {
  const [x, units] = [at(xs, 0), 3]
  const makes = [rnnCell, lstmCell, peepholeLstmCell, coupledLstmCell, layerNormLstmCell, gruCell, choGruCell, mguCell]
  for (const make of [...makes, layerNormGruCell]) {
    const cell = make(units) as unknown as Cell<{ wh: Tensor }, unknown>
    const params = cell.init(key, x)
    const start = treeMap(leaf => add(leaf, tensor([0.5, -1, 2])), cell.initialCarry(params))
    const [after] = variationalDropout(cell, { state: 0.5 }).apply(params, start, x, train)
    // The rows of dropped units of the state's weights are zero, the others twice as large.
    const errors = Array.from({ length: 8 }, (_, i) => {
      const mask = tensor([i & 1, (i >> 1) & 1, i >> 2])
      const [own] = cell.apply({ ...params, wh: mul(params.wh, mul(2, reshape(mask, [3, 1]))) }, start, x)
      const [found, expected] = [after, own].map(tree => concat(treeLeaves(tree)))
      return Math.max(...sub(found, expected).data().map(Math.abs))
    })
    assert.is(errors.filter(error => error < 1e-5).length, 1, `${make.name}: ${errors}`)
  }
})

test('variational dropout: each example has its masks, compiled and eager agree, layers of a stack differ', () => {
  const cell = stacked(
    variationalDropout(rnnCell(50), { state: 0.5, output: 0.5 }),
    variationalDropout(rnnCell(50), { output: 0.5 }),
  )
  const layer = recurrent(cell)
  const params = layer.init(key, xs)
  const both = stack([xs, xs])
  const keys = stack(random.split(key))
  const run = vmap((x: Tensor, own: Tensor) => layer.apply(params, x, { train: true, key: own }))
  const ys = run(both, keys)
  const dropped = (at(ys, 0).toArray() as number[][]).map(r => r.map(value => value === 0))
  assert.equal(dropped[5], dropped[0])
  assert.not.equal(
    dropped,
    (at(ys, 1).toArray() as number[][]).map(r => r.map(value => value === 0)),
  )
  close(jit(run)(both, keys), ys.toArray(), 1e-6)
  close(at(ys, 0), layer.apply(params, xs, { train: true, key: at(keys, 0) }).toArray(), 1e-6)
  // One after the other or all in one step: the same masks.
  let carry = cell.initialCarry(params)
  const mode = { train: true, key: at(keys, 0) }
  const stepwise = Array.from({ length: 6 }, (_, t) => {
    const [next, y] = cell.apply(params, carry, at(xs, t), { ...mode, step: tensor(t, { dtype: 'int32' }) })
    carry = next
    return y
  })
  close(stack(stepwise), at(ys, 0).toArray(), 1e-6)
})

test('zoneout: elements stay or move while training, each step anew; otherwise they move by the mean', () => {
  /** Counts its steps in all elements. */
  const counter: Cell<null, Tensor> = {
    init: () => null,
    initialCarry: () => zeros([1000]),
    apply: (_, h, x) => [add(h, x), add(h, x)],
  }
  /** Returns its carry, as most cells do. */
  const same: Cell<null, Tensor> = {
    ...counter,
    apply: (_, h, x) => {
      const next = add(h, x)
      return [next, next]
    },
  }
  const layer = recurrent(zoneout(same, 0.25))
  const steps = ones([4, 1])
  const ys = layer.apply(null, steps, train).toArray() as number[][]
  const moved = ys.map((y, t) => y.map((value, i) => value - (t === 0 ? 0 : ys[t - 1][i])))
  assert.ok(moved.flat().every(change => change === 0 || change === 1))
  for (const list of moved) assert.ok(Math.abs(mean(tensor(list)).item() - 0.75) < 0.05)
  assert.not.equal(moved[0], moved[1])
  close(at(layer.apply(null, steps), -1), new Array(1000).fill(3))
  assert.equal(layer.run(null, steps, train)[0].toArray(), ys[3])
  // An output of its own is not touched.
  const whole = recurrent(zoneout(counter, 0.5)).run(null, steps)
  close(at(whole[1], 1), new Array(1000).fill(1.5))
  close(whole[0], new Array(1000).fill(2))
})

test('zoneout: a rate for each part of the carry', () => {
  const cell = zoneout(lstmCell(400), { h: 0, c: 0.5 })
  const params = cell.init(key, { shape: [3] })
  const start: LstmCarry = { h: ones([400]), c: ones([400]) }
  const [plain] = lstmCell(400).apply(params, start, at(xs, 0))
  const [after, y] = cell.apply(params, start, at(xs, 0), train)
  assert.equal(after.h.toArray(), plain.h.toArray())
  assert.equal(y.toArray(), plain.h.toArray())
  const stay = [...after.c.data()].filter((value, i) => value === 1 && plain.c.data()[i] !== 1).length
  assert.ok(stay > 150 && stay < 250, `${stay}`)
  const [both] = zoneout(lstmCell(400), 0.5).apply(params, start, at(xs, 0), train)
  const kept = [both.h, both.c].map(part => [...part.data()].map(value => value === 1))
  assert.not.equal(kept[0], kept[1])
  const [even, z] = zoneout(lstmCell(400), 0.5).apply(params, start, at(xs, 0))
  close(even.c, mul(0.5, add(1, plain.c)).toArray())
  close(z, mul(0.5, add(1, plain.h)).toArray())
})

test('what makes no sense is refused', () => {
  const cell = gruCell(2)
  const params = cell.init(key, { shape: [3] })
  assert.throws(() => recurrent({} as never), /recurrent: the argument is not a cell/)
  assert.throws(() => recurrent(null as never), /recurrent: the argument is not a cell/)
  assert.throws(() => residualCell(dense(2) as never), /residualCell: the argument is not a cell/)
  assert.throws(() => zoneout(cell, 1), /zoneout: a rate is a probability in \[0, 1\), not 1/)
  assert.throws(() => variationalDropout(cell, { input: -0.1 }), /variationalDropout: input is a probability/)
  assert.throws(() => recurrent(zoneout(cell, 0.1)).apply(params, xs, { train: true }), /zoneout: training needs a key/)
  const dropped = recurrent(variationalDropout(cell, { state: 0.1 }))
  assert.throws(() => dropped.apply(params, xs, { train: true }), /variationalDropout: training needs a key/)
  const deaf: Cell<null, Tensor> = {
    init: () => null,
    initialCarry: () => zeros([3]),
    apply: (_, h, x) => [add(h, x), x],
  }
  const silent = recurrent(variationalDropout(deaf, { state: 0.1 }))
  assert.throws(() => silent.apply(null, xs, train), /does not read its state through readState/)
  assert.throws(
    () =>
      zoneout(lstmCell(2), { h: 0.1 } as never).apply(
        lstmCell(2).init(key, { shape: [3] }),
        lstmCell(2).initialCarry(lstmCell(2).init(key, { shape: [3] })),
        at(xs, 0),
      ),
    /treeMap/,
  )
  assert.throws(() => recurrent(cell, { returnSequences: false }).apply(params, zeros([0, 3])), /no last output/)
  assert.throws(() => recurrent(cell).run(params, xs, { carry: zeros([3]) }), /matmul/)
})

test.run()
