// What a step makes of constants alone is made once: values and derivatives are the same, and the loop of the way back
// sums the gradients of the parts.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  concat,
  debug,
  exp,
  grad,
  hessian,
  jit,
  jvp,
  makeProgram,
  matmul,
  mul,
  random,
  reshape,
  scan,
  split,
  sum,
  type Tensor,
  tanh,
  treeMap,
  vmap,
  zeros,
} from '../../ts/index.js'
import { close } from '../close.js'

const key = random.key(6)
const xs = random.normal(key, [5, 3])
const w = random.normal(random.key(1), [3, 6])
const mask = random.normal(random.key(2), [3, 6])

type Step = (h: Tensor, x: Tensor) => Tensor
const run = (step: Step, start: Tensor = zeros([3])) => {
  const both = (h: Tensor, x: Tensor): [Tensor, Tensor] => {
    const next = step(h, x)
    return [next, next]
  }
  return sum(scan(both, start, xs)[1])
}

const two =
  (a: Tensor, b: Tensor): Step =>
  (h, x) =>
    tanh(add(mul(matmul(h, a), x), matmul(mul(h, x), b)))

/** Weights that are parts of one tensor, or made of one, inside of a step; and the same outside. */
const cases: Record<string, [inside: (w: Tensor) => Step, parts: (w: Tensor) => Tensor[]]> = {
  split: [
    own => (h, x) => {
      const [a, b] = split(own, 2, 1)
      return two(a, b)(h, x)
    },
    own => split(own, 2, 1),
  ],
  'masked, then split': [
    own => (h, x) => {
      const [a, b] = split(mul(own, exp(mask)), 2, 1)
      return two(a, b)(h, x)
    },
    own => split(mul(own, exp(mask)), 2, 1),
  ],
  'a row repeated': [
    own => (h, x) => {
      const [a, b] = split(own, 2, 1)
      const row = sum(a, { axis: 0 })
      return two(add(zeros([3, 3]), row), b)(h, x)
    },
    own => {
      const [a, b] = split(own, 2, 1)
      return [add(zeros([3, 3]), sum(a, { axis: 0 })), b]
    },
  ],
}

for (const [name, [inside, parts]] of Object.entries(cases)) {
  const within = (own: Tensor) => run(inside(own))
  const outside = (own: Tensor) => {
    const [a, b] = parts(own)
    return run(two(a, b))
  }
  test(`${name}: gradient, tangent, second order and batch are those of the same made outside`, () => {
    const direction = random.normal(random.key(3), [3, 6])
    for (const [f, g] of [
      [within, outside],
      [jit(within), jit(outside)],
    ]) {
      close(grad(f)(w), grad(g)(w).toArray(), 1e-5)
      close(jvp(f, [w], [direction])[1], jvp(g, [w], [direction])[1].toArray(), 1e-5)
      close(hessian(f)(w), hessian(g)(w).toArray(), 1e-4)
      const batch = random.normal(random.key(4), [2, 3, 6])
      close(vmap(grad(f))(batch), vmap(grad(g))(batch).toArray(), 1e-5)
    }
  })
}

test('the way back of a split is one concatenation behind the loop', () => {
  const [inside, parts] = cases['masked, then split']
  const sizeOf = (f: (own: Tensor) => Tensor) => jit(grad(f)).compile(w).instructions
  assert.is(
    sizeOf(own => run(inside(own))),
    sizeOf(own => run(two(...(parts(own) as [Tensor, Tensor])))),
  )
  const lines = String(makeProgram(grad((own: Tensor) => run(inside(own))))(w)).split('\n')
  const [loops, outside] = [lines.filter(line => /^ {4}/.test(line)), lines.filter(line => !/^ {4}/.test(line))]
  const count = (list: string[], name: string) => list.filter(line => line.includes(` = ${name}`)).length
  assert.equal([count(loops, 'concat'), count(loops, 'exp'), count(loops, 'split')], [0, 0, 0], lines.join('\n'))
  assert.equal([count(outside, 'concat'), count(outside, 'split')], [1, 1], lines.join('\n'))
})

test('a bias that a batch shares is not copied for each example before the loop, not even for one', () => {
  const f = (bias: Tensor) =>
    sum(
      vmap((x: Tensor) => scan((h: Tensor, row: Tensor) => [tanh(add(h, row, bias)), h], bias, x)[0])(
        reshape(xs, [1, 5, 3]),
      ),
    )
  const lines = String(makeProgram(grad(f))(zeros([3]))).split('\n')
  assert.ok(
    lines.some(line => /^ {4}.* = broadcast\[shape=\(1,3\)/.test(line)),
    lines.join('\n'),
  )
})

test('in ragged loops too, and where nothing is differentiated nothing moves', () => {
  const [inside, parts] = cases.split
  const ragged = (step: Step, lengths: Tensor | number) =>
    sum(scan((h: Tensor, x: Tensor): [Tensor, Tensor] => [step(h, x), h], zeros([3]), xs, { lengths })[1])
  const f = (own: Tensor) => ragged(inside(own), 3)
  const g = (own: Tensor) => ragged(two(...(parts(own) as [Tensor, Tensor])), 3)
  close(grad(f)(w), grad(g)(w).toArray(), 1e-5)
  const byCarry = (h: Tensor) => run(inside(w), h)
  close(
    grad(byCarry)(zeros([3])),
    grad((h: Tensor) => run(two(...(parts(w) as [Tensor, Tensor])), h))(zeros([3])).toArray(),
  )
})

test('what a step shows is shown at each step', () => {
  const shown: unknown[] = []
  const before = debug.onPrint((_, value) => shown.push(value.item()))
  try {
    const f = (own: Tensor) =>
      run((h, x) => {
        debug.print('w', sum(own))
        const [a, b] = split(own, 2, 1)
        return two(a, b)(h, x)
      })
    grad(f)(w)
  } finally {
    debug.onPrint(before)
  }
  assert.ok(shown.length >= 5, `${shown.length}`)
})

test('several constants, of which some have gradients', () => {
  const params = { u: w, v: mask }
  const f = (own: typeof params) =>
    run((h, x) => {
      const [a, b] = split(mul(own.u, own.v), 2, 1)
      return two(a, concat([reshape(b, [3, 3])], 1))(h, x)
    })
  const g = (own: typeof params) => {
    const [a, b] = split(mul(own.u, own.v), 2, 1)
    return run(two(a, b))
  }
  treeMap((found, expected) => close(found, expected.toArray(), 1e-5), grad(f)(params), grad(g)(params))
  close(grad((u: Tensor) => f({ u, v: mask }))(w), grad(g)(params).u.toArray(), 1e-5)
})

test.run()
