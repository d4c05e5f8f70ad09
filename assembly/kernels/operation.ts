// From a Map's operation code to its kernel: one switch, run once for each operation and tile.
import { extendedOperation } from '../extend'
import { MapOp } from '../format'
import {
  copyRun, negF, absF, signF, floorF, ceilF, roundF, sqrtF, rsqrtF, reciprocalF, expF, expm1F, logF, log1pF,
  tanhF, sigmoidF, erfF, isFiniteF,
} from './unary'
import { addF, subF, mulF, divF, remF, powF, maxF, minF, eqF, neF, ltF, leF, gtF, geF, mulAddF } from './binary'
import {
  negI, absI, signI, notI, addI, subI, mulI, maxI, minI, maxU, minU, andI, orI, xorI, eqI, neI, ltI, leI,
  gtI, geI, ltU, leU, gtU, geU, notB, selectRun,
} from './integer'
import { divI, remI, divU, remU, shlI, shrI, shrU, powI, powU } from './integer-scalar'
import { f32ToI32, f32ToU32, i32ToF32, u32ToF32, f32ToBool, i32ToBool } from './cast'

/** True for the operations whose operands can repeat one word, by a step of 0 (loops.ts). */
export function repeats(op: i32): bool {
  return (op >= MapOp.AddF && op <= MapOp.DivF) || op == MapOp.MaxF || op == MapOp.MinF
}

/** Runs `op` over n contiguous elements; registers that the operation does not read are ignored, and so
 *  are steps other than STEP where it does not repeat words. */
export function runOperation(
  op: u32, dst: usize, a: usize, b: usize, c: usize, n: usize, aStep: usize, bStep: usize,
): void {
  switch (op) {
    case MapOp.Copy: return copyRun(dst, a, n)
    case MapOp.NegF: return negF(dst, a, n)
    case MapOp.AbsF: return absF(dst, a, n)
    case MapOp.SignF: return signF(dst, a, n)
    case MapOp.FloorF: return floorF(dst, a, n)
    case MapOp.CeilF: return ceilF(dst, a, n)
    case MapOp.RoundF: return roundF(dst, a, n)
    case MapOp.SqrtF: return sqrtF(dst, a, n)
    case MapOp.RsqrtF: return rsqrtF(dst, a, n)
    case MapOp.ReciprocalF: return reciprocalF(dst, a, n)
    case MapOp.ExpF: return expF(dst, a, n)
    case MapOp.Expm1F: return expm1F(dst, a, n)
    case MapOp.LogF: return logF(dst, a, n)
    case MapOp.Log1pF: return log1pF(dst, a, n)
    case MapOp.TanhF: return tanhF(dst, a, n)
    case MapOp.SigmoidF: return sigmoidF(dst, a, n)
    case MapOp.ErfF: return erfF(dst, a, n)
    case MapOp.IsFiniteF: return isFiniteF(dst, a, n)
    case MapOp.AddF: return addF(dst, a, b, n, aStep, bStep)
    case MapOp.SubF: return subF(dst, a, b, n, aStep, bStep)
    case MapOp.MulF: return mulF(dst, a, b, n, aStep, bStep)
    case MapOp.DivF: return divF(dst, a, b, n, aStep, bStep)
    case MapOp.RemF: return remF(dst, a, b, n)
    case MapOp.PowF: return powF(dst, a, b, n)
    case MapOp.MaxF: return maxF(dst, a, b, n, aStep, bStep)
    case MapOp.MinF: return minF(dst, a, b, n, aStep, bStep)
    case MapOp.EqF: return eqF(dst, a, b, n)
    case MapOp.NeF: return neF(dst, a, b, n)
    case MapOp.LtF: return ltF(dst, a, b, n)
    case MapOp.LeF: return leF(dst, a, b, n)
    case MapOp.GtF: return gtF(dst, a, b, n)
    case MapOp.GeF: return geF(dst, a, b, n)
    case MapOp.MulAddF: return mulAddF(dst, a, b, c, n)
    case MapOp.NegI: return negI(dst, a, n)
    case MapOp.AbsI: return absI(dst, a, n)
    case MapOp.SignI: return signI(dst, a, n)
    case MapOp.NotI: return notI(dst, a, n)
    case MapOp.AddI: return addI(dst, a, b, n)
    case MapOp.SubI: return subI(dst, a, b, n)
    case MapOp.MulI: return mulI(dst, a, b, n)
    case MapOp.MaxI: return maxI(dst, a, b, n)
    case MapOp.MinI: return minI(dst, a, b, n)
    case MapOp.MaxU: return maxU(dst, a, b, n)
    case MapOp.MinU: return minU(dst, a, b, n)
    case MapOp.AndI: return andI(dst, a, b, n)
    case MapOp.OrI: return orI(dst, a, b, n)
    case MapOp.XorI: return xorI(dst, a, b, n)
    case MapOp.EqI: return eqI(dst, a, b, n)
    case MapOp.NeI: return neI(dst, a, b, n)
    case MapOp.LtI: return ltI(dst, a, b, n)
    case MapOp.LeI: return leI(dst, a, b, n)
    case MapOp.GtI: return gtI(dst, a, b, n)
    case MapOp.GeI: return geI(dst, a, b, n)
    case MapOp.LtU: return ltU(dst, a, b, n)
    case MapOp.LeU: return leU(dst, a, b, n)
    case MapOp.GtU: return gtU(dst, a, b, n)
    case MapOp.GeU: return geU(dst, a, b, n)
    case MapOp.DivI: return divI(dst, a, b, n)
    case MapOp.RemI: return remI(dst, a, b, n)
    case MapOp.DivU: return divU(dst, a, b, n)
    case MapOp.RemU: return remU(dst, a, b, n)
    case MapOp.ShlI: return shlI(dst, a, b, n)
    case MapOp.ShrI: return shrI(dst, a, b, n)
    case MapOp.ShrU: return shrU(dst, a, b, n)
    case MapOp.PowI: return powI(dst, a, b, n)
    case MapOp.PowU: return powU(dst, a, b, n)
    case MapOp.NotB: return notB(dst, a, n)
    case MapOp.Select: return selectRun(dst, a, b, c, n)
    case MapOp.F32ToI32: return f32ToI32(dst, a, n)
    case MapOp.F32ToU32: return f32ToU32(dst, a, n)
    case MapOp.I32ToF32: return i32ToF32(dst, a, n)
    case MapOp.U32ToF32: return u32ToF32(dst, a, n)
    case MapOp.F32ToBool: return f32ToBool(dst, a, n)
    case MapOp.I32ToBool: return i32ToBool(dst, a, n)
    default: extendedOperation(op, dst, a, b, n)
  }
}
