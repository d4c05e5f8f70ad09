// Names of a Map's operations, for people. The enum itself is compiled away.
import { MapOp } from '../../assembly/format.js'

/** Runs of neighbouring members of MapOp. */
const RUNS: readonly (readonly [first: MapOp, names: string])[] = [
  [MapOp.Copy, 'copy neg abs sign floor ceil round sqrt rsqrt reciprocal'],
  [MapOp.ExpF, 'exp expm1 log log1p sin cos tanh sigmoid erf isFinite log2 log10 exp2 asinh'],
  [MapOp.AddF, 'add sub mul div rem pow max min atan2 hypot'],
  [MapOp.EqF, 'eq ne lt le gt ge'],
  [MapOp.MulAddF, 'mulAdd'],
  [MapOp.NegI, 'neg abs sign not popcnt clz'],
  [MapOp.AddI, 'add sub mul div rem div rem max min max min and or xor shl shr shr pow'],
  [MapOp.EqI, 'eq ne lt le gt ge lt le gt ge'],
  [MapOp.NotB, 'not select'],
  [MapOp.F32ToI32, 'toInt32 toUint32 toFloat32 toFloat32 toBool toBool'],
]

export const mapNames: ReadonlyMap<number, string> = new Map(
  RUNS.flatMap(([first, names]) => names.split(' ').map((name, i): [number, string] => [first + i, name])),
)
