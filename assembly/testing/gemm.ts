// Matrix multiplication for tests and benches: the instructions, the kernels and their naive twins.
import { levels } from '../kernels/pack'
export { pack, packInstruction } from '../kernels/pack'
export { gemm, gemmInstruction } from '../kernels/gemm'
export { vectorNN, vectorNT } from '../kernels/gemm-vector'

/**
 * Naive twin of Gemm: for each element two doubles, the sum (of C too unless c is 0) and the sum of absolute terms.
 */
export function gemmNaive(
  out: usize, M: usize, N: usize, K: usize, c: usize, cRow: usize,
  a: usize, mInner: usize, mOuter: usize, mStride: usize, kInner: usize, kOuter: usize, kStride: usize,
  b: usize, bkInner: usize, bkOuter: usize, bkStride: usize, nInner: usize, nOuter: usize, nStride: usize,
): void {
  for (let m: usize = 0; m < M; m++) {
    for (let n: usize = 0; n < N; n++) {
      let sum: f64 = c ? load<f32>(c + m * cRow + (n << 2)) : 0
      let magnitude = abs(sum)
      for (let k: usize = 0; k < K; k++) {
        const x = load<f32>(a + levels(m, mInner, mOuter, mStride) + levels(k, kInner, kOuter, kStride))
        const y = load<f32>(b + levels(k, bkInner, bkOuter, bkStride) + levels(n, nInner, nOuter, nStride))
        const product = <f64>x * <f64>y
        sum += product
        magnitude += abs(product)
      }
      store<f64>(out, sum)
      store<f64>(out, magnitude, 8)
      out += 16
    }
  }
}

/** Naive twin of Pack. */
export function packNaive(
  out: usize, b: usize, K: usize, N: usize,
  kInner: usize, kOuter: usize, kStride: usize, nInner: usize, nOuter: usize, nStride: usize,
): void {
  for (let panel: usize = 0; panel < (N + 7) >> 3; panel++) {
    for (let k: usize = 0; k < K; k++) {
      for (let n = panel << 3; n < (panel + 1) << 3; n++) {
        store<u32>(out, n < N ? load<u32>(b + levels(k, kInner, kOuter, kStride) + levels(n, nInner, nOuter, nStride)) : 0)
        out += 4
      }
    }
  }
}
