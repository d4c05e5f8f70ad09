import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { add, jit, random, scan, sum, type Tensor, tensor, valueAndGrad, zeros } from '../../ts/index.js'
import { type Cell, gruCell, lstmCell, recurrent, relu, rnnCell } from '../../ts/nn/index.js'
import { close } from '../close.js'

const key = random.key(3)
const cells = { rnn: rnnCell(4), lstm: lstmCell(4), gru: gruCell(4) } as unknown as Record<string, Cell>
const xs = tensor([
  [1, 2, 3],
  [4, 5, 6],
  [0, 1, 0],
  [-1, 0, 2],
])

for (const [name, cell] of Object.entries(cells)) {
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
    const loss = (p: unknown, x: Tensor) => sum(layer.apply(p, x))
    const [eager, gradients] = valueAndGrad(loss)(params, xs)
    const [compiled, same] = jit(valueAndGrad(loss))(params, xs)
    close(compiled, eager.item(), 1e-5)
    for (const part of Object.keys(gradients as object)) {
      close((same as Record<string, Tensor>)[part], (gradients as Record<string, Tensor>)[part].toArray(), 1e-5)
    }
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
