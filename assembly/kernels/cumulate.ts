// Running reductions and first-order recurrences along the middle of [outer, length, inner], always in the order of the
// elements, so that neither strides nor shares change a bit. Columns are rows of a Map's operation.
import { MapOp, State } from '../format'
import { address, extent, operandSize, shareStart } from '../operands'
import { addF, maxF, minF, mulAddF, mulF } from './binary'
import { addI, maxI, maxU, minI, minU, mulI } from './integer'
import { STEP } from './loops'
import { MaxF32, MaxI32, MaxU32, MinF32, MinI32, MinU32, ProdF32, ProdI32, SumF32, SumI32 } from './reduce-ops'

/** Neighbouring columns that are walked together. */
const BLOCK: u32 = 512

/** Opcode.Cumulate. */
export function cumulateInstruction(at: usize, state: usize): void {
  const op = load<u32>(at) & 0xffff
  const isReverse = load<u32>(at) >> 16 != 0
  const outer = extent(at + 4, state)
  const length = extent(at + 8, state)
  const inner = extent(at + 12, state)
  const size = operandSize(state)
  const out = address(at + 16, state)
  const source = address(at + 16 + size, state)
  const factors = address(at + 16 + size * 2, state)
  if (length == 0 || inner == 0) return
  const blocks = (inner + BLOCK - 1) / BLOCK
  const part = load<u32>(state, State.Part)
  const parts = load<u32>(state, State.Parts)
  const end = shareStart(outer * blocks, part + 1, parts)
  const step = <i32>inner << 2
  for (let unit = shareStart(outer * blocks, part, parts); unit < end; unit++) {
    const column = (unit % blocks) * BLOCK
    const start = isReverse ? length - 1 : 0
    const at = ((<usize>(unit / blocks) * <usize>length + <usize>start) * <usize>inner + <usize>column) << 2
    if (inner == 1) row(op, out + at, source + at, factors + at, length, isReverse ? -4 : 4)
    else columns(op, out + at, source + at, factors + at, length, isReverse ? -step : step, min(BLOCK, inner - column))
  }
}

function columns(
  op: u32, out: usize, source: usize, factors: usize, length: u32, step: i32, words: usize
): void {
  memory.copy(out, source, words << 2)
  for (; length > 1; length--) {
    const before = out
    out += step
    source += step
    factors += step
    combine(op, out, before, source, factors, words)
  }
}

/** What Cumulate takes of runOperation, which would bring all kernels of a Map into the extension. */
function combine(op: u32, out: usize, before: usize, source: usize, factors: usize, words: usize): void {
  switch (op) {
    case MapOp.AddF: return addF(out, before, source, words, STEP, STEP)
    case MapOp.MulF: return mulF(out, before, source, words, STEP, STEP)
    case MapOp.MaxF: return maxF(out, before, source, words, STEP, STEP)
    case MapOp.MinF: return minF(out, before, source, words, STEP, STEP)
    case MapOp.AddI: return addI(out, before, source, words)
    case MapOp.MulI: return mulI(out, before, source, words)
    case MapOp.MaxI: return maxI(out, before, source, words)
    case MapOp.MinI: return minI(out, before, source, words)
    case MapOp.MaxU: return maxU(out, before, source, words)
    case MapOp.MinU: return minU(out, before, source, words)
    default: mulAddF(out, factors, before, source, words)
  }
}

function row(op: u32, out: usize, source: usize, factors: usize, length: u32, step: i32): void {
  switch (op) {
    case MapOp.AddF: return floats<SumF32>(out, source, length, step)
    case MapOp.MulF: return floats<ProdF32>(out, source, length, step)
    case MapOp.MaxF: return floats<MaxF32>(out, source, length, step)
    case MapOp.MinF: return floats<MinF32>(out, source, length, step)
    case MapOp.AddI: return integers<SumI32>(out, source, length, step)
    case MapOp.MulI: return integers<ProdI32>(out, source, length, step)
    case MapOp.MaxI: return integers<MaxI32>(out, source, length, step)
    case MapOp.MinI: return integers<MinI32>(out, source, length, step)
    case MapOp.MaxU: return integers<MaxU32>(out, source, length, step)
    case MapOp.MinU: return integers<MinU32>(out, source, length, step)
    default: recurrence(out, source, factors, length, step)
  }
}

function floats<O>(out: usize, source: usize, length: u32, step: i32): void {
  let y = load<f32>(source)
  store<f32>(out, y)
  for (; length > 1; length--) {
    source += step
    out += step
    const x = load<f32>(source)
    if (idof<O>() == idof<SumF32>()) y += x
    else if (idof<O>() == idof<ProdF32>()) y *= x
    else if (idof<O>() == idof<MaxF32>()) y = max<f32>(y, x)
    else y = min<f32>(y, x)
    store<f32>(out, y)
  }
}

function integers<O>(out: usize, source: usize, length: u32, step: i32): void {
  let y = load<u32>(source)
  store<u32>(out, y)
  for (; length > 1; length--) {
    source += step
    out += step
    const x = load<u32>(source)
    if (idof<O>() == idof<SumI32>()) y += x
    else if (idof<O>() == idof<ProdI32>()) y *= x
    else if (idof<O>() == idof<MaxI32>()) y = <u32>max<i32>(<i32>y, <i32>x)
    else if (idof<O>() == idof<MinI32>()) y = <u32>min<i32>(<i32>y, <i32>x)
    else if (idof<O>() == idof<MaxU32>()) y = max<u32>(y, x)
    else y = min<u32>(y, x)
    store<u32>(out, y)
  }
}

function recurrence(out: usize, source: usize, factors: usize, length: u32, step: i32): void {
  let y = load<f32>(source)
  store<f32>(out, y)
  for (; length > 1; length--) {
    source += step
    factors += step
    out += step
    y = load<f32>(factors) * y + load<f32>(source)
    store<f32>(out, y)
  }
}
