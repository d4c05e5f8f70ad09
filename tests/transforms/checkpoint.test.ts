// checkpoint: the values and derivatives of the function itself, in less memory.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { optimize } from '../../ts/compiler/optimize.js'
import { checkProgram, type Program, printProgram } from '../../ts/core/program.js'
import {
  add,
  cast,
  checkpoint,
  grad,
  hessian,
  jit,
  jvp,
  makeProgram,
  matmul,
  mul,
  ones,
  random,
  scan,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
  valueAndGrad,
  vmap,
} from '../../ts/index.js'
import { type NdArray, values } from '../../ts/ops/laws.js'
import { closedFunction } from '../../ts/transforms/function.js'
import { close, forAll, fromTensor, sameBits, toTensor } from '../comparing.js'
import { functionLaws, type Subject } from '../function-laws.js'
import { interpret } from '../reference-interpreter.js'

const test = suite('checkpoint')

interface Params {
  w: Tensor
  b: Tensor
}

const block = ({ w, b }: Params, x: Tensor): Tensor => tanh(add(matmul(tanh(add(matmul(x, w), b)), w), x))

/** A function under test, with `wrap` (checkpoint, or nothing) around its parts. */
type Wrap = typeof checkpoint
const functions: Record<string, (wrap: Wrap) => (inputs: Tensor[]) => Tensor[]> = {
  'a chain of blocks': wrap => {
    const part = wrap(block)
    return ([w, b, x]) => [part({ w, b }, part({ w, b }, part({ w, b }, x)))]
  },
  'blocks within blocks, what they take from outside':
    wrap =>
    ([w, b, x]) => {
      const outer = wrap((y: Tensor) => wrap((z: Tensor) => block({ w, b }, z))(tanh(mul(y, b))))
      return [outer(outer(x)), b]
    },
  'the body of a scan':
    wrap =>
    ([w, b, x]) =>
      scan(
        wrap((h: Tensor, own: Tensor) => [block({ w, b }, add(h, own)), sum(mul(h, own))] as const),
        b,
        x,
      ),
  'a scan within':
    wrap =>
    ([w, b, x]) => [
      wrap((h: Tensor) => scan((c: Tensor, own: Tensor) => [block({ w, b }, add(c, own)), c], h, x)[1])(b),
    ],
  'results that are arguments, numbers and integers':
    wrap =>
    ([w, b, x]) => {
      const [y, same, count, one] = wrap(
        (p: Params, scale: number) => [mul(matmul(x, p.w), scale), p.b, cast(x, 'int32'), 1] as const,
      )({ w, b }, 0.5) as unknown as Tensor[]
      return [y, mul(same, b), add(cast(count, 'float32'), one)]
    },
  'vmap within and around':
    wrap =>
    ([w, b, x]) => [
      vmap(wrap((row: Tensor) => block({ w, b }, row)))(x),
      wrap(vmap((row: Tensor) => sum(block({ w, b }, row))))(x),
    ],
}

for (const [name, make] of Object.entries(functions)) {
  const plain = make(f => f)
  const subject = (draw: Parameters<(typeof functionLaws)[string]>[1]): Subject => {
    const [n, m] = [draw.pick([1, 2, 5]), draw.pick([1, 3])]
    const inputs = [values(draw, [n, n]), values(draw, [n]), values(draw, [m, n])]
    const { program, captured } = closedFunction('plain', plain, [inputs.map(toTensor)])
    const constants = captured.map(fromTensor)
    return { inputs, f: make(checkpoint), reference: xs => interpret(program, [...constants, ...xs]), tolerance: 2e-4 }
  }
  for (const [title, law] of Object.entries(functionLaws)) {
    test(`${name}: ${title}`, () => forAll(2, draw => law(subject(draw), draw)))
  }

  test(`${name}: the same values bit for bit, with all passes, compiled and not`, () =>
    forAll(2, draw => {
      const inputs = subject(draw).inputs.map(toTensor)
      sameBits('jit', jit(make(checkpoint))(inputs), jit(plain)(inputs))
      sameBits('eager', make(checkpoint)(inputs), plain(inputs))
      const loss = (f: typeof plain) => (xs: Tensor[]) =>
        f(xs)
          .map(y => sum(y))
          .reduce((a, b) => add(a, b))
      const [value] = valueAndGrad(loss(make(checkpoint)))(inputs)
      sameBits('the value beside a gradient', [value], [valueAndGrad(loss(plain))(inputs)[0]])
    }))
}

test('where nothing is differentiated in reverse it is what it holds: the same program, after the passes', () => {
  const x = ones([4, 8])
  const p = { w: ones([8, 8]), b: ones([8]) }
  const text = (f: (...args: never[]) => unknown, ...args: unknown[]): string =>
    printProgram(optimize(makeProgram(f as (...all: unknown[]) => unknown)(...args)))
  assert.is(text(checkpoint(block), p, x), text(block, p, x))
  const forward = (f: typeof block) => (q: Params, y: Tensor) => jvp(f, [q, y], [q, y])
  assert.is(text(forward(checkpoint(block)), p, x), text(forward(block), p, x))
  assert.equal(jit(vmap(checkpoint(block), [null, 0])).compile(p, x), jit(vmap(block, [null, 0])).compile(p, x))
})

/** Names of the primitives that a program runs, inner ones included. */
const count = (program: Program, name: string): number =>
  program.equations.reduce(
    (total, { primitive, params }) =>
      total + Number(primitive.name === name) + (params?.body ? count(params.body as Program, name) : 0),
    0,
  )

test('what is computed again stays apart from what was computed before', () => {
  const f = (wrap: Wrap) => grad((w: Tensor, x: Tensor) => sum(wrap((a: Tensor) => tanh(matmul(a, w)))(x)))
  const args = [ones([8, 8]), ones([4, 8])] as const
  const products = (wrap: Wrap): number => count(optimize(makeProgram(f(wrap))(...args)), 'dotGeneral')
  const traced = makeProgram(f(checkpoint))(...args)
  checkProgram(traced)
  // Nobody reads the first result: both compute the product once, and that of the gradient.
  assert.is(
    products(g => g),
    2,
  )
  assert.is(products(checkpoint), 2)
  const both = (wrap: Wrap) => valueAndGrad((w: Tensor, x: Tensor) => sum(wrap((a: Tensor) => tanh(matmul(a, w)))(x)))
  const total = (wrap: Wrap): number => count(optimize(makeProgram(both(wrap))(...args)), 'dotGeneral')
  assert.is(
    total(g => g),
    2,
  )
  assert.is(total(checkpoint), 3)
})

const normal = (seed: number, ...shape: number[]): Tensor => mul(random.normal(random.key(seed), shape), 0.1)

test('a chain of N blocks keeps N inputs: its peak is a fraction', () => {
  const [w, b, x] = [normal(1, 32, 32), normal(2, 32), normal(3, 256, 32)]
  const wide = (p: Params, y: Tensor): Tensor => {
    let z = y
    for (let i = 0; i < 4; i++) z = tanh(add(matmul(z, p.w), p.b))
    return z
  }
  const chain = (part: typeof wide) => (p: Params) => {
    let y = x
    for (let i = 0; i < 8; i++) y = part(p, y)
    return sum(y)
  }
  const peak = (part: typeof wide): number => jit(grad(chain(part))).compile({ w, b }).peakBytes
  const [plain, less] = [peak(wide), peak(checkpoint(wide))]
  assert.ok(less < 0.5 * plain, `${less} of ${plain} bytes`)
  const gradients = (part: typeof wide): NdArray[] => Object.values(jit(grad(chain(part)))({ w, b })).map(fromTensor)
  const expected = gradients(wide)
  gradients(checkpoint(wide)).forEach((found, i) => {
    close('gradient', found, expected[i], 1e-4)
  })
})

test('around the body of a scan it keeps carries only, whatever the passes move', () => {
  const [T, B, H] = [64, 16, 32]
  const [w, h0, xs] = [normal(1, H, H), normal(2, B, H), normal(3, T, B, H)]
  const cell = (p: Tensor, h: Tensor, own: Tensor): Tensor => {
    let y = add(h, own)
    for (let i = 0; i < 4; i++) y = tanh(matmul(y, p))
    return y
  }
  const loss = (part: typeof cell) => (p: Tensor) =>
    sum(
      scan(
        (h: Tensor, own: Tensor) => {
          const next = part(p, h, own)
          return [next, next]
        },
        h0,
        xs,
      )[1],
    )
  const compiled = (part: typeof cell) => jit(grad(loss(part)))
  const carries = T * B * H * 4
  const plain = compiled(cell).compile(w).peakBytes
  const less = compiled(checkpoint(cell)).compile(w).peakBytes
  // Of two stacks it needs one of the carries; nothing else has the length of the loop.
  assert.ok(less < 1.5 * carries, `${less} bytes, the carries are ${carries}`)
  assert.ok(plain > 4 * carries, `${plain} bytes without`)
  const [found, expected] = [compiled(checkpoint(cell))(w), compiled(cell)(w)].map(fromTensor)
  close('gradient', found, expected, 1e-5)
})

test('weights that a step scales or turns before the checkpoint have no stack of gradients', () => {
  const [T, H] = [64, 32]
  const [w, h0] = [normal(1, H, H), normal(2, 1, H)]
  const loss = (prepare: (x: Tensor) => Tensor) => (p: Tensor) => {
    const cell = checkpoint((q: Tensor, h: Tensor) => tanh(matmul(tanh(matmul(h, q)), q)))
    return sum(scan((h: Tensor) => [cell(prepare(p), h), null], h0, null, { length: T })[0])
  }
  for (const prepare of [transpose, (x: Tensor) => mul(x, 0.5), (x: Tensor) => mul(transpose(x), x)]) {
    const { peakBytes } = jit(grad(loss(prepare))).compile(w)
    assert.ok(peakBytes < (T * H * H * 4) / 4, `${peakBytes} bytes; a stack of gradients has ${T * H * H * 4}`)
  }
})

test('a scan that is checkpointed in segments keeps the carries between them', () => {
  const [segments, steps, H] = [8, 8, 64]
  const [w, h0, xs] = [normal(1, H, H), normal(2, H), normal(3, segments, steps, H)]
  const segment = (h: Tensor, own: Tensor) => scan((c: Tensor, x: Tensor) => [tanh(add(matmul(c, w), x)), null], h, own)
  const loss = (part: typeof segment) => (start: Tensor) => sum(scan(part, start, xs)[0])
  const peak = (part: typeof segment): number => jit(grad(loss(part))).compile(h0).peakBytes
  assert.ok(peak(checkpoint(segment)) < 0.6 * peak(segment), `${peak(checkpoint(segment))} of ${peak(segment)}`)
})

test('second derivatives through checkpoint, within and around each other', () => {
  const f = (x: Tensor): Tensor => mul(tanh(x), mul(x, x))
  const expected = grad(grad(f))(tensor(0.7)).item()
  const near = (x: Tensor): void => assert.ok(Math.abs(x.item() - expected) < 1e-5, `${x.item()} for ${expected}`)
  near(grad(grad(checkpoint(f)))(tensor(0.7)))
  near(grad(checkpoint(grad(checkpoint(f))))(tensor(0.7)))
  near(checkpoint(hessian(checkpoint(f)))(tensor(0.7)))
  near(jvp(grad(checkpoint(f)), [tensor(0.7)], [tensor(1)])[1])
})

test.run()
