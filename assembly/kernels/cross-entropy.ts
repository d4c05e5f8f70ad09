// Softmax cross-entropy of logits with integer labels, row by row, and its gradient.
import { CrossEntropyKind, State } from '../format'
import { address, extent, operandSize, shareStart } from '../operands'
import { log } from '../simd/math'
import { SumF32, combineLanes } from './reduce-ops'
import { finiteMax, softmaxRow, splatFirst, sumExp } from './softmax'

/** Opcode.CrossEntropy. */
export function crossEntropyInstruction(at: usize, state: usize): void {
  const kind = load<u32>(at)
  const rows = extent(at + 4, state)
  const classes = extent(at + 8, state)
  const size = operandSize(state)
  const out = address(at + 12, state)
  const outRow = load<i32>(at + 12 + size)
  const logits = address(at + 16 + size, state)
  const logitsRow = load<i32>(at + 16 + size * 2)
  const labels = address(at + 20 + size * 2, state)
  const labelsStride = load<i32>(at + 20 + size * 3)
  const part = load<u32>(state, State.Part)
  const parts = load<u32>(state, State.Parts)
  if (classes == 0) return
  const end = shareStart(rows, part + 1, parts)
  for (let r = shareStart(rows, part, parts); r < end; r++) {
    const label = <usize>min(max(load<i32>(labels + r * labelsStride), 0), <i32>classes - 1) << 2
    const to = out + r * outRow
    const from = logits + r * logitsRow
    if (kind == CrossEntropyKind.Loss) {
      store<f32>(to, lossRow(from, classes, label))
    } else {
      softmaxRow(to, from, classes)
      store<f32>(to + label, load<f32>(to + label) - 1)
    }
  }
}

/** log(sum exp(x - max)) + (max - x[label]): the large terms cancel before anything is rounded. */
function lossRow(at: usize, classes: u32, label: usize): f32 {
  const shift = finiteMax(at, classes)
  const logSum = log(splatFirst(combineLanes<SumF32>(sumExp(at, classes, shift))))
  return f32x4.extract_lane(logSum, 0) + (f32x4.extract_lane(shift, 0) - load<f32>(at + label))
}
