// Einstein's convention against its definition: a sum over all labels, in float64.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Opcode } from '../../assembly/format.js'
import { passNames } from '../../ts/compiler/optimize.js'
import { einsum, grad, inner, jit, kron, mul, sum, type Tensor, tensor, tensordot, vdot, vmap } from '../../ts/index.js'
import { build, get, indices, type NdArray, values } from '../../ts/ops/laws.js'
import { close, forAll, fromTensor, toTensor } from '../comparing.js'
import { after, compiled, traced } from '../compiler/tracing.js'

const test = suite('einsum')

/** By the definition; `formula` has '->' and no ellipsis. */
function reference(formula: string, xs: readonly NdArray[]): NdArray {
  const [left, right] = formula.split('->')
  const terms = left.split(',').map(term => [...term])
  const lengths = new Map(
    terms.flatMap((labels, i) => labels.map((label, axis) => [label, xs[i].shape[axis]] as const)),
  )
  const summed = [...lengths.keys()].filter(label => !right.includes(label))
  const shapeOf = (labels: readonly string[]) => labels.map(label => lengths.get(label)!)
  return build(shapeOf([...right]), 'float32', own =>
    indices(shapeOf(summed)).reduce((total, rest) => {
      const at = (label: string) => (right.includes(label) ? own[right.indexOf(label)] : rest[summed.indexOf(label)])
      return total + xs.reduce((product, x, i) => product * get(x, terms[i].map(at)), 1)
    }, 0),
  )
}

test('random formulas are their definition, and so are their gradients', () => {
  forAll(70, draw => {
    const length = Object.fromEntries([...'abcde'].map(label => [label, draw.pick([0, 1, 2, 3, 3])]))
    const terms = Array.from({ length: draw.integer(1, 3) }, () =>
      Array.from({ length: draw.integer(0, 3) }, () => draw.pick([...'abcde'])),
    )
    const all = [...new Set(terms.flat())].filter(() => draw.integer(0, 1) === 1)
    const right: string[] = []
    while (all.length > 0) right.push(all.splice(draw.integer(0, all.length - 1), 1)[0])
    const formula = `${terms.map(term => term.join('')).join()}->${right.join('')}`
    const xs = terms.map(labels =>
      values(
        draw,
        labels.map(label => length[label]),
      ),
    )
    const tensors = xs.map(toTensor)
    const f = (...args: Tensor[]) => einsum(formula, ...args)
    close(formula, fromTensor(f(...tensors)), reference(formula, xs), 1e-5)
    close(`jit ${formula}`, fromTensor(jit(f)(...tensors)), reference(formula, xs), 1e-5)
    const weights = toTensor(
      values(
        draw,
        right.map(label => length[label]),
      ),
    )
    // Linear in each operand: <gradient, operand> is the value.
    const loss = (x: Tensor) => sum(mul(f(x, ...tensors.slice(1)), weights))
    const [value, product] = [loss(tensors[0]), sum(mul(grad(loss)(tensors[0]), tensors[0]))].map(t => t.item())
    const scale = sum(
      mul(f(...tensors.map(t => toTensor({ ...fromTensor(t), data: fromTensor(t).data.map(Math.abs) }))), 2),
    ).item()
    assert.ok(Math.abs(value - product) <= 1e-4 * Math.max(1, scale), `${formula}: ${value}, ${product}`)
  })
})

test('implicit results, ellipses and lengths that broadcast', () => {
  const a = tensor([
    [1, 2],
    [3, 4],
  ])
  assert.equal(einsum('ij,jk', a, a).toArray(), [
    [7, 10],
    [15, 22],
  ])
  assert.equal(einsum('ba', a).toArray(), [
    [1, 3],
    [2, 4],
  ])
  assert.is(einsum('ii', a).item(), 5)
  assert.equal(einsum('ii->i', a).toArray(), [1, 4])
  assert.equal(einsum('...j->...', a).toArray(), [3, 7])
  assert.equal(einsum('i...->...i', a).toArray(), [
    [1, 3],
    [2, 4],
  ])
  assert.equal(einsum('...,...', a, tensor([1, 10])).toArray(), [
    [1, 20],
    [3, 40],
  ])
  assert.equal(einsum('ij, ij -> ij', a, tensor([[1], [2]])).toArray(), [
    [1, 2],
    [6, 8],
  ])
  assert.is(einsum(',', tensor(2), 3).item(), 6)
  assert.equal(vmap((x: Tensor) => einsum('i,ij->j', x, a))(a).toArray(), [
    [7, 10],
    [15, 22],
  ])
})

test('a contraction is one product without a copy, however its operands and its result lie', () => {
  const x = (...shape: number[]) => tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), { shape })
  for (const [formula, ...xs] of [
    ['ij,jk->ik', x(3, 4), x(4, 5)],
    ['ij,jk->ki', x(3, 4), x(4, 5)],
    ['ji,kj->ki', x(4, 3), x(5, 4)],
    ['bij,bjk->bik', x(2, 3, 4), x(2, 4, 5)],
    ['bqhd,bkhd->bhqk', x(2, 3, 2, 4), x(2, 5, 2, 4)],
    ['bhqk,bkhd->bhqd', x(2, 2, 3, 5), x(2, 5, 2, 4)],
    ['td,hdk->thk', x(3, 4), x(2, 4, 5)],
    ['thk,hkd->td', x(3, 2, 5), x(2, 5, 4)],
  ] as [string, ...Tensor[]][]) {
    const { instructions } = compiled(
      after(
        passNames,
        traced((a: Tensor, b: Tensor) => einsum(formula, a, b), xs[0], xs[1]),
      ),
    )
    const count = (opcode: Opcode) => instructions.filter(instruction => instruction.opcode === opcode).length
    assert.equal([count(Opcode.Gemm), count(Opcode.Copy)], [1, 0], formula)
  }
})

test('several operands are multiplied in the cheapest order', () => {
  const [n, m] = [40, 2]
  const a = tensor(new Float32Array(n * n), { shape: [n, n] })
  const b = tensor(new Float32Array(n * m), { shape: [n, m] })
  const { instructions } = compiled(
    after(
      passNames,
      traced((x: Tensor, y: Tensor) => einsum('ij,jk,kl->il', x, x, y), a, b),
    ),
  )
  const sizes = instructions.filter(({ opcode }) => opcode === Opcode.Gemm).map(({ fields }) => fields.slice(1, 4))
  for (const size of sizes) assert.ok((size as number[]).reduce((p, q) => p * q, 1) === n * n * m, `${size}`)
})

test('tensordot, inner, vdot, kron', () => {
  const a = tensor([
    [1, 2],
    [3, 4],
  ])
  assert.is(tensordot(a, a).item(), 30)
  assert.equal(tensordot(a, a, 1).toArray(), [
    [7, 10],
    [15, 22],
  ])
  assert.equal(tensordot(a, a, [[0], [1]]).toArray(), [
    [7, 15],
    [10, 22],
  ])
  assert.equal(tensordot(tensor([1, 2]), tensor([3, 4]), 0).toArray(), [
    [3, 4],
    [6, 8],
  ])
  assert.equal(inner(a, a).toArray(), [
    [5, 11],
    [11, 25],
  ])
  assert.equal(inner(tensor(2), a).toArray(), [
    [2, 4],
    [6, 8],
  ])
  assert.is(vdot(a, tensor([1, 1, 1, 2])).item(), 14)
  assert.equal(kron(a, tensor([[1, 10]])).toArray(), [
    [1, 10, 2, 20],
    [3, 30, 4, 40],
  ])
  assert.equal(kron(tensor([1, 2], { dtype: 'int32' }), a).shape, [2, 4])
})

test.run()
