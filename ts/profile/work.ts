// What an instruction has to do: multiplications and additions of a product, bytes that are read and written.
import {
  Attention,
  CrossEntropyKind,
  MapOp,
  Opcode,
  PoolKind,
  SoftmaxKind,
  Sort,
  Standardize,
  ThreefryKind,
} from '../../assembly/format.js'
import type { Instruction } from '../compiler/lowering.js'
import { mapNames } from './names.js'

export interface Work {
  /** The instruction's name: `gemm`, `map`, ... */
  readonly name: string
  /** Sizes, and for a map its operations. */
  readonly detail: string
  /** Floating-point operations of a product; 0 for all else. */
  readonly flops: number
  /** Bytes of the operands' elements, each counted once. */
  readonly bytes: number
}

const WORD = 4

/** What one execution of the instruction does; null for control. */
export function workOf({ opcode, fields }: Instruction): Work | null {
  const at = (i: number): number => fields[i] as number
  const moved = (name: string, sizes: readonly number[], words: number): Work => ({
    name,
    detail: sizes.join(' x '),
    flops: 0,
    bytes: words * WORD,
  })
  switch (opcode) {
    case Opcode.Map:
      return workOfMap(fields as number[])
    case Opcode.Copy: {
      const dims = fields.slice(2, 2 + at(0)) as number[]
      return moved('copy', dims, 2 * product(dims))
    }
    case Opcode.Fill:
      return moved('fill', [at(0)], at(0))
    case Opcode.Iota:
      return moved('iota', [at(1)], at(1))
    case Opcode.Reduce: {
      const [outer, length, inner] = [at(1), at(2), at(3)]
      return moved('reduce', [outer, length, inner], outer * inner * (length + 1))
    }
    case Opcode.ArgReduce:
      return moved('argReduce', [at(1), at(2)], at(1) * (at(2) + 1))
    case Opcode.Softmax:
      return moved('softmax', [at(1), at(2)], at(1) * (at(2) + (at(0) === SoftmaxKind.LogSumExp ? 1 : at(2))))
    case Opcode.CrossEntropy:
      return moved(
        'crossEntropy',
        [at(1), at(2)],
        at(1) * (1 + at(2) + (at(0) === CrossEntropyKind.Gradient ? at(2) : 1)),
      )
    case Opcode.Take:
      return moved('take', [at(0), at(1)], at(0) * (2 * at(1) + 1))
    case Opcode.ScatterAdd:
      return moved('scatterAdd', [at(1), at(2)], at(1) * (3 * at(2) + 1))
    case Opcode.Threefry:
      return moved('threefry', [at(1), at(2)], at(1) * at(2) * (at(0) === ThreefryKind.Bits ? 1 : 2))
    case Opcode.Pack: {
      const batch = at(10) * at(11)
      return moved('pack', [at(0), at(1), ...(batch > 1 ? [batch] : [])], 2 * at(0) * at(1) * batch)
    }
    case Opcode.Gemm: {
      const [M, N, K, batch] = [at(1), at(2), at(3), at(17) * at(18)]
      return {
        ...moved('gemm', [M, K, N], batch * (M * K + K * N + M * N)),
        detail: `${M} x ${K} x ${N}${batch > 1 ? `, ${batch} times` : ''}`,
        flops: 2 * M * N * K * batch,
      }
    }
    case Opcode.Sort: {
      const [rows, length, keep] = [at(1), at(2), at(3)]
      const results = [Sort.Values, Sort.Indices].filter(flag => at(0) & flag).length
      return moved('sort', [rows, length], rows * (length + results * keep))
    }
    case Opcode.Cumulate: {
      const words = at(1) * at(2) * at(3)
      return moved('cumulate', [at(1), at(2), at(3)], ((at(0) & 0xffff) === MapOp.MulAddF ? 3 : 2) * words)
    }
    case Opcode.CopyAt: {
      const first = 1 + 3 * (at(0) & 0xff)
      const dims = fields.slice(first + 2, first + 2 + at(first)) as number[]
      return moved('copyAt', dims, 2 * product(dims))
    }
    case Opcode.Attention: {
      const [rank, queries, keys, depth, width] = [2, 3, 4, 5, 6].map(at)
      const [heads] = countsOf(fields, 18, 4, [rank])
      const [isBack, isHalf] = [Attention.Gradient, Attention.Causal].map(flag => (at(0) & flag) !== 0)
      // Of a causal map half is computed.
      const flops = queries * keys * (isBack ? 6 * depth + 4 * width : 2 * (depth + width)) * (isHalf ? 0.5 : 1)
      const sizes = `${queries} x ${keys} x ${depth} x ${width}`
      return {
        ...moved(
          isBack ? 'attentionGradient' : 'attention',
          [],
          heads * (isBack ? 2 : 1) * (queries + keys) * (depth + width),
        ),
        detail: `${sizes}${heads > 1 ? `, ${heads} times` : ''}`,
        flops: heads * flops,
      }
    }
    case Opcode.Standardize:
      return moved('standardize', [at(1), at(2)], at(1) * (1 + (at(0) & Standardize.Derivative ? 3 : 2) * at(2)))
    case Opcode.GemmViews:
      return workOfGemmViews(fields)
    case Opcode.Pool: {
      const [count] = countsOf(fields, 5, 4, [at(1)])
      const [results, window] = [0, 3].map(field =>
        [0, 1, 2].reduce((total, d) => total * at(5 + 4 * at(1) + 7 * d + field), 1),
      )
      const outputs = at(0) === PoolKind.Max ? 2 : 1
      return moved('pool', [count * results, window], count * results * (window + outputs))
    }
    case Opcode.OverlapAdd: {
      const ranks = at(0)
      const counts = countsOf(fields, 3, 3, [ranks & 0xff, (ranks >> 8) & 0xff, ranks >> 16])
      return moved('overlapAdd', counts, 3 * product(counts))
    }
    default:
      return null
  }
}

/** A Map: the elements of every operand, broadcast ones counted once, and the names of its operations. */
function workOfMap(fields: readonly number[]): Work {
  const [header] = fields
  const [rank, operands, steps] = [header & 0xff, ((header >> 8) & 0xff) + ((header >> 16) & 0xff), header >>> 24]
  const dims = fields.slice(1, 1 + rank)
  let words = 0
  for (let i = 0; i < operands; i++) {
    const strides = fields.slice(2 + rank + i * (1 + rank), 2 + rank + i * (1 + rank) + rank)
    words += product(dims.filter((_, d) => strides[d] !== 0))
  }
  const first = 1 + rank + operands * (1 + rank)
  const names = Array.from({ length: steps }, (_, i) => mapNames.get(fields[first + 2 * i] & 0xffff) ?? '?')
  return { name: 'map', detail: `${dims.join(' x ')}: ${names.join(' ')}`, flops: 0, bytes: words * WORD }
}

/** The elements of neighbouring lists of levels, each level `size` fields long. */
function countsOf(fields: Instruction['fields'], start: number, size: number, ranks: readonly number[]): number[] {
  let at = start
  return ranks.map(rank => {
    let count = 1
    for (const end = at + rank * size; at < end; at += size) count *= fields[at] as number
    return count
  })
}

function workOfGemmViews(fields: Instruction['fields']): Work {
  const ranks = fields[1] as number
  const lists = [ranks & 0xff, (ranks >> 8) & 0xff, (ranks >> 16) & 0xff, ranks >>> 24]
  const [batch, M, N, K] = countsOf(fields, 9, 4, lists)
  return {
    name: 'gemmViews',
    detail: `${M} x ${K} x ${N}${batch > 1 ? `, ${batch} times` : ''}`,
    flops: 2 * M * N * K * batch,
    bytes: batch * (M * K + K * N + M * N) * WORD,
  }
}

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1)
