// Reverse mode: linearise, then transpose.

import { checkOptions } from '../core/options.js'
import { showShape } from '../core/shape.js'
import { Tensor } from '../core/tensor.js'
import { applyProgram, scalar } from '../core/trace.js'
import { flatten, showStructure, type Tree, unflatten } from '../core/tree.js'
import { typeError } from '../errors.js'
import { broadcastInDim } from '../ops/broadcast.js'
import { checkDifferentiable, flattenTensors } from './arguments.js'
import type { ClosedFunction } from './function.js'
import { where } from './interpret.js'
import { zeroTangent } from './jvp.js'
import { type LinearizedCall, linearizeCall } from './linearize.js'
import { runTogether } from './together.js'
import { transposeProgram } from './transpose.js'

/** The cotangents of the differentiable leaves, zeros where there is none. */
function pullBack(
  { closed, linearized, residuals, differentiable }: LinearizedCall,
  cotangents: readonly Tensor[],
): Tensor[] {
  const { split, nonzero } = linearized
  const linear = split.unknown.inputs.map((_, i) => i >= residuals.length)
  const back = transposeProgram(split.unknown, { linear, cotangents: split.unknown.outputs.map(() => true) })
  const results = applyProgram(back.program, [...residuals, ...where(cotangents, nonzero)])
  let next = 0
  return where(closed.leaves, differentiable).map((leaf, i) =>
    back.nonzero[i] ? results[next++] : zeroTangent(leaf.shape),
  )
}

/**
 * The value of `f` and a function from cotangents of the result to cotangents of the arguments: `vjp(f, x, y)` ->
 * `[f(x, y), ct => [ctX, ctY]]`. Leaves that are not float32 get zeros. Throws where the cotangent's tree or shapes are
 * not the result's.
 * @example
 * const layer = (w: Tensor, x: Tensor) => tanh(matmul(x, w))
 * const [y, pullback] = vjp(layer, ones([3, 2]), ones([5, 3]))
 * y.shape // [5, 2]
 * pullback(ones([5, 2])).map(gradient => gradient.shape) // [[3, 2], [5, 3]]
 */
export function vjp<A extends unknown[], B extends Tree>(
  f: (...args: A) => B,
  ...primals: A
): [B, (cotangent: B) => A] {
  const call = linearizeCall('vjp', f, primals, () => true)
  const { closed, outputs, differentiable } = call
  const pull = (cotangent: B): A => {
    const flat = flattenTensors('vjp', cotangent, 'cotangent')
    if (showStructure(flat.structure) !== showStructure(closed.result)) {
      throw typeError(
        `vjp: the cotangent is ${showStructure(flat.structure)}, the result ${showStructure(closed.result)}`,
      )
    }
    flat.leaves.forEach((leaf, i) => {
      if (leaf.shape.join() !== outputs[i].shape.join()) {
        throw typeError(
          `vjp: a cotangent has shape ${showShape(leaf.shape)}, the result ${showShape(outputs[i].shape)}`,
        )
      }
    })
    const results = pullBack(call, flat.leaves)
    let next = 0
    return unflatten(
      closed.structure,
      closed.leaves.map((leaf, i) =>
        differentiable[i] ? results[next++] : broadcastInDim(scalar(0, leaf.dtype), leaf.shape, []),
      ),
    ) as A
  }
  return [closed.build(outputs) as B, pull]
}

/** What the function that is differentiated returns. */
export interface GradOptions {
  /** The function returns `[loss, extra]`; the extra is passed on and not differentiated. */
  hasAux?: boolean
}

/** What `f` returns with `hasAux`: the loss and anything else. */
type WithAux<X> = readonly [Tensor, X]

/**
 * A function that computes `f` and its gradient with respect to the first argument: `[f(params, ...), gradient]`; the
 * gradient has the tree and type of the argument. With `hasAux`, `f` returns `[loss, extra]` and so does the first
 * part. Throws if the loss is not a float32 scalar or a leaf of the first argument is not a float32 tensor.
 * @example
 * const loss = ({ w, b }: { w: Tensor; b: Tensor }, x: Tensor, y: Tensor) => mean(square(sub(add(matmul(x, w), b), y)))
 * const params = { w: tensor([1, -1]), b: tensor(0) }
 * const [value, gradient] = valueAndGrad(loss)(params, tensor([[1, 0], [0, 2]]), tensor([0, 0]))
 * value // 2.5
 * gradient // { w: [1, -4], b: -1 }
 */
export function valueAndGrad<P, R extends unknown[], X extends Tree>(
  f: (params: P, ...rest: R) => WithAux<X>,
  options: GradOptions & { hasAux: true },
): (params: P, ...rest: R) => [[Tensor, X], P]
export function valueAndGrad<P, R extends unknown[]>(
  f: (params: P, ...rest: R) => Tensor,
  options?: GradOptions,
): (params: P, ...rest: R) => [Tensor, P]
export function valueAndGrad<P, R extends unknown[]>(f: (params: P, ...rest: R) => unknown, options: GradOptions = {}) {
  if (typeof f !== 'function') throw typeError('grad: the first argument is not a function')
  checkOptions('grad', options, { hasAux: 1 })
  const { hasAux = false } = options
  return (params: P, ...rest: R): [unknown, P] => {
    checkDifferentiable('grad', params)
    return runTogether('grad', [params, ...rest], (own: P, ...others: R) => {
      const call = linearizeCall('grad', f as (...args: never[]) => unknown, [own, ...others], i => i === 0)
      checkLoss(call.closed, call.outputs, hasAux)
      const ones = call.outputs.map((output, i) => (i === 0 ? scalar(1, 'float32') : zeroTangent(output.shape)))
      const gradients = pullBack(call, ones)
      return [call.closed.build(call.outputs), unflatten(flatten(own).structure, gradients)] as [unknown, P]
    })
  }
}

function checkLoss(closed: ClosedFunction, outputs: readonly Tensor[], hasAux: boolean): void {
  const shown = showStructure(closed.result)
  if (
    hasAux
      ? closed.result.kind !== 'array' ||
        closed.result.children.length !== 2 ||
        closed.result.children[0].kind !== 'leaf'
      : closed.result.kind !== 'leaf'
  ) {
    throw typeError(
      `grad: the function returns ${shown}, expected ${hasAux ? '[loss, extra]' : 'one loss (give { hasAux: true } to return more)'}`,
    )
  }
  const [loss] = outputs
  if (!(loss instanceof Tensor) || loss.rank !== 0 || loss.dtype !== 'float32') {
    throw typeError(
      `grad: the loss is a float32 scalar, not ${loss.dtype}${showShape(loss.shape)}; reduce it with mean or sum`,
    )
  }
}

/**
 * A function that computes the gradient of `f` with respect to its first argument, in that argument's tree and type.
 * With `hasAux`, `f` returns `[loss, extra]` and the result is `[gradient, extra]`. Throws as `valueAndGrad` does.
 * @example
 * grad((x: Tensor) => mul(x, x))(tensor(3)) // 6
 * const loss = ({ w, b }: { w: Tensor; b: Tensor }, x: Tensor) => sum(add(mul(w, x), b))
 * grad(loss)({ w: tensor([1, 2]), b: tensor(0) }, tensor([3, 4])) // { w: [3, 4], b: 2 }
 */
export function grad<P, R extends unknown[], X extends Tree>(
  f: (params: P, ...rest: R) => WithAux<X>,
  options: GradOptions & { hasAux: true },
): (params: P, ...rest: R) => [P, X]
export function grad<P, R extends unknown[]>(
  f: (params: P, ...rest: R) => Tensor,
  options?: GradOptions,
): (params: P, ...rest: R) => P
export function grad<P, R extends unknown[]>(f: (params: P, ...rest: R) => unknown, options: GradOptions = {}) {
  const both = valueAndGrad(f as (params: P, ...rest: R) => WithAux<unknown>, options as GradOptions & { hasAux: true })
  return (params: P, ...rest: R): unknown => {
    const [value, gradient] = both(params, ...rest)
    return options.hasAux ? [gradient, value[1]] : gradient
  }
}
