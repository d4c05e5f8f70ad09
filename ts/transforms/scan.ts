// scan as users call it: trees in all places, the body traced once, and what a step may not do refused.
import { checkOptions } from '../core/options.js'
import { type Aval, newVar, sameAval, showAval } from '../core/program.js'
import { showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { traceProgram } from '../core/trace.js'
import { flatten, leafPaths, showStructure, type Tree, type TreeDef, unflatten } from '../core/tree.js'
import { rangeError, typeError } from '../errors.js'
import { clip } from '../ops/arithmetic.js'
import { less } from '../ops/compare.js'
import { arange } from '../ops/full.js'
import { toTensor } from '../ops/operand.js'
import { flattenTensors, leafTensor } from './arguments.js'
import { cut } from './interpret.js'
import { fillers, longest, maskedStep } from './scan-lengths.js'
import { bindScan, type ScanParams } from './scan-primitive.js'

/** Which steps `scan` makes, and in which order. @inline */
export interface ScanOptions {
  /** From the last step to the first; ys keep their places. */
  reverse?: boolean
  /** Number of steps where `xs` does not say it. */
  length?: number
  /**
   * How many steps count, an int32 scalar (or a number), clamped to [0, T]; under `vmap` each example may have its own. Or a
   * vector [B], where all leaves (of xs behind the time axis) begin with the batch.
   */
  lengths?: Tensor | number
}

/**
 * A loop over the first axis of `xs`: `f(carry, x) -> [carry, y]` runs once for each step, starting from `init`;
 * returns the last carry and all y, stacked. Trees in all places. The cost of compiling does not grow with the steps.
 * With `lengths` an example stops behind its own last step (with `reverse` it starts there): its carry stays, its later
 * y are zeros, what stands there changes nothing and has zero gradient, and a batch costs as many steps as its longest.
 * Throws if the carry changes its tree, shape or dtype, or the leaves of `xs` have different lengths.
 * @example
 * const step = (total: Tensor, x: Tensor): [Tensor, Tensor] => [add(total, x), total]
 * const [total, before] = scan(step, tensor(0), tensor([1, 2, 3]))
 * total // 6
 * before // [0, 1, 3]
 * scan(step, tensor(0), tensor([1, 2, NaN]), { lengths: 2 })[0] // 3
 * grad((x: Tensor) => scan((h: Tensor, _: Tensor) => [mul(h, x), h], tensor(1), zeros([5]))[0])(tensor(2)) // 80
 */
export function scan<C extends Tree, X extends Tree, Y extends Tree>(
  f: (carry: NoInfer<C>, x: X) => readonly [NoInfer<C>, Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [C, Y] {
  if (typeof f !== 'function') throw typeError('scan: the first argument is not a function')
  checkOptions('scan', options, { reverse: 1, length: 1, lengths: 1 })
  const { reverse = false, length, lengths } = options
  const start = flattenTensors('scan', init, 'init')
  const steps = flattenTensors('scan', xs, 'xs')
  const count = stepCount(steps.leaves, length)
  const ends = lengths === undefined ? null : clip(checkLengths(lengths, start.leaves, steps.leaves), 0, count)
  // The examples of a vector are told apart here, those of a scalar by vmap.
  const isRagged = ends !== null && ends.rank > 0
  const fill = isRagged ? fillers(steps.leaves, ends) : []
  const sequences = isRagged ? [...steps.leaves, arange(count)] : steps.leaves
  let yStructure: TreeDef = { kind: 'leaf' }
  const stepTypes = sequences.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype }))
  const one = (carried: readonly Tensor[], x: readonly Tensor[]): Tensor[] => {
    const returned = f(unflatten(start.structure, carried) as C, unflatten(steps.structure, x) as X)
    if (!Array.isArray(returned) || returned.length !== 2) throw typeError('scan: the function returns [carry, y]')
    const carryOut = flattenTensors('scan', returned[0], 'the carry')
    checkCarry('scan', start, carryOut)
    const flat = flatten(returned[1], "scan: the function's y")
    yStructure = flat.structure
    const ys = flat.leaves.map(leafTensor)
    if (isRagged) checkExamples(ends, ys, 'y')
    return [...carryOut.leaves, ...ys]
  }
  const { program, captured } = traceProgram(
    [...start.leaves, ...stepTypes].map(({ shape, dtype }) => ({ shape, dtype })),
    tracers => {
      const [carried, x, time] = cut(tracers, start.leaves.length, steps.leaves.length)
      return isRagged ? maskedStep(less(time[0], ends), carried, x, fill, read => one(carried, read)) : one(carried, x)
    },
  )
  // The number of steps of a bounded loop is its first constant.
  const bound = ends === null ? [] : [longest(ends)]
  const params: ScanParams = {
    body: { ...program, inputs: [...bound.map(newVar), ...program.inputs] },
    consts: bound.length + captured.length,
    carry: start.leaves.length,
    length: count,
    reverse,
    ...(ends === null ? {} : { bounded: true }),
  }
  const results = bindScan(params, [...bound, ...captured, ...start.leaves, ...sequences])
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

function checkLengths(lengths: Tensor | number, carry: readonly Tensor[], xs: readonly Tensor[]): Tensor {
  const ends = toTensor('scan', lengths, 'int32')
  if (ends.dtype !== 'int32' || ends.rank > 1)
    throw typeError(`scan: lengths are an int32 scalar, or one for each example, not ${showAval(ends)}`)
  checkExamples(ends, carry, 'init')
  checkExamples(
    ends,
    xs.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype })),
    'a step of xs',
  )
  return ends
}

/** Throws where lengths are a vector and a leaf does not begin with as many examples. */
function checkExamples({ shape: [size] }: Tensor, leaves: readonly Aval[], what: string): void {
  for (const leaf of leaves) {
    if (size === undefined || leaf.shape[0] === size) continue
    throw typeError(`scan: there are lengths of ${size} examples, but ${what} has a leaf ${showAval(leaf)}`)
  }
}

/** Throws unless the carry that a step returns has the tree and types of the one it starts from. */
export function checkCarry(
  operation: string,
  start: { leaves: Tensor[]; structure: TreeDef },
  end: { leaves: Tensor[]; structure: TreeDef },
): void {
  const [before, after] = [showStructure(start.structure), showStructure(end.structure)]
  if (before !== after)
    throw typeError(`${operation}: the carry changes its structure: it starts as ${before} and a step returns ${after}`)
  start.leaves.forEach((leaf, i) => {
    if (sameAval(leaf, end.leaves[i])) return
    const path = leafPaths(start.structure)[i]
    const hint =
      leaf.dtype === end.leaves[i].dtype ? `shape ${showShape(end.leaves[i].shape)}` : showAval(end.leaves[i])
    throw typeError(`${operation}: the carry${path} changes: it starts as ${showAval(leaf)} and a step returns ${hint}`)
  })
}
