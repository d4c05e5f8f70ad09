// The second module: kernels that many programs never need, so that the core stays small. It works in the core's memory,
// which it imports, and has no allocator; what constants it has lie below the core's own (asconfig.json). The core calls
// it through its table (extend.ts).
import { MapOp } from './format'
import {
  asinhF, atan2F, cosF, exp2F, hypotF, log10F, log2F, popcntI, sinF,
} from './kernels/extended'
import { clzI } from './kernels/integer-scalar'

export { gemmViewsInstruction as gemmViews } from './kernels/gemm-views'
export { poolInstruction as pool } from './kernels/pool'
export { overlapAddInstruction as overlapAdd } from './kernels/overlap-add'
export { sortInstruction as sort } from './kernels/sort'
export { cumulateInstruction as cumulate } from './kernels/cumulate'

/** One operation of a Map over n contiguous elements (kernels/operation.ts). */
export function operation(op: u32, dst: usize, a: usize, b: usize, n: usize): void {
  switch (op) {
    case MapOp.SinF: return sinF(dst, a, n)
    case MapOp.CosF: return cosF(dst, a, n)
    case MapOp.AsinhF: return asinhF(dst, a, n)
    case MapOp.Atan2F: return atan2F(dst, a, b, n)
    case MapOp.HypotF: return hypotF(dst, a, b, n)
    case MapOp.Log2F: return log2F(dst, a, n)
    case MapOp.Log10F: return log10F(dst, a, n)
    case MapOp.Exp2F: return exp2F(dst, a, n)
    case MapOp.PopcntI: return popcntI(dst, a, n)
    case MapOp.ClzI: return clzI(dst, a, n)
  }
}
