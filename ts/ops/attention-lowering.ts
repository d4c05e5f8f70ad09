// How attention and its gradient become an instruction, and one of many examples.
import { Attention, Opcode } from '../../assembly/format.js'
import { emitExtended } from '../compiler/emit-extended.js'
import { floatBits, type Lowering, read, write } from '../compiler/lowering.js'
import { collapse, elements, ITEM_BYTES, type View } from '../compiler/view.js'
import type { Equation } from '../core/program.js'

/** Inputs are q [..., Tq, D], k [..., Tk, D], v [..., Tk, Dv], then what of the following there is, all with the same leading dimensions. */
export interface AttentionParams {
  readonly scale: number
  readonly causal: boolean
  /** There is a mask [..., Tq, Tk]: bool, or float32 to be added. */
  readonly mask: boolean
  /** There are lengths [...] (int32). */
  readonly lengths: boolean
  /** attentionTangent: there is a tangent of the mask. */
  readonly bias?: boolean
}

/** How many inputs come before those that only the derivatives have. */
export const baseCount = ({ mask, lengths }: AttentionParams): number => 3 + Number(mask) + Number(lengths)

/** Heads that have a workspace of their own: as many shares can run at a time. */
const GROUPS = 4
/** Rows of queries and keys of a block, as the kernel has them (assembly/kernels/attention.ts). */
const [QUERIES, KEYS] = [40, 128]
/** Up to as many queries nothing is packed. */
const FEW = 4

/** The instruction for attention, or with Attention.Gradient for its gradient. */
export function emitAttention(
  lowering: Lowering,
  { inputs, outputs }: Equation,
  params: AttentionParams,
  kind: Attention.Gradient | 0,
): void {
  const views = inputs.map(input => lowering.view(input))
  const outs = outputs.map(output => lowering.output(output))
  const [queries, depth] = views[0].shape.slice(-2)
  const [keys, width] = views[2].shape.slice(-2)
  const lead = views[0].shape.slice(0, -2)
  const items = elements(lead)
  if (items === 0) return
  if (queries === 0) {
    for (const { shape, ...place } of outs) {
      if (elements(shape) > 0) lowering.emit(Opcode.Fill, [elements(shape), 0, write({ shape, ...place })])
    }
    return
  }
  const isFew = kind === 0 && queries <= FEW
  // Without packing rows are read four words at a time.
  const rows = (view: View): View => (isFew && view.strides.at(-1) !== ITEM_BYTES ? lowering.copy(view) : view)
  const [q, k, v] = views.slice(0, 3).map(rows)
  const mask = params.mask ? views[3] : undefined
  const lengths = params.lengths ? views[3 + Number(params.mask)] : undefined
  const [logSums, dOut, deltas] = kind ? views.slice(baseCount(params)) : []
  const own = [q, k, v, mask, lengths, dOut]
  const levels = collapse(lead.map((length, i) => ({ length, strides: own.map(view => view?.strides[i] ?? 0) })))
  const padded = (n: number) => Math.ceil(n / 8) * 8
  const [D, V, K] = [padded(depth), padded(width), padded(keys)]
  const words = isFew
    ? K + 8
    : kind
      ? QUERIES * (2 * KEYS + 2 * D + V) + K * (depth + width) + keys * (2 * D + V)
      : QUERIES * (KEYS + V + 2) + K * depth + keys * V
  const groups = Math.min(items, GROUPS)
  emitExtended(lowering, Opcode.Attention, [
    kind |
      (params.causal ? Attention.Causal : 0) |
      (mask === undefined ? 0 : inputs[3].aval.dtype === 'bool' ? Attention.Mask : Attention.Bias) |
      (lengths ? Attention.Lengths : 0) |
      (isFew ? Attention.Vectors : 0),
    groups,
    levels.length,
    queries,
    keys,
    depth,
    width,
    floatBits(params.scale),
    ...[q, k, v, mask, dOut].flatMap(view => view?.strides.slice(-2) ?? [0, 0]),
    ...levels.flatMap(({ length, strides }) => [length, ...strides.slice(0, 3)]),
    ...levels.flatMap(({ length, strides }) => [length, ...strides.slice(3)]),
    ...outs.slice(0, 2).map(write),
    ...[q, k, v, mask ?? q, lengths ?? q].map(read),
    ...(kind ? [write(outs[2]), ...[lowering.contiguous(logSums), lowering.contiguous(deltas), dOut].map(read)] : []),
    write(lowering.temporary([groups, words])),
    words * ITEM_BYTES,
  ])
}
