// profile: every instruction of a compiled function with its time, its work and the user's line; the function's result
// is as it was.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Opcode } from '../../assembly/format.js'
import {
  add,
  cast,
  cumsum,
  dynamicSlice,
  exp,
  grad,
  jit,
  matmul,
  memory,
  mul,
  ones,
  scan,
  softmax,
  sum,
  type Tensor,
  take,
  tanh,
  tensor,
  topK,
  vmap,
  zeros,
} from '../../ts/index.js'
import { type Profile, profile } from '../../ts/profile/index.js'
import { haltEverywhere } from '../../ts/profile/step.js'

const BRIEF = { milliseconds: 5 }

const rnn = (w: Tensor, xs: Tensor): Tensor => {
  const cell = (h: Tensor, x: Tensor): [Tensor, Tensor] => {
    const product = matmul(h, w)
    const next = tanh(add(product, x))
    return [next, next]
  }
  return sum(scan(cell, zeros([16]), xs)[1])
}
const w = mul(ones([16, 16]), 0.01)
const xs = ones([12, 4, 16])
const loss = (w: Tensor): Tensor => sum(vmap(rnn, [null, 1])(w, xs))

const isConsistent = ({ rows, lines, milliseconds }: Profile): void => {
  assert.ok(milliseconds >= 0)
  for (const list of [rows, lines]) {
    const share = list.reduce((total, row) => total + row.share, 0)
    // By a coarse clock short work may take no time.
    assert.ok(Math.abs(share - 1) < 1e-9 || list.every(row => row.milliseconds === 0), `${share}`)
    list.forEach((row, i) => {
      assert.ok(row.milliseconds >= 0 && row.gigabytes >= 0)
      assert.ok(i === 0 || row.milliseconds <= list[i - 1].milliseconds)
    })
  }
}

test('the result is that of jit, bit for bit', () => {
  const f = (x: Tensor, { n }: { n: number }) => ({ y: exp(x), z: [add(x, n), x] })
  const x = tensor([1, 2, 3])
  const { result, ...rest } = profile(f, BRIEF)(x, { n: 2 })
  assert.equal(JSON.stringify(result), JSON.stringify(jit(f)(x, { n: 2 })))
  isConsistent({ result, ...rest })
  assert.equal(profile(grad(loss), BRIEF)(w).result.toArray(), jit(grad(loss))(w).toArray())
})

test('instructions in a loop are counted, with sizes and work', () => {
  const seen = profile(loss, BRIEF)(w)
  isConsistent(seen)
  const products = seen.rows.filter(({ name }) => name === 'gemm')
  assert.equal(
    products.map(({ detail, calls }) => [detail, calls]),
    [['4 x 16 x 16', 12]],
  )
  const [{ gflops, milliseconds }] = products
  if (milliseconds > 0) assert.ok(Math.abs(gflops! - (12 * 2 * 4 * 16 * 16) / milliseconds / 1e6) < 1e-6 * gflops!)
  const map = seen.rows.find(({ detail }) => detail.includes('tanh'))!
  assert.is(map.calls, 12)
  assert.is(map.gflops, null)
})

test('sorts, running reductions and windows have their sizes', () => {
  const f = (x: Tensor) => [...topK(cumsum(x, { axis: 0 }), 2), dynamicSlice(x, [1, cast(sum(x), 'int32')], [1, 3])]
  const { rows } = profile(f, BRIEF)(ones([3, 8]))
  const sizes = (name: string) => rows.filter(row => row.name === name).map(row => row.detail)
  assert.equal(['sort', 'cumulate', 'copyAt'].map(sizes), [['3 x 8'], ['1 x 3 x 8'], ['3']])
})

test('instructions have the lines of what they compute, backward and fused ones too', () => {
  const lines = (profiled: Profile, name: string): number[] =>
    profiled.rows
      .filter(row => row.name === name)
      .flatMap(({ sources }) => sources.map(source => Number(/profile\.test\.[jt]s:(\d+):\d+$/.exec(source)?.[1])))
  const seen = profile(grad(loss), BRIEF)(w)
  const [matmulLine, ...others] = new Set(lines(seen, 'gemm'))
  assert.ok(matmulLine > 0)
  assert.equal(others, [], 'all products come from the one matmul')
  assert.ok(lines(seen, 'map').includes(matmulLine + 1), 'the line of tanh and add')
  assert.ok(seen.lines.some(({ source }) => source?.endsWith(`:${matmulLine}`)))
})

test('what passes make anew has the line of what it stands for', () => {
  const biased = (b: Tensor, xs: Tensor): Tensor => {
    const cell = (h: Tensor, x: Tensor): [Tensor, Tensor] => {
      const next = tanh(add(matmul(h, w), x, b))
      return [next, next]
    }
    return sum(scan(cell, zeros([16]), xs)[1])
  }
  const batched = (b: Tensor): Tensor => sum(vmap(biased, [null, 1])(b, xs))
  const { rows } = profile(grad(batched), BRIEF)(ones([16]))
  const sums = rows.filter(({ name }) => name === 'reduce')
  assert.equal(
    sums.map(({ detail, sources }) => [detail, sources.length]),
    [['1 x 48 x 16', 1]],
    "the bias's gradients of all steps are one sum behind the loop",
  )
})

test('nested loops, loops of no steps and programs without instructions', () => {
  const inner = (c: Tensor, x: Tensor): [Tensor, Tensor] => [add(mul(c, 0.5), x), exp(c)]
  const outer = (c: Tensor, x: Tensor): [Tensor, Tensor] => scan(inner, c, x)
  const nested = (x: Tensor) => scan(outer, zeros([3]), x)
  const x = ones([4, 5, 3])
  const seen = profile(nested, BRIEF)(x)
  assert.equal(JSON.stringify(seen.result), JSON.stringify(jit(nested)(x)))
  assert.ok(seen.rows.some(({ calls }) => calls === 20))
  isConsistent(seen)
  const none = profile((x: Tensor) => scan(inner, zeros([3]), x), BRIEF)(zeros([0, 3]))
  assert.equal(none.result[1].shape, [0, 3])
  const identity = profile((x: Tensor) => x, BRIEF)(w)
  assert.is(identity.result, w)
  assert.equal(identity.rows, [])
  assert.match(String(identity), /ms a call/)
})

test('the whole and the sum of its parts agree', () => {
  const a = ones([256, 256])
  const seen = profile((x: Tensor) => matmul(exp(x), softmax(x)), { milliseconds: 100 })(a)
  const parts = seen.rows.reduce((total, { milliseconds }) => total + milliseconds, 0)
  assert.ok(parts > seen.milliseconds / 10 && parts < seen.milliseconds * 10, `${parts} of ${seen.milliseconds} ms`)
})

test('the table names instructions and lines, the longest first', () => {
  const text = String(
    profile(
      grad((w: Tensor) => loss(add(w, sum(take(w, tensor([0, 1], { dtype: 'int32' })))))),
      // Long enough that even a coarse clock has a time for each.
      { milliseconds: 60 },
    )(w),
  )
  const [first, , titles] = text.split('\n')
  assert.match(first, /^\d+\.\d{3} ms a call, \d+\.\d MiB of temporaries$/)
  assert.match(titles, /^ +ms +share +rate +calls +instruction/)
  assert.match(text, /GFLOP\/s +12 {2}gemm +4 x 16 x 16 +profile\.test\.[jt]s:\d+:\d+\n/)
  assert.match(text, /GB\/s {2}profile\.test\.[jt]s:\d+\n/)
})

test('nothing is left in memory', () => {
  const before = memory()
  for (let i = 0; i < 3; i++) profile(loss, BRIEF)(w)
  const after = memory()
  assert.ok(after.tensors <= before.tensors + 6, `${before.tensors} tensors, then ${after.tensors}`)
  assert.is(after.programs, before.programs)
})

test('jumps lead to the halt before their target', () => {
  const word = (opcode: Opcode, length: number): number => opcode | (length << 16)
  const words = Uint32Array.from([
    ...[word(Opcode.Loop, 5), 0, 3, 0, 10],
    ...[word(Opcode.Jump, 3), 0, 3],
    ...[word(Opcode.End, 2), 0],
    ...[word(Opcode.Halt, 2), 0],
  ])
  const { words: stepped, instructionAt, count } = haltEverywhere({ words, constants: [], peak: 0, slots: 0 })
  assert.is(count, 3)
  assert.equal(
    [...instructionAt.keys()].filter(at => instructionAt[at] >= 0),
    [0, 7, 12],
  )
  assert.is(stepped[stepped[4]] & 0xffff, Opcode.Halt)
  assert.is(stepped[4], 14)
  assert.is(7 + stepped[9], 10)
})

test.run()
