// The running mean of parameters, which is often the better model (Polyak and Juditsky 1992).
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { treeMap } from '../core/tree.js'
import { add, div, mul } from '../ops/arithmetic.js'
import { zeros } from '../ops/full.js'
import { averaged, checkDecay, gathered, zerosOf } from './average.js'
import type { Optimizer } from './transformation.js'

/** Steps made (int32) and the mean so far, a tree like the parameters. */
export interface EmaState {
  step: Tensor
  average: unknown
}

/**
 * The running mean of what `update` is given: after each step of the optimiser give it the parameters, and it returns their
 * mean, without the bias of its start at zero (`debias`: true). In a chain of transformations, the mean of gradients (Optax's `ema`).
 * @example
 * import { tensor } from 'heddle'
 * import { ema } from 'heddle/optim'
 * const { init, update } = ema(0.5)
 * const [, state] = update(tensor([1]), init(tensor([1])))
 * update(tensor([4]), state)[0].toArray() // [3]
 */
export function ema(decay: number, options: { debias?: boolean } = {}): Optimizer<EmaState> {
  checkOptions('ema', options, { debias: 1 })
  const { debias = true } = options
  checkDecay('ema: decay', decay)
  return {
    init: params => ({ step: zeros([], 'int32'), average: zerosOf(params) }),
    update<P>(values: P, state: EmaState): [P, EmaState] {
      const step = add(state.step, 1)
      const average = averaged(state.average as P, values, decay)
      const correction = div(1, gathered(decay, step))
      return [debias ? treeMap(leaf => mul(leaf, correction), average) : average, { step, average }]
    },
  }
}
