// Random loops against the same loops unrolled: carries that swap, stay, repeat or are emitted, in every order. Forward,
// gradient, and both under vmap; eager and compiled.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  at,
  greater,
  jit,
  matmul,
  maximum,
  mul,
  neg,
  ones,
  scan,
  stack,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  valueAndGrad,
  vmap,
  where,
  zeros,
} from '../../ts/index.js'
import { mulberry32 } from '../mulberry32.js'

const WIDTH = 3

type Binary = (a: Tensor, b: Tensor, w: Tensor) => Tensor
const operations: Binary[] = [
  (a, b) => add(a, b),
  (a, b) => sub(a, b),
  (a, b) => mul(a, mul(0.5, b)),
  (a, b) => maximum(a, b),
  (a, b) => where(greater(a, b), mul(a, 0.5), neg(b)),
  a => tanh(a),
  (a, _b, w) => matmul(a, w),
  (a, b) => add(sum(a), b),
  () => mul(ones([WIDTH]), 0.25),
]

/** What one random loop is: operations on a growing list of values, and which of them are carried and emitted. */
interface Loop {
  carries: number
  length: number
  reverse: boolean
  steps: { operation: number; a: number; b: number }[]
  next: number[]
  emitted: number[]
}

function randomLoop(random: () => number): Loop {
  const below = (n: number) => Math.floor(random() * n)
  const carries = 1 + below(3)
  const steps: Loop['steps'] = []
  for (let i = 0, count = 1 + below(6); i < count; i++) {
    const known = carries + 1 + i
    steps.push({ operation: below(operations.length), a: below(known), b: below(known) })
  }
  const pick = () => below(carries + 1 + steps.length)
  return {
    carries,
    length: below(5),
    reverse: random() < 0.5,
    steps,
    next: Array.from({ length: carries }, pick),
    emitted: Array.from({ length: below(4) }, pick),
  }
}

function body({ steps, next, emitted }: Loop, carry: Tensor[], x: Tensor, w: Tensor): [Tensor[], Tensor[]] {
  const values = [...carry, x]
  for (const { operation, a, b } of steps) values.push(operations[operation](values[a], values[b], w))
  return [next.map(i => values[i]), emitted.map(i => values[i])]
}

function looped(loop: Loop, w: Tensor, start: Tensor[], xs: Tensor): [Tensor[], Tensor[]] {
  return scan((carry: Tensor[], x: Tensor) => body(loop, carry, x, w), start, xs, { reverse: loop.reverse })
}

function unrolled(loop: Loop, w: Tensor, start: Tensor[], xs: Tensor): [Tensor[], Tensor[]] {
  let carry = start
  const rows: Tensor[][] = []
  for (let t = 0; t < loop.length; t++) {
    const [next, emitted] = body(loop, carry, at(xs, loop.reverse ? loop.length - 1 - t : t), w)
    carry = next
    rows.push(emitted)
  }
  if (loop.reverse) rows.reverse()
  return [carry, loop.emitted.map((_, i) => (rows.length ? stack(rows.map(row => row[i])) : zeros([0, WIDTH])))]
}

type Run = typeof looped

/** A number that depends on every result, each with its own weight. */
function score(run: Run, loop: Loop) {
  return (w: Tensor, start: Tensor[], xs: Tensor): Tensor => {
    const [carry, ys] = run(loop, w, start, xs)
    return [...carry, ...ys].reduce<Tensor>(
      (total, result, i) => add(total, mul(sum(tanh(result)), 1 + 0.3 * i)),
      zeros([]),
    )
  }
}

function sameNumbers(got: Tensor, expected: Tensor, what: string): void {
  assert.equal(got.shape, expected.shape, what)
  const values = expected.data()
  got.data().forEach((value, i) => {
    const scale = 1 + Math.abs(values[i])
    assert.ok(Math.abs(value - values[i]) < 2e-4 * scale, `${what}: ${value}, unrolled ${values[i]}`)
  })
}

const LOOPS = 60

test(`${LOOPS} random loops are what they are unrolled`, () => {
  const random = mulberry32(11)
  const uniform = (shape: number[]): Tensor => {
    const size = shape.reduce((a, b) => a * b, 1)
    return tensor(
      Float32Array.from({ length: size }, () => random() * 2 - 1),
      { shape },
    )
  }
  for (let n = 0; n < LOOPS; n++) {
    const loop = randomLoop(random)
    const what = `loop ${n}: ${JSON.stringify(loop)}`
    const [w, xs] = [uniform([WIDTH, WIDTH]), uniform([loop.length, WIDTH])]
    const start = Array.from({ length: loop.carries }, () => uniform([WIDTH]))
    const [carry, ys] = unrolled(loop, w, start, xs)
    const run = (own: Tensor, begin: Tensor[], all: Tensor) => looped(loop, own, begin, all)
    for (const [lastCarry, allYs] of [run(w, start, xs), jit(run)(w, start, xs)]) {
      ;[...lastCarry, ...allYs].forEach((result, i) => {
        sameNumbers(result, [...carry, ...ys][i], `${what} result ${i}`)
      })
    }
    const all = (f: (w: Tensor, start: Tensor[], xs: Tensor) => Tensor) => (p: [Tensor, Tensor[], Tensor]) => f(...p)
    const [, [dw, dStart, dXs]] = valueAndGrad(all(score(unrolled, loop)))([w, start, xs])
    const gradient = valueAndGrad(all(score(looped, loop)))
    for (const [, [ow, oStart, oXs]] of [gradient([w, start, xs]), jit(gradient)([w, start, xs])]) {
      ;[ow, ...oStart, oXs].forEach((result, i) => {
        sameNumbers(result, [dw, ...dStart, dXs][i], `${what} gradient ${i}`)
      })
    }
  }
})

test(`${LOOPS} random loops and their gradients under vmap are those of each example`, () => {
  const random = mulberry32(12)
  const uniform = (shape: number[]): Tensor => {
    const size = shape.reduce((a, b) => a * b, 1)
    return tensor(
      Float32Array.from({ length: size }, () => random() * 2 - 1),
      { shape },
    )
  }
  for (let n = 0; n < LOOPS; n++) {
    const loop = randomLoop(random)
    const what = `loop ${n}: ${JSON.stringify(loop)}`
    const batch = 2
    // Each argument has its batch at a random axis, or none; one has it.
    const axis = (rank: number) => Math.floor(random() * (rank + 2)) - 1
    const axes = [axis(2), axis(1), axis(2)]
    if (axes.every(a => a < 0)) axes[Math.floor(random() * 3)] = 0
    const shaped = (shape: number[], at: number) => uniform(at < 0 ? shape : shape.toSpliced(at, 0, batch))
    const w = shaped([WIDTH, WIDTH], axes[0])
    const start = Array.from({ length: loop.carries }, () => shaped([WIDTH], axes[1]))
    const xs = shaped([loop.length, WIDTH], axes[2])
    const places = axes.map(a => (a < 0 ? null : a)) as [number | null, number | null, number | null]
    const single = (own: Tensor, begin: Tensor[], all: Tensor): [Tensor, [Tensor, Tensor[], Tensor]] =>
      valueAndGrad((p: [Tensor, Tensor[], Tensor]) => score(looped, loop)(...p))([own, begin, all])
    const batched = vmap(single, places)
    const pick = (x: Tensor, a: number, i: number) => (a < 0 ? x : at(x, i, a))
    for (const [values, [dw, dStart, dXs]] of [batched(w, start, xs), jit(batched)(w, start, xs)]) {
      for (let i = 0; i < batch; i++) {
        const [value, [ow, oStart, oXs]] = single(
          pick(w, axes[0], i),
          start.map(s => pick(s, axes[1], i)),
          pick(xs, axes[2], i),
        )
        sameNumbers(at(values, i), value, `${what} ${axes} value`)
        ;[dw, ...dStart, dXs].forEach((result, r) => {
          sameNumbers(at(result, i), [ow, ...oStart, oXs][r], `${what} ${axes} gradient ${r}`)
        })
      }
    }
  }
})

test.run()
