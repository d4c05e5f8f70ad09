// Softmax, log-softmax and log-sum-exp along contiguous rows, with the row's maximum subtracted first.
import { SoftmaxKind, State } from '../format'
import { address, extent, operandSize, shareStart } from '../operands'
import { firstLanes, loadLanes, storeLanes } from '../simd/lanes'
import { exp, log } from '../simd/math'
import { halfOf, row } from './reduce'
import { MaxF32, SumF32, combineLanes } from './reduce-ops'

/** Words that one block of a sum of exponentials adds in order. */
const BLOCK: u32 = 1024

/** Opcode.Softmax. */
export function softmaxInstruction(at: usize, state: usize): void {
  const kind = load<u32>(at)
  const rows = extent(at + 4, state)
  const length = extent(at + 8, state)
  const size = operandSize(state)
  const out = address(at + 12, state)
  const outRow = load<i32>(at + 12 + size)
  const source = address(at + 16 + size, state)
  const inRow = load<i32>(at + 16 + size * 2)
  const part = load<u32>(state, State.Part)
  const parts = load<u32>(state, State.Parts)
  const end = shareStart(rows, part + 1, parts)
  for (let r = shareStart(rows, part, parts); r < end; r++) {
    const to = out + r * outRow
    const from = source + r * inRow
    if (kind == SoftmaxKind.Softmax) softmaxRow(to, from, length)
    else if (kind == SoftmaxKind.LogSoftmax) logSoftmaxRow(to, from, length)
    else logSumExpRow(to, from, length)
  }
}

/** Also the first half of cross-entropy's gradient. A row of -inf, or one with +inf in it, gives NaN. */
export function softmaxRow(out: usize, at: usize, length: u32): void {
  expRow(out, at, length, maxOf(at, length))
  const sum = splatFirst(combineLanes<SumF32>(row<SumF32>(out, length)))
  const end = out + (<usize>(length & ~3) << 2)
  for (; out < end; out += 16) v128.store(out, f32x4.div(v128.load(out), sum))
  const rest: usize = length & 3
  storeLanes(out, rest, f32x4.div(loadLanes(out, rest, sum), sum))
}

function logSoftmaxRow(out: usize, at: usize, length: u32): void {
  const shift = maxOf(at, length)
  const logSum = log(splatFirst(combineLanes<SumF32>(sumExp(at, length, shift))))
  for (const end = at + (<usize>(length & ~3) << 2); at < end; at += 16) {
    v128.store(out, f32x4.sub(f32x4.sub(v128.load(at), shift), logSum))
    out += 16
  }
  const rest: usize = length & 3
  storeLanes(out, rest, f32x4.sub(f32x4.sub(loadLanes(at, rest, shift), shift), logSum))
}

function logSumExpRow(out: usize, at: usize, length: u32): void {
  const shift = finiteMax(at, length)
  const sum = splatFirst(combineLanes<SumF32>(sumExp(at, length, shift)))
  v128.store32_lane(out, f32x4.add(log(sum), shift), 0)
}

/** The row's maximum in every lane, NaN if there is one. */
export function maxOf(at: usize, length: u32): v128 {
  return splatFirst(combineLanes<MaxF32>(row<MaxF32>(at, length)))
}

/** The row's maximum if it is finite, else 0: infinities then pass through the sum unharmed. */
export function finiteMax(at: usize, length: u32): v128 {
  const largest = maxOf(at, length)
  return v128.and(largest, f32x4.lt(f32x4.abs(largest), f32x4.splat(Infinity)))
}

// @ts-ignore: decorator
@inline
export function splatFirst(a: v128): v128 {
  return v128.shuffle<i32>(a, a, 0, 0, 0, 0)
}

/** Sum over the row of exp(x - shift), in four lanes; blocks pairwise, as in Reduce. */
export function sumExp(at: usize, length: u32, shift: v128): v128 {
  if (length <= BLOCK) return sumExpBlock(at, length, shift)
  const half = halfOf(length, BLOCK)
  return f32x4.add(sumExp(at, half, shift), sumExp(at + (<usize>half << 2), length - half, shift))
}

function sumExpBlock(at: usize, length: u32, shift: v128): v128 {
  let sum = f32x4.splat(0)
  for (const end = at + (<usize>(length & ~3) << 2); at < end; at += 16) {
    sum = f32x4.add(sum, exp(f32x4.sub(v128.load(at), shift)))
  }
  const rest: usize = length & 3
  if (rest == 0) return sum
  const last = exp(f32x4.sub(loadLanes(at, rest, shift), shift))
  return f32x4.add(sum, v128.and(last, firstLanes(rest)))
}

function expRow(out: usize, at: usize, length: u32, shift: v128): void {
  for (const end = at + (<usize>(length & ~3) << 2); at < end; at += 16) {
    v128.store(out, exp(f32x4.sub(v128.load(at), shift)))
    out += 16
  }
  const rest: usize = length & 3
  storeLanes(out, rest, exp(f32x4.sub(loadLanes(at, rest, shift), shift)))
}
