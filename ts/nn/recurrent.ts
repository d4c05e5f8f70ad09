// A cell run over a sequence.

import type { Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { at } from '../ops/slice.js'
import { scan } from '../transforms/scan.js'
import type { Cell } from './cells.js'
import { stepSpec } from './check.js'
import type { Layer } from './layer.js'

/** Which outputs of the steps `recurrent` returns, and their order. */
export interface RecurrentOptions {
  /** All outputs [T, ...] (true), or only that of the step that ran last. */
  returnSequences?: boolean
  /** From the last step to the first; outputs keep their places (false). */
  reverse?: boolean
}

/**
 * The layer that runs `cell` over a sequence [T, ...] from its initial carry: [T, D] -> [T, H], or [H] with
 * `returnSequences: false`. For carries of your own, use `scan` with `cell.apply`.
 * @example
 * const reader = chain(recurrent(gruCell(16), { returnSequences: false }), dense(2))
 * const params = reader.init(random.key(0), { shape: [20, 3] })
 * reader.apply(params, ones([20, 3])).shape // [2]
 * vmap((xs: Tensor) => reader.apply(params, xs))(ones([32, 20, 3])).shape // [32, 2]
 */
export function recurrent<P, C>(
  cell: Cell<P, C>,
  { returnSequences = true, reverse = false }: RecurrentOptions = {},
): Layer<P> {
  if (typeof cell?.initialCarry !== 'function' || typeof cell.apply !== 'function') {
    throw typeError('recurrent: the argument is not a cell ({ init, initialCarry, apply })')
  }
  return {
    init: (key, input) => cell.init(key, stepSpec('recurrent', input)),
    apply(params: P, xs: Tensor) {
      const [, ys] = scan((carry: C, x: Tensor) => cell.apply(params, carry, x), cell.initialCarry(params), xs, {
        reverse,
      })
      if (returnSequences) return ys
      if (xs.shape[0] === 0) throw rangeError('recurrent: a sequence of no steps has no last output')
      return at(ys, reverse ? 0 : -1)
    },
  }
}
