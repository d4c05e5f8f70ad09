// Collectives: what the examples of a vmap know of each other. They are linear equations that the vmap of their name
// replaces by reductions over its axis, so that none is left when a program is compiled.
import { isAxis, mappedAxis } from '../core/axes.js'
import type { Primitive } from '../core/primitive.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { typeError } from '../errors.js'
import { div, mul } from './arithmetic.js'
import { cast } from './cast.js'
import { type Operand, toTensor } from './operand.js'
import { sumAxes } from './reduce.js'

interface AxisParams {
  readonly axisName: string
}

const notMapped = (operation: string, name: string): TypeError =>
  typeError(
    `${operation}: no vmap around names its axis ${JSON.stringify(name)}: vmap(f, inAxes, outAxes, { axisName: ${JSON.stringify(name)} })`,
  )

/** The sum over all examples, in each of them. Its matrix is symmetric: the transpose is the primitive itself. */
const psumPrimitive: Primitive<AxisParams> = {
  name: 'psum',
  type: ([{ shape, dtype }]) => [{ shape, dtype }],
  jvp: (_primals, [tangent], _results, params) => [bind1(psumPrimitive, [tangent!], params)],
  transpose: ([cotangent], _inputs, _types, params) => [cotangent && bind1(psumPrimitive, [cotangent], params)],
  batch([x], [dim], params, size) {
    if (mappedAxis() !== params.axisName) return { results: [bind1(psumPrimitive, [x], params)], dims: [dim] }
    return { results: [dim === null ? mul(x, size) : sumAxes(x, [dim])], dims: [null] }
  },
  lower(_lowering, _equation, { axisName }) {
    throw notMapped('psum', axisName)
  },
  isCollective: true,
}

/** The name of a vmap's axis, or those of several, one within the other. */
export type AxisName = string | readonly string[]

/** The names; throws unless they are some, each of a vmap around. */
export function checkAxes(operation: string, axisName: AxisName): readonly string[] {
  const names = typeof axisName === 'string' ? [axisName] : axisName
  if (!Array.isArray(names) || !names.every(name => typeof name === 'string')) {
    throw typeError(`${operation}: the name of an axis is a string, not ${String(axisName)}`)
  }
  for (const name of names) if (!isAxis(name)) throw notMapped(operation, name)
  return names
}

function sumOver(operation: string, x: Operand, axisName: AxisName): Tensor {
  const own = toTensor(operation, x)
  return checkAxes(operation, axisName).reduce(
    (sum, name) => bind1(psumPrimitive, [sum], { axisName: name }),
    own.dtype === 'bool' ? cast(own, 'int32') : own,
  )
}

/**
 * The sum of `x` over all examples of the `vmap` around that names its axis `axisName`, or of several (JAX's psum): each gets
 * the same, and a result that all share may leave the `vmap` with `outAxes` null. `psum(1, name)` is how many examples
 * there are. Throws where no `vmap` around has this name.
 * @example
 * const share = (x: Tensor) => div(x, psum(x, 'batch')) // of one example
 * vmap(share, [0], 0, { axisName: 'batch' })(tensor([1, 2, 5])) // [0.125, 0.25, 0.625]
 */
export const psum = (x: Operand, axisName: AxisName): Tensor => sumOver('psum', x, axisName)

/**
 * The mean of `x` over all examples of the `vmap` around that names its axis `axisName`, or of several (JAX's pmean); see
 * `psum`. Throws where no `vmap` around has this name.
 * @example
 * const centre = (x: Tensor) => sub(x, pmean(x, 'batch'))
 * vmap(centre, [0], 0, { axisName: 'batch' })(tensor([1, 2, 6])) // [-2, -1, 3]
 */
export const pmean = (x: Operand, axisName: AxisName): Tensor =>
  div(sumOver('pmean', x, axisName), sumOver('pmean', 1, axisName))
