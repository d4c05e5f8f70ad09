// Attention, Transformer layers and encoder-decoders of PyTorch's vectors, written for one example and lifted by vmap.
import {
  add,
  arange,
  cast,
  concat,
  cos,
  div,
  expandDims,
  less,
  matmul,
  mean,
  pow,
  reshape,
  sin,
  slice,
  softmax,
  split,
  stack,
  type Tensor,
  tanh,
  transpose,
  vmap,
  where,
} from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import { linear, type Named, normalized, torchCell } from './torch-models.js'
import type { Case } from './vectors.js'

type Maybe = Tensor | undefined

/** Batch axes of a tree of arguments: 0 (or `axis`) where there is a value. */
const batchAxes = (values: Named<Maybe>, special: Named<number | null>): Named<number | null> =>
  Object.fromEntries(Object.keys(values).map(name => [name, special[name] === undefined ? 0 : special[name]]))

const vmapNamed = (
  f: (values: Named<Tensor>) => Named<Tensor>,
  values: Named<Maybe>,
  special: Named<number | null> = {},
  outAxes: number | object = 0,
): Named<Tensor> => {
  const present = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Named<Tensor>
  return vmap(f, [batchAxes(present, special)], outAxes)(present)
}

/** Scores with what must not be seen at -Infinity (true: not attended), or a float mask added. */
function masked(scores: Tensor, mask: Maybe): Tensor {
  if (mask === undefined) return scores
  return mask.dtype === 'bool' ? where(mask, Number.NEGATIVE_INFINITY, scores) : add(scores, mask)
}

const biased = (x: Tensor, bias: Maybe): Tensor => (bias === undefined ? x : add(x, bias))

interface Masks {
  /** [Tq, Tk] */
  mask?: Tensor
  /** [Tk] */
  padding?: Tensor
}

/** nn.MultiheadAttention for one example: [Tq, E], [Tk, Ek], [Tk, Ev] -> [Tq, E], [heads, Tq, Tk]. */
function multihead(p: Named<Tensor>, prefix: string, q: Tensor, k: Tensor, v: Tensor, heads: number, masks: Masks) {
  const joint: Maybe = p[`${prefix}in_proj_weight`]
  const weights = joint ? split(joint, 3, 0) : ['q', 'k', 'v'].map(name => p[`${prefix}${name}_proj_weight`])
  const bias: Maybe = p[`${prefix}in_proj_bias`]
  const biases: Maybe[] = bias ? split(bias, 3) : []
  const parts = [q, k, v].map((x, i) => {
    const y = biased(matmul(x, transpose(weights[i])), biases[i])
    return reshape(y, [y.shape[0], heads, y.shape[1] / heads])
  })
  const head = (qh: Tensor, kh: Tensor, vh: Tensor): [Tensor, Tensor] => {
    const scores = div(matmul(qh, transpose(kh)), Math.sqrt(qh.shape[1]))
    const attention = softmax(masked(masked(scores, masks.mask), masks.padding))
    return [matmul(attention, vh), attention]
  }
  const [mixed, attention] = vmap(head, [1, 1, 1], [1, 0])(parts[0], parts[1], parts[2])
  return {
    out: linear(p, `${prefix}out_proj`, reshape(mixed, [q.shape[0], mixed.shape[1] * mixed.shape[2]])),
    attention,
  }
}

/** The `mha` family. */
export function mhaOf({ attrs }: Case): (v: Named<Tensor>) => Named<Tensor> {
  const batch = attrs.batch_first ? 0 : 1
  return v => {
    const { query, key = query, value = key, key_padding_mask: padding, attn_mask: mask } = v
    const one = (own: Named<Tensor>): Named<Tensor> => {
      const { out, attention } = multihead(v, '', own.query, own.key, own.value, attrs.num_heads, {
        mask,
        padding: own.padding,
      })
      return { out, weights: attrs.average_attn_weights ? mean(attention, { axis: 0 }) : attention }
    }
    const axes = { query: batch, key: batch, value: batch }
    return vmapNamed(one, { query, key, value, padding }, axes, { out: batch, weights: 0 })
  }
}

const feedForward: Named<(x: Tensor) => Tensor> = {
  relu: nn.relu,
  gelu_erf: x => nn.gelu(x),
  gelu_tanh: x => nn.gelu(x, { approximate: true }),
}

interface Block {
  p: Named<Tensor>
  prefix: string
  heads: number
  activation: string
  isPreNorm: boolean
}

/** Encoder or decoder layer: residual branches with the norm before them or after the sum. */
function transformerLayer(
  { p, prefix, heads, activation, isPreNorm }: Block,
  x: Tensor,
  masks: Masks,
  memory?: Tensor,
  memoryPadding?: Tensor,
): Tensor {
  const branches: ((y: Tensor) => Tensor)[] = [y => multihead(p, `${prefix}self_attn.`, y, y, y, heads, masks).out]
  if (memory !== undefined) {
    branches.push(
      y => multihead(p, `${prefix}multihead_attn.`, y, memory, memory, heads, { padding: memoryPadding }).out,
    )
  }
  branches.push(y => linear(p, `${prefix}linear2`, feedForward[activation](linear(p, `${prefix}linear1`, y))))
  return branches.reduce((y, branch, i) => {
    const norm = (z: Tensor) => normalized(p, `${prefix}norm${i + 1}`, z)
    return isPreNorm ? add(y, branch(norm(y))) : norm(add(y, branch(y)))
  }, x)
}

/** sin and cos of position / 10000^(2k/d) [n, d]. */
function positionTable(n: number, d: number, layout: string): Tensor {
  const exponent = div(cast(arange(d / 2), 'float32'), d / 2)
  const angles = div(expandDims(cast(arange(n), 'float32'), 1), pow(10000, exponent))
  if (layout === 'halves') return concat([sin(angles), cos(angles)], 1)
  return reshape(stack([sin(angles), cos(angles)], 2), [n, d])
}

/** The `transformer` family. */
export function transformerOf({ case: name, attrs }: Case): (v: Named<Tensor>) => Named<Tensor> {
  if (name.includes('posenc')) {
    return ({ x }) => {
      const table = positionTable(attrs.n, attrs.d, attrs.layout)
      return { table, y: add(x, slice(table, [0], [x.shape[0]])) }
    }
  }
  return v => {
    const { x, memory, key_padding_mask: padding, memory_key_padding_mask: memoryPadding, attn_mask: mask } = v
    const block = (prefix: string): Block => ({
      p: v,
      prefix,
      heads: attrs.nhead,
      activation: attrs.activation,
      isPreNorm: attrs.norm_first,
    })
    const one = (own: Named<Tensor>): Named<Tensor> => {
      const masks = { mask, padding: own.padding }
      if (attrs.num_layers === undefined) {
        return { y: transformerLayer(block(''), own.x, masks, own.memory, own.memoryPadding) }
      }
      let y = own.x
      for (let i = 0; i < attrs.num_layers; i++) y = transformerLayer(block(`layers.${i}.`), y, masks)
      return { y: normalized(v, 'norm', y) }
    }
    return vmapNamed(one, { x, memory, padding, memoryPadding })
  }
}

/** Attention by kind, and PyTorch's weights for it; W of `concat` takes [q; k]. */
function attentionBy(kind: string, p: Named<Tensor>, queryLength: number): [nn.Attention<unknown>, unknown] {
  const w = p['att.W']
  switch (kind) {
    case 'bahdanau':
      return [
        nn.bahdanauAttention(1) as nn.Attention<unknown>,
        { wq: transpose(p['att.W_q']), wk: transpose(p['att.W_k']), b: p['att.b'], v: p['att.v'] },
      ]
    case 'general':
      return [nn.luongAttention('general') as nn.Attention<unknown>, { w }]
    case 'concat': {
      const [wq, wk] = split(transpose(w), [queryLength, w.shape[1] - queryLength], 0)
      return [nn.luongAttention('concat') as nn.Attention<unknown>, { wq, wk, v: p['att.v'] }]
    }
    default:
      return [nn.luongAttention('dot') as nn.Attention<unknown>, null]
  }
}

/** The `attention` family. */
export function attentionOf({ case: name, attrs }: Case): (v: Named<Tensor>) => Named<Tensor> {
  if (name.includes('seq2seq')) return v => sequenceToSequence(v, attrs.kind, attrs.input_feed, attrs.pad)
  return v => {
    const [attention, params] = attentionBy(attrs.kind, v, v.q.shape[1])
    const one = (own: Named<Tensor>): Named<Tensor> => {
      const mask = own.lengths && less(arange(own.keys.shape[0]), own.lengths)
      const { context, weights } = attention.apply(params, own.q, own.keys, { mask })
      const state = v['att.W_c'] && { h_att: tanh(matmul(concat([context, own.q]), transpose(v['att.W_c']))) }
      return { context, weights, ...state }
    }
    return vmapNamed(one, { q: v.q, keys: v.keys, lengths: v.lengths })
  }
}

function sequenceToSequence(v: Named<Tensor>, kind: string, isFed: boolean, pad: number): Named<Tensor> {
  const encoder = torchCell('lstm', v, 'enc.', '')
  const { cell, params } = torchCell('lstm', v, 'dec.', '')
  const units = v['dec.weight_hh'].shape[1]
  const [attention, ownParams] = attentionBy(kind, v, units)
  const decoder =
    kind === 'bahdanau'
      ? nn.bahdanauDecoder(cell, attention)
      : nn.luongDecoder(cell, attention, { units, inputFeeding: isFed })
  const combine = v['att.W_c'] && { w: transpose(v['att.W_c']) }
  const model = nn.encoderDecoder({
    source: nn.embedding(1, 1),
    encoder: encoder.cell,
    target: nn.embedding(1, 1),
    decoder: decoder as nn.Decoder<unknown, unknown, Tensor>,
    head: nn.dense(1),
  })
  const own = {
    source: { w: v.emb_src },
    encoder: encoder.params,
    target: { w: v.emb_tgt },
    decoder: { cell: params, bridge: null, attention: ownParams, combine },
    head: { w: transpose(v['out.weight']), b: v['out.bias'] },
  }
  const one = ({ src, length, tgt }: Named<Tensor>): Named<Tensor> => ({
    ...model.apply(own, src, slice(tgt, [0], [-1]), { length }),
  })
  const { logits, weights } = vmapNamed(one, { src: v.src, length: v.src_lengths, tgt: v.tgt })
  return { logits, weights, ce: nn.crossEntropy(logits, slice(v.tgt, [0, 1]), { ignore: pad }) }
}
