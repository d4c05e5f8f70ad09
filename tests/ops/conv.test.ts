// Convolutions and pools against their definitions in plain numbers; batches by vmap and as a dimension; and what the
// compiler makes of them.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Opcode } from '../../assembly/format.js'
import { optimize } from '../../ts/compiler/optimize.js'
import { buildRunnable } from '../../ts/core/execute.js'
import {
  add,
  argmaxPool,
  at,
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  flip,
  grad,
  jit,
  makeProgram,
  maximum,
  maxPool,
  mean,
  meanPool,
  minimum,
  pad,
  scan,
  square,
  sum,
  swapaxes,
  type Tensor,
  tensor,
  vjp,
  vmap,
  windows,
} from '../../ts/index.js'
import { mulberry32 } from '../mulberry32.js'

const test = suite('convolutions')
const random = mulberry32(21)
const below = (limit: number): number => Math.floor(random() * limit)
const pick = <T>(list: readonly T[]): T => list[below(list.length)]

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1)

/** Integers, whose sums are exact in any order. */
const integers = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => below(9) - 4),
    { shape },
  )

const same = (a: Tensor, b: Tensor, what = ''): void => {
  assert.equal(a.shape, b.shape, what)
  assert.equal(a.data(), b.data(), what)
}

/** All indices of a shape. */
const each = (shape: readonly number[]): number[][] =>
  shape.reduce<number[][]>((list, n) => list.flatMap(index => Array.from({ length: n }, (_, i) => [...index, i])), [[]])

const flat = (shape: readonly number[], index: readonly number[]): number =>
  index.reduce((at, i, axis) => at * shape[axis] + i, 0)

interface Given {
  n: number
  groups: number
  stride: number[]
  dilation: number[]
  padding: [number, number][]
}

/** The definition of the cross-correlation of [N, C, ...] and, where `out` is a shape, of its transpose. */
function definition(x: Tensor, w: Tensor, { groups, stride, dilation, padding }: Given, out?: number[]): Float64Array {
  const [size, wide] = [w.shape.slice(2), out ?? x.shape]
  const narrow = out
    ? x.shape.slice(2)
    : size.map((k, i) => {
        const space = x.shape[2 + i] + padding[i][0] + padding[i][1] - (k - 1) * dilation[i] - 1
        return Math.floor(space / stride[i]) + 1
      })
  // Channels of the narrow side, and those of the wide side in each group.
  const [o, c] = [w.shape[0], w.shape[1]]
  const narrowShape = [x.shape[0], o, ...narrow]
  const result = new Float64Array(sizeOf(out ?? narrowShape))
  const [values, weights] = [x.data(), w.data()]
  for (const [b, f, ...position] of each(narrowShape)) {
    for (const [channel, ...k] of each([c, ...size])) {
      const place = k.map((own, i) => position[i] * stride[i] + own * dilation[i] - padding[i][0])
      if (place.some((at, i) => at < 0 || at >= wide[2 + i])) continue
      const inWide = flat(wide, [b, Math.floor(f / (o / groups)) * c + channel, ...place])
      const inNarrow = flat(narrowShape, [b, f, ...position])
      const weight = weights[flat(w.shape, [f, channel, ...k])]
      if (out) result[inWide] += values[inNarrow] * weight
      else result[inNarrow] += values[inWide] * weight
    }
  }
  return result
}

const convs = [conv1d, conv2d, conv3d]
const transposes = [convTranspose1d, convTranspose2d, convTranspose3d]

function draw(): Given & { size: number[]; space: number[]; inner: number; outer: number; batch: number } {
  const n = 1 + below(3)
  const list = (limit: number) => Array.from({ length: n }, () => 1 + below(limit))
  const [size, stride, dilation, groups] = [list(4), list(3), list(2), pick([1, 1, 2, 3])]
  const padding = size.map((): [number, number] => [below(3), below(3)])
  const space = size.map(
    (k, i) => Math.max(1, (k - 1) * dilation[i] + 1 - padding[i][0] - padding[i][1]) + below(n < 3 ? 12 : 4),
  )
  return {
    n,
    size,
    stride,
    dilation,
    groups,
    padding,
    space,
    inner: 1 + below(3),
    outer: 1 + below(4),
    batch: 1 + below(3),
  }
}

test('cross-correlations are their definition, eager and compiled', () => {
  for (let round = 0; round < 60; round++) {
    const given = draw()
    const { n, groups, inner, outer, batch, size, space, ...options } = given
    const x = integers(batch, groups * inner, ...space)
    const w = integers(groups * outer, inner, ...size)
    const conv = (a: Tensor, b: Tensor): Tensor => convs[n - 1](a, b, { ...options, groups } as ConvOptions)
    const expected = Float32Array.from(definition(x, w, given))
    for (const run of [conv, jit(conv)]) assert.equal(run(x, w).data(), expected, JSON.stringify(given))
    same(vmap(conv, [0, null])(x, w), conv(x, w), 'vmap')
    const pair = integers(batch, ...w.shape)
    const singles = vmap(conv, [0, 0])(x, pair)
    for (let i = 0; i < batch; i++) {
      same(at(singles, i), conv(at(x, i), at(pair, i)), 'both')
    }
  }
})

test('transposed convolutions are their definition, and the gradients of convolutions', () => {
  for (let round = 0; round < 60; round++) {
    const given = draw()
    const { n, groups, inner, outer, batch, size, stride, dilation } = given
    const narrow = size.map(() => 1 + below(5))
    const more = stride.map(step => below(step))
    const full = narrow.map((count, i) => (count - 1) * stride[i] + (size[i] - 1) * dilation[i] + 1 + more[i])
    const padding = full.map((length): [number, number] => [below(Math.min(3, length)), 0])
    const out = full.map((length, i) => length - padding[i][0])
    const x = integers(batch, groups * inner, ...narrow)
    const w = integers(groups * inner, outer, ...size)
    const options: ConvTransposeOptions = { stride, dilation, groups, padding, outputPadding: more }
    const conv = (a: Tensor, b: Tensor): Tensor => transposes[n - 1](a, b, options)
    const expected = Float32Array.from(definition(x, w, { ...given, padding }, [batch, groups * outer, ...out]))
    for (const run of [conv, jit(conv)]) assert.equal(run(x, w).data(), expected, JSON.stringify(given))
    same(vmap(conv, [0, null])(x, w), conv(x, w), 'vmap')
    const high = full.map((_, i): [number, number] => [padding[i][0], 0])
    const wide = integers(batch, groups * outer, ...out)
    const forward = (a: Tensor): Tensor => convs[n - 1](a, w, { stride, dilation, groups, padding: high })
    const [y, pull] = vjp(forward, wide)
    if (y.shape.join() === x.shape.join()) same(pull(x)[0], conv(x, w), 'the gradient')
  }
})

test('the gradient for the filters is a convolution of the input with the cotangent', () => {
  const [x, w, y] = [integers(3, 2, 9, 7), integers(4, 2, 3, 3), integers(3, 4, 7, 5)]
  const [, pull] = vjp((filters: Tensor) => conv2d(x, filters), w)
  const swap = (t: Tensor): Tensor => swapaxes(t, 0, 1)
  same(pull(y)[0], swap(conv2d(swap(x), swap(y))))
})

test("'same' padding keeps ceil(length / stride), and a flipped filter makes the convolution of textbooks", () => {
  for (const [stride, size] of [
    [1, 3],
    [2, 3],
    [2, 4],
    [3, 2],
  ]) {
    const x = integers(2, 11, 8)
    assert.equal(conv2d(x, integers(1, 2, size, size), { stride, padding: 'same' }).shape, [
      1,
      Math.ceil(11 / stride),
      Math.ceil(8 / stride),
    ])
  }
  const polynomial = conv1d(
    pad(tensor([[1, 2, 3]]), [
      [0, 0],
      [1, 1],
    ]),
    flip(tensor([[[1, 10]]]), 2),
  )
  assert.equal(polynomial.toArray(), [[1, 12, 23, 30]])
})

test('a convolution and the gradient of its filters store no matrix of windows; vmap gives the instructions of a batch', () => {
  const [x, w] = [integers(8, 4, 20, 20), integers(6, 4, 5, 5)]
  const lists = [conv2d, vmap(conv2d, [0, null])].map(conv => {
    const loss = (filters: Tensor, images: Tensor): Tensor => mean(square(conv(images, filters)))
    const compiled = (f: (w: Tensor, x: Tensor) => unknown) =>
      buildRunnable('test', optimize(makeProgram(f as typeof loss)(w, x))).executable
    const { instructions, peak } = compiled(grad(loss))
    assert.not(
      instructions.some(({ opcode }) => opcode === Opcode.Copy),
      'nothing is copied',
    )
    assert.ok(peak < 4 * 8 * 6 * 16 * 16 * 4, `${peak} bytes`)
    const both = (filters: Tensor, images: Tensor) =>
      grad(([f, i]: [Tensor, Tensor]) => loss(f, i))([filters, images] as [Tensor, Tensor])
    return compiled(both).instructions.map(({ opcode, fields }) => [
      opcode,
      ...fields.filter(field => typeof field === 'number'),
    ])
  })
  assert.equal(lists[1], lists[0])
  same(vmap(conv2d, [0, null])(x, w), conv2d(x, w))
})

test("sums of convolutions accumulate, and a convolution in a scan is the one in a loop of one's own", () => {
  const [x, w, u] = [integers(2, 6, 6), integers(2, 2, 3, 3), integers(2, 2, 3, 3)]
  const both = (a: Tensor, b: Tensor, c: Tensor): Tensor =>
    add(conv2d(a, b, { padding: 1 }), conv2d(a, c, { padding: 1 }))
  same(jit(both)(x, w, u), both(x, w, u))
  const xs = integers(3, 2, 6, 6)
  const step = (h: Tensor, own: Tensor, wh: Tensor): Tensor =>
    maximum(minimum(add(conv2d(h, wh, { padding: 1 }), conv2d(own, u, { padding: 'same' })), 3), -3)
  const scanned = (wh: Tensor, h: Tensor): Tensor =>
    sum(
      scan(
        (carry: Tensor, own: Tensor) => {
          const next = step(carry, own, wh)
          return [next, maxPool(next, 2)]
        },
        h,
        xs,
      )[1],
    )
  const unrolled = (wh: Tensor, h: Tensor): Tensor => {
    const pooled: Tensor[] = []
    let carry = h
    for (let t = 0; t < 3; t++) {
      carry = step(carry, at(xs, t), wh)
      pooled.push(sum(maxPool(carry, 2)))
    }
    return pooled.reduce((a, b) => add(a, b))
  }
  for (const run of [grad(scanned), jit(grad(scanned))]) same(run(w, x), grad(unrolled)(w, x))
})

test('a batch of nothing gives nothing', () => {
  for (const groups of [1, 2]) {
    const w = integers(4, 4 / groups, 3, 3)
    assert.equal(conv2d(integers(0, 4, 5, 5), w, { groups }).shape, [0, 4, 3, 3])
    assert.equal(convTranspose2d(integers(0, 4, 5, 5), w, { groups }).shape, [0, w.shape[1] * groups, 7, 7])
    assert.equal(maxPool(integers(0, 4, 5, 5), 2).shape, [0, 4, 2, 2])
  }
})

test('windows are those of NumPy, over any axes', () => {
  const x = tensor(
    Float32Array.from({ length: 12 }, (_, i) => i),
    { shape: [3, 4] },
  )
  assert.equal(windows(x, [2, 2]).shape, [2, 3, 2, 2])
  assert.equal(windows(x, 2, { axis: 0 }).toArray(), [
    [[0, 4], [1, 5], [2, 6], [3, 7]],
    [[4, 8], [5, 9], [6, 10], [7, 11]],
  ]) // biome-ignore format: a matrix
  assert.equal(windows(x, 2, { stride: 2, dilation: 1 }).toArray(), [
    [[0, 1], [2, 3]],
    [[4, 5], [6, 7]],
    [[8, 9], [10, 11]],
  ]) // biome-ignore format: a matrix
})

test('pools: the first of equal elements has the gradient, NaN wins, padding never does', () => {
  const x = tensor([
    [1, 3, 3],
    [3, 3, 0],
  ])
  const gradient = grad((t: Tensor) => mean(maxPool(t, 2, { stride: 1 })))(x)
  assert.equal(gradient.toArray(), [
    [0, 1, 0],
    [0, 0, 0],
  ])
  const negative = tensor([[-5, Number.NaN, -7]])
  assert.equal(maxPool(negative, [1, 2], { stride: 2, padding: [0, 1] }).toArray(), [[-5, Number.NaN]])
  assert.equal(argmaxPool(negative, [1, 2], { stride: 2, padding: [0, 1] }).toArray(), [[0, 1]])
})

test('means count the padding or leave it out', () => {
  const x = tensor([[6, 12, 18]])
  const options = { stride: 2, padding: [0, 1] }
  assert.equal(meanPool(x, [1, 3], options).toArray(), [[6, 10]])
  assert.equal(meanPool(x, [1, 3], { ...options, countPadding: false }).toArray(), [[9, 15]])
  assert.equal(meanPool(x, [1, 2], { ceil: true }).toArray(), [[9, 18]])
})

test.run()
