// Long short-term memory over images: convolutions in the place of products.
import { checkOptions } from '../core/options.js'
import { showShape } from '../core/shape.js'
import { typeError } from '../errors.js'
import { add, mul } from '../ops/arithmetic.js'
import { concat, split } from '../ops/concat.js'
import { conv1d, conv2d, conv3d } from '../ops/conv.js'
import { full, zeros } from '../ops/full.js'
import { split as splitKey } from '../ops/random.js'
import { sigmoid, tanh } from '../ops/sigmoidal.js'
import type { Spec } from '../transforms/eval-shape.js'
import { type Cell, type CellParams, readState } from './cell.js'
import { checkCount, checkFunctions, checkParams, drawn } from './check.js'
import { uniform } from './initializers.js'
import type { LstmCarry, LstmOptions } from './lstm-cell.js'

const CONVOLUTIONS = [conv1d, conv2d, conv3d]

/** Images have channels and one to three dimensions. */
function spatial(input: Spec | undefined): readonly number[] {
  const shape = input?.shape
  if (shape !== undefined && shape.length > 1 && shape.length < 5) return shape.slice(1)
  throw typeError(
    `convLstmCell: the input of a step is ${shape ? showShape(shape) : 'not known'}, expected [channels, ...] with one to three dimensions`,
  )
}

/**
 * Convolutional long short-term memory (Shi et al. 2015, without peepholes): `lstmCell` over inputs [D, ...] and states
 * [channels, ...] of as many dimensions (one to three), products being convolutions with windows of `size` (odd: states
 * keep their size). Weights `wx` [4 C, D, size, ...], `wh` [4 C, C, size, ...], `b` [4 C] start uniform in
 * +-1 / sqrt(inputs of a unit). Throws unless `channels` and `size` are positive integers.
 * @example
 * const layer = recurrent(convLstmCell(8, 3))
 * const clip = zeros([5, 1, 16, 16])
 * layer.apply(layer.init(random.key(0), clip), clip).shape // [5, 8, 16, 16]
 */
export function convLstmCell(
  channels: number,
  size: number,
  options: Omit<LstmOptions, 'recurrentInit'> = {},
): Cell<CellParams, LstmCarry> {
  checkOptions('convLstmCell', options, {
    init: 1,
    biasInit: 1,
    gateActivation: 1,
    activation: 1,
    forgetBias: 1,
  })
  const { gateActivation: gate = sigmoid, activation = tanh, forgetBias = 0 } = options
  checkCount('convLstmCell', 'channels', channels)
  checkCount('convLstmCell', 'size', size)
  checkFunctions('convLstmCell', options)
  const gates = 4 * channels
  return {
    init(key, input) {
      const [kx, kh, kb] = splitKey(key, 3)
      const window = spatial(input).map(() => size)
      const reach = channels * size ** window.length
      const { init = uniform(1 / Math.sqrt(reach)) } = options
      const b = drawn('convLstmCell', options.biasInit ?? init, kb, [gates])
      const opening = [0, forgetBias, 0, 0].map(value => full([channels], value))
      return {
        wx: drawn('convLstmCell', init, kx, [gates, input.shape[0], ...window]),
        wh: drawn('convLstmCell', init, kh, [gates, channels, ...window]),
        b: forgetBias === 0 ? b : add(b, concat(opening)),
      }
    },
    initialCarry(params, input) {
      checkParams('convLstmCell', params, ['wx', 'wh', 'b'])
      const shape = [channels, ...spatial(input)]
      return { h: zeros(shape), c: zeros(shape) }
    },
    apply(params, { h, c }, x, mode) {
      const { wx, wh, b } = checkParams('convLstmCell', params, ['wx', 'wh', 'b'])
      const conv = CONVOLUTIONS[spatial(x).length - 1]
      const z = add(conv(x, wx, { padding: 'same', bias: b }), conv(readState(h, mode), wh, { padding: 'same' }))
      const [i, f, g, o] = split(z, 4, 0)
      const c1 = add(mul(gate(f), c), mul(gate(i), activation(g)))
      const h1 = mul(gate(o), activation(c1))
      return [{ h: h1, c: c1 }, h1]
    },
  }
}
