// How much of a loss reaches the states before it: where gradients vanish or explode.
import type { Tensor } from '../core/tensor.js'
import { flatten, type Tree, treeLeaves, unflatten } from '../core/tree.js'
import { rangeError } from '../errors.js'
import { abs, add, div, mul, square } from '../ops/arithmetic.js'
import { equal, less } from '../ops/compare.js'
import { concat } from '../ops/concat.js'
import { sqrt } from '../ops/exponential.js'
import { zeros } from '../ops/full.js'
import { max, sum } from '../ops/reduce.js'
import { reshape } from '../ops/reshape.js'
import { where } from '../ops/where.js'
import { grad } from '../transforms/grad.js'
import { scan } from '../transforms/scan.js'
import { type CellStep, checkFunctions, stepsOf } from './through-time.js'

/**
 * The norm of the loss's gradient with respect to the carry before each step: `(params, carry, xs, ...rest) -> [T]`;
 * `loss(ys, ...rest)` is a scalar of all outputs, or of the last one alone, to see how far it reaches back (Bengio et al.
 * 1994; Pascanu et al. 2013). Norms are taken without overflow on the way. Throws if there are no steps.
 * @example
 * const step = ({ w }: { w: Tensor }, h: Tensor, x: Tensor): [Tensor, Tensor] => {
 *   const next = add(mul(w, h), x)
 *   return [next, next]
 * }
 * const norms = gradientFlow(step, (ys: Tensor) => at(ys, -1))({ w: tensor(0.5) }, tensor(0), zeros([50]))
 * at(norms, 49).item() // 0.5
 * at(norms, 0).item() // 8.881784197001252e-16
 */
export function gradientFlow<P, C extends Tree, X extends Tree, Y extends Tree, R extends unknown[]>(
  step: CellStep<P, C, X, Y>,
  loss: (ys: Y, ...rest: R) => Tensor,
): (params: P, carry: C, xs: X, ...rest: R) => Tensor {
  checkFunctions('gradientFlow', step, loss)
  return (params, carry, xs, ...rest) => {
    const steps = stepsOf('gradientFlow', xs)
    if (steps === 0) throw rangeError('gradientFlow: there are no steps')
    const { leaves, structure } = flatten(carry)
    const isFloat = (leaf: Tensor) => leaf.dtype === 'float32'
    // What is added to the carry before a step has the gradient that reaches it there.
    const total = (nudges: Tensor[]): Tensor => {
      const [, ys] = scan(
        (before: C, [x, nudge]: [X, Tensor[]]): readonly [C, Y] => {
          let next = 0
          const nudged = treeLeaves(before).map(leaf => (isFloat(leaf) ? add(leaf, nudge[next++]) : leaf))
          return step(params, unflatten(structure, nudged) as C, x)
        },
        carry,
        [xs, nudges] as [X, Tensor[]],
      )
      return loss(ys, ...rest)
    }
    const nudges = (leaves as Tensor[]).filter(isFloat).map(leaf => zeros([steps, ...leaf.shape]))
    const gradients = grad(total)(nudges).map(gradient => reshape(gradient, [steps, -1]))
    return norms(concat(gradients, 1))
  }
}

/** The norm of each row, of numbers whose squares would leave the range too. */
function norms(rows: Tensor): Tensor {
  const largest = max(abs(rows), { axis: 1 })
  const scale = where(equal(largest, 0), 1, largest)
  const scaled = mul(scale, sqrt(sum(square(div(rows, reshape(scale, [-1, 1]))), { axis: 1 })))
  return where(less(largest, Number.POSITIVE_INFINITY), scaled, largest)
}
