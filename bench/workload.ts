// What a workload is: draws that are the same in every system, a training step, and how it is run.

import type { Tree } from '../ts/core/tree.js'
import { jit, mean, type Tensor, tensor, valueAndGrad, vmap } from '../ts/index.js'
import { applyUpdates, type Optimizer } from '../ts/optim/index.js'

/** A stream of uniform numbers in [0, 1), the same in every system that runs a workload. */
export function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const numberOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)

/** Draws tensors and token ids from one stream, in the order of the calls. */
export function drawer(seed: number) {
  const random = mulberry32(seed)
  return {
    uniform: (shape: readonly number[], scale: number): Tensor =>
      tensor(
        Float32Array.from({ length: numberOf(shape) }, () => (random() * 2 - 1) * scale),
        { shape },
      ),
    ids: (shape: readonly number[], below: number): Tensor =>
      tensor(
        Int32Array.from({ length: numberOf(shape) }, () => Math.floor(random() * below)),
        { shape },
      ),
  }
}

/** A training step ready to run: parameters, optimiser state and a function that gives the next ones and the loss. */
export interface Workload<P, S> {
  params: P
  state: S
  step: (params: P, state: S, x: Tensor, y: Tensor) => [P, S, Tensor]
  x: Tensor
  y: Tensor
  /** The losses of the first five steps. */
  losses: readonly number[]
}

/** A training step, given the loss of one example: its mean over the batch, differentiated, and the optimiser's update. */
export function trainStep<P extends Tree, S extends Tree>(
  exampleLoss: (params: P, x: Tensor, y: Tensor) => Tensor,
  optimizer: Optimizer<S>,
) {
  const loss = (p: P, xs: Tensor, ys: Tensor) => mean(vmap(exampleLoss, [null, 0, 0])(p, xs, ys))
  return (params: P, state: S, x: Tensor, y: Tensor): [P, S, Tensor] => {
    const [value, gradient] = valueAndGrad(loss)(params, x, y)
    const [updates, next] = optimizer.update(gradient, state, params)
    return [applyUpdates(params, updates), next, value]
  }
}

/** Runs `count` jitted steps; the losses. */
export function train<P, S>(workload: Workload<P, S>, count: number): { losses: number[]; params: P } {
  const step = jit(workload.step, { donate: [0, 1] })
  let { params, state } = workload
  const losses: number[] = []
  for (let i = 0; i < count; i++) {
    const [p, s, loss] = step(params, state, workload.x, workload.y)
    params = p
    state = s
    losses.push(loss.item())
  }
  return { losses, params }
}
