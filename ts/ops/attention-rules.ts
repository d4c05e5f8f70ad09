// The derivatives of attention (attention.ts): two linear primitives, each the other's transpose. With the weights
// P = exp(scale Q K' + bias - logSums) they are, from tangents to tangents,
//   L: (q, k, v, bias) -> (P v + W V, rows of W summed),  W = P * (scale (q K' + Q k') + bias),
// and from cotangents to cotangents (Dao et al. 2022, FlashAttention, section 3)
//   G: (out, sums) -> (scale S K, scale S' Q, P' out),    S = P * (out V' + sums).
// G is a kernel that keeps no [queries, keys] tensor; L, which only forward mode runs, and what differentiates them once
// more are compositions.
import { Attention } from '../../assembly/format.js'
import type { MaybeZero, Primitive } from '../core/primitive.js'
import type { Aval } from '../core/program.js'
import { range } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { bind, tracePure } from '../core/trace.js'
import { add, addTangents, mul, neg } from './arithmetic.js'
import { type AttentionParams, baseCount, emitAttention } from './attention-lowering.js'
import { batchLeading } from './batching.js'
import { broadcastTo } from './broadcast.js'
import { equal, less, lessEqual } from './compare.js'
import { dotGeneral } from './dot-general.js'
import { exp } from './exponential.js'
import { arange, zerosLike } from './full.js'
import { sum } from './reduce.js'
import { expandDims } from './reshape.js'
import { where } from './where.js'

/** A value and its tangent: what is written once over these gives both. */
type Dual = readonly [value: Tensor, tangent: MaybeZero]

const linear =
  (f: (x: Tensor) => Tensor) =>
  ([x, dx]: Dual): Dual => [f(x), dx && f(dx)]

const bilinear =
  (f: (x: Tensor, y: Tensor) => Tensor) =>
  ([x, dx]: Dual, [y, dy]: Dual): Dual => [f(x, y), addTangents(dx && f(dx, y), dy && f(x, dy))]

const times = bilinear(mul)
const plus = ([x, dx]: Dual, [y, dy]: Dual): Dual => [add(x, y), addTangents(dx, dy)]
const column = linear(x => expandDims(x, -1))

/** Products of stacks of matrices; the axis of each, from the end, that is summed over. */
const product = (left: number, right: number) =>
  bilinear((x, y) => {
    const lead = range(x.rank - 2)
    return dotGeneral(x, y, { contract: [[x.rank - left], [y.rank - right]], batch: [lead, lead] })
  })
const [timesTransposed, timesPlain, transposedTimes] = [product(1, 1), product(1, 2), product(2, 2)]

/** Which keys count for which query, beside what a bias says; null: all. */
function seen([q, k, , mask, lengths]: readonly Tensor[], { causal }: AttentionParams): Tensor | null {
  const [queries, keys] = [q.shape.at(-2)!, k.shape.at(-2)!]
  const parts: Tensor[] = []
  if (causal) parts.push(lessEqual(arange(keys), expandDims(arange(queries), 1)))
  if (mask?.dtype === 'bool') parts.push(mask)
  if (lengths) parts.push(less(arange(keys), expandDims(expandDims(lengths, -1), -1)))
  const shape = [...q.shape.slice(0, -1), keys]
  return parts.length ? parts.map(part => broadcastTo(part, shape)).reduce((a, b) => where(a, b, false)) : null
}

/** The operands that all have: q, k, v, mask (or undefined), lengths (or undefined), then the others. */
function operands<T>(list: readonly T[], params: AttentionParams): T[] {
  const rest = list.slice(3)
  const [mask, lengths] = [params.mask, params.lengths].map(has => (has ? rest.shift() : undefined))
  return [...list.slice(0, 3), mask as T, lengths as T, ...rest]
}

const scaled = ({ scale }: AttentionParams) => linear(x => mul(x, scale))

/** P */
function weightsOf([q, k, , mask, lengths, logSums]: readonly Dual[], params: AttentionParams): Dual {
  const hidden = equal(logSums[0], Number.NEGATIVE_INFINITY)
  const scores = scaled(params)(timesTransposed(q, k))
  const biased = mask && mask[0].dtype !== 'bool' ? plus(scores, mask) : scores
  const lowered = plus(biased, column(linear(x => where(hidden, 0, neg(x)))(logSums)))
  const p = exp(lowered[0])
  const allowed = seen([q[0], k[0], q[0], mask?.[0], lengths?.[0]], params)
  return linear(x => (allowed ? where(allowed, x, 0) : x))([p, lowered[1] && mul(p, lowered[1])])
}

/** L */
function tangentsOf(all: readonly Dual[], params: AttentionParams): Dual[] {
  const [q, k, v, , , , tq, tk, tv, bias] = all
  const p = weightsOf(all, params)
  const scores = scaled(params)(plus(timesTransposed(tq, k), timesTransposed(q, tk)))
  const w = times(p, bias ? plus(scores, bias) : scores)
  return [plus(timesPlain(p, tv), timesPlain(w, v)), linear(x => sum(x, { axis: -1 }))(w)]
}

/** The cotangents of the scores. */
const slopesOf = (p: Dual, v: Dual, out: Dual, sums: Dual): Dual =>
  times(p, plus(timesTransposed(out, v), column(sums)))

/** G */
function gradientOf(all: readonly Dual[], params: AttentionParams): Dual[] {
  const [q, k, v, , , , out, sums] = all
  const p = weightsOf(all, params)
  const slopes = scaled(params)(slopesOf(p, v, out, sums))
  return [timesPlain(slopes, k), transposedTimes(slopes, q), transposedTimes(p, out)]
}

const plain = (x: Tensor): Dual => [x, null]

const afterLogSums = (params: AttentionParams): number => baseCount(params) + 1

/** Zeros where there is nothing. */
const filled = (values: readonly MaybeZero[], types: readonly Aval[]): Tensor[] =>
  values.map((value, i) => value ?? zerosLike(types[i]))

/** The jvp of a map that is linear in what comes behind logSums: itself, and what `compose` says of the others. */
function jvpOf(
  primitive: Primitive<AttentionParams>,
  compose: (all: readonly Dual[], params: AttentionParams) => Dual[],
): Primitive<AttentionParams>['jvp'] {
  return (primals, tangents, results, params) => {
    const at = afterLogSums(params)
    const own = tangents.slice(at)
    const isSome = (list: readonly MaybeZero[]) => list.some(tangent => tangent !== null)
    const direct = isSome(own)
      ? bind(primitive, [...primals.slice(0, at), ...filled(own, primals.slice(at))], params)
      : results.map(() => null)
    if (!isSome(tangents.slice(0, at))) return direct
    const duals = primals.map((primal, i): Dual => [primal, i < at ? tangents[i] : null])
    return compose(operands(duals, params), params).map(([, tangent], i) => addTangents(direct[i], tangent))
  }
}

/** [q, k, v, mask?, lengths?, logSums, tangents of q, k, v and (if `bias`) of the mask] -> tangents of L */
export const attentionTangentPrimitive: Primitive<AttentionParams> = {
  name: 'attentionTangent',
  type: ([q, , v]) => [
    { shape: [...q.shape.slice(0, -1), v.shape.at(-1)!], dtype: 'float32' },
    { shape: q.shape.slice(0, -1), dtype: 'float32' },
  ],
  jvp: (...given) => jvpOf(attentionTangentPrimitive, tangentsOf)(...given),
  transpose(cotangents, inputs, types, params) {
    const at = afterLogSums(params)
    const known = inputs.slice(0, at) as Tensor[]
    const [out, sums] = filled(cotangents, attentionTangentPrimitive.type(types as Aval[], params))
    const results: MaybeZero[] = bind(attentionGradientPrimitive, [...known, out, sums], { ...params, bias: false })
    if (params.bias) {
      const all = operands(known, params).map(x => x && plain(x))
      results.push(slopesOf(weightsOf(all, params), all[2], plain(out), plain(sums))[0])
    }
    return inputs.map((input, i) => (input === null ? results[i - at] : null))
  },
  batch: (inputs, dims, params, size) => batchLeading(attentionTangentPrimitive, inputs, dims, params, size),
  lower(lowering, { inputs, outputs }, params) {
    const body = tracePure(
      inputs.map(({ aval }) => aval),
      tensors =>
        tangentsOf(
          operands(tensors, params).map(x => x && plain(x)),
          params,
        ).map(([value]) => value),
    )
    const given = inputs.map(input => lowering.view(input))
    lowering.lowerInner(body, given).forEach((view, i) => {
      lowering.define(outputs[i], view)
    })
  },
}

/** [q, k, v, mask?, lengths?, logSums, cotangents of L] -> cotangents of q, k, v */
export const attentionGradientPrimitive: Primitive<AttentionParams> = {
  name: 'attentionGradient',
  type: inputs => inputs.slice(0, 3).map(({ shape, dtype }) => ({ shape, dtype })),
  jvp: (...given) => jvpOf(attentionGradientPrimitive, gradientOf)(...given),
  transpose(cotangents, inputs, types, params) {
    const at = afterLogSums(params)
    const known = inputs.slice(0, at) as Tensor[]
    const results = bind(attentionTangentPrimitive, [...known, ...filled(cotangents, types)], params)
    return inputs.map((input, i) => (input === null ? results[i - at] : null))
  },
  batch: (inputs, dims, params, size) => batchLeading(attentionGradientPrimitive, inputs, dims, params, size),
  lower: (lowering, equation, params) => emitAttention(lowering, equation, params, Attention.Gradient),
}
