// Naive twins of the reductions: plain loops; floats are added in double precision.
import { ReduceOp } from '../format'

export function naiveReduce(
  op: u32, outer: u32, length: u32, inner: u32, out: usize, outOuter: i32, outInner: i32,
  source: usize, inOuter: i32, inLength: i32, inInner: i32
): void {
  for (let o: u32 = 0; o < outer; o++) {
    for (let i: u32 = 0; i < inner; i++) {
      const from = source + o * inOuter + i * inInner
      const to = out + o * outOuter + i * outInner
      if (op < <u32>ReduceOp.SumI32) store<f32>(to, naiveFloat(op, from, length, inLength))
      else store<u32>(to, naiveInteger(op, from, length, inLength))
    }
  }
}

function naiveFloat(op: u32, at: usize, length: u32, stride: i32): f32 {
  let result: f64 = op == ReduceOp.SumF32 ? 0 : op == ReduceOp.MaxF32 ? -Infinity : op == ReduceOp.MinF32 ? Infinity : 1
  for (let l: u32 = 0; l < length; l++) {
    const x = <f64>load<f32>(at + l * stride)
    if (op == ReduceOp.SumF32) result += x
    else if (op == ReduceOp.ProdF32) result *= x
    else if (op == ReduceOp.MaxF32) result = max(result, x)
    else result = min(result, x)
  }
  return <f32>result
}

function naiveInteger(op: u32, at: usize, length: u32, stride: i32): u32 {
  let result: u32 = 0
  if (op == ReduceOp.ProdI32) result = 1
  else if (op == ReduceOp.MaxI32) result = 0x80000000
  else if (op == ReduceOp.MinI32) result = 0x7fffffff
  else if (op == ReduceOp.MinU32) result = 0xffffffff
  for (let l: u32 = 0; l < length; l++) {
    const x = load<u32>(at + l * stride)
    if (op == ReduceOp.SumI32) result += x
    else if (op == ReduceOp.ProdI32) result *= x
    else if (op == ReduceOp.MaxI32) result = max(<i32>result, <i32>x)
    else if (op == ReduceOp.MinI32) result = min(<i32>result, <i32>x)
    else if (op == ReduceOp.MaxU32) result = max(result, x)
    else result = min(result, x)
  }
  return result
}

export function naiveArgReduce(
  isMin: u32, outer: u32, length: u32, out: usize, outOuter: i32, source: usize, inOuter: i32, inLength: i32
): void {
  for (let o: u32 = 0; o < outer; o++) {
    let index: u32 = 0
    let best = load<f32>(source + o * inOuter)
    for (let l: u32 = 1; l < length && best == best; l++) {
      const x = load<f32>(source + o * inOuter + l * inLength)
      if (x != x || (isMin ? x < best : x > best)) {
        best = x
        index = l
      }
    }
    store<u32>(out + o * outOuter, length > 0 ? index : 0)
  }
}
