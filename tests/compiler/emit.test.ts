// Products and sums of views that only a compiled program has: broadcast operands and reordered dimensions.
import { suite } from 'uvu'
import { passNames, withoutPasses } from '../../ts/compiler/optimize.js'
import type { Tensor } from '../../ts/core/tensor.js'
import { broadcastTo, dotGeneral, jit, sum, tensor, transpose } from '../../ts/index.js'
import type { NdArray } from '../../ts/ops/laws.js'
import { closedFunction } from '../../ts/transforms/function.js'
import { close, fromTensor, sameBits } from '../comparing.js'
import { interpret } from '../reference-interpreter.js'

const test = suite('emit')

const wave = (...shape: number[]): Tensor => {
  const size = shape.reduce((product, length) => product * length, 1)
  return tensor(
    Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + size)),
    { shape },
  )
}

const expected = (f: (...xs: Tensor[]) => Tensor, xs: readonly Tensor[]): NdArray => {
  const { program, captured } = closedFunction('test', f, xs)
  return interpret(program, [...captured, ...xs].map(fromTensor))[0]
}

test('a batch of products whose right operand is one matrix for all', () => {
  for (const [m, n, k] of [
    [3, 3, 3],
    [2, 9, 5],
    [7, 17, 1],
  ]) {
    const f = (x: Tensor, w: Tensor) =>
      dotGeneral(x, broadcastTo(w, [4, k, n]), { contract: [[2], [1]], batch: [[0], [0]] })
    const xs = [wave(4, m, k), wave(k, n)]
    close('product', fromTensor(jit(f)(xs[0], xs[1])), expected(f, xs), 1e-6)
  }
})

test('a sum has its order from the shape, however its operand lies', () => {
  for (const axis of [[0, 2], [0, 1], [1, 2], [1]]) {
    for (const order of [
      [1, 0, 2],
      [2, 0, 1],
      [0, 2, 1],
      [1, 2, 0],
    ]) {
      const x = wave(9, 9, 9)
      const compiled = withoutPasses(passNames, () => jit((y: Tensor) => sum(transpose(y, order), { axis }))(x))
      sameBits(`axes ${axis} of ${order}`, [compiled], [sum(transpose(x, order), { axis })])
    }
  }
})

test.run()
