// Naive twins of Sort and Cumulate.
import { MapOp, SortKind } from '../format'

/** True if the word must stand before the other; false for equal ones. */
function isBefore(a: u32, b: u32, kind: u32, descending: u32): bool {
  if (descending) return isLess(b, a, kind)
  return isLess(a, b, kind)
}

function isLess(a: u32, b: u32, kind: u32): bool {
  if (kind == SortKind.Signed) return <i32>a < <i32>b
  if (kind == SortKind.Unsigned) return a < b
  const x = reinterpret<f32>(a)
  const y = reinterpret<f32>(b)
  if (x != x) return false
  return y != y || x < y
}

/** All indices of a row in stable order, by insertion into what is sorted already. */
export function naiveSort(kind: u32, descending: u32, length: u32, indices: usize, source: usize): void {
  for (let i: u32 = 0; i < length; i++) {
    const word = load<u32>(source + (i << 2))
    let at = i
    for (; at > 0; at--) {
      const other = load<u32>(indices + ((at - 1) << 2))
      if (!isBefore(word, load<u32>(source + (other << 2)), kind, descending)) break
      store<u32>(indices + (at << 2), other)
    }
    store<u32>(indices + (at << 2), i)
  }
}

export function naiveCumulate(
  op: u32, reverse: u32, outer: u32, length: u32, inner: u32, out: usize, source: usize, factors: usize
): void {
  for (let o: u32 = 0; o < outer; o++) {
    for (let i: u32 = 0; i < inner; i++) {
      for (let l: u32 = 0; l < length; l++) {
        const at = ((o * length + (reverse ? length - 1 - l : l)) * inner + i) << 2
        const before = reverse ? at + (inner << 2) : at - (inner << 2)
        const word = load<u32>(source + at)
        if (l == 0) store<u32>(out + at, word)
        else store<u32>(out + at, naiveStep(op, load<u32>(out + before), word, load<f32>(factors + at)))
      }
    }
  }
}

function naiveStep(op: u32, a: u32, b: u32, factor: f32): u32 {
  const x = reinterpret<f32>(a)
  const y = reinterpret<f32>(b)
  switch (op) {
    case MapOp.AddF: return reinterpret<u32>(x + y)
    case MapOp.MulF: return reinterpret<u32>(x * y)
    case MapOp.MaxF: return x != x ? a : y != y ? b : x > y ? a : b
    case MapOp.MinF: return x != x ? a : y != y ? b : x < y ? a : b
    case MapOp.AddI: return a + b
    case MapOp.MulI: return a * b
    case MapOp.MaxI: return <i32>a > <i32>b ? a : b
    case MapOp.MinI: return <i32>a < <i32>b ? a : b
    case MapOp.MaxU: return a > b ? a : b
    case MapOp.MinU: return a < b ? a : b
    default: return reinterpret<u32>(factor * x + y)
  }
}
