// The loops of the elementwise kernels. Each takes its operation as a class with one inlined method; there are no
// instances, `changetype<Op>(0)` only names the method. n contiguous 4-byte elements; dst may be the same as an operand.
// The last n % 4 elements run through the same code in a padded vector.
import { loadTail, storeTail } from '../simd/words'

/** Bytes that an operand moves on with each 16 elements; 0 where it repeats one word, of which there are 16 copies. */
export const STEP: usize = 64

/** dst = op(a). */
export function unary<Op>(dst: usize, a: usize, n: usize): void {
  const end = dst + ((n >> 2) << 4)
  for (; dst < end; dst += 16, a += 16) v128.store(dst, changetype<Op>(0).apply(v128.load(a)))
  n &= 3
  if (n) storeTail(dst, changetype<Op>(0).apply(loadTail(a, n)), n)
}

/** The same four vectors at a time, for operations of few instructions. */
export function cheapUnary<Op>(dst: usize, a: usize, n: usize): void {
  const end = dst + ((n >> 4) << 6)
  for (; dst < end; dst += 64, a += 64) {
    const x0 = v128.load(a)
    const x1 = v128.load(a, 16)
    const x2 = v128.load(a, 32)
    const x3 = v128.load(a, 48)
    v128.store(dst, changetype<Op>(0).apply(x0))
    v128.store(dst, changetype<Op>(0).apply(x1), 16)
    v128.store(dst, changetype<Op>(0).apply(x2), 32)
    v128.store(dst, changetype<Op>(0).apply(x3), 48)
  }
  const rest = end + (((n & 15) >> 2) << 4)
  for (; dst < rest; dst += 16, a += 16) v128.store(dst, changetype<Op>(0).apply(v128.load(a)))
  n &= 3
  if (n) storeTail(dst, changetype<Op>(0).apply(loadTail(a, n)), n)
}

/** dst = op(a, b). */
export function binary<Op>(dst: usize, a: usize, b: usize, n: usize): void {
  const end = dst + ((n >> 2) << 4)
  for (; dst < end; dst += 16, a += 16, b += 16) {
    v128.store(dst, changetype<Op>(0).apply(v128.load(a), v128.load(b)))
  }
  n &= 3
  if (n) storeTail(dst, changetype<Op>(0).apply(loadTail(a, n), loadTail(b, n)), n)
}

/** The same four vectors at a time, for operations of few instructions; each operand moves on by its step. */
export function cheapBinary<Op>(dst: usize, a: usize, b: usize, n: usize, aStep: usize, bStep: usize): void {
  const end = dst + ((n >> 4) << 6)
  for (; dst < end; dst += 64, a += aStep, b += bStep) {
    const x0 = changetype<Op>(0).apply(v128.load(a), v128.load(b))
    const x1 = changetype<Op>(0).apply(v128.load(a, 16), v128.load(b, 16))
    const x2 = changetype<Op>(0).apply(v128.load(a, 32), v128.load(b, 32))
    const x3 = changetype<Op>(0).apply(v128.load(a, 48), v128.load(b, 48))
    v128.store(dst, x0)
    v128.store(dst, x1, 16)
    v128.store(dst, x2, 32)
    v128.store(dst, x3, 48)
  }
  const rest = end + (((n & 15) >> 2) << 4)
  for (; dst < rest; dst += 16, a += 16, b += 16) {
    v128.store(dst, changetype<Op>(0).apply(v128.load(a), v128.load(b)))
  }
  n &= 3
  if (n) storeTail(dst, changetype<Op>(0).apply(loadTail(a, n), loadTail(b, n)), n)
}

/** dst = op(a, b, c); three loads for each store leave nothing to gain from unrolling. */
export function ternary<Op>(dst: usize, a: usize, b: usize, c: usize, n: usize): void {
  const end = dst + ((n >> 2) << 4)
  for (; dst < end; dst += 16, a += 16, b += 16, c += 16) {
    v128.store(dst, changetype<Op>(0).apply(v128.load(a), v128.load(b), v128.load(c)))
  }
  n &= 3
  if (n) storeTail(dst, changetype<Op>(0).apply(loadTail(a, n), loadTail(b, n), loadTail(c, n)), n)
}

/** dst = op(a), one integer at a time: what SIMD has no instruction for. */
export function scalarUnary<Op>(dst: usize, a: usize, n: usize): void {
  for (const end = dst + (n << 2); dst < end; dst += 4, a += 4) {
    store<i32>(dst, changetype<Op>(0).apply(load<i32>(a)))
  }
}

/** dst = op(a, b), one integer at a time. */
export function scalarBinary<Op>(dst: usize, a: usize, b: usize, n: usize): void {
  for (const end = dst + (n << 2); dst < end; dst += 4, a += 4, b += 4) {
    store<i32>(dst, changetype<Op>(0).apply(load<i32>(a), load<i32>(b)))
  }
}
