// Ragged batches: each example as if it were alone and as long as it is, whatever stands behind its end.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { optimize } from '../../ts/compiler/optimize.js'
import type { Tensor } from '../../ts/core/tensor.js'
import { bind1 } from '../../ts/core/trace.js'
import {
  add,
  argmax,
  at,
  cast,
  debug,
  div,
  exp,
  grad,
  jit,
  jvp,
  log,
  matmul,
  mul,
  ones,
  outer,
  reshape,
  scan,
  scatterAdd,
  slice,
  softmaxCrossEntropy,
  stack,
  sum,
  take,
  tanh,
  tensor,
  transpose,
  vmap,
  zeros,
} from '../../ts/index.js'
import { type Draw, values } from '../../ts/ops/laws.js'
import { selectPrimitive } from '../../ts/ops/where.js'
import { closedFunction } from '../../ts/transforms/function.js'
import { close, forAll, fromTensor, sameBits, toTensor } from '../comparing.js'

const test = suite('scan with lengths')

type Cell = (w: Tensor, h: Tensor, x: Tensor) => [Tensor, Tensor[]]

const cells: Record<string, Cell> = {
  recurrent(w, h, x) {
    const next = tanh(add(matmul(h, w), x))
    return [next, [next]]
  },
  'before and after'(w, h, x) {
    const next = tanh(add(mul(h, at(w, 0)), x))
    return [next, [h, next, mul(x, h)]]
  },
  // Its gradient is a sum over steps of what is no product, of what depends on no step, and of rows of a table.
  'everything sunk'(w, h, x) {
    const row = take(w, argmax(x))
    return [add(mul(h, 0.5), add(exp(mul(x, at(w, 0))), add(row, mul(at(w, 0), 3)))), [h]]
  },
  sums: (w, h, x) => [add(h, mul(x, at(w, 0))), [add(x, 1)]],
  // Infinite, and with an infinite derivative, where x is 0.
  singular: (w, h, x) => [add(mul(h, 0.5), mul(at(w, 0), log(mul(x, x)))), [div(h, x)]],
}

const int = (data: number[]) => tensor(data, { dtype: 'int32' })

/** Weights, first carries [B, n], steps [B, T, n], lengths from -1 to T + 1, behind which NaN and infinities stand. */
function ragged(draw: Draw) {
  const [n, T, B] = [draw.integer(1, 3), draw.integer(1, 6), draw.integer(1, 4)]
  const lengths = Array.from({ length: B }, () => draw.integer(-1, T + 1))
  const clean = values(draw, [B, T, n], 'float32', 0.5, 1)
  const padded = { ...clean, data: clean.data.slice() }
  for (let b = 0; b < B; b++)
    for (let t = Math.max(0, lengths[b]); t < T; t++)
      for (let i = 0; i < n; i++) padded.data[(b * T + t) * n + i] = draw.pick([NaN, Infinity, -Infinity, 1e38])
  return {
    lengths,
    w: toTensor(values(draw, [n, n], 'float32', -1, 1)),
    h: toTensor(values(draw, [B, n], 'float32', -1, 1)),
    xs: toTensor(padded),
    T,
    reverse: draw.integer(0, 1) === 1,
  }
}

/** The results of one example whose sequence ends where it ends. */
function alone(cell: Cell, w: Tensor, h: Tensor, xs: Tensor, length: number, T: number, reverse: boolean) {
  const count = Math.max(0, Math.min(length, T))
  const own = slice(xs, [0, 0], [count, xs.shape[1]])
  const [last, ys] = scan((c: Tensor, x: Tensor) => cell(w, c, x), h, own, { reverse })
  return { last, ys, count }
}

/** A scalar of everything, in which each element weighs differently. */
const lossOf = (last: Tensor, ys: readonly Tensor[]): Tensor =>
  ys.reduce((total, y, i) => add(total, mul(sum(mul(y, y)), 0.5 + i)), sum(mul(last, last)))

const forms: Record<
  string,
  (cell: Cell, reverse: boolean) => (w: Tensor, h: Tensor, xs: Tensor, l: Tensor) => [Tensor, Tensor[]]
> = {
  'vmap of a scalar': (cell, reverse) =>
    vmap(
      (w: Tensor, h: Tensor, xs: Tensor, lengths: Tensor) =>
        scan((c: Tensor, x: Tensor) => cell(w, c, x), h, xs, { lengths, reverse }),
      [null, 0, 0, 0],
    ),
  'each alone': (cell, reverse) => (w, h, xs, lengths) => {
    const each = Array.from({ length: h.shape[0] }, (_, b) =>
      scan((c: Tensor, x: Tensor) => cell(w, c, x), at(h, b), at(xs, b), { lengths: at(lengths, b), reverse }),
    )
    return [stack(each.map(([last]) => last)), each[0][1].map((_, i) => stack(each.map(([, ys]) => ys[i])))]
  },
  'a vector': (cell, reverse) => (w, h, xs, lengths) => {
    const batched = vmap(cell, [null, 0, 0])
    const [last, ys] = scan((c: Tensor, x: Tensor) => batched(w, c, x), h, transpose(xs, [1, 0, 2]), {
      lengths,
      reverse,
    })
    return [last, ys.map(y => transpose(y, [1, 0, 2]))]
  },
}

for (const [form, make] of Object.entries(forms)) {
  for (const [name, cell] of Object.entries(cells)) {
    test(`${form}, ${name}: values and gradients are those of each example alone`, () =>
      forAll(6, draw => {
        const { w, h, xs, lengths, T, reverse } = ragged(draw)
        const f = make(cell, reverse)
        const run = draw.integer(0, 1) === 1 ? jit(f) : f
        const [last, ys] = run(w, h, xs, int(lengths))
        const loss = ([v, c, x]: Tensor[]): Tensor => lossOf(...f(v, c, x, int(lengths)))
        const [gw, gh, gx] = jit(grad(loss))([w, h, xs])
        let total = zeros(w.shape)
        lengths.forEach((length, b) => {
          const [c, x] = [at(h, b), at(xs, b)]
          const own = alone(cell, w, c, x, length, T, reverse)
          close('carry', fromTensor(at(last, b)), fromTensor(own.last), 1e-5)
          ys.forEach((y, i) => {
            const rows = slice(at(y, b), [0, 0], [own.count, y.shape[2]])
            close(`y ${i}`, fromTensor(rows), fromTensor(own.ys[i]), 1e-5)
            assert.ok(
              at(y, b)
                .data()
                .slice(own.count * y.shape[2])
                .every(value => value === 0),
              'zeros behind the end',
            )
          })
          const [ow, oh, ox] = grad(([v, d, z]: Tensor[]) => {
            const { last: end, ys: out } = alone(cell, v, d, z, length, T, reverse)
            return lossOf(end, out)
          })([w, c, slice(x, [0, 0], [own.count, x.shape[1]])])
          total = add(total, ow)
          close('gradient of the carry', fromTensor(at(gh, b)), fromTensor(oh), 1e-4)
          close('gradient of x', fromTensor(slice(at(gx, b), [0, 0], [own.count, x.shape[1]])), fromTensor(ox), 1e-4)
          assert.ok(
            at(gx, b)
              .data()
              .slice(own.count * x.shape[1])
              .every(value => value === 0),
            'no gradient behind it',
          )
        })
        close('gradient of w', fromTensor(gw), fromTensor(total), 1e-4)
      }))
  }
}

test('vmap of grad, and forward mode, see the same', () =>
  forAll(12, draw => {
    const { w, h, xs, lengths, T, reverse } = ragged(draw)
    const one = (v: Tensor, c: Tensor, x: Tensor, l: Tensor) =>
      lossOf(...scan((d: Tensor, z: Tensor) => cells.recurrent(v, d, z), c, x, { lengths: l, reverse }))
    const each = vmap(grad(one), [null, 0, 0, 0])(w, h, xs, int(lengths))
    const push = (c: Tensor, x: Tensor, l: Tensor) => jvp((v: Tensor) => one(v, c, x, l), [w], [ones(w.shape)])[1]
    const pushed = vmap(push)(h, xs, int(lengths))
    lengths.forEach((length, b) => {
      const own = grad((v: Tensor) => {
        const { last, ys } = alone(cells.recurrent, v, at(h, b), at(xs, b), length, T, reverse)
        return lossOf(last, ys)
      })(w)
      close('gradient', fromTensor(at(each, b)), fromTensor(own), 1e-4)
      close('tangent', fromTensor(at(pushed, b)), fromTensor(sum(own)), 1e-4)
    })
  }))

test('sums leave the loop, of the steps that run alone, whatever stands behind them', () => {
  const [T, n] = [40, 3]
  const f = (w: Tensor, xs: Tensor, labels: Tensor, lengths: Tensor | number, reverse: boolean) =>
    scan(
      ({ h, products, loss, rows, constant }, { x, label }) => {
        const next = tanh(add(mul(h, 0.5), matmul(x, w)))
        return [
          {
            h: next,
            products: add(products, outer(x, next)),
            loss: add(loss, softmaxCrossEntropy(matmul(log(x), w), label)),
            rows: scatterAdd(rows, reshape(label, [1]), reshape(x, [1, n])),
            constant: add(constant, at(w, 0)),
          },
          null,
        ]
      },
      { h: zeros([n]), products: zeros([n, n]), loss: tensor(0.5), rows: zeros([n, n]), constant: ones([n]) },
      { x: xs, label: labels },
      { lengths, reverse },
    )[0]
  return forAll(6, draw => {
    const xs = values(draw, [T, n], 'float32', 0.5, 1)
    const w = toTensor(values(draw, [n, n], 'float32', -1, 1))
    const labels = int(Array.from({ length: T }, () => draw.integer(0, n - 1)))
    const reverse = draw.integer(0, 1) === 1
    for (const length of [0, 1, 7, 20, 33, 40]) {
      const padded = { ...xs, data: xs.data.map((v, i) => (i < length * n ? v : draw.pick([NaN, Infinity]))) }
      const own = [slice(toTensor(xs), [0, 0], [length, n]), slice(labels, [0], [length])]
      const count = tensor(length, { dtype: 'int32' })
      const ragged = jit((v: Tensor, x: Tensor, l: Tensor) => f(v, x, l, count, reverse))(w, toTensor(padded), labels)
      const expected = f(w, own[0], own[1], length, reverse)
      for (const name of Object.keys(expected) as (keyof typeof expected)[])
        close(name, fromTensor(ragged[name]), fromTensor(expected[name]), 1e-5)
      const loss = (v: Tensor, x: Tensor, l: Tensor) => {
        const { products, loss: total, h, constant } = f(v, x, l, count, reverse)
        return add(add(sum(mul(products, products)), total), add(sum(h), sum(mul(constant, constant))))
      }
      const gradient = jit(grad(loss))(w, toTensor(padded), labels)
      close('gradient', fromTensor(gradient), fromTensor(grad(loss)(w, own[0], own[1])), 1e-4)
    }
  })
})

test('sums of a few rows in each step leave a ragged loop, those of many stay', () => {
  const loops = (size: number) => {
    const f = (w: Tensor, xs: Tensor) =>
      sum(scan((h: Tensor, x: Tensor) => [tanh(add(h, matmul(x, w))), null], zeros([size, 2]), xs, { lengths: 5 })[0])
    const { program } = closedFunction('test', grad(f), [ones([2, 2]), ones([16, size, 2])])
    return optimize(program)
      .equations.filter(({ primitive }) => primitive.name === 'scan')
      .map(({ params }) => params.length)
  }
  assert.equal(loops(4), [16, 16, 2])
  assert.equal(loops(64), [16, 16])
})

test('what stands in for padding has no gradient', () => {
  const f = ([x, y]: Tensor[]) => sum(bind1(selectPrimitive, [tensor([true, false]), x, y], { held: true }))
  const [gx, gy] = grad(f)([ones([2]), ones([2])])
  assert.equal(
    [gx.toArray(), gy.toArray()],
    [
      [1, 0],
      [0, 0],
    ],
  )
})

test('second order, and integer steps', () => {
  const table = tensor([[0.5], [0.25], [-0.5]])
  const f = (t: Tensor, ids: Tensor, lengths: Tensor) =>
    sum(
      vmap(
        (i: Tensor, l: Tensor) =>
          scan((h: Tensor, id: Tensor) => [tanh(add(h, at(take(t, id), 0))), h], tensor(0), i, { lengths: l })[0],
      )(ids, lengths),
    )
  const ids = tensor(
    [
      [0, 1, 9],
      [2, -7, 99],
    ],
    { dtype: 'int32' },
  )
  const second = (t: Tensor) => sum(mul(grad(f)(t, ids, int([2, 1])), ones([3, 1])))
  const step = 1e-2
  const g = (d: number) => (grad(f)(add(table, d), ids, int([2, 1])).toArray() as number[][]).flat()
  const expected = g(step).reduce((a, x, i) => a + (x - g(-step)[i]) / (2 * step), 0)
  assert.ok(Math.abs((sum(grad(second)(table)).item() as number) - expected) < 1e-3)
})

test('only as many steps run as the longest has', () => {
  const seen: number[] = []
  const before = debug.onPrint((_, __, [step]) => seen.push(step))
  const f = (xs: Tensor, lengths: Tensor | number, reverse = false) =>
    scan((c: Tensor, x: Tensor) => [add(c, debug.print('x', x)), null], tensor(0), xs, { lengths, reverse })[0]
  const xs = tensor([1, 2, 4, 8, 16])
  assert.is(f(xs, 3).item(), 7)
  assert.is(f(xs, 2, true).item(), 3)
  assert.is(f(xs, 0).item(), 0)
  assert.equal(vmap(f, [null, 0])(xs, int([1, 3])).toArray(), [1, 7])
  assert.equal(seen, [0, 1, 2, 1, 0, 0, 1, 2])
  debug.onPrint(before)
})

test('a vmap in which all have one length is as one loop', () => {
  const f = (xs: Tensor, lengths: Tensor) =>
    scan((c: Tensor, x: Tensor) => [tanh(add(c, x)), c], tensor(0), xs, { lengths })
  const xs = tensor([
    [1, 2, NaN],
    [3, 4, NaN],
  ])
  const [last, ys] = vmap(f, [0, null])(xs, tensor(2, { dtype: 'int32' }))
  const singles = [0, 1].map(b => f(at(xs, b), tensor(2, { dtype: 'int32' })))
  sameBits('carry', [last], [stack(singles.map(([c]) => c))])
  sameBits('ys', [ys], [stack(singles.map(([, y]) => y))])
})

test('a batch of no examples, and sequences of no steps', () => {
  const f = vmap((c: Tensor, xs: Tensor, lengths: Tensor) =>
    scan((h: Tensor, x: Tensor) => [add(h, x), h], c, xs, { lengths }),
  )
  const none = f(zeros([0]), zeros([0, 3]), zeros([0], 'int32'))
  assert.equal(
    none.map(({ shape }) => shape),
    [[0], [0, 3]],
  )
  const empty = f(ones([2]), zeros([2, 0]), int([0, 5]))
  assert.equal(
    empty.map(x => x.toArray()),
    [
      [1, 1],
      [[], []],
    ],
  )
})

test('canaries: what lies beside the results and the operands stays', () => {
  const f = jit((h: Tensor, xs: Tensor, l: Tensor) =>
    scan((c: Tensor, x: Tensor) => [add(c, x), [c, add(c, x)]], h, xs, { lengths: l }),
  )
  const before = Array.from({ length: 20 }, (_, i) => mul(ones([4]), i))
  for (const reverse of [false, true])
    for (const l of [-1, 0, 1, 4, 5, 2 ** 31 - 1, -(2 ** 31)]) {
      const g = reverse
        ? jit((h: Tensor, xs: Tensor, n: Tensor) =>
            scan((c: Tensor, x: Tensor) => [add(c, x), c], h, xs, { lengths: n, reverse }),
          )
        : f
      g(cast(tensor([0, 0, 0, 0]), 'float32'), ones([4, 4]), tensor(l, { dtype: 'int32' }))
      assert.equal(
        before.map(x => x.toArray()),
        before.map((_, i) => [i, i, i, i]),
      )
    }
})

test.run()
