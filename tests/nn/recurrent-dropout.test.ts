// What makes training through time robust: masks that last for a sequence, states that stay.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  at,
  concat,
  jit,
  mean,
  mul,
  ones,
  random,
  reshape,
  stack,
  sub,
  type Tensor,
  tensor,
  treeLeaves,
  treeMap,
  vmap,
  zeros,
} from '../../ts/index.js'
import {
  type Cell,
  gruCell,
  type LstmCarry,
  lstmCell,
  readState,
  recurrent,
  rnnCell,
  stacked,
  variationalDropout,
  zoneout,
} from '../../ts/nn/index.js'
import { close } from '../close.js'
import { everyCell } from './every-cell.js'

const key = random.key(11)
const xs = random.normal(random.key(2), [6, 3])

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
  const x = at(xs, 0)
  for (const [name, cell] of Object.entries(everyCell(3))) {
    const params = cell.init(key, x) as { wh: Tensor }
    const start = treeMap(leaf => add(leaf, tensor([0.5, -1, 2])), cell.initialCarry(params))
    const [after] = variationalDropout(cell, { state: 0.5 }).apply(params, start, x, train)
    // The rows of dropped units of the state's weights are zero, the others twice as large.
    const errors = Array.from({ length: 8 }, (_, i) => {
      const mask = tensor([i & 1, (i >> 1) & 1, i >> 2])
      const [own] = cell.apply({ ...params, wh: mul(params.wh, mul(2, reshape(mask, [3, 1]))) }, start, x)
      const [found, expected] = [after, own].map(tree => concat(treeLeaves(tree)))
      return Math.max(...sub(found, expected).data().map(Math.abs))
    })
    assert.is(errors.filter(error => error < 1e-5).length, 1, `${name}: ${errors}`)
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
})

test.run()
