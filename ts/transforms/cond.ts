// cond and switchCase as users call them: trees in all places, each branch traced once.
import { type Aval, newVar, sameAval, showAval } from '../core/program.js'
import type { Tensor } from '../core/tensor.js'
import { traceProgram } from '../core/trace.js'
import { leafPaths, showStructure, type Tree, type TreeDef, unflatten } from '../core/tree.js'
import { typeError } from '../errors.js'
import { cast } from '../ops/cast.js'
import { type Operand, toTensor } from '../ops/operand.js'
import { flattenTensors } from './arguments.js'
import { bindCond } from './cond-primitive.js'

/**
 * `onTrue(...operands)` where the scalar `predicate` is true (not 0), else `onFalse(...operands)`; trees in all places.
 * Only the branch taken runs; where the predicate is traced both are traced, and under `vmap` of the predicate both run
 * and `where` chooses. Throws if the branches return different trees, shapes or dtypes.
 * @example
 * const x = tensor(3)
 * cond(greater(x, 1), log, (x: Tensor) => mul(x, x), x) // 1.0986
 * grad((x: Tensor) => cond(greater(x, 1), log, (x: Tensor) => mul(x, x), x))(x) // 0.3333
 */
export function cond<A extends unknown[], B extends Tree>(
  predicate: Operand,
  onTrue: (...operands: A) => B,
  onFalse: (...operands: A) => NoInfer<B>,
  ...operands: A
): B {
  const flag = choice('cond', predicate, 'the predicate')
  return choose('cond', flag.dtype === 'bool' ? flag : cast(flag, 'bool'), [onFalse, onTrue], operands)
}

/**
 * `branches[index](...operands)` for an int32 scalar `index`, clamped to the branches there are: `cond` with more than
 * two.
 * @example switchCase(2, [sin, cos, tanh], tensor(0.5)) // 0.4621
 */
export function switchCase<A extends unknown[], B extends Tree>(
  index: Operand,
  branches: readonly [(...operands: A) => B, ...((...operands: A) => NoInfer<B>)[]],
  ...operands: A
): B {
  if (!Array.isArray(branches) || branches.length === 0) throw typeError('switchCase: branches are a list of functions')
  const number = toTensor('switchCase', index, 'int32')
  if (number.dtype !== 'int32') throw typeError(`switchCase: the index is an int32 scalar, not ${showAval(number)}`)
  return choose('switchCase', choice('switchCase', number, 'the index'), branches, operands)
}

function choice(operation: string, value: Operand, what: string): Tensor {
  const scalar = toTensor(operation, value)
  if (scalar.rank > 0) throw typeError(`${operation}: ${what} is a scalar, not ${showAval(scalar)}`)
  return scalar
}

function choose<A extends unknown[], B>(
  operation: string,
  index: Tensor,
  branches: readonly ((...operands: A) => B)[],
  operands: A,
): B {
  for (const branch of branches)
    if (typeof branch !== 'function') throw typeError(`${operation}: a branch is not a function`)
  const { leaves, structure } = flattenTensors(operation, operands, 'operands')
  const run = (branch: (...operands: A) => B, values: readonly Tensor[]) =>
    flattenTensors(operation, branch(...(unflatten(structure, values) as A)), "a branch's result")
  if (index.source.kind !== 'traced') {
    const taken = run(branches[Math.min(Math.max(index.item(), 0), branches.length - 1)], leaves)
    return unflatten(taken.structure, taken.leaves) as B
  }
  const results: TreeDef[] = []
  const traced = branches.map(branch =>
    traceProgram(leaves, tracers => {
      const result = run(branch, tracers)
      results.push(result.structure)
      return result.leaves
    }),
  )
  for (const [b, { program }] of traced.entries())
    checkResults(
      operation,
      results[0],
      traced[0].program.outputs.map(({ aval }) => aval),
      results[b],
      program.outputs.map(({ aval }) => aval),
    )
  // What the branches take from outside: each has inputs for all of it.
  const captured = traced.flatMap(closed => closed.captured)
  let before = 0
  const programs = traced.map(({ program, captured: own }) => {
    const { inputs } = program
    const all = [
      ...captured.slice(0, before).map(({ shape, dtype }) => newVar({ shape, dtype })),
      ...inputs.slice(0, own.length),
      ...captured.slice(before + own.length).map(({ shape, dtype }) => newVar({ shape, dtype })),
      ...inputs.slice(own.length),
    ]
    before += own.length
    return { ...program, inputs: all }
  })
  return unflatten(results[0], bindCond(programs, [index, ...captured, ...leaves])) as B
}

function checkResults(operation: string, a: TreeDef, aTypes: Aval[], b: TreeDef, bTypes: Aval[]): void {
  const [x, y] = [showStructure(a), showStructure(b)]
  if (x !== y) throw typeError(`${operation}: the branches return different trees: ${x} and ${y}`)
  aTypes.forEach((type, i) => {
    if (!sameAval(type, bTypes[i])) {
      const types = `${showAval(type)} and ${showAval(bTypes[i])}`
      throw typeError(`${operation}: the branches' results${leafPaths(a)[i]} differ: ${types}`)
    }
  })
}
