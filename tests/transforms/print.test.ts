// debug.print: what was said, in its order, as often as it was written, whatever the passes do with what stands around it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { passNames, withoutPasses } from '../../ts/compiler/optimize.js'
import type { Tensor } from '../../ts/core/tensor.js'
import {
  add,
  cond,
  debug,
  grad,
  greater,
  jit,
  jvp,
  linearize,
  log,
  matmul,
  mul,
  ones,
  scan,
  sum,
  tanh,
  tensor,
  vmap,
  whileLoop,
  zeros,
} from '../../ts/index.js'

const test = suite('debug.print')

type Line = [label: string, value: unknown, steps: number[]]

/** What is said while `body` runs. */
function said(body: () => unknown): Line[] {
  const lines: Line[] = []
  const before = debug.onPrint((label, value, steps) => lines.push([label, value.toArray(), [...steps]]))
  try {
    body()
  } finally {
    debug.onPrint(before)
  }
  return lines
}

const passings = [[], passNames, ...passNames.map(name => [name])]

test('eagerly at once, and it returns what it was given', () => {
  const x = tensor([1, 2])
  const lines = said(() => {
    assert.is(debug.print('x', x), x)
    debug.print('tree', { a: x, b: [3, true] })
  })
  assert.equal(lines, [
    ['x', [1, 2], []],
    ['tree.a', [1, 2], []],
    ['tree.b[0]', 3, []],
    ['tree.b[1]', true, []],
  ])
})

test('compiled: after the run, in its order, nothing merged, dropped or moved, with any passes', () => {
  const f = (x: Tensor, w: Tensor) => {
    debug.print('first', x)
    const unused = add(matmul(x, w), 1)
    debug.print('unused', unused)
    debug.print('first', x)
    debug.print('first', x)
    const [total] = scan(
      (c: Tensor, row: Tensor) => {
        debug.print('invariant', w)
        const product = matmul(row, w)
        debug.print('product', product)
        return [add(c, product), mul(row, 2)]
      },
      zeros([2]),
      x,
    )
    debug.print('flag', greater(sum(total), 0))
    return total
  }
  const x = tensor([
    [1, 2],
    [3, 4],
  ])
  const w = tensor([
    [1, 0],
    [0, 2],
  ])
  const [xs, ws] = [x.toArray(), w.toArray()]
  const expected: Line[] = [
    ['first', xs, []],
    [
      'unused',
      [
        [2, 5],
        [4, 9],
      ],
      [],
    ],
    ['first', xs, []],
    ['first', xs, []],
    ['invariant', ws, [0]],
    ['product', [1, 4], [0]],
    ['invariant', ws, [1]],
    ['product', [3, 8], [1]],
    ['flag', true, []],
  ]
  for (const off of passings)
    withoutPasses(off, () => {
      assert.equal(
        said(() => jit(f)(x, w)),
        expected,
        `without ${off}`,
      )
      assert.equal(
        said(() => grad((v: Tensor) => sum(f(x, v)))(w)),
        expected,
        `gradient without ${off}`,
      )
    })
})

test('a function of which nothing else is left still speaks, as often as it is called', () => {
  const f = jit((x: Tensor) => {
    scan(() => [debug.print('loop', mul(x, 2)), null] as [Tensor, null], x, null, { length: 2 })
    return tensor(1)
  })
  const loop = (x: number): Line[] => [0, 1].map(step => ['loop', 2 * x, [step]])
  assert.equal(
    said(() => {
      f(tensor(1))
      f(tensor(5))
    }),
    [...loop(1), ...loop(5)],
  )
})

test('a loop that speaks stays in the loop around it, whatever it computes', () => {
  const f = jit((x: Tensor) =>
    scan(
      (c: Tensor) => {
        const [same] = scan((d: Tensor) => [debug.print('inner', mul(d, 2)), null], x, null, { length: 1 })
        return [add(c, same), null]
      },
      tensor(0),
      null,
      { length: 3 },
    ),
  )
  assert.equal(
    said(() => f(tensor(1))),
    [0, 1, 2].map(step => ['inner', 2, [step, 0]]),
  )
})

test('in loops the steps are told, outermost first, backwards too, of each of many', () => {
  const f = jit((x: Tensor) =>
    scan(
      (c: Tensor, row: Tensor) => [
        scan((d: Tensor, e: Tensor) => [debug.print('d', add(d, e)), null], c, row, { reverse: true })[0],
        null,
      ],
      tensor(0),
      x,
    ),
  )
  const lines = said(() =>
    f(
      tensor([
        [1, 2],
        [4, 8],
      ]),
    ),
  )
  assert.equal(lines, [
    ['d', 2, [0, 1]],
    ['d', 3, [0, 0]],
    ['d', 11, [1, 1]],
    ['d', 15, [1, 0]],
  ])
  const count = 3000
  const many = said(() =>
    scan((c: Tensor, x: Tensor) => [debug.print('c', add(c, x)), null], zeros([40]), ones([count, 40])),
  )
  assert.equal(
    many.map(([, value, [step]]) => [(value as number[])[39], step]),
    Array.from({ length: count }, (_, i) => [i + 1, i]),
  )
})

test('with lengths, in whileLoop and in branches', () => {
  const lines = said(() => {
    scan((c: Tensor, x: Tensor) => [debug.print('x', x), c], tensor(0), tensor([1, 2, 3, 4]), {
      lengths: 2,
      reverse: true,
    })
    whileLoop(
      x => greater(10, x),
      x => debug.print('w', mul(x, 3)),
      tensor(2),
    )
    for (const sign of [1, -1])
      jit((x: Tensor) =>
        cond(
          greater(x, 0),
          (y: Tensor) => debug.print('yes', y),
          (y: Tensor) => y,
          x,
        ),
      )(tensor(sign))
  })
  assert.equal(lines, [
    ['x', 2, [1]],
    ['x', 1, [0]],
    ['w', 6, [0]],
    ['w', 18, [1]],
    ['yes', 1, []],
  ])
})

test('values are said once, tangents and cotangents never; a batch at once', () => {
  const f = (x: Tensor) => sum(debug.print('y', tanh(debug.print('x', x))))
  const once = (x: unknown, y: number | number[]) => (lines: Line[]) => {
    assert.equal(
      lines.map(([label]) => label),
      ['x', 'y'],
    )
    assert.equal(lines[0][1], x)
    assert.equal([lines[1][1]].flat().map(v => Math.abs((v as number) - Math.tanh([y].flat()[0]!)) < 1e-6)[0], true)
  }
  const x = tensor(0.5)
  for (const run of [
    () => grad(f)(x),
    () => jit(grad(f))(x),
    () => jvp(f, [x], [tensor(1)]),
    () => linearize(f, x)[1](tensor(1)),
    () => grad((y: Tensor) => grad(f)(y))(x),
  ])
    once(0.5, 0.5)(said(run))
  once([0.5, 1], [0.5, 1])(said(() => vmap(f)(tensor([0.5, 1]))))
})

test('every dtype and shape arrives as it is, of views too', () => {
  const f = jit((x: Tensor, i: Tensor, b: Tensor) => {
    debug.print('view', vmap(y => y, [1])(x))
    debug.print('i', i)
    debug.print('b', b)
    debug.print('none', zeros([0, 2]))
    debug.print('literal', tensor(2))
    return x
  })
  const u = tensor([4294967295], { dtype: 'uint32' })
  const lines = said(() => {
    f(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      tensor([-7], { dtype: 'int32' }),
      tensor([true, false]),
    )
    jit((x: Tensor) => debug.print('u', x))(u)
  })
  assert.equal(lines, [
    [
      'view',
      [
        [1, 4],
        [2, 5],
        [3, 6],
      ],
      [],
    ],
    ['i', [-7], []],
    ['b', [true, false], []],
    ['none', [], []],
    ['literal', 2, []],
    ['u', [4294967295], []],
  ])
})

test('who receives may compute, and may throw: the results are there', () => {
  const f = jit((x: Tensor) => {
    debug.print('a', x)
    return add(debug.print('b', mul(x, 2)), 1)
  })
  const seen: number[] = []
  const before = debug.onPrint((_, value) => {
    seen.push(jit((y: Tensor) => sum(mul(y, y)))(value).item())
  })
  assert.is(f(tensor(3)).item(), 7)
  debug.onPrint(() => {
    throw new Error('mine')
  })
  assert.throws(() => f(tensor(3)), /mine/)
  debug.onPrint(before)
  assert.equal(seen, [9, 36])
  assert.is(said(() => assert.is(f(tensor(1)).item(), 3)).length, 2)
})

test('debug.nans says what was printed until the NaN', () => {
  const f = (x: Tensor) => scan((c: Tensor, y: Tensor) => [debug.print('c', add(c, log(y))), null], tensor(0), x)[0]
  const lines = said(() => assert.throws(() => debug.nans(f)(tensor([1, -1, 1])), /log of f32\[\] produced a NaN/))
  assert.equal(lines, [['c', 0, [0]]])
  assert.is(
    said(() =>
      assert.is(
        debug
          .nans(f)(tensor([1, 1]))
          .item(),
        0,
      ),
    ).length,
    2,
  )
})

test('without a receiver it is the console', () => {
  const { log: original } = console
  const lines: unknown[][] = []
  console.log = (...args: unknown[]) => lines.push(args)
  const before = debug.onPrint()
  try {
    debug.print('x', tensor([1, 2]))
    scan((c: Tensor) => [debug.print('c', add(c, 1)), null], tensor(0), null, { length: 2 })
  } finally {
    console.log = original
    debug.onPrint(before)
  }
  assert.equal(lines, [
    ['x:', '[1,2]'],
    ['c [0]:', 1],
    ['c [1]:', 2],
  ])
})

test.run()
