// Naive twins of softmax and cross-entropy, in double precision from the definitions.
import { CrossEntropyKind, SoftmaxKind } from '../format'

export function naiveSoftmax(
  kind: u32, rows: u32, length: u32, out: usize, outRow: i32, source: usize, inRow: i32
): void {
  for (let r: u32 = 0; r < rows; r++) {
    const from = source + r * inRow
    const to = out + r * outRow
    const shift = shiftOf(from, length, kind == SoftmaxKind.LogSumExp)
    const sum = sumOf(from, length, shift)
    if (kind == SoftmaxKind.LogSumExp) store<f32>(to, <f32>(NativeMath.log(sum) + shift))
    else {
      for (let i: usize = 0; i < length; i++) {
        const x = <f64>load<f32>(from + (i << 2)) - shift
        const y = kind == SoftmaxKind.Softmax ? NativeMath.exp(x) / sum : x - NativeMath.log(sum)
        store<f32>(to + (i << 2), <f32>y)
      }
    }
  }
}

export function naiveCrossEntropy(
  kind: u32, rows: u32, classes: u32, out: usize, outRow: i32, logits: usize, logitsRow: i32,
  labels: usize, labelsStride: i32
): void {
  for (let r: u32 = 0; r < rows; r++) {
    const from = logits + r * logitsRow
    const to = out + r * outRow
    const label = <usize>min(max(load<i32>(labels + r * labelsStride), 0), <i32>classes - 1)
    const shift = shiftOf(from, classes, kind == CrossEntropyKind.Loss)
    const sum = sumOf(from, classes, shift)
    if (kind == CrossEntropyKind.Loss) {
      store<f32>(to, <f32>(NativeMath.log(sum) + shift - <f64>load<f32>(from + (label << 2))))
    } else {
      for (let i: usize = 0; i < classes; i++) {
        const p = NativeMath.exp(<f64>load<f32>(from + (i << 2)) - shift) / sum
        store<f32>(to + (i << 2), <f32>(i == label ? p - 1 : p))
      }
    }
  }
}

function shiftOf(at: usize, length: u32, finite: bool): f64 {
  let largest: f64 = -Infinity
  for (let i: usize = 0; i < length; i++) largest = max(largest, <f64>load<f32>(at + (i << 2)))
  return finite && !isFinite(largest) ? 0 : largest
}

function sumOf(at: usize, length: u32, shift: f64): f64 {
  let sum: f64 = 0
  for (let i: usize = 0; i < length; i++) sum += NativeMath.exp(<f64>load<f32>(at + (i << 2)) - shift)
  return sum
}
