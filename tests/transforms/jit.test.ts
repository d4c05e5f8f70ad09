// jit: what is traced again and what is not, donation, static arguments, what is returned as it came.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Tensor } from '../../ts/core/tensor.js'
import {
  add,
  arange,
  cast,
  full,
  grad,
  jit,
  jvp,
  linearize,
  makeProgram,
  mul,
  ones,
  reshape,
  scan,
  sub,
  sum,
  tanh,
  tensor,
  transpose,
  valueAndGrad,
  vjp,
  vmap,
  where,
  zeros,
} from '../../ts/index.js'
import { forAll, sameBits, toTensor } from '../comparing.js'
import { randomProgram } from '../random-programs.js'

const test = suite('jit')

/** A function that counts how often it is traced. */
function counted<A extends unknown[], B>(f: (...args: A) => B): { f: (...args: A) => B; traces: () => number } {
  let traces = 0
  return {
    f: (...args) => {
      traces++
      return f(...args)
    },
    traces: () => traces,
  }
}

test('numbers among the arguments are traced: a changed one traces nothing anew', () => {
  const { f, traces } = counted((x: Tensor, rate: number, options: { decay: number }) =>
    mul(sub(x, rate), options.decay),
  )
  const step = jit(f)
  for (const rate of [0.1, 0, -3, 1e9]) {
    assert.equal(step(tensor([1, 2]), rate, { decay: 2 }).data(), mul(sub(tensor([1, 2]), rate), 2).data())
  }
  assert.is(traces(), 1)
  assert.equal(step(tensor([1, 2, 3]), 1, { decay: 2 }).toArray(), [0, 2, 4])
  assert.is(traces(), 2)
})

test('a function is traced once for each tree, shape, dtype and static value', () => {
  const { f, traces } = counted((x: { a: Tensor; b?: Tensor }, size: number, flag: boolean) =>
    add(reshape(x.a, [size, -1]), where(flag, 1, 0)),
  )
  const run = jit(f, { static: [1] })
  const x = tensor([1, 2, 3, 4])
  assert.equal(run({ a: x }, 2, true).shape, [2, 2])
  assert.equal(run({ a: x }, 2, false).toArray(), [[1, 2], [3, 4]]) // biome-ignore format: rows
  assert.is(traces(), 1)
  assert.equal(run({ a: x }, 4, true).shape, [4, 1])
  assert.is(traces(), 2)
  run({ a: x, b: x }, 4, true)
  assert.is(traces(), 3)
  run({ a: cast(x, 'int32') }, 4, true)
  assert.is(traces(), 4)
  run({ a: x }, 2, true)
  assert.is(traces(), 4)
})

test('static values are told apart by kind: 5 is not "5n", nothing is not null', () => {
  const seen: unknown[] = []
  const run = jit(
    (x: Tensor, value: unknown) => {
      seen.push(value)
      return x
    },
    { static: [1] },
  )
  const list = [5, '5n', '5', null, undefined, 'undefined', [undefined], [null], Number.NaN, 'NaNn', -0, 0, '#0', true]
  const functions = [() => 1, () => 2]
  for (const value of [...list, ...functions, ...list, ...functions]) run(tensor(1), value)
  assert.equal(seen.length, list.length + functions.length)
})

test('donated tensors are gone and what they became is right', () => {
  const step = jit((state: { w: Tensor; m: Tensor }, x: Tensor) => {
    const m = add(mul(state.m, 0.5), x)
    return { w: sub(state.w, m), m }
  }, { donate: [0] }) // biome-ignore format: short
  let state = { w: tensor([1, 2, 3]), m: tensor([0, 0, 0]) }
  const first = state
  for (let i = 0; i < 3; i++) state = step(state, ones([3]))
  assert.equal(state.m.toArray(), [1.75, 1.75, 1.75])
  assert.equal(state.w.toArray(), [-3.25, -2.25, -1.25])
  assert.throws(() => first.w.data(), /donated/)
  assert.throws(() => add(first.m, 1), /donated/)
  assert.throws(() => step(first, ones([3])), /donated/)
  assert.equal(state.w.toArray(), [-3.25, -2.25, -1.25])
})

test('a donated argument that is returned as it is, once or twice, beside results of its size', () => {
  const x = () => tensor([1, 2, 3])
  const both = jit((a: Tensor) => [a, add(a, 1)], { donate: [0] })(x())
  assert.equal(both.map(y => y.toArray()), [[1, 2, 3], [2, 3, 4]]) // biome-ignore format: rows
  const twice = jit((a: Tensor) => [a, a], { donate: [0] })(x())
  assert.equal(twice.map(y => y.toArray()), [[1, 2, 3], [1, 2, 3]]) // biome-ignore format: rows
  const exchanged = jit((a: Tensor, b: Tensor) => [b, a], { donate: [0, 1] })(x(), ones([3]))
  assert.equal(exchanged.map(y => y.toArray()), [[1, 1, 1], [1, 2, 3]]) // biome-ignore format: rows
  const turned = jit((a: Tensor) => transpose(a), { donate: [0] })(tensor([[1, 2], [3, 4]])) // biome-ignore format: rows
  assert.equal(turned.toArray(), [[1, 3], [2, 4]]) // biome-ignore format: rows
})

test('the same tensor donated and passed twice is refused, and stays whole', () => {
  const f = jit((a: Tensor, b: Tensor) => add(a, b), { donate: [0] })
  const x = tensor([1, 2])
  assert.throws(() => f(x, x), /donated and passed a second time/)
  assert.throws(() => jit((t: Tensor[]) => add(t[0], t[1]), { donate: [0] })([x, x]), /second time/)
  const captured = jit((a: Tensor) => add(a, x), { donate: [0] })
  assert.throws(() => captured(x), /second time/)
  const third = jit((a: Tensor, b: Tensor, c: Tensor) => add(a, b, c), { donate: [2] })
  assert.throws(() => third(x, x, x), /second time/)
  assert.equal(third(x, x, tensor([3, 4])).toArray(), [5, 8])
  assert.equal(x.toArray(), [1, 2])
})

test('donation changes no bit of any result', () =>
  forAll(60, draw => {
    const { f, inputs } = randomProgram(draw)
    const tensors = inputs.map(toTensor)
    const expected = jit(f)(tensors)
    const donating = jit(f, { donate: [0] })
    for (let i = 0; i < 2; i++) {
      const own = inputs.map(toTensor)
      sameBits('donating', donating(own), expected)
      for (const tensor of own) assert.throws(() => tensor.data(), /donated/)
    }
  }))

test('options that make no sense are refused', () => {
  assert.throws(() => jit((x: Tensor) => x, { donate: [0], static: [0] }), /both donated and static/)
  assert.throws(() => jit((x: Tensor) => x, { donate: [-1] }), /positions/)
  assert.throws(() => jit(undefined as unknown as () => Tensor), /not a function/)
  assert.throws(() => jit((async (x: Tensor) => x) as unknown as (x: Tensor) => Tensor)(tensor(1)), /async/)
})

test('a traced value that leaves its trace says so', () => {
  let leaked: Tensor | undefined
  const leak = (x: Tensor): Tensor => {
    leaked = mul(x, 2)
    return sum(leaked)
  }
  const runs: (() => unknown)[] = [
    () => jit(leak)(ones([2])),
    () => grad(leak)(ones([2])),
    () => vmap(leak)(ones([2, 2])),
    () => jvp(leak, [ones([2])], [ones([2])]),
    () => vjp(leak, ones([2])),
    () => linearize(leak, ones([2])),
    () => scan((c: Tensor, x: Tensor) => [leak(add(c, x)), c] as const, tensor(0), ones([3])),
    () => makeProgram(leak)(ones([2])),
  ]
  for (const run of runs) {
    leaked = undefined
    run()
    assert.throws(() => add(leaked!, 1), /used after its trace ended/)
    assert.throws(() => jit((x: Tensor) => add(x, leaked!))(tensor(1)), /used after its trace ended/)
    assert.throws(() => leaked!.data(), /traced value/)
  }
})

test('an error in a traced function leaves no trace open', () => {
  const fail = (): never => {
    throw new Error('from inside')
  }
  for (const run of [
    () => jit(fail)(),
    () => grad((x: Tensor) => add(x, fail()))(tensor(1)),
    () => scan(fail, tensor(0), ones([2])),
    () => jit((x: Tensor) => scan((c: Tensor) => [add(c, fail()), null], x, null, { length: 2 }))(tensor(1)),
  ]) {
    assert.throws(run, /from inside/)
    assert.is(add(tensor(1), 1).item(), 2)
  }
})

test('looking at a traced value is refused, and names what to do instead', () => {
  assert.throws(() => jit((x: Tensor) => (x.item() > 0 ? x : mul(x, 2)))(tensor(1)), /where|cond/)
  assert.throws(() => jit((x: Tensor) => (Number(x) > 0 ? x : mul(x, 2)))(tensor(1)), /traced/)
  assert.match(
    jit((x: Tensor) => add(x, `${x}`.length))(tensor(0))
      .item()
      .toString(),
    /\d+/,
  )
})

test('what a function captures is what it was when it was traced', () => {
  const w = tensor([1, 2])
  const { f, traces } = counted((x: Tensor) => tanh(add(x, w)))
  const run = jit(f)
  assert.equal(run(zeros([2])).data(), tanh(w).data())
  assert.equal(run(ones([2])).data(), tanh(add(w, 1)).data())
  assert.is(traces(), 1)
})

test('grad and valueAndGrad pass on what comes beside the loss', () => {
  const f = (w: { a: Tensor; b: Tensor }, x: Tensor) => {
    const y = mul(w.a, x)
    return [sum(mul(y, w.b)), { y, count: arange(3), text: undefined }] as const
  }
  const w = { a: tensor([1, 2]), b: tensor([3, 4]) }
  for (const wrap of [<F>(g: F) => g, jit as unknown as <F>(g: F) => F]) {
    const [[loss, extra], gradient] = wrap(valueAndGrad(f, { hasAux: true }))(w, tensor([5, 6]))
    assert.is(loss.item(), 63)
    assert.equal([extra.y.toArray(), extra.count.toArray(), extra.text], [[5, 12], [0, 1, 2], undefined]) // biome-ignore format: one
    assert.equal([gradient.a.toArray(), gradient.b.toArray()], [[15, 24], [5, 12]]) // biome-ignore format: one
    const [again, aux] = wrap(grad(f, { hasAux: true }))(w, tensor([5, 6]))
    assert.equal([again.a.toArray(), aux.y.toArray()], [[15, 24], [5, 12]]) // biome-ignore format: one
  }
  assert.throws(() => grad(f as unknown as (p: typeof w, x: Tensor) => Tensor)(w, tensor([5, 6])), /hasAux/)
  assert.throws(() => grad((x: Tensor) => x)(ones([2])), /scalar/)
  assert.throws(() => grad((x: Tensor) => sum(x))(tensor([1], { dtype: 'int32' })), /int32/)
})

test('vjp and linearize give functions that may be called many times, also outside of jit', () => {
  const f = (x: Tensor, ids: Tensor) => ({ y: mul(x, x), z: add(sum(x), cast(sum(ids), 'float32')), ids })
  const x = tensor([1, 2])
  const ids = tensor([3, 4], { dtype: 'int32' })
  const [value, pull] = vjp(f, x, ids)
  assert.equal([value.y.toArray(), value.z.item(), value.ids.toArray()], [[1, 4], 10, [3, 4]])
  for (const scale of [1, 2]) {
    const [dx, dids] = pull({ y: full([2], scale), z: tensor(1), ids: zeros([2], 'int32') })
    assert.equal(dx.toArray(), [2 * scale + 1, 4 * scale + 1])
    assert.equal([dids.dtype, dids.toArray()], ['int32', [0, 0]])
  }
  const [, push] = linearize(f, x, ids)
  for (const scale of [1, 3]) {
    const out = push(full([2], scale), ids)
    assert.equal([out.y.toArray(), out.z.item(), out.ids.toArray()], [[2 * scale, 4 * scale], 2 * scale, [0, 0]])
  }
  assert.throws(() => pull({ y: ones([3]), z: tensor(1), ids }), /shape \[3\]/)
  assert.throws(() => pull([] as never), /cotangent/)
})

test.run()
