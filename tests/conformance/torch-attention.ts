// Attention, Transformer layers and encoder-decoders of PyTorch's vectors, written for one example and lifted by vmap.
import {
  add,
  arange,
  concat,
  equal,
  less,
  logicalAnd,
  matmul,
  mean,
  mul,
  slice,
  split,
  type Tensor,
  tanh,
  transpose,
  vmap,
  where,
} from '../../ts/index.js'
import * as nn from '../../ts/nn/index.js'
import { type Named, normalized, torchCell } from './torch-models.js'
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

/** PyTorch's masks, of which true (or -Infinity) hides, as ours, of which true shows: [Tq, Tk] and [Tk] as one. */
function maskOf(mask: Maybe, padding: Maybe): Maybe {
  if (mask !== undefined && mask.dtype !== 'bool')
    return padding === undefined ? mask : where(padding, Number.NEGATIVE_INFINITY, mask)
  const shown = [mask, padding].flatMap(hidden => (hidden === undefined ? [] : [equal(hidden, false)]))
  return shown.length === 0 ? undefined : shown.reduce((a, b) => logicalAnd(a, b))
}

/** The parameters of nn.MultiheadAttention as ours. */
function multiHeadParams(p: Named<Tensor>, prefix = ''): nn.MultiHeadParams {
  const joint: Maybe = p[`${prefix}in_proj_weight`]
  const weights = joint ? split(joint, 3, 0) : ['q', 'k', 'v'].map(name => p[`${prefix}${name}_proj_weight`])
  const [wq, wk, wv, wo] = [...weights, p[`${prefix}out_proj.weight`]].map(w => transpose(w))
  const bias: Maybe = p[`${prefix}in_proj_bias`]
  if (bias === undefined) return { wq, wk, wv, wo }
  const [bq, bk, bv] = split(bias, 3)
  return { wq, wk, wv, wo, bq, bk, bv, bo: p[`${prefix}out_proj.bias`] }
}

/** The `mha` family: outputs are the mean of those with and without weights, so that both are held to PyTorch's. */
export function mhaOf({ attrs }: Case): (v: Named<Tensor>) => Named<Tensor> {
  const batch = attrs.batch_first ? 0 : 1
  const layer = nn.multiHeadAttention({ heads: attrs.num_heads, bias: attrs.bias })
  return v => {
    const { query, key: keys, value: values, key_padding_mask: padding, attn_mask: mask } = v
    const params = multiHeadParams(v)
    const one = (own: Named<Tensor>): Named<Tensor> => {
      const mode = { keys: own.keys, values: own.values, mask: maskOf(mask, own.padding) }
      const { output, weights } = layer.attend(params, own.query, mode)
      const out = mul(0.5, add(output, layer.apply(params, own.query, mode)))
      return { out, weights: attrs.average_attn_weights ? mean(weights, { axis: 0 }) : weights }
    }
    const axes = { query: batch, keys: batch, values: batch }
    return vmapNamed(one, { query, keys, values, padding }, axes, { out: batch, weights: 0 })
  }
}

const ACTIVATIONS: Named<(x: Tensor) => Tensor> = {
  relu: nn.relu,
  gelu_erf: x => nn.gelu(x),
  gelu_tanh: x => nn.gelu(x, { approximate: true }),
}

/** The parameters of a layer of PyTorch's Transformers as those of a block. */
function blockParams(p: Named<Tensor>, prefix = '') {
  const norm = (name: string) => ({ scale: p[`${prefix}${name}.weight`], bias: p[`${prefix}${name}.bias`] })
  return {
    norm1: norm('norm1'),
    attention: multiHeadParams(p, `${prefix}self_attn.`),
    norm2: norm('norm2'),
    feedForward: {
      w1: transpose(p[`${prefix}linear1.weight`]),
      b1: p[`${prefix}linear1.bias`],
      w2: transpose(p[`${prefix}linear2.weight`]),
      b2: p[`${prefix}linear2.bias`],
    },
  }
}

/** The `transformer` family. */
export function transformerOf({ case: name, attrs }: Case): (v: Named<Tensor>) => Named<Tensor> {
  if (name.includes('posenc')) {
    return ({ x }) => ({
      table: nn.sinusoidal(arange(attrs.n), attrs.d, { layout: attrs.layout }),
      y: nn.sinusoidalPositions({ layout: attrs.layout }).apply(null, x),
    })
  }
  const options = { heads: attrs.nhead, activation: ACTIVATIONS[attrs.activation], preNorm: attrs.norm_first }
  const [encoder, decoder] = [nn.encoderBlock(options), nn.decoderBlock({ ...options, causal: false })]
  return v => {
    const { x, memory, key_padding_mask: padding, memory_key_padding_mask: memoryPadding } = v
    const one = (own: Named<Tensor>): Named<Tensor> => {
      const mask = maskOf(v.attn_mask, own.padding)
      if (own.memory !== undefined) {
        const [cross, norm3] = [
          multiHeadParams(v, 'multihead_attn.'),
          { scale: v['norm3.weight'], bias: v['norm3.bias'] },
        ]
        const memoryMask = maskOf(undefined, own.memoryPadding)
        return {
          y: decoder.apply({ ...blockParams(v), cross, norm3 }, own.x, { mask, memory: own.memory, memoryMask }),
        }
      }
      if (attrs.num_layers === undefined) return { y: encoder.apply(blockParams(v), own.x, { mask }) }
      const blocks = Array.from({ length: attrs.num_layers }, (_, i) => blockParams(v, `layers.${i}.`))
      return {
        y: normalized(
          v,
          'norm',
          blocks.reduce((y, p) => encoder.apply(p, y, { mask }), own.x),
        ),
      }
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
