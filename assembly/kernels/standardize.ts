// Rows brought to mean 0 and variance 1, or to mean square 1, and the derivative of that. The variance is taken of what
// the mean leaves (two passes), so that large means cost no digits.
import { Standardize, State } from '../format'
import { address, extent, operandSize, shareStart } from '../operands'
import { firstLanes, loadLanes, storeLanes } from '../simd/lanes'
import { halfOf, row } from './reduce'
import { SumF32, combineLanes } from './reduce-ops'
import { splatFirst } from './softmax'

/** Opcode.Standardize; `at` is the address of its first field. Shares split the rows. */
export function standardizeInstruction(at: usize, state: usize): void {
  const flags = load<u32>(at), size = operandSize(state)
  const rows = extent(at + 4, state), length = extent(at + 8, state)
  const epsilon = load<f32>(at, 12)
  const out = address(at + 16, state), factors = address(at + 16 + size, state), source = address(at + 16 + size * 2, state)
  const results = flags & Standardize.Derivative ? address(at + 16 + size * 3, state) : 0
  const part = load<u32>(state, State.Part), parts = load<u32>(state, State.Parts)
  const end: usize = shareStart(rows, part + 1, parts), bytes = <usize>length << 2
  const centred = !(flags & Standardize.Uncentred)
  for (let i: usize = shareStart(rows, part, parts); i < end; i++) {
    const shift = i * bytes
    if (results) derivative(out + shift, factors + (i << 2), source + shift, results + shift, length, centred)
    else forward(out + shift, factors + (i << 2), source + shift, length, epsilon, centred)
  }
}

// @ts-ignore: decorator
@inline
function meanOf(sum: v128, length: u32): v128 {
  return f32x4.div(splatFirst(combineLanes<SumF32>(sum)), f32x4.splat(<f32>length))
}

/** Words that one block of a sum of products adds in order; blocks pairwise, as in Reduce. */
const BLOCK: u32 = 1024

/** The sum of (a - shift) (b - shift), in four lanes. */
function products(a: usize, b: usize, length: u32, shift: v128): v128 {
  if (length <= BLOCK) return productsOfBlock(a, b, length, shift)
  const half = halfOf(length, BLOCK), bytes = <usize>half << 2
  return f32x4.add(products(a, b, half, shift), products(a + bytes, b + bytes, length - half, shift))
}

function productsOfBlock(a: usize, b: usize, length: u32, shift: v128): v128 {
  let sum = f32x4.splat(0), more = f32x4.splat(0)
  const end = a + (<usize>(length & ~3) << 2), rest: usize = length & 3
  for (; a + 16 < end; a += 32, b += 32) {
    sum = f32x4.add(sum, f32x4.mul(f32x4.sub(v128.load(a), shift), f32x4.sub(v128.load(b), shift)))
    more = f32x4.add(more, f32x4.mul(f32x4.sub(v128.load(a, 16), shift), f32x4.sub(v128.load(b, 16), shift)))
  }
  if (a < end) {
    sum = f32x4.add(sum, f32x4.mul(f32x4.sub(v128.load(a), shift), f32x4.sub(v128.load(b), shift)))
    b += 16
  }
  if (rest) {
    const last = f32x4.mul(
      f32x4.sub(loadLanes(end, rest, shift), shift), f32x4.sub(loadLanes(b, rest, shift), shift),
    )
    more = f32x4.add(more, v128.and(last, firstLanes(rest)))
  }
  return f32x4.add(sum, more)
}

/** y = (x - mean) f, f = 1 / sqrt(variance + epsilon). */
function forward(out: usize, factor: usize, source: usize, length: u32, epsilon: f32, centred: bool): void {
  const mean = centred ? meanOf(row<SumF32>(source, length), length) : f32x4.splat(0)
  const variance = meanOf(products(source, source, length, mean), length)
  const f = f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(variance, f32x4.splat(epsilon))))
  v128.store32_lane(factor, f, 0)
  for (const end = source + (<usize>(length & ~3) << 2); source < end; source += 16) {
    v128.store(out, f32x4.mul(f32x4.sub(v128.load(source), mean), f))
    out += 16
  }
  const rest: usize = length & 3
  storeLanes(out, rest, f32x4.mul(f32x4.sub(loadLanes(source, rest, mean), mean), f))
}

/** (t - mean(t) - y mean(t y)) f: the derivative, which is its own transpose. */
function derivative(out: usize, factor: usize, source: usize, y: usize, length: u32, centred: bool): void {
  const zero = f32x4.splat(0), f = v128.load32_splat(factor)
  const mean = centred ? meanOf(row<SumF32>(source, length), length) : zero
  const slope = meanOf(products(source, y, length, zero), length)
  for (const end = source + (<usize>(length & ~3) << 2); source < end; source += 16) {
    const t = f32x4.sub(f32x4.sub(v128.load(source), mean), f32x4.mul(v128.load(y), slope))
    v128.store(out, f32x4.mul(t, f))
    out += 16
    y += 16
  }
  const rest: usize = length & 3
  const t = f32x4.sub(f32x4.sub(loadLanes(source, rest, mean), mean), f32x4.mul(loadLanes(y, rest, zero), slope))
  storeLanes(out, rest, f32x4.mul(t, f))
}
