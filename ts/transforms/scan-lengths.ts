// Ragged batches: examples of different lengths in one loop that runs as long as the longest. An example that has come to
// its end keeps its carry and emits zeros; its steps behind the end are computed on what was there at its first step, so
// that nothing that stands in the padding, be it NaN, reaches a value or a gradient.
import type { BatchDim } from '../core/primitive.js'
import { range } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { applyProgram, bind1, scalar, tracePure } from '../core/trace.js'
import { broadcastInDim } from '../ops/broadcast.js'
import { greater, less } from '../ops/compare.js'
import { arange } from '../ops/full.js'
import { reduceMaxPrimitive } from '../ops/reduce.js'
import { at } from '../ops/slice.js'
import { selectPrimitive, where } from '../ops/where.js'
import { cut, inputTypes } from './interpret.js'
import type { ScanParams } from './scan-primitive.js'
import { vmapProgram } from './vmap.js'

/** The longest of some lengths. */
export const longest = (lengths: Tensor): Tensor =>
  lengths.size === 0 ? scalar(0, 'int32') : bind1(reduceMaxPrimitive, [lengths], { axes: range(lengths.rank) })

/** A flag for each example, beside a value whose first dimensions are the examples'. */
const beside = (flag: Tensor, { shape }: Tensor): Tensor => broadcastInDim(flag, shape, range(flag.rank))

/** What an example without any step reads: no usual function is singular there. */
const NOWHERE = 0.5

/** What steps behind the end read: the example's first step. Floats alone matter. */
export const fillers = (xs: readonly Tensor[], lengths: Tensor): Tensor[] =>
  xs
    .filter(({ dtype, shape }) => dtype === 'float32' && shape[0] > 0)
    .map(x => {
      const first = at(x, 0)
      return where(beside(greater(lengths, 0), first), first, NOWHERE)
    })

/** A step of which only the active examples take notice. */
export function maskedStep(
  active: Tensor,
  carry: readonly Tensor[],
  xs: readonly Tensor[],
  fill: readonly Tensor[],
  step: (xs: readonly Tensor[]) => readonly Tensor[],
): Tensor[] {
  let next = 0
  const read = xs.map(x => {
    if (x.dtype !== 'float32' || next === fill.length) return x
    return bind1(selectPrimitive, [beside(active, x), x, fill[next++]], { held: true })
  })
  return step(read).map((result, i) => {
    const other = carry[i] ?? 0
    return other === result ? result : where(beside(active, result), result, other)
  })
}

/** A bounded scan whose number of steps differs from example to example, as one that runs as long as the longest. */
export function eachItsSteps(inputs: readonly Tensor[], dims: readonly BatchDim[], params: ScanParams, size: number) {
  const { body, consts, carry, length } = params
  const [constTypes, carryTypes, xTypes] = cut(inputTypes(body), consts, carry)
  const [[own, ...fixed], init, xs] = cut(inputs, consts, carry)
  const [[ownDim, ...fixedDims], initDims, xDims] = cut(dims, consts, carry)
  const whole = xTypes.map(({ shape, dtype }) => ({ shape: [length, ...shape], dtype }))
  const ofExample = tracePure([constTypes[0], ...whole], ([steps, ...leaves]) => fillers(leaves, steps))
  const ofAll = vmapProgram(ofExample, { size, dims: [ownDim, ...xDims] })
  const fill = applyProgram(ofAll.program, [own, ...xs])
  const fillTypes = ofExample.outputs.map(({ aval }) => aval)
  const step = tracePure(
    [constTypes[0], ...constTypes, ...fillTypes, ...carryTypes, ...xTypes, constTypes[0]],
    ([, ...values]) => {
      const [steps, filled, carried, x, [time]] = cut(values, consts, fill.length, carry, xTypes.length)
      return maskedStep(less(time, steps[0]), carried, x, filled, read =>
        applyProgram(body, [...steps, ...carried, ...read]),
      )
    },
  )
  return {
    inputs: [longest(own), own, ...fixed, ...fill, ...init, ...xs, arange(length)],
    dims: [null, ownDim, ...fixedDims, ...ofAll.dims, ...initDims, ...xDims, null],
    params: { ...params, body: step, consts: consts + 1 + fill.length },
  }
}
