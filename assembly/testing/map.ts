// Map and its kernels for the tests, beside a twin that evaluates one element at a time, from scalar instructions where
// there are any (math.test.ts holds the others against JavaScript's doubles).
import { MapOp, State } from '../format'
import { address, extent, operandSize } from '../operands'
import { STEP } from '../kernels/loops'
import * as operation from '../kernels/operation'

export { mapInstruction } from '../kernels/map'

/** Runs `op` over n contiguous elements. */
export function runOperation(op: u32, dst: usize, a: usize, b: usize, c: usize, n: usize): void {
  operation.runOperation(op, dst, a, b, c, n, STEP, STEP)
}

/** Reads every input of an element, then computes, then writes every output. */
export function naiveMapInstruction(at: usize, state: usize): void {
  const registers = <usize>load<u32>(state, State.Tiles)
  const header = load<u32>(at)
  const rank = header & 0xff
  const inputs = (header >> 8) & 0xff
  const memories = inputs + ((header >> 16) & 0xff)
  const operands = at + 4 + (<usize>rank << 2)
  const operandBytes = <u32>operandSize(state) + (rank << 2)
  const code = operands + memories * operandBytes
  let count: u32 = 1
  for (let d: u32 = 0; d < rank; d++) count *= extent(at + 4 + (<usize>d << 2), state)
  for (let element: u32 = 0; element < count; element++) {
    for (let i: u32 = 0; i < inputs; i++) {
      store<u32>(registers + (i << 2), load<u32>(elementAt(at, operands + i * operandBytes, state, rank, element)))
    }
    for (let i: u32 = 0; i < header >> 24; i++) naiveOperation(code + (i << 3), registers)
    for (let i = inputs; i < memories; i++) {
      store<u32>(elementAt(at, operands + i * operandBytes, state, rank, element), load<u32>(registers + (i << 2)))
    }
  }
}

/** The address of element number `element`, in row-major order, of the operand at `operand`. */
function elementAt(at: usize, operand: usize, state: usize, rank: u32, element: u32): usize {
  let result = address(operand, state)
  const strides = operand + operandSize(state)
  for (let d = rank; d-- > 0; ) {
    const size = extent(at + 4 + (<usize>d << 2), state)
    result += (element % size) * load<u32>(strides + (<usize>d << 2))
    element /= size
  }
  return result
}

function naiveOperation(code: usize, registers: usize): void {
  const what = load<u32>(code)
  const from = load<u32>(code, 4)
  const dst = registers + ((what >> 16) << 2)
  const a = registers + ((from & 0xff) << 2)
  const b = registers + (((from >> 8) & 0xff) << 2)
  const c = registers + (((from >> 16) & 0xff) << 2)
  const op = what & 0xffff
  if (op < 64) naiveFloat(op, dst, a, b, c)
  else if (op < 112) naiveInteger(op, dst, load<i32>(a), load<i32>(b))
  else naiveOther(op, dst, a, b, c)
}

function naiveFloat(op: u32, dst: usize, atA: usize, atB: usize, atC: usize): void {
  const a = load<f32>(atA)
  const b = load<f32>(atB)
  switch (op) {
    case MapOp.Copy: return store<u32>(dst, load<u32>(atA))
    case MapOp.NegF: return store<f32>(dst, -a)
    case MapOp.AbsF: return store<f32>(dst, abs<f32>(a))
    case MapOp.SignF: return store<f32>(dst, a > 0 ? 1 : a < 0 ? -1 : a)
    case MapOp.FloorF: return store<f32>(dst, floor<f32>(a))
    case MapOp.CeilF: return store<f32>(dst, ceil<f32>(a))
    case MapOp.RoundF: return store<f32>(dst, nearest<f32>(a))
    case MapOp.SqrtF: return store<f32>(dst, sqrt<f32>(a))
    case MapOp.RsqrtF: return store<f32>(dst, 1 / sqrt<f32>(a))
    case MapOp.ReciprocalF: return store<f32>(dst, 1 / a)
    case MapOp.IsFiniteF: return store<u32>(dst, u32((load<u32>(atA) & 0x7f800000) != 0x7f800000))
    case MapOp.AddF: return store<f32>(dst, a + b)
    case MapOp.SubF: return store<f32>(dst, a - b)
    case MapOp.MulF: return store<f32>(dst, a * b)
    case MapOp.DivF: return store<f32>(dst, a / b)
    case MapOp.MaxF: return store<f32>(dst, a != a || b != b ? NaN : a < b ? b : a)
    case MapOp.MinF: return store<f32>(dst, a != a || b != b ? NaN : b < a ? b : a)
    case MapOp.EqF: return store<u32>(dst, u32(a == b))
    case MapOp.NeF: return store<u32>(dst, u32(a != b))
    case MapOp.LtF: return store<u32>(dst, u32(a < b))
    case MapOp.LeF: return store<u32>(dst, u32(a <= b))
    case MapOp.GtF: return store<u32>(dst, u32(a > b))
    case MapOp.GeF: return store<u32>(dst, u32(a >= b))
    case MapOp.MulAddF: return store<f32>(dst, a * b + load<f32>(atC))
    default: runOperation(op, dst, atA, atB, atC, 1)
  }
}

function naiveInteger(op: u32, dst: usize, a: i32, b: i32): void {
  const ua = <u32>a
  const ub = <u32>b
  switch (op) {
    case MapOp.NegI: return store<i32>(dst, -a)
    case MapOp.AbsI: return store<i32>(dst, a < 0 ? -a : a)
    case MapOp.SignI: return store<i32>(dst, i32(a > 0) - i32(a < 0))
    case MapOp.NotI: return store<i32>(dst, ~a)
    case MapOp.PopcntI: return store<i32>(dst, popcnt<i32>(a))
    case MapOp.ClzI: return store<i32>(dst, clz<i32>(a))
    case MapOp.AddI: return store<i32>(dst, a + b)
    case MapOp.SubI: return store<i32>(dst, a - b)
    case MapOp.MulI: return store<i32>(dst, a * b)
    // in 64 bits nothing overflows
    case MapOp.DivI: return store<i32>(dst, b ? <i32>(<i64>a / <i64>b) : -1)
    case MapOp.RemI: return store<i32>(dst, b ? <i32>(<i64>a % <i64>b) : a)
    case MapOp.DivU: return store<i32>(dst, b ? <i32>(<u64>ua / <u64>ub) : -1)
    case MapOp.RemU: return store<i32>(dst, b ? <i32>(<u64>ua % <u64>ub) : a)
    case MapOp.MaxI: return store<i32>(dst, a > b ? a : b)
    case MapOp.MinI: return store<i32>(dst, a < b ? a : b)
    case MapOp.MaxU: return store<u32>(dst, ua > ub ? ua : ub)
    case MapOp.MinU: return store<u32>(dst, ua < ub ? ua : ub)
    case MapOp.AndI: return store<i32>(dst, a & b)
    case MapOp.OrI: return store<i32>(dst, a | b)
    case MapOp.XorI: return store<i32>(dst, a ^ b)
    case MapOp.ShlI: return store<u32>(dst, ub > 31 ? 0 : ua << ub)
    case MapOp.ShrI: return store<i32>(dst, <i32>(<i64>a >> <i64>(ub > 31 ? 32 : ub)))
    case MapOp.ShrU: return store<u32>(dst, ub > 31 ? 0 : ua >> ub)
    case MapOp.PowI: return store<i32>(dst, naivePower(a, b))
    case MapOp.PowU: return store<i32>(dst, naivePowerUnsigned(a, b))
    case MapOp.EqI: return store<u32>(dst, u32(a == b))
    case MapOp.NeI: return store<u32>(dst, u32(a != b))
    case MapOp.LtI: return store<u32>(dst, u32(a < b))
    case MapOp.LeI: return store<u32>(dst, u32(a <= b))
    case MapOp.GtI: return store<u32>(dst, u32(a > b))
    case MapOp.GeI: return store<u32>(dst, u32(a >= b))
    case MapOp.LtU: return store<u32>(dst, u32(ua < ub))
    case MapOp.LeU: return store<u32>(dst, u32(ua <= ub))
    case MapOp.GtU: return store<u32>(dst, u32(ua > ub))
    case MapOp.GeU: return store<u32>(dst, u32(ua >= ub))
  }
}

/** One multiplication for each step of the exponent. */
function naivePower(base: i32, exponent: i32): i32 {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent & 1 ? -1 : 1) : 0
  let result = 1
  for (; exponent; exponent--) result *= base
  return result
}

/** From the highest bit of the exponent down, where the kernel starts at the lowest. */
function naivePowerUnsigned(base: i32, exponent: i32): i32 {
  let result = 1
  for (let bit = 31; bit >= 0; bit--) {
    result *= result
    if ((exponent >>> bit) & 1) result *= base
  }
  return result
}

function naiveOther(op: u32, dst: usize, atA: usize, atB: usize, atC: usize): void {
  const a = load<f32>(atA)
  const i = load<i32>(atA)
  switch (op) {
    case MapOp.NotB: return store<i32>(dst, 1 - i)
    case MapOp.Select: return store<u32>(dst, i ? load<u32>(atB) : load<u32>(atC))
    case MapOp.F32ToI32:
      return store<i32>(dst, a != a ? 0 : a >= 2147483648 ? 0x7fffffff : a < -2147483648 ? 0x80000000 : <i32>a)
    case MapOp.F32ToU32:
      return store<u32>(dst, a != a || a < 0 ? 0 : a >= 4294967296 ? 0xffffffff : <u32>a)
    case MapOp.I32ToF32: return store<f32>(dst, <f32>i)
    case MapOp.U32ToF32: return store<f32>(dst, <f32>(<u32>i))
    case MapOp.F32ToBool: return store<u32>(dst, u32(a != 0))
    case MapOp.I32ToBool: return store<u32>(dst, u32(i != 0))
  }
}
