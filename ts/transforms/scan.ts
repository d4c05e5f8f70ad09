// scan as users call it: trees in all places, the body traced once, and what a step may not do refused.
import { sameAval, showAval } from '../core/program.js'
import { showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { traceProgram } from '../core/trace.js'
import { flatten, leafPaths, showStructure, type Tree, type TreeDef, unflatten } from '../core/tree.js'
import { rangeError, typeError } from '../errors.js'
import { flattenTensors, leafTensor } from './arguments.js'
import { cut } from './interpret.js'
import { bindScan, type ScanParams } from './scan-primitive.js'

export interface ScanOptions {
  /** From the last step to the first; ys keep their places. */
  reverse?: boolean
  /** Number of steps where `xs` does not say it. */
  length?: number
}

/**
 * A loop over the first axis of `xs`: `f(carry, x) -> [carry, y]` runs once for each step, starting from `init`;
 * returns the last carry and all y, stacked. Trees in all places. The cost of compiling does not grow with the steps.
 * Throws if the carry changes its tree, shape or dtype, or the leaves of `xs` have different lengths.
 * @example const [total, sums] = scan((sum, x) => [add(sum, x), sum], tensor(0), tensor([1, 2, 3]))
 */
export function scan<C extends Tree, X extends Tree, Y extends Tree>(
  f: (carry: NoInfer<C>, x: X) => readonly [NoInfer<C>, Y],
  init: C,
  xs: X,
  { reverse = false, length }: ScanOptions = {},
): [C, Y] {
  if (typeof f !== 'function') throw typeError('scan: the first argument is not a function')
  const start = flattenTensors('scan', init, 'init')
  const steps = flattenTensors('scan', xs, 'xs')
  const count = stepCount(steps.leaves, length)
  let yStructure: TreeDef = { kind: 'leaf' }
  const xTypes = steps.leaves.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype }))
  const { program, captured } = traceProgram(
    [...start.leaves, ...xTypes].map(({ shape, dtype }) => ({ shape, dtype })),
    tracers => {
      const [carried, x] = cut(tracers, start.leaves.length)
      const returned = f(unflatten(start.structure, carried) as C, unflatten(steps.structure, x) as X)
      if (!Array.isArray(returned) || returned.length !== 2) throw typeError('scan: the function returns [carry, y]')
      const carryOut = flattenTensors('scan', returned[0], 'the carry')
      checkCarry(start, carryOut)
      const flat = flatten(returned[1], "scan: the function's y")
      yStructure = flat.structure
      return [...carryOut.leaves, ...flat.leaves.map(leafTensor)]
    },
  )
  const params: ScanParams = {
    body: program,
    consts: captured.length,
    carry: start.leaves.length,
    length: count,
    reverse,
  }
  const results = bindScan(params, [...captured, ...start.leaves, ...steps.leaves])
  return [
    unflatten(start.structure, results.slice(0, start.leaves.length)) as C,
    unflatten(yStructure, results.slice(start.leaves.length)) as Y,
  ]
}

function stepCount(leaves: readonly Tensor[], length: number | undefined): number {
  for (const leaf of leaves) {
    if (leaf.rank === 0) throw typeError('scan: a leaf of xs is a scalar; it needs a first axis to step along')
    if (leaf.shape[0] !== (length ?? leaves[0].shape[0])) {
      throw typeError(
        `scan: leaves of xs have different numbers of steps: ${length ?? leaves[0].shape[0]} and ${leaf.shape[0]}`,
      )
    }
  }
  const count = length ?? leaves[0]?.shape[0]
  if (count === undefined) throw typeError('scan: there is no xs; give the number of steps as { length }')
  if (!Number.isInteger(count) || count < 0)
    throw rangeError(`scan: the number of steps is a non-negative integer, not ${count}`)
  return count
}

function checkCarry(
  start: { leaves: Tensor[]; structure: TreeDef },
  end: { leaves: Tensor[]; structure: TreeDef },
): void {
  const [before, after] = [showStructure(start.structure), showStructure(end.structure)]
  if (before !== after)
    throw typeError(`scan: the carry changes its structure: it starts as ${before} and a step returns ${after}`)
  start.leaves.forEach((leaf, i) => {
    if (sameAval(leaf, end.leaves[i])) return
    const path = leafPaths(start.structure)[i]
    const hint =
      leaf.dtype === end.leaves[i].dtype ? `shape ${showShape(end.leaves[i].shape)}` : showAval(end.leaves[i])
    throw typeError(`scan: the carry${path} changes: it starts as ${showAval(leaf)} and a step returns ${hint}`)
  })
}
