// Gradients through time: whole, in windows, and forwards. All three know a model by one step of it, which may be a cell's
// `apply`, and have one signature, so that they can be set side by side.
import { checkOptions } from '../core/options.js'
import { showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { type Tree, treeLeaves, treeMap } from '../core/tree.js'
import { rangeError, typeError } from '../errors.js'
import { add } from '../ops/arithmetic.js'
import { zeros, zerosLike } from '../ops/full.js'
import { sum } from '../ops/reduce.js'
import { reshape } from '../ops/reshape.js'
import { slice } from '../ops/slice.js'
import { valueAndGrad } from '../transforms/grad.js'
import { scan } from '../transforms/scan.js'
import { vmap } from '../transforms/vmap.js'

/** One step of a recurrent model: (parameters, carry, input) -> [carry, output], for one example or for a batch. */
export type CellStep<P, C, X, Y> = (params: P, carry: C, x: X) => readonly [C, Y]

/** The loss of one step: of its output and target, a scalar. */
export type StepLoss<Y, T> = (y: Y, target: T) => Tensor

/**
 * (parameters, carry before the first step, inputs, targets) -> [[the sum of the losses, the carry after the last step],
 * the gradient with respect to the parameters]. Inputs and targets are trees, time first.
 */
export type GradientThroughTime<P, C, X, T> = (params: P, carry: C, xs: X, targets: T) => [[Tensor, C], P]

export function checkFunctions(operation: string, step: unknown, loss: unknown): void {
  if (typeof step !== 'function') throw typeError(`${operation}: the first argument is not a function of one step`)
  if (typeof loss !== 'function') throw typeError(`${operation}: the second argument is not a loss`)
}

/** Throws unless a loss is one number. */
export function checkStepLoss(operation: string, { shape, dtype }: Tensor, batch = 0): void {
  if (shape.length === batch && dtype === 'float32') return
  throw typeError(
    `${operation}: the loss of a step is a float32 scalar, not ${dtype}${showShape(shape.slice(batch))}: reduce it`,
  )
}

/** The number of steps of the inputs, which is that of the targets. */
export function stepsOf(operation: string, xs: unknown, targets?: unknown): number {
  const [steps, other] = [xs, targets].map(tree => treeLeaves(tree)[0]?.shape[0])
  if (steps === undefined) throw typeError(`${operation}: there are no inputs to step along`)
  if (other === undefined || other === steps) return steps
  throw typeError(`${operation}: targets have ${other} steps, inputs ${steps}`)
}

/**
 * Backpropagation through time: the gradient of the losses of all steps through all steps (Werbos 1990). The carry given
 * is a constant: called window after window with the carry it returned, it is truncated backpropagation with an update for
 * each window. `loss` is applied to all steps at once by `vmap`.
 * @example
 * const cell = rnnCell(4)
 * const params = cell.init(random.key(0), { shape: [3] })
 * const loss = (y: Tensor, target: Tensor) => sum(square(sub(y, target)))
 * const [xs, targets] = [ones([10, 3]), zeros([10, 4])]
 * const [[total, carry], gradient] = bptt(cell.apply, loss)(params, cell.initialCarry(params), xs, targets)
 */
export function bptt<P, C extends Tree, X extends Tree, Y extends Tree, T extends Tree>(
  step: CellStep<P, C, X, Y>,
  loss: StepLoss<Y, T>,
): GradientThroughTime<P, C, X, T> {
  checkFunctions('bptt', step, loss)
  return wholeGradient('bptt', step, loss)
}

function wholeGradient<P, C extends Tree, X extends Tree, Y extends Tree, T extends Tree>(
  operation: string,
  step: CellStep<P, C, X, Y>,
  loss: StepLoss<Y, T>,
): GradientThroughTime<P, C, X, T> {
  const total = (params: P, carry: C, xs: X, targets: T): readonly [Tensor, C] => {
    stepsOf(operation, xs, targets)
    const [last, ys] = scan((before: C, x: X) => step(params, before, x), carry, xs)
    const losses = vmap(loss)(ys, targets)
    checkStepLoss(operation, losses, 1)
    return [sum(losses), last]
  }
  return valueAndGrad(total, { hasAux: true })
}

/**
 * Truncated backpropagation through time (Williams and Peng 1990): the sequence is cut into windows of so many steps (the
 * last may be shorter), the carry crosses their borders, the gradient does not; losses and gradients of the windows add
 * up. Compiling costs the same for any number of windows; with one window it is `bptt`, bit for bit. Throws unless
 * `window` is a positive integer.
 * @example
 * const cell = gruCell(4)
 * const params = cell.init(random.key(0), { shape: [3] })
 * const loss = (y: Tensor, target: Tensor) => sum(square(sub(y, target)))
 * const [xs, targets] = [ones([100, 3]), zeros([100, 4])]
 * const [, gradient] = tbptt(cell.apply, loss, { window: 20 })(params, cell.initialCarry(params), xs, targets)
 */
export function tbptt<P, C extends Tree, X extends Tree, Y extends Tree, T extends Tree>(
  step: CellStep<P, C, X, Y>,
  loss: StepLoss<Y, T>,
  options: { window: number },
): GradientThroughTime<P, C, X, T> {
  checkFunctions('tbptt', step, loss)
  checkOptions('tbptt', options, { window: 1 })
  const { window } = options
  if (!Number.isInteger(window) || window < 1) {
    throw rangeError(`tbptt: window is a positive number of steps, not ${String(window)}`)
  }
  const whole = wholeGradient('tbptt', step, loss)
  return (params, carry, xs, targets) => {
    const steps = stepsOf('tbptt', xs, targets)
    if (steps <= window) return whole(params, carry, xs, targets)
    const count = Math.floor(steps / window)
    const windows = <A>(tree: A): A =>
      treeMap(leaf => {
        const full = slice(leaf, [0], [count * window])
        return reshape(full, [count, window, ...leaf.shape.slice(1)])
      }, tree)
    const rest = <A>(tree: A): A => treeMap(leaf => slice(leaf, [count * window]), tree)
    const next = (soFar: Sums<P, C>, x: X, target: T): Sums<P, C> => {
      const [[value, last], gradient] = whole(params, soFar.carry, x, target)
      return { carry: last, total: add(soFar.total, value), gradient: treeMap(add, soFar.gradient, gradient) }
    }
    const start: Sums<P, C> = { carry, total: zeros([]), gradient: treeMap(zerosLike, params) }
    const [head] = scan(
      (soFar: Sums<P, C>, [x, target]: [X, T]): [Sums<P, C>, null] => [next(soFar, x, target), null],
      start,
      [windows(xs), windows(targets)] as [X, T],
    )
    const end = count * window < steps ? next(head, rest(xs), rest(targets)) : head
    return [[end.total, end.carry], end.gradient]
  }
}

interface Sums<P, C> {
  carry: C
  total: Tensor
  gradient: P
}
