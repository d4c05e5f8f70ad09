// Softmax cross-entropy with integer labels: value and gradient in one pass each, stable for any logits.

import { CrossEntropyKind, Opcode } from '../../assembly/format.js'
import { read, write } from '../compiler/lowering.js'
import { elements, ITEM_BYTES } from '../compiler/view.js'
import { isInteger } from '../core/dtype.js'
import type { Primitive } from '../core/primitive.js'
import { sameShape, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { typeError } from '../errors.js'
import { mul, sub } from './arithmetic.js'
import { placeBatch } from './batching.js'
import { cast } from './cast.js'
import type { NoParams } from './elementwise.js'
import { build, get, type Laws, type NdArray, values } from './laws.js'
import { sum } from './reduce.js'
import { softmax } from './softmax.js'

function overClasses(name: string, kind: CrossEntropyKind, jvp: Primitive<NoParams>['jvp']): Primitive<NoParams> {
  const primitive: Primitive<NoParams> = {
    name,
    type([logits, labels]) {
      if (logits.dtype !== 'float32') throw typeError(`${name}: logits have dtype ${logits.dtype}, not float32`)
      if (labels.dtype !== 'int32') throw typeError(`${name}: labels have dtype ${labels.dtype}, not int32`)
      const expected = logits.shape.slice(0, -1)
      if (logits.shape.length === 0 || !sameShape(labels.shape, expected)) {
        throw typeError(
          `${name}: labels ${showShape(labels.shape)} do not fit logits ${showShape(logits.shape)}: expected ${showShape(expected)}`,
        )
      }
      if (logits.shape.at(-1) === 0) throw typeError(`${name}: logits ${showShape(logits.shape)} have no class`)
      return [{ shape: kind === CrossEntropyKind.Loss ? expected : logits.shape, dtype: 'float32' }]
    },
    jvp,
    transpose: null,
    batch([logits, labels], [logitsDim, labelsDim], _params, size) {
      const at = logitsDim !== null && logitsDim < logits.rank - 1 ? logitsDim : 0
      const operands = [placeBatch(logits, logitsDim, at, size), placeBatch(labels, labelsDim, at, size)]
      return { results: [bind1(primitive, operands, {})], dims: [at] }
    },
    lower(lowering, { inputs, outputs }) {
      const [logits, labels] = inputs.map(input => lowering.contiguous(lowering.view(input)))
      const out = lowering.output(outputs[0])
      const classes = logits.shape.at(-1)!
      if (elements(out.shape) === 0) return
      const row = classes * ITEM_BYTES
      const outRow = kind === CrossEntropyKind.Loss ? ITEM_BYTES : row
      lowering.emit(Opcode.CrossEntropy, [
        kind,
        elements(labels.shape),
        classes,
        write(out),
        outRow,
        read(logits),
        row,
        read(labels),
        ITEM_BYTES,
      ])
    },
  }
  return primitive
}

/** <softmax(logits) - oneHot(label), t> */
export const crossEntropyPrimitive = overClasses(
  'crossEntropy',
  CrossEntropyKind.Loss,
  ([logits, labels], [tangent]) => [
    tangent && sum(mul(bind1(crossEntropyGradientPrimitive, [logits, labels], {}), tangent), { axis: -1 }),
  ],
)

/** The derivative of softmax - oneHot is that of softmax. */
export const crossEntropyGradientPrimitive: Primitive<NoParams> = overClasses(
  'crossEntropyGradient',
  CrossEntropyKind.Gradient,
  ([logits], [tangent]) => {
    if (tangent === null) return [null]
    const y = softmax(logits)
    return [mul(y, sub(tangent, sum(mul(y, tangent), { axis: -1, keepDims: true })))]
  },
)

/**
 * The cross-entropy -log softmax(logits)[label] of each row: logits [..., C], integer labels [...] in [0, C) -> [...],
 * in nats, without overflow. Labels outside are clamped. Throws if the shapes do not fit or the labels are not
 * integers.
 * @example
 * const labels = tensor([0, 1], { dtype: 'int32' })
 * softmaxCrossEntropy(tensor([[2, 0, 0], [0, 0, 0]]), labels) // [0.2395, 1.0986]
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  checkTensor('softmaxCrossEntropy', logits, 'logits')
  checkTensor('softmaxCrossEntropy', labels, 'labels')
  return bind1(crossEntropyPrimitive, [logits, isInteger(labels.dtype) ? cast(labels, 'int32') : labels], {})
}

/** The softmax of the row at an index. */
function probabilities(logits: NdArray, index: readonly number[]): number[] {
  const row = Array.from({ length: logits.shape.at(-1)! }, (_, i) => get(logits, [...index, i]))
  const top = Math.max(...row)
  const total = row.reduce((sum, value) => sum + Math.exp(value - top), 0)
  return row.map(value => Math.exp(value - top) / total)
}

const labelOf = (labels: NdArray, index: readonly number[], classes: number): number =>
  Math.min(Math.max(get(labels, index), 0), classes - 1)

const drawLogits: Laws<NoParams>['draw'] = draw => {
  const shape = draw.shape({ minRank: 1, maxRank: 3 })
  const classes = Math.max(1, shape.at(-1)!)
  const random = draw.random()
  const labels = build(shape.slice(0, -1), 'int32', () => Math.floor(random() * (classes + 2)) - 1)
  return { inputs: [values(draw, [...labels.shape, classes], 'float32', -3, 3), labels], params: {} }
}

export const crossEntropyLaws: Laws<NoParams> = {
  primitive: crossEntropyPrimitive,
  tolerance: 16,
  reference: ([logits, labels]) => [
    build(labels.shape, 'float32', index => {
      const p = probabilities(logits, index)
      return -Math.log(p[labelOf(labels, index, p.length)])
    }),
  ],
  // The logarithm's and the logit's own errors.
  magnitude: ([, labels]) => [build(labels.shape, 'float32', () => 4)],
  draw: drawLogits,
}

export const crossEntropyGradientLaws: Laws<NoParams> = {
  primitive: crossEntropyGradientPrimitive,
  tolerance: 16,
  reference: ([logits, labels]) => [
    build(logits.shape, 'float32', index => {
      const [row, i] = [index.slice(0, -1), index[index.length - 1]]
      const p = probabilities(logits, row)
      return p[i] - Number(i === labelOf(labels, row, p.length))
    }),
  ],
  magnitude: ([logits]) => [build(logits.shape, 'float32', () => 1)],
  draw: drawLogits,
}
