// Real-time recurrent learning: gradients carried forwards beside the state. Memory does not grow with the steps, and
// parameters may change at any of them; a step costs as many products as the carry has elements.
import type { Tensor } from '../core/tensor.js'
import { flatten, type Tree, type TreeDef, treeLeaves, unflatten } from '../core/tree.js'
import { typeError } from '../errors.js'
import { add } from '../ops/arithmetic.js'
import { concat, split } from '../ops/concat.js'
import { matmul } from '../ops/dot-general.js'
import { eye, zeros } from '../ops/full.js'
import { sum } from '../ops/reduce.js'
import { reshape } from '../ops/reshape.js'
import { slice } from '../ops/slice.js'
import { vjp } from '../transforms/grad.js'
import { scan } from '../transforms/scan.js'
import { vmap } from '../transforms/vmap.js'
import {
  type CellStep,
  checkFunctions,
  checkStepLoss,
  type GradientThroughTime,
  type StepLoss,
  stepsOf,
} from './through-time.js'

/** A carry, and its derivative with respect to all parameters. */
export interface RtrlState<C> {
  carry: C
  /** A row for each element of the carry, a column for each of the parameters, both in the order of their trees. */
  influence: Tensor
}

/** The elements of all leaves in one row; `batch` leaves the first axis. */
const rowOf = (tree: unknown, batch = false): Tensor => {
  const rows = treeLeaves(tree).map(leaf => reshape(leaf, batch ? [leaf.shape[0], -1] : [-1]))
  return concat(rows, -1)
}

/** The tree with these leaves' shapes that the elements of a row make up. */
function fromRow(structure: TreeDef, like: readonly Tensor[], row: Tensor): unknown {
  const parts = split(
    row,
    like.map(leaf => leaf.size),
  )
  return unflatten(
    structure,
    parts.map((part, i) => reshape(part, like[i].shape)),
  )
}

const sizeOf = (tree: unknown): number => treeLeaves(tree).reduce((total, leaf) => total + leaf.size, 0)

/**
 * The state before the first step of `rtrlStep`: a carry on which no parameter has had influence yet. Throws unless the
 * carry is of float32 tensors.
 * @example
 * const cell = rnnCell(4)
 * const params = cell.init(random.key(0), { shape: [3] })
 * rtrlState(params, cell.initialCarry(params)).influence.shape // [4, 32]
 */
export function rtrlState<P, C extends Tree>(params: P, carry: C): RtrlState<C> {
  const other = treeLeaves(carry).find(({ dtype }) => dtype !== 'float32')
  if (other) throw typeError(`rtrl: the carry holds ${other.dtype}; derivatives are of float32`)
  return { carry, influence: zeros([sizeOf(carry), sizeOf(params)]) }
}

/**
 * One step of real-time recurrent learning (Williams and Zipser 1989): `(params, state, x, target) -> [state, loss,
 * gradient]`, the gradient of this step's loss through all steps so far. With parameters that change on the way (an update
 * for each step) the influence is that of the parameters of each step. For one example; under `vmap` each has its state.
 * @example
 * const cell = rnnCell(4)
 * const step = rtrlStep(cell.apply, (y: Tensor, target: Tensor) => sum(square(sub(y, target))))
 * const params = cell.init(random.key(0), { shape: [3] })
 * const state = rtrlState(params, cell.initialCarry(params))
 * const [next, loss, gradient] = step(params, state, ones([3]), zeros([4]))
 * const better = treeMap((p: Tensor, g: Tensor) => sub(p, mul(0.1, g)), params, gradient)
 */
export function rtrlStep<P, C extends Tree, X extends Tree, Y extends Tree, T extends Tree>(
  step: CellStep<P, C, X, Y>,
  loss: StepLoss<Y, T>,
): (params: P, state: RtrlState<C>, x: X, target: T) => [RtrlState<C>, Tensor, P] {
  checkFunctions('rtrlStep', step, loss)
  return (params, { carry, influence }, x, target) => {
    const [leaves, n] = [treeLeaves(params), sizeOf(carry)]
    // The carry after and the loss, one below the other: their derivatives are one matrix.
    const after = (own: P, before: C): Tensor => {
      const [next, y] = step(own, before, x)
      const value = loss(y, target)
      checkStepLoss('rtrlStep', value)
      return concat([rowOf(next), reshape(value, [1])])
    }
    const [values, pull] = vjp(after, params, carry)
    const [direct, through] = vmap(pull)(eye(n + 1)) as unknown as [P, C]
    const derivative = add(rowOf(direct, true), matmul(rowOf(through, true), influence))
    const [shape, like] = [flatten(carry).structure, treeLeaves(carry)]
    const [own, last] = split(values, [n, 1])
    return [
      { carry: fromRow(shape, like, own) as C, influence: slice(derivative, [0], [n]) },
      reshape(last, []),
      fromRow(flatten(params).structure, leaves, reshape(slice(derivative, [n]), [-1])) as P,
    ]
  }
}

/**
 * The gradient of `bptt` computed forwards, with real-time recurrent learning: the same but for rounding. For one example.
 * @example
 * const cell = rnnCell(4)
 * const params = cell.init(random.key(0), { shape: [3] })
 * const loss = (y: Tensor, target: Tensor) => sum(square(sub(y, target)))
 * const [, gradient] = rtrl(cell.apply, loss)(params, cell.initialCarry(params), ones([10, 3]), zeros([10, 4]))
 */
export function rtrl<P, C extends Tree, X extends Tree, Y extends Tree, T extends Tree>(
  step: CellStep<P, C, X, Y>,
  loss: StepLoss<Y, T>,
): GradientThroughTime<P, C, X, T> {
  checkFunctions('rtrl', step, loss)
  const one = rtrlStep(step, loss)
  return (params, carry, xs, targets) => {
    stepsOf('rtrl', xs, targets)
    const { structure, leaves } = flatten(params)
    const [{ state, gradient }, losses] = scan(
      (soFar: { state: RtrlState<C>; gradient: Tensor }, [x, target]: [X, T]): [typeof soFar, Tensor] => {
        const [state, value, own] = one(params, soFar.state, x, target)
        return [{ state, gradient: add(soFar.gradient, rowOf(own)) }, value]
      },
      { state: rtrlState(params, carry), gradient: zeros([sizeOf(params)]) },
      [xs, targets] as [X, T],
    )
    return [[sum(losses), state.carry], fromRow(structure, leaves as Tensor[], gradient) as P]
  }
}
