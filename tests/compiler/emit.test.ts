// Products and sums of views that only a compiled program has: broadcast operands and reordered dimensions.
import { suite } from 'uvu'
import { passNames, reorderingPasses, withoutPasses } from '../../ts/compiler/optimize.js'
import type { Tensor } from '../../ts/core/tensor.js'
import { tracePure } from '../../ts/core/trace.js'
import {
  add,
  broadcastTo,
  concat,
  dotGeneral,
  flip,
  jit,
  matmul,
  mul,
  random,
  reshape,
  sum,
  tanh,
  tensor,
  transpose,
} from '../../ts/index.js'
import type { NdArray } from '../../ts/ops/laws.js'
import { closedFunction } from '../../ts/transforms/function.js'
import { bindScan } from '../../ts/transforms/scan-primitive.js'
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

test('loops that share a part of their bodies: values that one emits are none of the other', () => {
  const float = { shape: [3], dtype: 'float32' as const }
  const body = tracePure([float, float], ([h, x]) => {
    const y = tanh(mul(h, x))
    return [add(mul(h, 0.5), y), y]
  })
  const shape = { consts: 0, carry: 1, length: 4, reverse: false }
  const f = (h: Tensor, xs: Tensor) => {
    const [, ys] = bindScan({ ...shape, body }, [h, xs])
    const [last] = bindScan({ ...shape, body: { ...body, outputs: [body.outputs[0]] } }, [flip(h, 0), xs])
    return concat([reshape(ys, [12]), last])
  }
  const xs = [wave(3), wave(4, 3)]
  for (const off of [[], passNames]) {
    const found = withoutPasses(off, () => jit(f)(xs[0], xs[1]))
    close(`without ${off}`, fromTensor(found), expected(f, xs), 1e-6)
  }
})

test('without the passes that reorder sums, products of a vector are what they are operation by operation', () => {
  const [kx, kv, kw] = random.split(random.key(5), 3)
  const [x, v, w] = [random.normal(kx, [50, 70]), random.normal(kv, [50]), random.normal(kw, [70])]
  const f = (x: Tensor, v: Tensor, w: Tensor) => [matmul(transpose(x), v), matmul(w, transpose(x)), matmul(x, w)]
  const [eager, compiled] = withoutPasses(reorderingPasses, () => [f(x, v, w), jit(f)(x, v, w)])
  sameBits('products', compiled, eager)
})

test.run()
