// ONNX's attention operators: scaled dot products, linear attention with a state, rotary embeddings.
import * as h from '../../ts/index.js'
import {
  add,
  arange,
  div,
  expandDims,
  less,
  lessEqual,
  matmul,
  mul,
  reshape,
  sub,
  type Tensor,
  where,
} from '../../ts/index.js'
import type { Attrs, Operators } from './onnx-operator.js'

/** [B, T, heads * D] as [B, heads, T, D]; four dimensions are so already. */
const toHeads = (x: Tensor, heads: number): Tensor =>
  x.rank === 4 ? x : h.swapaxes(reshape(x, [x.shape[0], x.shape[1], heads, x.shape[2] / heads]), 1, 2)

const fromHeads = (x: Tensor): Tensor => reshape(h.swapaxes(x, 1, 2), [x.shape[0], x.shape[2], -1])

/** [B, heads, ...] with each head repeated, so that there are `heads`. */
function repeated(x: Tensor, heads: number): Tensor {
  const [batch, own, ...rest] = x.shape
  const many = h.broadcastTo(expandDims(x, 2), [batch, own, heads / own, ...rest])
  return reshape(many, [batch, heads, ...rest])
}

const joined = (past: Tensor | undefined, x: Tensor): Tensor => (past === undefined ? x : h.concat([past, x], 2))

/** What is added to the scores [B, heads, Tq, Tk]: the mask, the future, and keys beyond each example's length. */
function biasOf(
  mask: Tensor | undefined,
  lengths: Tensor | undefined,
  past: number,
  shape: number[],
  isCausal: boolean,
) {
  const [, , queries, keys] = shape
  const hidden = (isSeen: Tensor) => where(isSeen, 0, Number.NEGATIVE_INFINITY)
  const biases: Tensor[] = []
  if (mask !== undefined) {
    const bias = mask.dtype === 'bool' ? hidden(mask) : mask
    const missing = keys - bias.shape.at(-1)!
    const widths = bias.shape.map((_, i) => [0, i === bias.rank - 1 ? missing : 0] as const)
    biases.push(h.pad(bias, widths, Number.NEGATIVE_INFINITY))
  }
  const ends = lengths && reshape(lengths, [-1, 1, 1, 1])
  if (ends) biases.push(hidden(less(arange(keys), ends)))
  if (isCausal) {
    const first = ends ? sub(ends, queries) : past
    biases.push(hidden(lessEqual(arange(keys), add(expandDims(arange(queries), 1), first))))
  }
  return biases
}

/** Softmax over what may be seen; 0 where that is nothing. */
function softmaxOfSeen(scores: Tensor): Tensor {
  const isSeen = h.any(h.greater(scores, Number.NEGATIVE_INFINITY), { axis: -1, keepDims: true })
  return where(isSeen, h.softmax(where(isSeen, scores, 0)), 0)
}

type Rule = (state: Tensor, k: Tensor, v: Tensor, beta: Tensor) => Tensor

/** One example, one head, one step: the state [Dk, Dv] after a key and its value. */
const outer: Rule = (state, k, v) => add(state, h.outer(k, v))
const delta: Rule = (state, k, v, beta) => add(state, h.outer(k, mul(beta, sub(v, matmul(k, state)))))
const rules: Record<string, Rule> = { linear: outer, gated: outer, delta, gated_delta: delta }

export const attention: Operators = {
  Attention([q3, k3, v3, mask, pastKey, pastValue, lengths], attrs) {
    const { q_num_heads: heads, kv_num_heads: kvHeads, softcap = 0, is_causal: isCausal } = attrs
    const q = toHeads(q3, heads)
    const [key, value] = [joined(pastKey, toHeads(k3, kvHeads)), joined(pastValue, toHeads(v3, kvHeads))]
    const [k, v] = [key, value].map(x => repeated(x, q.shape[1]))
    const { scale = 1 / Math.sqrt(q.shape[3]) } = attrs
    const raw = matmul(mul(q, Math.sqrt(scale)), h.swapaxes(mul(k, Math.sqrt(scale)), 2, 3))
    const capped = softcap > 0 ? mul(softcap, h.tanh(div(raw, softcap))) : raw
    const past = pastKey?.shape[2] ?? 0
    const masked = biasOf(mask, lengths, past, [...raw.shape], isCausal === 1).reduce((x, bias) => add(x, bias), capped)
    const weights = softmaxOfSeen(masked)
    const y = matmul(weights, v)
    const shown = [raw, capped, masked, weights][attrs.qk_matmul_output_mode ?? 0]
    return [q3.rank === 4 ? y : fromHeads(y), key, value, shown]
  },

  LinearAttention([q3, k3, v3, past, decay3, beta3], attrs) {
    const { q_num_heads: heads, kv_num_heads: kvHeads, update_rule: rule = 'gated_delta' } = attrs
    const [q, k, v] = [toHeads(q3, heads), toHeads(k3, kvHeads), toHeads(v3, kvHeads)]
    const { scale = 1 / Math.sqrt(q.shape[3]) } = attrs
    const [batch, , steps, size] = k.shape
    const none = h.zeros([batch, kvHeads, steps, 1])
    const decay = h.exp(decay3 === undefined ? none : toHeads(decay3, kvHeads))
    const beta = beta3 === undefined ? none : toHeads(beta3, kvHeads)
    const start = past ?? h.zeros([batch, kvHeads, size, v.shape[3]])
    const one = (state: Tensor, qs: Tensor, ks: Tensor, vs: Tensor, ds: Tensor, bs: Tensor) =>
      h.scan(
        (carry: Tensor, x: Tensor[]): [Tensor, Tensor] => {
          const next = rules[rule](mul(carry, expandDims(x[3], 1)), x[1], x[2], x[4])
          return [next, mul(scale, matmul(x[0], next))]
        },
        state,
        [qs, ks, vs, ds, bs],
      )
    // Queries of a group share a state: [B, kvHeads, group, T, D] run as [T, group, D].
    const grouped = h.swapaxes(reshape(q, [batch, kvHeads, heads / kvHeads, steps, size]), 2, 3)
    const [last, ys] = h.vmap(h.vmap(one))(start, grouped, k, v, decay, beta)
    return [fromHeads(reshape(h.swapaxes(ys, 2, 3), [batch, heads, steps, -1])), last]
  },

  RotaryEmbedding([x, cosines, sines, positions], { interleaved, rotary_embedding_dim: given }: Attrs) {
    const size = given || x.shape[3]
    const [cos, sin] = [cosines, sines].map(table => expandDims(positions ? h.take(table, positions) : table, 1))
    const [turned, rest] = split2(x, size)
    const [a, b] = interleaved
      ? [0, 1].map(i => h.at(reshape(turned, [...x.shape.slice(0, 3), size / 2, 2]), i, -1))
      : h.split(turned, 2)
    const parts = [sub(mul(a, cos), mul(b, sin)), add(mul(a, sin), mul(b, cos))]
    return h.concat([interleaved ? reshape(h.stack(parts, -1), turned.shape) : h.concat(parts, -1), rest], -1)
  },
}

const split2 = (x: Tensor, size: number): Tensor[] => h.split(x, [size, x.shape.at(-1)! - size])
