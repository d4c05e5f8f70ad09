// All primitives and their laws. A primitive without laws does not compile; a file that is missing here is found by a test.
import * as argmax from '../../ts/ops/argmax.js'
import * as arithmetic from '../../ts/ops/arithmetic.js'
import * as bitwise from '../../ts/ops/bitwise.js'
import * as broadcast from '../../ts/ops/broadcast.js'
import * as cast from '../../ts/ops/cast.js'
import * as compare from '../../ts/ops/compare.js'
import * as concat from '../../ts/ops/concat.js'
import * as crossEntropy from '../../ts/ops/cross-entropy.js'
import * as cumulate from '../../ts/ops/cumulate.js'
import * as dotGeneral from '../../ts/ops/dot-general.js'
import * as dynamicSlice from '../../ts/ops/dynamic-slice.js'
import * as exponential from '../../ts/ops/exponential.js'
import * as full from '../../ts/ops/full.js'
import * as hyperbolic from '../../ts/ops/hyperbolic.js'
import type { AnyLaws } from '../../ts/ops/laws.js'
import * as logarithms from '../../ts/ops/logarithms.js'
import * as pool from '../../ts/ops/pool.js'
import * as prod from '../../ts/ops/prod.js'
import * as reduce from '../../ts/ops/reduce.js'
import * as reshape from '../../ts/ops/reshape.js'
import * as rounding from '../../ts/ops/rounding.js'
import * as scatter from '../../ts/ops/scatter.js'
import * as sigmoidal from '../../ts/ops/sigmoidal.js'
import * as slice from '../../ts/ops/slice.js'
import * as softmax from '../../ts/ops/softmax.js'
import * as sort from '../../ts/ops/sort.js'
import * as stopGradient from '../../ts/ops/stop-gradient.js'
import * as take from '../../ts/ops/take.js'
import * as threefry from '../../ts/ops/threefry.js'
import * as transpose from '../../ts/ops/transpose.js'
import * as trigonometric from '../../ts/ops/trigonometric.js'
import * as where from '../../ts/ops/where.js'
import * as windows from '../../ts/ops/windows.js'
import * as checkpoint from '../../ts/transforms/checkpoint.js'
import * as condLaws from '../../ts/transforms/cond-laws.js'
import * as cond from '../../ts/transforms/cond-primitive.js'
import * as customJvp from '../../ts/transforms/custom-jvp.js'
import * as customVjp from '../../ts/transforms/custom-vjp.js'
import * as print from '../../ts/transforms/print-primitive.js'
import * as scanLaws from '../../ts/transforms/scan-laws.js'
import * as scan from '../../ts/transforms/scan-primitive.js'
import * as whileLaws from '../../ts/transforms/while-laws.js'
import * as whileLoop from '../../ts/transforms/while-primitive.js'

/** For each `xPrimitive` of a module an `xLaws`. */
type WithLaws<M> = { readonly [K in keyof M as K extends `${infer Name}Primitive` ? `${Name}Laws` : never]: AnyLaws }

function lawsOf<M extends object>(module: M & WithLaws<M>): AnyLaws[] {
  return Object.entries(module).flatMap(([name, value]) => (name.endsWith('Laws') ? [value as AnyLaws] : []))
}

/** The laws of every primitive, by the primitive's name. */
export const allLaws: ReadonlyMap<string, AnyLaws> = new Map(
  [
    lawsOf(argmax),
    lawsOf(arithmetic),
    lawsOf(bitwise),
    lawsOf(broadcast),
    lawsOf(cast),
    lawsOf(compare),
    lawsOf(concat),
    lawsOf(crossEntropy),
    lawsOf(cumulate),
    lawsOf(dotGeneral),
    lawsOf(dynamicSlice),
    lawsOf(exponential),
    lawsOf(full),
    lawsOf(hyperbolic),
    lawsOf(logarithms),
    lawsOf(pool),
    lawsOf(threefry),
    lawsOf(prod),
    lawsOf(reduce),
    lawsOf(reshape),
    lawsOf(rounding),
    lawsOf(scatter),
    lawsOf(sigmoidal),
    lawsOf(slice),
    lawsOf(softmax),
    lawsOf(sort),
    lawsOf(stopGradient),
    lawsOf(take),
    lawsOf(transpose),
    lawsOf(trigonometric),
    lawsOf(where),
    lawsOf(windows),
    lawsOf({ ...cond, ...condLaws }),
    lawsOf(print),
    lawsOf(checkpoint),
    lawsOf(customJvp),
    lawsOf(customVjp),
    lawsOf({ ...scan, ...scanLaws }),
    lawsOf({ ...whileLoop, ...whileLaws }),
  ]
    .flat()
    .map(laws => [laws.primitive.name, laws]),
)
