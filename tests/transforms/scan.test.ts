// scan beside plain JavaScript loops in double precision: loops that each have a trait which a rule could get wrong, under
// all transforms.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Tensor } from '../../ts/core/tensor.js'
import {
  add,
  cast,
  flip,
  full,
  grad,
  jit,
  matmul,
  mul,
  reshape,
  scan,
  sigmoid,
  sub,
  sum,
  tanh,
  tensor,
  vmap,
} from '../../ts/index.js'
import { build, type Draw, type NdArray, values } from '../../ts/ops/laws.js'
import { array, forAll } from '../comparing.js'
import { functionLaws, type Subject } from '../function-laws.js'

const test = suite('scan')

type Vector = number[]

const sigma = (x: number): number => 1 / (1 + Math.exp(-x))
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** Steps in the order in which they run. */
const order = (length: number, reverse: boolean): number[] => (reverse ? range(length).reverse() : range(length))

/** Entry `t` of the first axis, as a list. */
const row = ({ shape, data }: NdArray, t: number): Vector => {
  const width = shape.slice(1).reduce((size, length) => size * length, 1)
  return [...data.slice(t * width, (t + 1) * width)]
}

const list = ({ data }: NdArray): Vector => [...data]
const rows = (length: number, width: number, data: Vector[]): NdArray => array([length, width], data.flat())

/** A loop of random size: T steps over vectors of n. */
interface Size {
  T: number
  n: number
  reverse: boolean
}

const loops: Record<string, (size: Size, draw: Draw) => Subject> = {
  'a recurrence with captured weights': ({ T, n, reverse }, draw) => ({
    inputs: [values(draw, [n, n]), values(draw, [n]), values(draw, [n]), values(draw, [T, n])],
    f([w, b, h0, xs]) {
      const step = (h: Tensor, x: Tensor) => {
        const next = tanh(add(matmul(h, w), b, x))
        return [next, next] as const
      }
      return scan(step, h0, xs, { reverse })
    },
    reference([w, b, h0, xs]) {
      let h = list(h0)
      const ys: Vector[] = []
      for (const t of order(T, reverse)) {
        const x = row(xs, t)
        h = range(n).map(j => Math.tanh(range(n).reduce((s, i) => s + h[i] * w.data[i * n + j], 0) + b.data[j] + x[j]))
        ys[t] = h
      }
      return [array([n], h), rows(T, n, ys)]
    },
  }),

  'carries that are exchanged, emitted before and after their update': ({ T, n, reverse }, draw) => ({
    inputs: [values(draw, [n]), values(draw, [n]), values(draw, [T, n])],
    f([a0, b0, xs]) {
      const step = ({ a, b }: { a: Tensor; b: Tensor }, x: Tensor) => {
        const next = tanh(add(a, mul(b, x)))
        return [{ a: b, b: next }, [a, b, next, next]] as const
      }
      const [{ a, b }, ys] = scan(step, { a: a0, b: b0 }, xs, { reverse })
      return [a, b, ...ys]
    },
    reference([a0, b0, xs]) {
      let [a, b] = [list(a0), list(b0)]
      const ys: Vector[][] = [[], [], [], []]
      for (const t of order(T, reverse)) {
        const x = row(xs, t)
        const next = a.map((value, i) => Math.tanh(value + b[i] * x[i]))
        ;[a, b, next, next].forEach((y, k) => {
          ys[k][t] = y
        })
        ;[a, b] = [b, next]
      }
      return [array([n], a), array([n], b), ...ys.map(y => rows(T, n, y))]
    },
  }),

  'an integer counter in a tree of carries, several xs': ({ T, n, reverse }, draw) => ({
    inputs: [values(draw, [n]), values(draw, [T, n]), values(draw, [T]), values(draw, [T], 'int32')],
    f([h0, xs, gates, ids]) {
      const init = { state: { h: h0 }, count: tensor(0, { dtype: 'int32' }) }
      const step = ({ state: { h }, count }: typeof init, { x, gate, id }: { x: Tensor; gate: Tensor; id: Tensor }) => {
        const next = add(mul(h, sigmoid(gate)), mul(x, mul(cast(count, 'float32'), 0.1)))
        const after = add(count, id)
        return [
          { state: { h: next }, count: after },
          { count, total: sum(next) },
        ] as const
      }
      const [last, ys] = scan(step, init, { x: xs, gate: gates, id: ids }, { reverse })
      return [last.state.h, last.count, ys.count, ys.total]
    },
    reference([h0, xs, gates, ids]) {
      let h = list(h0)
      let count = 0
      const [counts, totals]: Vector[] = [[], []]
      for (const t of order(T, reverse)) {
        const x = row(xs, t)
        counts[t] = count
        h = h.map((value, i) => value * sigma(gates.data[t]) + x[i] * count * 0.1)
        count += ids.data[t]
        totals[t] = h.reduce((s, value) => s + value, 0)
      }
      return [
        array([n], h),
        build([], 'int32', () => count),
        build([T], 'int32', ([t]) => counts[t]),
        array([T], totals),
      ]
    },
  }),

  'a length without xs, a carry that starts from a captured constant': ({ T, n }, draw) => ({
    inputs: [values(draw, [n]), values(draw, [])],
    f([x, rate]) {
      const step = (h: Tensor) => [sub(h, mul(rate, mul(h, x))), sum(h)] as const
      return scan(step, x, null, { length: T })
    },
    reference([x, rate]) {
      let h = list(x)
      const ys = range(T).map(() => {
        const total = h.reduce((s, value) => s + value, 0)
        h = h.map((value, i) => value - rate.data[0] * value * x.data[i])
        return total
      })
      return [array([n], h), array([T], ys)]
    },
  }),

  'a carry that becomes two, whose old values are read later': ({ T, n, reverse }, draw) => ({
    inputs: [values(draw, [n]), values(draw, [n]), values(draw, [n]), values(draw, [T, n])],
    f([a0, b0, c0, xs]) {
      const step = ([a, b, c]: [Tensor, Tensor, Tensor], x: Tensor): [[Tensor, Tensor, Tensor], null] => {
        const next = mul(c, x)
        return [[next, next, add(b, mul(a, x))], null]
      }
      return scan(step, [a0, b0, c0], xs, { reverse })[0]
    },
    reference([a0, b0, c0, xs]) {
      let [a, b, c] = [list(a0), list(b0), list(c0)]
      for (const t of order(T, reverse)) {
        const x = row(xs, t)
        const next = c.map((value, i) => value * x[i])
        ;[a, b, c] = [next, next, b.map((value, i) => value + a[i] * x[i])]
      }
      return [a, b, c].map(v => array([n], v))
    },
  }),

  'outputs that are inputs, constants, literals and duplicates': ({ T, n, reverse }, draw) => ({
    inputs: [values(draw, [n]), values(draw, [n]), values(draw, [T, n])],
    f([c, h0, xs]) {
      type Y = [Tensor, Tensor, number, Tensor, Tensor, Tensor]
      const step = ([h, same]: [Tensor, Tensor], x: Tensor): [[Tensor, Tensor], Y] => [
        [mul(h, c), same],
        [x, c, 1, h, h, same],
      ]
      const [[h, same], [x, constant, one, before, again, passed]] = scan(step, [h0, c], xs, { reverse })
      return [h, same, x, constant, one as unknown as Tensor, before, again, passed]
    },
    reference([c, h0, xs]) {
      let h = list(h0)
      const before: Vector[] = []
      for (const t of order(T, reverse)) {
        before[t] = h
        h = h.map((value, i) => value * c.data[i])
      }
      const constant = rows(
        T,
        n,
        range(T).map(() => list(c)),
      )
      const last = array([n], h)
      return [
        last,
        c,
        xs,
        constant,
        array(
          [T],
          range(T).map(() => 1),
        ),
        rows(T, n, before),
        rows(T, n, before),
        constant,
      ]
    },
  }),

  'a body that ignores its carry': ({ T, n, reverse }, draw) => ({
    inputs: [values(draw, [n]), values(draw, [T, n])],
    f: ([h0, xs]) => scan((_: Tensor, x: Tensor) => [mul(x, x), tanh(x)] as const, h0, xs, { reverse }),
    reference([h0, xs]) {
      const last = T === 0 ? list(h0) : row(xs, reverse ? 0 : T - 1).map(x => x * x)
      return [array([n], last), { ...xs, data: xs.data.map(Math.tanh) }]
    },
  }),

  'views of the carry that leave the step or become a carry': ({ T, n, reverse }, draw) => ({
    inputs: [values(draw, [n]), values(draw, [n]), values(draw, [n]), values(draw, [T, n])],
    f([a0, b0, d0, xs]) {
      type Three = [Tensor, Tensor, Tensor]
      const step = ([a, b, d]: Three, x: Tensor): [Three, Tensor[]] => {
        const turned = flip(a)
        const column = reshape(a, [n, 1])
        return [
          [add(a, x), flip(b), turned],
          [turned, column, flip(b), d],
        ]
      }
      const [carry, ys] = scan(step, [a0, b0, d0], xs, { reverse })
      return [...carry, ...ys]
    },
    reference([a0, b0, d0, xs]) {
      let [a, b, d] = [list(a0), list(b0), list(d0)]
      const ys: Vector[][] = [[], [], [], []]
      for (const t of order(T, reverse)) {
        const x = row(xs, t)
        const [turned, other] = [a.slice().reverse(), b.slice().reverse()]
        ;[turned, a, other, d].forEach((y, k) => {
          ys[k][t] = y
        })
        ;[a, b, d] = [a.map((value, i) => value + x[i]), other, turned]
      }
      const stacks = ys.map(y => rows(T, n, y))
      return [...[a, b, d].map(v => array([n], v)), stacks[0], { ...stacks[1], shape: [T, n, 1] }, ...stacks.slice(2)]
    },
  }),

  'a scan in a scan that reads the outer carry': ({ T, n, reverse }, draw) => ({
    inputs: [values(draw, [n]), values(draw, [n]), values(draw, [T, 3, n])],
    f([w, h0, xs]) {
      const outer = (h: Tensor, block: Tensor) => {
        const inner = (s: Tensor, x: Tensor) => {
          const next = add(mul(tanh(add(s, h)), w), mul(x, h))
          return [next, mul(s, h)] as const
        }
        const [last, parts] = scan(inner, mul(h, 0.5), block, { reverse: !reverse })
        return [last, parts] as const
      }
      return scan(outer, h0, xs, { reverse })
    },
    reference([w, h0, xs]) {
      let h = list(h0)
      const ys: Vector[] = []
      for (const t of order(T, reverse)) {
        let s = h.map(value => value * 0.5)
        const parts: Vector[] = []
        for (const k of order(3, !reverse)) {
          const x = row(xs, t).slice(k * n, (k + 1) * n)
          parts[k] = s.map((value, i) => value * h[i])
          s = s.map((value, i) => Math.tanh(value + h[i]) * w.data[i] + x[i] * h[i])
        }
        ys[t] = parts.flat()
        h = s
      }
      return [array([n], h), array([T, 3, n], ys.flat())]
    },
  }),

  'descent along a gradient taken in each step': ({ T, n, reverse }, draw) => ({
    inputs: [values(draw, [n]), values(draw, [T, n])],
    f([w0, xs]) {
      const step = (w: Tensor, x: Tensor) => {
        const loss = (v: Tensor) => sum(mul(mul(v, v), tanh(mul(v, x))))
        return [sub(w, mul(0.1, grad(loss)(w))), loss(w)] as const
      }
      return scan(step, w0, xs, { reverse })
    },
    reference([w0, xs]) {
      let w = list(w0)
      const ys: Vector = []
      for (const t of order(T, reverse)) {
        const x = row(xs, t)
        ys[t] = w.reduce((s, v, i) => s + v * v * Math.tanh(v * x[i]), 0)
        w = w.map((v, i) => {
          const y = Math.tanh(v * x[i])
          return v - 0.1 * (2 * v * y + v * v * (1 - y * y) * x[i])
        })
      }
      return [array([n], w), array([T], ys)]
    },
  }),

  'a vmap of scans of vmaps': ({ T, n, reverse }, draw) => ({
    inputs: [values(draw, [2, n]), values(draw, [T, 2]), values(draw, [n])],
    f([starts, xs, scale]) {
      const one = (start: Tensor, x: Tensor) => {
        const each = vmap((h: Tensor, s: Tensor, by: Tensor) => tanh(add(mul(h, s), by)), [0, 0, null])
        return scan((h: Tensor, t: Tensor) => [each(h, scale, t), mul(h, t)] as const, start, x, { reverse })
      }
      return vmap(one, [0, 1], 1)(starts, xs)
    },
    reference([starts, xs, scale]) {
      const singles = range(2).map(e => {
        let h = row(starts, e)
        const ys: Vector[] = []
        for (const t of order(T, reverse)) {
          const x = xs.data[t * 2 + e]
          ys[t] = h.map(value => value * x)
          h = h.map((value, i) => Math.tanh(value * scale.data[i] + x))
        }
        return { h, ys }
      })
      return [
        build([n, 2], 'float32', ([i, e]) => singles[e].h[i]),
        build([T, 2, n], 'float32', ([t, e, i]) => singles[e].ys[t][i]),
      ]
    },
  }),
}

for (const [name, make] of Object.entries(loops)) {
  for (const [title, law] of Object.entries(functionLaws)) {
    test(`${name}: ${title}`, () =>
      forAll(8, draw => {
        const size = { T: draw.pick([3, 2, 1, 0, 5]), n: draw.pick([2, 1, 3, 5]), reverse: draw.integer(0, 1) === 1 }
        law(make(size, draw), draw)
      }))
  }
}

test('compiling does not grow with the steps', () => {
  const run = jit((xs: Tensor) => scan((h: Tensor, x: Tensor) => [tanh(add(h, x)), h] as const, full([3], 0), xs))
  const short = run.compile(full([2, 3], 1)).instructions
  assert.is(run.compile(full([1000, 3], 1)).instructions, short)
})

test('a step that changes the carry, its tree or the number of steps is refused', () => {
  const xs = full([3, 2], 1)
  const start = full([2], 0)
  const refused = (f: () => unknown, message: RegExp) => assert.throws(f, message)
  refused(
    () => scan((h: Tensor, x: Tensor) => [sum(add(h, x)), null], start, xs),
    /carry changes: it starts as f32\[2\]/,
  )
  refused(() => scan((h: Tensor) => [cast(h, 'int32'), null], start, xs), /carry changes/)
  refused(() => scan((h: Tensor) => [[h] as unknown as Tensor, null], start, xs), /changes its structure/)
  refused(() => scan((h: Tensor) => [h, null], start, [xs, full([4, 2], 1)]), /different numbers of steps: 3 and 4/)
  refused(() => scan((h: Tensor) => [h, null], start, xs, { length: 4 }), /different numbers of steps/)
  refused(() => scan((h: Tensor) => [h, null], start, null), /length/)
  refused(() => scan((h: Tensor) => [h, null], start, full([], 1)), /scalar/)
})

test.run()
