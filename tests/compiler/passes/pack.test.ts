import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Opcode } from '../../../assembly/format.js'
import { withoutPasses } from '../../../ts/compiler/optimize.js'
import type { Program } from '../../../ts/core/program.js'
import { add, jit, matmul, random, scan, slice, type Tensor, transpose } from '../../../ts/index.js'
import { sameBits } from '../../comparing.js'
import { compiled, traced } from '../tracing.js'

const [ka, kb, kw] = random.split(random.key(11), 3)
const a = random.normal(ka, [3, 4])
const b = random.normal(kb, [5, 4])
const w = random.normal(kw, [4, 4])

/** Depths of the loops in which panels are made. */
const packs = (program: Program): number[] =>
  compiled(program)
    .instructions.filter(({ opcode }) => opcode === Opcode.Pack)
    .map(({ depth }) => depth)

/** The depths with the pass and without, for one program. */
const both = (program: Program) => [packs(program), withoutPasses(['pack'], () => packs(program))]

const twoProducts = (a: Tensor, b: Tensor, w: Tensor) => [matmul(a, w), matmul(b, w)]
const recurrence = (a: Tensor, w: Tensor) => scan((h: Tensor) => [matmul(h, w), h], a, null, { length: 3 })

test('an operand of two products is packed once; without the pass twice', () => {
  assert.equal(both(traced(twoProducts, a, b, w)), [[0], [0, 0]])
})

test('weights of a recurrence are packed before the loop; without the pass in every step', () => {
  assert.equal(both(traced(recurrence, a, w)), [[0], [1]])
})

test('through two loops, and up to the one that changes the operand', () => {
  const nested = (a: Tensor, w: Tensor) => scan((h: Tensor) => [recurrence(h, w)[0], h], a, null, { length: 2 })
  assert.equal(both(traced(nested, a, w)), [[0], [2]])
  const changing = (a: Tensor, w: Tensor) =>
    scan((w: Tensor) => [add(w, 1), recurrence(a, w)[0]], w, null, { length: 2 })[1]
  assert.equal(both(traced(changing, a, w)), [[1], [2]])
})

test('another part of the operand and another layout are other panels', () => {
  const halves = (a: Tensor, w: Tensor) => [matmul(a, slice(w, [0, 0], [4, 2])), matmul(a, slice(w, [0, 2], [4, 4]))]
  assert.equal(packs(traced(halves, a, w)), [0, 0])
  assert.equal(packs(traced((a: Tensor, w: Tensor) => [matmul(a, w), matmul(a, transpose(w))], a, w)), [0, 0])
})

test('a large operand that few rows read is packed as it is read; for many rows, or every step, beforehand', () => {
  const large = random.normal(kw, [512, 512])
  const rows = (n: number) => random.normal(ka, [n, 512])
  assert.equal(packs(traced(matmul, rows(2), large)), [])
  assert.equal(packs(traced((a: Tensor, w: Tensor) => matmul(a, transpose(w)), rows(256), large)), [])
  assert.equal(packs(traced((a: Tensor, w: Tensor) => matmul(transpose(a), w), random.normal(ka, [512, 9]), large)), [])
  assert.equal(packs(traced(matmul, rows(257), large)), [0])
  // Rows of A as columns: their stride must not lead to the same few cache sets, where A is packed.
  const columns = (n: number) =>
    packs(traced((a: Tensor, w: Tensor) => matmul(transpose(a), w), random.normal(ka, [512, n]), large))
  assert.equal([columns(9), columns(512)], [[], [0]])
  assert.equal(packs(traced(recurrence, rows(3), large)), [0])
  const product = jit(matmul)
  sameBits('products', [product(rows(3), large)], [slice(product(rows(100), large), [0, 0], [3, 512])])
})

test('it changes no bit', () => {
  const f = (a: Tensor, b: Tensor, w: Tensor) => [...twoProducts(a, b, w), ...recurrence(a, w)]
  const plain = withoutPasses(['pack'], () => jit(f)(a, b, w))
  sameBits('with and without', jit(f)(a, b, w), plain)
})

test.run()
