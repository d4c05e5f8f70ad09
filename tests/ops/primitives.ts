// All primitives and their laws. A primitive without laws does not compile; a file that is missing here is found by a test.
import * as argmax from '../../ts/ops/argmax.js'
import * as arithmetic from '../../ts/ops/arithmetic.js'
import * as bitwise from '../../ts/ops/bitwise.js'
import * as broadcast from '../../ts/ops/broadcast.js'
import * as cast from '../../ts/ops/cast.js'
import * as compare from '../../ts/ops/compare.js'
import * as concat from '../../ts/ops/concat.js'
import * as crossEntropy from '../../ts/ops/cross-entropy.js'
import * as dotGeneral from '../../ts/ops/dot-general.js'
import * as exponential from '../../ts/ops/exponential.js'
import * as full from '../../ts/ops/full.js'
import type { AnyLaws } from '../../ts/ops/laws.js'
import * as reduce from '../../ts/ops/reduce.js'
import * as reshape from '../../ts/ops/reshape.js'
import * as rounding from '../../ts/ops/rounding.js'
import * as sigmoidal from '../../ts/ops/sigmoidal.js'
import * as slice from '../../ts/ops/slice.js'
import * as softmax from '../../ts/ops/softmax.js'
import * as stopGradient from '../../ts/ops/stop-gradient.js'
import * as take from '../../ts/ops/take.js'
import * as threefry from '../../ts/ops/threefry.js'
import * as transpose from '../../ts/ops/transpose.js'
import * as trigonometric from '../../ts/ops/trigonometric.js'
import * as where from '../../ts/ops/where.js'
import * as checkpoint from '../../ts/transforms/checkpoint.js'
import * as customJvp from '../../ts/transforms/custom-jvp.js'
import * as customVjp from '../../ts/transforms/custom-vjp.js'
import * as scanLaws from '../../ts/transforms/scan-laws.js'
import * as scan from '../../ts/transforms/scan-primitive.js'

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
    lawsOf(dotGeneral),
    lawsOf(exponential),
    lawsOf(full),
    lawsOf(threefry),
    lawsOf(reduce),
    lawsOf(reshape),
    lawsOf(rounding),
    lawsOf(sigmoidal),
    lawsOf(slice),
    lawsOf(softmax),
    lawsOf(stopGradient),
    lawsOf(take),
    lawsOf(transpose),
    lawsOf(trigonometric),
    lawsOf(where),
    lawsOf(checkpoint),
    lawsOf(customJvp),
    lawsOf(customVjp),
    lawsOf({ ...scan, ...scanLaws }),
  ]
    .flat()
    .map(laws => [laws.primitive.name, laws]),
)
