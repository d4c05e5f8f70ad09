// The simple recurrent cell.
import type { Tensor } from '../core/tensor.js'
import { add } from '../ops/arithmetic.js'
import { matmul } from '../ops/dot-general.js'
import { zeros } from '../ops/full.js'
import { tanh } from '../ops/sigmoidal.js'
import {
  CELL_NAMES,
  type Cell,
  type CellOptions,
  type CellParams,
  cellParams,
  checkUnits,
  readState,
  stateLength,
} from './cell.js'
import { checkParams } from './check.js'

/**
 * The simple recurrent cell (Elman 1990): h' = tanh(x Wx + h Wh + b); carry and output are h [units]. With `relu`, the
 * state's weights the identity and the bias 0 it is the IRNN of Le et al. 2015, which remembers over hundreds of steps.
 * Throws unless `units` is a positive integer.
 * @example
 * const { identity, normal, zeros } = initializers
 * const irnn = rnnCell(100, { activation: relu, init: normal(0.001), recurrentInit: identity(), biasInit: zeros })
 * const model = chain(recurrent(irnn, { returnSequences: false }), dense(10))
 */
export function rnnCell(
  units: number,
  options: CellOptions & { activation?: (x: Tensor) => Tensor } = {},
): Cell<CellParams, Tensor> {
  checkUnits('rnnCell', units, options, { ...CELL_NAMES, activation: 1 })
  const { activation = tanh } = options
  return {
    init: (key, input) => cellParams('rnnCell', key, input, { units, gates: 1, options }),
    initialCarry: (params, step) => zeros([stateLength('rnnCell', params, step)]),
    apply(params, h, x, mode) {
      const { wx, wh, b } = checkParams('rnnCell', params, ['wx', 'wh', 'b'])
      const h1 = activation(add(matmul(x, wx), matmul(readState(h, mode), wh), b))
      return [h1, h1]
    },
  }
}
