// Linearisation: the value now, the derivative as a linear program over what was kept. Reverse mode is its transpose.

import type { Program } from '../core/program.js'
import { showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { applyProgram } from '../core/trace.js'
import type { Tree } from '../core/tree.js'
import { typeError } from '../errors.js'
import { flattenTensors, sameTrees } from './arguments.js'
import { type ClosedFunction, closedFunction } from './function.js'
import { memoized, where } from './interpret.js'
import { jvpProgram, zeroTangent } from './jvp.js'
import { type SplitProgram, splitProgram } from './partial.js'

export interface Linearized {
  split: SplitProgram
  /** Which outputs have a tangent. */
  nonzero: boolean[]
}

/** The program as [known: inputs -> outputs, residuals] and [linear: residuals, tangents -> tangents]. */
export const linearizeProgram: (program: Program, nonzero: readonly boolean[]) => Linearized = memoized(
  (nonzero: readonly boolean[]) => nonzero.map(Number).join(''),
  (program, nonzero) => {
    const forward = jvpProgram(program, { nonzero })
    const tangentInputs = forward.program.inputs.map((_, i) => i >= program.inputs.length)
    const tangentOutputs = forward.program.outputs.map((_, i) => i >= program.outputs.length)
    return { split: splitProgram(forward.program, tangentInputs, tangentOutputs), nonzero: forward.nonzero }
  },
)

/** A function linearised at its arguments: the result and what the linear part needs. */
export interface LinearizedCall {
  closed: ClosedFunction
  linearized: Linearized
  /** Leaves of the result. */
  outputs: Tensor[]
  residuals: Tensor[]
  /** Which leaves of the arguments have tangents. */
  differentiable: boolean[]
}

/** Linearises `f` at `args` with respect to those leaves of the listed arguments that are float32. */
export function linearizeCall(
  operation: string,
  f: (...args: never[]) => unknown,
  args: readonly unknown[],
  argument: (index: number) => boolean,
): LinearizedCall {
  const closed = closedFunction(operation, f, args)
  const counts = args.map((arg, i) => ({
    count: flattenTensors(operation, arg, 'argument').leaves.length,
    isChosen: argument(i),
  }))
  const chosen = counts.flatMap(({ count, isChosen }) => new Array<boolean>(count).fill(isChosen))
  const differentiable = closed.leaves.map((leaf, i) => chosen[i] && leaf.dtype === 'float32')
  const linearized = linearizeProgram(closed.program, [...closed.captured.map(() => false), ...differentiable])
  const results = applyProgram(linearized.split.known, [...closed.captured, ...closed.leaves])
  const count = closed.program.outputs.length
  return { closed, linearized, outputs: results.slice(0, count), residuals: results.slice(count), differentiable }
}

/**
 * The value of `f` and its derivative as a function of tangents, which may be called many times: `linearize(f, x)` ->
 * `[f(x), dx => df]`. Throws where a tangent's tree or shapes are not the argument's.
 * @example
 * const [value, derivative] = linearize((x: Tensor) => mul(x, sin(x)), tensor(0.5))
 * derivative(tensor(1)) // 0.9182
 * derivative(tensor(-2)) // -1.8364
 */
export function linearize<A extends unknown[], B extends Tree>(
  f: (...args: A) => B,
  ...primals: A
): [B, (...tangents: A) => B] {
  const { closed, linearized, outputs, residuals, differentiable } = linearizeCall('linearize', f, primals, () => true)
  const push = (...tangents: A): B => {
    sameTrees('linearize', primals, tangents)
    const { leaves } = flattenTensors('linearize', tangents, 'tangents')
    leaves.forEach((leaf, i) => {
      if (differentiable[i] && leaf.shape.join() !== closed.leaves[i].shape.join()) {
        throw typeError(
          `linearize: a tangent has shape ${showShape(leaf.shape)}, its primal ${showShape(closed.leaves[i].shape)}`,
        )
      }
    })
    const results = applyProgram(linearized.split.unknown, [...residuals, ...where(leaves, differentiable)])
    let next = 0
    return closed.build(
      linearized.nonzero.map((has, i) => (has ? results[next++] : zeroTangent(outputs[i].shape))),
    ) as B
  }
  return [closed.build(outputs) as B, push]
}
