// jacfwd, jacrev and hessian: both modes against each other, against central differences and against what is known.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  cast,
  exp,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jit,
  matmul,
  mul,
  ones,
  scan,
  sin,
  sum,
  type Tensor,
  tanh,
  tensor,
  treeLeaves,
  vmap,
  zeros,
} from '../../ts/index.js'
import { type NdArray, values } from '../../ts/ops/laws.js'
import { closedFunction } from '../../ts/transforms/function.js'
import { centralDifference, close, forAll, fromTensor, toTensor } from '../comparing.js'
import { interpret } from '../reference-interpreter.js'

const test = suite('jacobian')

interface Params {
  w: Tensor
  b: { gain: Tensor; shift: Tensor }
}

const model = ({ w, b }: Params, x: Tensor) => {
  const step = (h: Tensor, own: Tensor) => {
    const next = tanh(add(mul(matmul(h, w), b.gain), own))
    return [next, sum(next)] as const
  }
  const [last, sums] = scan(step, b.shift, x)
  return { last, other: [sums, exp(b.shift), mul(x, 2)] as const }
}

test('trees of trees, in both modes: each column is a central difference', () =>
  forAll(6, draw => {
    const [n, T] = [draw.pick([1, 2, 3]), draw.pick([0, 1, 3])]
    const arrays = [values(draw, [n]), values(draw, [n]), values(draw, [n, n], 'float32', -1, 1)]
    const x = toTensor(values(draw, [T, n]))
    const params = ([gain, shift, w]: Tensor[]): Params => ({ w, b: { gain, shift } })
    const flat = (xs: Tensor[]): Tensor[] => treeLeaves(model(params(xs), x))
    const { program, captured } = closedFunction('model', flat, [arrays.map(toTensor)])
    const reference = (xs: readonly NdArray[]) => interpret(program, [...captured.map(fromTensor), ...xs])
    const at = params(arrays.map(toTensor))
    for (const [name, found] of [
      ['jacfwd', jacfwd(model)(at, x)],
      ['jacrev', jacrev(model)(at, x)],
      ['jit of jacfwd', jit(jacfwd(model))(at, x)],
      ['jit of jacrev', jit(jacrev(model))(at, x)],
    ] as const) {
      const rows = [found.last, found.other[0], found.other[1], found.other[2]]
      const results = reference(arrays)
      arrays.forEach((array, k) => {
        for (let column = 0; column < array.data.length; column++) {
          const along = arrays.map(({ shape, data }, i) => ({
            shape,
            dtype: 'float32' as const,
            data: data.map((_, j) => Number(i === k && j === column)),
          }))
          const expected = centralDifference(reference, arrays, along) as NdArray[]
          rows.forEach((row, i) => {
            const block = [row.b.gain, row.b.shift, row.w][k]
            assert.equal(block.shape, [...results[i].shape, ...array.shape])
            const data = fromTensor(block).data.filter((_, j) => j % array.data.length === column)
            close(`${name} ${i} ${k}`, { ...expected[i], data }, expected[i], 2e-4)
          })
        }
      })
    }
  }))

test('of a scalar the row is the gradient; of scalars to scalars a scalar', () => {
  const f = (x: Tensor) => sum(mul(sin(x), x))
  const x = tensor([1, 2, 3])
  assert.equal(jacrev(f)(x).toArray(), grad(f)(x).toArray())
  close('jacfwd', fromTensor(jacfwd(f)(x)), fromTensor(grad(f)(x)), 1e-6)
  const square = (y: Tensor) => mul(y, y)
  assert.equal(
    [jacfwd(square)(tensor(3)), jacrev(square)(tensor(3)), hessian(square)(tensor(3))].map(y => y.item()),
    [6, 6, 2],
  )
})

test('empty tensors, results that do not depend, arguments that are returned', () => {
  const none = zeros([0, 2])
  for (const jacobian of [jacfwd, jacrev]) {
    assert.equal(jacobian((x: Tensor) => mul(x, 2))(none).shape, [0, 2, 0, 2])
    assert.equal(jacobian((x: Tensor) => sum(x))(none).shape, [0, 2])
    assert.equal(jacobian((_: Tensor) => none)(tensor([1, 2])).shape, [0, 2, 2])
    const mixed = jacobian((p: { a: Tensor; b: Tensor }) => [p.a, ones([2])] as const)({ a: tensor(2), b: none })
    assert.is(mixed[0].a.item(), 1)
    assert.equal(mixed[0].b.shape, [0, 2])
    assert.equal(mixed[1].a.toArray(), [0, 0])
    assert.equal(mixed[1].b.shape, [2, 0, 2])
    assert.equal(jacobian((p: { x?: Tensor }) => ({ y: ones([2]), p }))({}), { y: {}, p: {} })
    assert.equal(
      jacobian((x: Tensor) => [x, 1] as const)(tensor(5)).map(y => (y as Tensor).item()),
      [1, 0],
    )
  }
})

test('the Hessian of a quadratic form is A + Aᵀ; of trees it is a tree of trees', () => {
  const a = tensor([
    [1, 2],
    [3, 4],
  ])
  const form = (x: Tensor) => sum(mul(x, matmul(a, x)))
  assert.equal(hessian(form)(tensor([5, 6])).toArray(), [
    [2, 5],
    [5, 8],
  ])
  const f = ({ s, v }: { s: Tensor; v: Tensor }) => mul(s, sum(mul(v, mul(v, v))))
  const { s, v } = hessian(f)({ s: tensor(2), v: tensor([1, 2]) })
  assert.equal(
    [s.s.item(), s.v.toArray(), v.s.toArray(), v.v.toArray()],
    [
      0,
      [3, 12],
      [3, 12],
      [
        [12, 0],
        [0, 24],
      ],
    ],
  )
})

test('under vmap, jit and differentiation, and of each other', () => {
  const f = (x: Tensor) => mul(sin(x), sum(x))
  const x = tensor([0.5, -1])
  const batch = tensor([
    [0.5, -1],
    [2, 0.25],
  ])
  for (const jacobian of [jacfwd, jacrev]) {
    const all = vmap(jacobian(f))(batch).toArray() as number[][][]
    close('vmap', fromTensor(tensor(all[0])), fromTensor(jacobian(f)(x)), 1e-6)
  }
  const second = fromTensor(jacfwd(jacfwd(f))(x))
  for (const [name, other] of [
    ['rev of rev', jacrev(jacrev(f))(x)],
    ['rev of fwd', jacrev(jacfwd(f))(x)],
    ['hessian', hessian(f)(x)],
    ['jit', jit(hessian(f))(x)],
  ] as const)
    close(name, fromTensor(other), second, 1e-5)
  const trace = (y: Tensor) => sum(mul(jacrev(f)(y), jacrev(f)(y)))
  const [difference] = centralDifference(
    xs => [{ shape: [], dtype: 'float32', data: Float64Array.of(trace(toTensor(xs[0])).item()) }],
    [fromTensor(x)],
    [fromTensor(tensor([1, 0]))],
  )
  assert.ok(Math.abs(grad(trace)(x).toArray()[0 as never] - difference!.data[0]) < 2e-2)
})

test('other arguments: integers, numbers and trees are passed on', () => {
  const f = (x: Tensor, ids: Tensor, { scale }: { scale: number }) => mul(mul(x, cast(ids, 'float32')), scale)
  const ids = tensor([2, 3], { dtype: 'int32' })
  for (const jacobian of [jacfwd, jacrev])
    assert.equal(jacobian(f)(ones([2]), ids, { scale: 10 }).toArray(), [
      [20, 0],
      [0, 30],
    ])
})

test('forward mode through a scan keeps nothing of its steps', () => {
  const f = (T: number) => (h: Tensor) => scan((c: Tensor) => [tanh(mul(c, 1.1)), null], h, null, { length: T })[0]
  const peak = (T: number): number => jit(jacfwd(f(T))).compile(ones([16])).peakBytes
  assert.is(peak(500), peak(5))
})

test.run()
