// Scaled dot-product attention: a primitive, because its kernel and its gradient's keep no tensor [queries, keys], which
// the chain rule through matmul and softmax would.
import { checkOptions, type OptionNames } from '../core/options.js'
import type { Primitive } from '../core/primitive.js'
import { showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind, bind1 } from '../core/trace.js'
import { rangeError, typeError } from '../errors.js'
import { addTangents, mul, neg } from './arithmetic.js'
import { type AttentionParams, emitAttention } from './attention-lowering.js'
import { attentionTangentPrimitive } from './attention-rules.js'
import { batchLeading } from './batching.js'
import { broadcastTo } from './broadcast.js'
import { cast } from './cast.js'
import { zerosLike } from './full.js'
import { toTensor } from './operand.js'
import { expandDims } from './reshape.js'

/** The results, and the logarithms of the sums of the exponentials of each query's scores. */
export const attentionPrimitive: Primitive<AttentionParams> = {
  name: 'attention',
  type: ([q, , v]) => attentionTangentPrimitive.type([q, q, v], {} as AttentionParams),
  jvp(primals, tangents, [out, logSums], params) {
    const bias = params.mask && tangents[3] !== null
    const given = primals.map((primal, i) => tangents[i] ?? zerosLike(primal))
    const linear = [...given.slice(0, 3), ...(bias ? [given[3]] : [])]
    const [moved, sums] = bind(attentionTangentPrimitive, [...primals, logSums, ...linear], { ...params, bias })
    // A change of all scores of a query alike changes nothing.
    return [addTangents(moved, neg(mul(out, expandDims(sums, -1)))), sums]
  },
  transpose: null,
  batch: (inputs, dims, params, size) => batchLeading(attentionPrimitive, inputs, dims, params, size),
  lower: (lowering, equation, params) => emitAttention(lowering, equation, params, 0),
}

export interface AttentionOptions {
  /** Query i sees keys 0 to i (false). */
  causal?: boolean
  /** bool, true where a key counts, or float32, added to the scaled scores; it broadcasts to [Tq, Tk]. */
  mask?: Tensor
  /** Only the first so many keys count (int32 scalar): those behind are not read. */
  keyLength?: Tensor | number
  /** What the scores are multiplied by (1 / sqrt(D)). */
  scale?: number
}

/** The names of the options of attention. */
export const ATTENTION_NAMES: OptionNames<AttentionOptions> = { causal: 1, mask: 1, keyLength: 1, scale: 1 }

/**
 * Scaled dot-product attention of one head, `softmax(scale * q kᵀ + mask) v` (Vaswani et al. 2017, equation 1):
 * [Tq, D], [Tk, D], [Tk, Dv] -> [Tq, Dv]; heads and examples by `vmap`, where heads that share keys and values leave those
 * unmapped. No [Tq, Tk] tensor is kept for the gradient, and what `causal` or `keyLength` hide is not computed. A query that
 * sees no key gives 0. Throws where shapes or dtypes do not fit.
 * @example
 * const keys = tensor([[0, 0], [0, 0]])
 * scaledDotProductAttention(tensor([[1, 2], [3, 4]]), keys, tensor([[2], [4]]), { causal: true }) // [[2], [3]]
 */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const operation = 'scaledDotProductAttention'
  for (const [name, x] of Object.entries({ q, k, v })) {
    checkTensor(operation, x, name)
    if (x.dtype !== 'float32') throw typeError(`${operation}: ${name} has dtype ${x.dtype}, not float32`)
  }
  checkOptions(operation, options, ATTENTION_NAMES)
  const shapes = `q ${showShape(q.shape)}, k ${showShape(k.shape)}, v ${showShape(v.shape)}`
  if (q.rank !== 2 || k.rank !== 2 || v.rank !== 2) {
    throw typeError(`${operation}: one head has q [Tq, D], k [Tk, D], v [Tk, Dv], not ${shapes}; heads go by vmap`)
  }
  if (q.shape[1] !== k.shape[1] || k.shape[0] !== v.shape[0])
    throw typeError(`${operation}: shapes do not fit: ${shapes}`)
  const { causal = false, mask, keyLength, scale = 1 / Math.sqrt(q.shape[1]) } = options
  if (!Number.isFinite(scale)) throw rangeError(`${operation}: scale is a finite number, not ${scale}`)
  const inputs = [q, k, v]
  if (mask !== undefined) {
    const shape = [q.shape[0], k.shape[0]]
    checkMask(operation, mask, shape)
    inputs.push(broadcastTo(mask, shape))
  }
  if (keyLength !== undefined) {
    const length = toTensor(operation, keyLength, 'int32')
    if (length.rank !== 0 || (length.dtype !== 'int32' && length.dtype !== 'uint32')) {
      throw typeError(`${operation}: keyLength is one integer, not ${length}`)
    }
    inputs.push(cast(length, 'int32'))
  }
  const params = { scale, causal, mask: mask !== undefined, lengths: keyLength !== undefined }
  return bind1(attentionPrimitive, inputs, params)
}

/** Throws unless this is a mask for one head, [Tq, Tk] or what broadcasts to it. */
export function checkMask(operation: string, mask: Tensor, shape: readonly number[]): void {
  checkTensor(operation, mask, 'mask')
  if (mask.dtype !== 'bool' && mask.dtype !== 'float32') {
    throw typeError(`${operation}: mask has dtype ${mask.dtype}, not bool or float32`)
  }
  const own = mask.shape
  if (own.length > 2 || own.some((n, i) => n !== 1 && n !== shape[2 - own.length + i])) {
    throw typeError(`${operation}: mask ${showShape(own)} does not broadcast to ${showShape(shape)}`)
  }
}
