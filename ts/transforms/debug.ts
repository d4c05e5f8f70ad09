// Looking into a computation: values on the way, and where it went wrong. Imported as `debug`.
import { runChecked } from '../core/execute.js'
import { checkOptions } from '../core/options.js'
import { showAval } from '../core/program.js'
import { bind, isTracing, withSources } from '../core/trace.js'
import { leafPaths, type Tree } from '../core/tree.js'
import { rangeError, typeError } from '../errors.js'
import { flattenTensors } from './arguments.js'
import { closedFunction } from './function.js'
import { printPrimitive, type Receiver, receivePrint, setReceiver } from './print-primitive.js'

export type { Receiver }

/**
 * Says the value of each leaf of `x`, on the console unless `debug.onPrint` says otherwise, and returns `x`. In compiled
 * functions what was said comes after the run, in its order, in loops with the numbers of the steps, outermost first; under
 * `vmap` the batch is said at once; gradients are not. Throws if the label is not a string.
 * @example
 * const f = jit((x: Tensor) => mul(debug.print('x', x), 2))
 * f(tensor(3)) // 6
 */
export function print<T extends Tree>(label: string, x: T): T {
  if (typeof label !== 'string') throw typeError('debug.print: the first argument is the label, a string')
  const { leaves, structure } = flattenTensors('debug.print', x, 'the value')
  leafPaths(structure).forEach((path, i) => {
    if (isTracing()) bind(printPrimitive, [leaves[i]], { label: JSON.stringify(label + path) })
    else receivePrint(label + path, leaves[i], [])
  })
  return x
}

/**
 * `receive(label, value, steps)` gets what `debug.print` says from now on; without it the console does. Returns who got
 * it until now.
 * @example
 * const lines: unknown[] = []
 * const before = debug.onPrint((label, value) => lines.push([label, value.toArray()]))
 * jit((x: Tensor) => mul(debug.print('x', x), 2))(tensor([1, 2]))
 * debug.onPrint(before)
 * lines // [['x', [1, 2]]]
 */
export function onPrint(receive?: Receiver): Receiver {
  if (receive !== undefined && typeof receive !== 'function')
    throw typeError('debug.onPrint: the argument is not a function')
  return setReceiver(receive)
}

/** What `debug.nans` looks for. */
export interface NansOptions {
  /** Whether an infinity counts too (true). Say false where the function makes masks of -Infinity. */
  infinities?: boolean
}

/**
 * `f`, run with a look at every result: throws where an equation is the first to produce a NaN or an infinity, and
 * names it, the steps of the loops around it, and the user's line. Around `grad(f)` and `jit(f)` it sees all that they
 * do. Slow; inside another trace it is `f`.
 * @example
 * const checked = debug.nans((x: Tensor) => sum(log(x)))
 * checked(tensor([1, 2])) // 0.6931
 * // checked(tensor([1, -2])): log of f32[2] produced a NaN or an infinity in its result f32[2] (main.js:1:55)
 */
export function nans<A extends unknown[], B extends Tree>(
  f: (...args: A) => B,
  options: NansOptions = {},
): (...args: A) => B {
  if (typeof f !== 'function') throw typeError('debug.nans: the first argument is not a function')
  checkOptions('debug.nans', options, { infinities: 1 })
  const { infinities = true } = options
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
