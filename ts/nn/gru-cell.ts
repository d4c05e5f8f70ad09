// Gated recurrent units: the state itself is what gates protect.
import type { Tensor } from '../core/tensor.js'
import { add, mul, sub } from '../ops/arithmetic.js'
import { split } from '../ops/concat.js'
import { matmul } from '../ops/dot-general.js'
import { ones, zeros } from '../ops/full.js'
import { split as splitKey } from '../ops/random.js'
import { sigmoid, tanh } from '../ops/sigmoidal.js'
import {
  type Cell,
  type CellParams,
  cellParams,
  checkUnits,
  GATED_NAMES,
  type GatedOptions,
  readState,
  startOf,
  stateLength,
} from './cell.js'
import { checkParams, drawn } from './check.js'
import { standardize } from './norm.js'

/** As `CellParams`, with one bias for the inputs' part and one for the state's: the reset gate acts between them. */
export interface GruParams {
  wx: Tensor
  wh: Tensor
  bx: Tensor
  bh: Tensor
}

const startOfGru =
  (name: string): Cell<{ wh: Tensor }, Tensor>['initialCarry'] =>
  (params, step) =>
    zeros([stateLength(name, params, step)])

/** (1 - z) n + z h */
const between = (z: Tensor, n: Tensor, h: Tensor): Tensor => add(mul(sub(1, z), n), mul(z, h))

/**
 * The gated recurrent unit with the reset gate after the product, as PyTorch and cuDNN have it:
 * n = tanh(x Wn + bn + r (h Un + cn)), h' = (1 - z) n + z h, gates in the order r z n; carry and output are h [units].
 * Chung et al. 2014 write h' = (1 - z) h + z n: the same cell with all weights and biases of z negated.
 * `choGruCell` has the reset gate before the product. Throws unless `units` is a positive integer.
 * @example
 * const layer = recurrent(gruCell(32), { returnSequences: false })
 * const params = layer.init(random.key(0), { shape: [10, 8] })
 * layer.apply(params, zeros([10, 8])).shape // [32]
 */
export function gruCell(units: number, options: GatedOptions = {}): Cell<GruParams, Tensor> {
  checkUnits('gruCell', units, options, GATED_NAMES)
  const { gateActivation: gate = sigmoid, activation = tanh, biasInit = startOf(units, options) } = options
  return {
    init(key, input) {
      const [first, second] = splitKey(key)
      const { wx, wh, b } = cellParams('gruCell', first, input, { units, gates: 3, options })
      return { wx, wh, bx: b, bh: drawn('gruCell', biasInit, second, [3 * units]) }
    },
    initialCarry: startOfGru('gruCell'),
    apply(params, h, x, mode) {
      const { wx, wh, bx, bh } = checkParams('gruCell', params, ['wx', 'wh', 'bx', 'bh'])
      const [xr, xz, xn] = split(add(matmul(x, wx), bx), 3)
      const [hr, hz, hn] = split(add(matmul(readState(h, mode), wh), bh), 3)
      const [r, z] = [gate(add(xr, hr)), gate(add(xz, hz))]
      const h1 = between(z, activation(add(xn, mul(r, hn))), h)
      return [h1, h1]
    },
  }
}

/** The first `count` gates of the state's weights, and the last one, which reads another state. */
const lastGate = (wh: Tensor, count: number): Tensor[] => split(wh, [count * wh.shape[0], wh.shape[0]], 1)

/**
 * The gated recurrent unit as Cho et al. 2014 write it, the reset gate before the product:
 * n = tanh(x Wn + (r h) Un + bn), h' = (1 - z) n + z h, gates in the order r z n; carry and output are h [units].
 * Chung et al. 2014 write h' = (1 - z) h + z n: the same cell with all weights and biases of z negated.
 * Throws unless `units` is a positive integer.
 * @example
 * choGruCell(32).init(random.key(0), { shape: [8] }).b.shape // [96]
 */
export function choGruCell(units: number, options: GatedOptions = {}): Cell<CellParams, Tensor> {
  checkUnits('choGruCell', units, options, GATED_NAMES)
  const { gateActivation: gate = sigmoid, activation = tanh } = options
  return {
    init: (key, input) => cellParams('choGruCell', key, input, { units, gates: 3, options }),
    initialCarry: startOfGru('choGruCell'),
    apply(params, h, x, mode) {
      const { wx, wh, b } = checkParams('choGruCell', params, ['wx', 'wh', 'b'])
      const read = readState(h, mode)
      const [gates, un] = lastGate(wh, 2)
      const [xr, xz, xn] = split(add(matmul(x, wx), b), 3)
      const [hr, hz] = split(matmul(read, gates), 2)
      const [r, z] = [gate(add(xr, hr)), gate(add(xz, hz))]
      const h1 = between(z, activation(add(xn, matmul(mul(r, read), un))), h)
      return [h1, h1]
    },
  }
}

/**
 * The minimal gated unit (Zhou et al. 2016), whose one gate forgets and resets: f = s(x Wf + h Uf + bf),
 * n = tanh(x Wn + (f h) Un + bn), h' = (1 - f) h + f n, in the order f n; carry and output are h [units].
 * Throws unless `units` is a positive integer.
 * @example
 * mguCell(32).init(random.key(0), { shape: [8] }).wx.shape // [8, 64]
 */
export function mguCell(units: number, options: GatedOptions = {}): Cell<CellParams, Tensor> {
  checkUnits('mguCell', units, options, GATED_NAMES)
  const { gateActivation = sigmoid, activation = tanh } = options
  return {
    init: (key, input) => cellParams('mguCell', key, input, { units, gates: 2, options }),
    initialCarry: startOfGru('mguCell'),
    apply(params, h, x, mode) {
      const { wx, wh, b } = checkParams('mguCell', params, ['wx', 'wh', 'b'])
      const read = readState(h, mode)
      const [uf, un] = lastGate(wh, 1)
      const [xf, xn] = split(add(matmul(x, wx), b), 2)
      const f = gateActivation(add(xf, matmul(read, uf)))
      const h1 = between(f, h, activation(add(xn, matmul(mul(f, read), un))))
      return [h1, h1]
    },
  }
}

/** As `CellParams`, and the gains of what is normalised: `gx`, `gh` [3 H]. */
export interface NormGruParams extends CellParams {
  gx: Tensor
  gh: Tensor
}

/**
 * The gated recurrent unit with layer normalisation (Ba et al. 2016, appendix): gates r z = s(LN(x Wx) + LN(h Wh) + b),
 * n = tanh(LN(x Wn) + r LN(h Un) + bn), h' = (1 - z) n + z h, in the order r z n; gates are normalised together, the
 * candidate alone. Carry and output are h [units]. Throws unless `units` is a positive integer.
 * @example
 * const layer = recurrent(layerNormGruCell(64))
 * const params = layer.init(random.key(0), { shape: [10, 8] })
 * layer.apply(params, zeros([10, 8])).shape // [10, 64]
 */
export function layerNormGruCell(
  units: number,
  options: GatedOptions & { epsilon?: number } = {},
): Cell<NormGruParams, Tensor> {
  checkUnits('layerNormGruCell', units, options, { ...GATED_NAMES, epsilon: 1 })
  const { gateActivation: gate = sigmoid, activation = tanh, epsilon = 1e-5 } = options
  /** [gates, candidate] of a product. */
  const normal = (x: Tensor, gain: Tensor): Tensor[] => {
    const sizes = [2 * units, units]
    const gains = split(gain, sizes)
    return split(x, sizes).map((part, i) => mul(standardize(part, { epsilon }), gains[i]))
  }
  return {
    init: (key, input) => ({
      ...cellParams('layerNormGruCell', key, input, { units, gates: 3, options }),
      gx: ones([3 * units]),
      gh: ones([3 * units]),
    }),
    initialCarry: startOfGru('layerNormGruCell'),
    apply(params, h, x, mode) {
      const { wx, wh, b, gx, gh } = checkParams('layerNormGruCell', params, ['wx', 'wh', 'b', 'gx', 'gh'])
      const [gates, candidate] = split(b, [2 * units, units])
      const [xg, xn] = normal(matmul(x, wx), gx)
      const [hg, hn] = normal(matmul(readState(h, mode), wh), gh)
      const [r, z] = split(gate(add(xg, hg, gates)), 2)
      const h1 = between(z, activation(add(xn, mul(r, hn), candidate)), h)
      return [h1, h1]
    },
  }
}
