// A user's function as a program: traced on the types of its arguments, its result's tree remembered.

import type { ClosedProgram } from '../core/primitive.js'
import type { Program } from '../core/program.js'
import type { Tensor } from '../core/tensor.js'
import { traceProgram } from '../core/trace.js'
import { flatten, type Leaf, type TreeDef, unflatten } from '../core/tree.js'
import { typeError } from '../errors.js'
import { flattenTensors, leafTensor } from './arguments.js'

export interface ClosedFunction {
  program: Program
  /** Values for the program's first inputs. */
  captured: readonly Tensor[]
  /** The arguments' leaves: values for its other inputs. */
  leaves: Tensor[]
  /** The structure of the list of arguments. */
  structure: TreeDef
  /** The structure of the result. */
  result: TreeDef
  /** The result's tree from its leaves. */
  build(leaves: readonly Tensor[]): unknown
}

/** Traces `f` on the given arguments. */
export function closedFunction(
  operation: string,
  f: (...args: never[]) => unknown,
  args: readonly unknown[],
): ClosedFunction {
  if (typeof f !== 'function') throw typeError(`${operation}: the first argument is not a function`)
  const { leaves, structure } = flattenTensors(operation, args, 'arguments')
  let result: TreeDef = { kind: 'empty', value: undefined }
  const closed: ClosedProgram = traceProgram(leaves, tracers => {
    const returned = f(...(unflatten(structure, tracers) as never[]))
    const flat = flattenResult(operation, returned)
    result = flat.structure
    return flat.leaves.map(leafTensor)
  })
  return { ...closed, leaves, structure, result, build: list => unflatten(result, list) }
}

function flattenResult(operation: string, returned: unknown): { leaves: Leaf[]; structure: TreeDef } {
  if (returned instanceof Promise)
    throw typeError(`${operation}: the function is async; traced functions return their result at once`)
  return flatten(returned, `${operation}: the function's result`)
}
