// Looking for where a computation went wrong. Imported as `debug`.
import { runChecked } from '../core/execute.js'
import { showAval } from '../core/program.js'
import { isTracing, withSources } from '../core/trace.js'
import type { Tree } from '../core/tree.js'
import { rangeError, typeError } from '../errors.js'
import { closedFunction } from './function.js'

export interface NansOptions {
  /** Whether an infinity counts too (true). Say false where the function makes masks of -Infinity. */
  infinities?: boolean
}

/**
 * `f`, run with a look at every result: throws where an equation is the first to produce a NaN or an infinity, and names
 * it, the steps of the loops around it, and the user's line. Around `grad(f)` and `jit(f)` it sees all that they do.
 * Slow; inside another trace it is `f`.
 * @example debug.nans(grad(loss))(params, x, y)
 */
export function nans<A extends unknown[], B extends Tree>(
  f: (...args: A) => B,
  { infinities = true }: NansOptions = {},
): (...args: A) => B {
  if (typeof f !== 'function') throw typeError('debug.nans: the first argument is not a function')
  return (...args) => {
    if (isTracing()) return f(...args)
    const { program, captured, leaves, build } = withSources(() => closedFunction('debug.nans', f, args))
    const outcome = runChecked(program, [...captured, ...leaves], infinities)
    if ('results' in outcome) return build(outcome.results) as B
    const { equation, steps } = outcome.found
    const inputs = equation.inputs.map(({ aval }) => showAval(aval)).join(', ')
    const result = equation.outputs.map(({ aval }) => showAval(aval)).join(', ')
    const what = infinities ? 'a NaN or an infinity' : 'a NaN'
    const where = steps.length === 0 ? '' : `, in step ${steps.join(', ')} of scan`
    const name = `${equation.primitive.name} of ${inputs || 'nothing'}`
    throw rangeError(`debug.nans: ${name} produced ${what} in its result ${result}${where}`, equation.source)
  }
}
