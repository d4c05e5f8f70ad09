// Windows at traced places: clamped, differentiable, batched; and written in place where the tensor dies.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Opcode } from '../../assembly/format.js'
import { compile } from '../../ts/compiler/compile.js'
import { optimize } from '../../ts/compiler/optimize.js'
import {
  add,
  arange,
  at,
  dynamicSlice,
  dynamicUpdateSlice,
  einsum,
  expandDims,
  grad,
  jit,
  mul,
  reshape,
  scan,
  scatter,
  scatterAdd,
  slice,
  stack,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  vmap,
  zeros,
} from '../../ts/index.js'
import { closedFunction } from '../../ts/transforms/function.js'

const test = suite('dynamic slices')

const int = (value: number | number[]): Tensor => tensor(value, { dtype: 'int32' })
const wave = (...shape: number[]): Tensor => {
  const size = shape.reduce((product, length) => product * length, 1)
  return tensor(
    Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + size)),
    { shape },
  )
}

test('the window lies inside, wherever it is asked for', () => {
  const x = reshape(arange(12), [3, 4])
  const read = (i: Tensor, j: Tensor) => dynamicSlice(x, [i, j], [2, 2])
  for (const [i, j, expected] of [
    [0, 1, [[1, 2], [5, 6]]],
    [9, 2, [[6, 7], [10, 11]]],
    [-5, 2147483647, [[2, 3], [6, 7]]],
    [1, -2147483648, [[4, 5], [8, 9]]],
  ] as const) // biome-ignore format: a table
    for (const run of [read, jit(read)]) assert.equal(run(int(i), int(j)).toArray(), expected)
  const written = jit((i: Tensor) => dynamicUpdateSlice(zeros([3]), tensor([7, 8]), [i]))
  assert.equal(
    [-1, 1, 5].map(i => written(int(i)).toArray()),
    [
      [7, 8, 0],
      [0, 7, 8],
      [0, 7, 8],
    ],
  )
  assert.is(dynamicSlice(x, [0, 0], [3, 4]), x)
})

/** Loops over a carried tensor, each step and its number. */
const loops: Record<string, (c: Tensor, i: Tensor) => Tensor> = {
  'one row': (c, i) => dynamicUpdateSlice(c, tanh(add(wave(1, 3), i)), [i, 0]),
  'two rows': (c, i) => {
    const one = dynamicUpdateSlice(c, mul(wave(1, 3), i), [i, 0])
    return dynamicUpdateSlice(one, wave(1, 2), [sub(4, i), 1])
  },
  'a row read and written': (c, i) => {
    const row = dynamicSlice(c, [i, 0], [1, 3])
    return dynamicUpdateSlice(c, add(mul(row, 0.5), 1), [add(i, 1), 0])
  },
  'rows set and added': (c, i) => scatterAdd(scatter(c, reshape(i, [1]), wave(1, 3)), int([0, 4, 0]), wave(3, 3)),
}

/** The program after the passes; what is donated: the first argument. */
const executableOf = (f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]) => {
  const { program, captured } = closedFunction('test', f as (...args: never[]) => unknown, xs)
  const order = [...program.inputs.slice(captured.length), ...program.inputs.slice(0, captured.length)]
  return compile(optimize({ ...program, inputs: order }), [true])
}

const steps = arange(5)

for (const [name, step] of Object.entries(loops)) {
  test(`a carry is written in its place: ${name}`, () => {
    const start = wave(5, 3)
    let c = start
    for (let i = 0; i < 5; i++) c = step(c, int(i))
    const run = (x: Tensor) => scan((carry: Tensor, i: Tensor) => [step(carry, i), undefined], x, steps)[0]
    assert.equal(jit(run)(start).toArray(), c.toArray())
    const { instructions } = executableOf(run, start)
    const copies = instructions.filter(({ opcode, depth }) => opcode === Opcode.Copy && depth > 0)
    for (const { fields } of copies) assert.ok((fields[2] as number) < 15, 'the carry is copied in each step')
  })
}

test('a carry that is read later keeps its old value for it', () => {
  const run = (x: Tensor) =>
    scan(
      (c: Tensor, i: Tensor) => {
        const next = dynamicUpdateSlice(c, mul(wave(1, 3), i), [i, 0])
        return [next, sub(c, mul(next, 2))]
      },
      x,
      steps,
    )
  let c = wave(5, 3)
  const [last, ys] = run(c)
  const own = [0, 1, 2, 3, 4].map(i => {
    const next = dynamicUpdateSlice(c, mul(wave(1, 3), i), [int(i), 0])
    const y = sub(c, mul(next, 2))
    c = next
    return y
  })
  assert.equal(last.toArray(), c.toArray())
  assert.equal(ys.toArray(), stack(own).toArray())
})

test('the update is a part of what it is written into', () => {
  const shift = (c: Tensor): Tensor => dynamicUpdateSlice(c, slice(c, [0], [4]), [1])
  const [last] = scan((c: Tensor) => [shift(c), undefined], arange(5), undefined, { length: 2 })
  assert.equal(last.toArray(), [0, 0, 0, 1, 2])
})

test('two carries written into one another', () => {
  const step = ([a, b]: [Tensor, Tensor], i: Tensor): [[Tensor, Tensor], undefined] => [
    [dynamicUpdateSlice(b, reshape(i, [1]), [i]), dynamicUpdateSlice(a, reshape(add(i, 10), [1]), [i])],
    undefined,
  ]
  const [[a, b]] = scan(step, [zeros([3], 'int32'), zeros([3], 'int32')], arange(3))
  assert.equal(a.toArray(), [0, 11, 2])
  assert.equal(b.toArray(), [10, 1, 12])
})

test('a donated cache is written in place, and a kept one is not', () => {
  const write = (c: Tensor, i: Tensor) => dynamicUpdateSlice(c, tensor([[5, 6]]), [i, 0])
  const kept = zeros([3, 2])
  assert.equal(jit(write)(kept, int(1)).toArray(), [
    [0, 0],
    [5, 6],
    [0, 0],
  ])
  assert.equal(kept.toArray(), zeros([3, 2]).toArray())
  const step = jit(write, { donate: [0] })
  const first = add(zeros([3, 2]), 0)
  const second = step(first, int(2))
  const third = step(second, int(0))
  assert.equal(third.toArray(), [
    [5, 6],
    [0, 0],
    [5, 6],
  ])
  assert.equal(executableOf(write, kept, int(0)).aliases, [0])
})

test('vmap with starts of their own, and in a loop', () => {
  const caches = wave(2, 5, 3)
  const starts = int([3, 1])
  const one = (c: Tensor, i: Tensor) => dynamicUpdateSlice(c, dynamicSlice(c, [sub(i, 1), 0], [1, 3]), [i, 0])
  const expected = stack([0, 1].map(k => one(at(caches, k), at(starts, k))))
  assert.equal(jit(vmap(one))(caches, starts).toArray(), expected.toArray())
  const nested = vmap(vmap(one, [0, null]), [null, 0])(caches, starts)
  assert.equal(at(at(nested, 1), 0).toArray(), one(at(caches, 0), at(starts, 1)).toArray())
  const loop = (c: Tensor) => scan((k: Tensor, i: Tensor) => [one(k, i), undefined], c, steps)[0]
  assert.equal(vmap(loop)(caches).toArray(), stack([0, 1].map(k => loop(at(caches, k)))).toArray())
})

test('the gradient of a loop that reads and writes is that of the loop unrolled', () => {
  const body = (c: Tensor, i: Tensor): [Tensor, Tensor] => {
    const row = dynamicSlice(c, [i, 0], [1, 3])
    const next = dynamicUpdateSlice(c, tanh(add(row, 1)), [add(i, 1), 0])
    return [next, sum(mul(row, row))]
  }
  const looped = (c: Tensor): Tensor => {
    const [last, ys] = scan(body, c, arange(4))
    return add(sum(ys), sum(mul(last, wave(5, 3))))
  }
  const unrolled = (c: Tensor): Tensor => {
    let total: Tensor = tensor(0)
    let k = c
    for (let i = 0; i < 4; i++) {
      const [next, y] = body(k, int(i))
      k = next
      total = add(total, y)
    }
    return add(total, sum(mul(k, wave(5, 3))))
  }
  const [found, expected] = [grad(looped), grad(unrolled)].map(g => g(wave(5, 3)).data())
  expected.forEach((value, i) => {
    assert.ok(Math.abs(found[i] - value) <= 1e-5 * Math.max(1, Math.abs(value)), `${i}: ${found[i]}, ${value}`)
  })
})

test('attention over a cache that grows, step by step, is attention over the whole', () => {
  const [T, H, D] = [6, 2, 4]
  const keys = wave(T, H, D)
  const step = (cache: Tensor, [key, t]: [Tensor, Tensor]): [Tensor, Tensor] => {
    const next = dynamicUpdateSlice(cache, expandDims(key, 0), [t, 0, 0])
    return [next, einsum('thd,hd->ht', next, key)]
  }
  const [, scores] = scan(step, zeros([T, H, D]), [keys, arange(T)] as [Tensor, Tensor])
  const whole = einsum('khd,qhd->qhk', keys, keys).data()
  scores.data().forEach((value, i) => {
    const [t, k] = [Math.floor(i / (H * T)), i % T]
    assert.ok(k > t ? value === 0 : Math.abs(value - whole[i]) < 1e-5, `${i}`)
  })
})

test.run()
