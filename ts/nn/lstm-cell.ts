// Long short-term memory and its kin: a cell state that gates protect.
import type { OptionNames } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { add, mul, sub } from '../ops/arithmetic.js'
import { concat, split } from '../ops/concat.js'
import { matmul } from '../ops/dot-general.js'
import { full, ones, zeros } from '../ops/full.js'
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
import { type NormParams, standardize } from './norm.js'

/** The hidden state `h` and the cell state `c`, [units] each. */
export interface LstmCarry {
  h: Tensor
  c: Tensor
}

/** Options of cells with a forget gate. */
export interface LstmOptions extends GatedOptions {
  /**
   * Added to the forget gates' biases at the start (0); 1 lets errors flow from the first step on (Gers et al. 2000;
   * Jozefowicz et al. 2015).
   */
  forgetBias?: number
}

/** The names of the options of cells with a forget gate. */
export const LSTM_NAMES: OptionNames<LstmOptions> = { ...GATED_NAMES, forgetBias: 1 }

const startOfLstm =
  (name: string): Cell<{ wh: Tensor }, LstmCarry>['initialCarry'] =>
  (params, step) => {
    const shape = [stateLength(name, params, step)]
    return { h: zeros(shape), c: zeros(shape) }
  }

/** Parameters of so many gates, of which gate `forget` starts open. */
function lstmParams(
  name: string,
  units: number,
  gates: number,
  forget: number,
  { forgetBias = 0, ...options }: LstmOptions,
): Cell<CellParams>['init'] {
  return (key, input) => {
    const params = cellParams(name, key, input, { units, gates, options })
    if (forgetBias === 0) return params
    const parts = Array.from({ length: gates }, (_, gate) => full([units], gate === forget ? forgetBias : 0))
    return { ...params, b: add(params.b, concat(parts)) }
  }
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000):
 * c' = s(f) c + s(i) tanh(g), h' = s(o) tanh(c'), gates in the order i f g o (PyTorch); the output is h'.
 * Throws unless `units` is a positive integer.
 * @example
 * const cell = lstmCell(256, { forgetBias: 1 })
 * const params = cell.init(random.key(0), { shape: [128] })
 * params.wx.shape // [128, 1024]
 */
export function lstmCell(units: number, options: LstmOptions = {}): Cell<CellParams, LstmCarry> {
  checkUnits('lstmCell', units, options, LSTM_NAMES)
  const { gateActivation: gate = sigmoid, activation = tanh } = options
  return {
    init: lstmParams('lstmCell', units, 4, 1, options),
    initialCarry: startOfLstm('lstmCell'),
    apply(params, { h, c }, x, mode) {
      const { wx, wh, b } = checkParams('lstmCell', params, ['wx', 'wh', 'b'])
      const [i, f, g, o] = split(add(matmul(x, wx), matmul(readState(h, mode), wh), b), 4)
      const c1 = add(mul(gate(f), c), mul(gate(i), activation(g)))
      const h1 = mul(gate(o), activation(c1))
      return [{ h: h1, c: c1 }, h1]
    },
  }
}

/** As `CellParams`, and how much each gate sees of the cell state: `pi`, `pf`, `po` [H]. */
export interface PeepholeParams extends CellParams {
  pi: Tensor
  pf: Tensor
  po: Tensor
}

/**
 * Long short-term memory with peepholes (Gers and Schmidhuber 2000), which count and time precisely:
 * c' = s(f + pf c) c + s(i + pi c) tanh(g), h' = s(o + po c') tanh(c'), gates in the order i f g o; the output is h'.
 * Throws unless `units` is a positive integer.
 * @example
 * const counter = recurrent(peepholeLstmCell(2, { forgetBias: 1 }))
 * counter.init(random.key(0), { shape: [20, 3] }).po.shape // [2]
 */
export function peepholeLstmCell(units: number, options: LstmOptions = {}): Cell<PeepholeParams, LstmCarry> {
  checkUnits('peepholeLstmCell', units, options, LSTM_NAMES)
  const { gateActivation: gate = sigmoid, activation = tanh } = options
  const init = lstmParams('peepholeLstmCell', units, 4, 1, options)
  return {
    init(key, input) {
      const [first, ki, kf, ko] = splitKey(key, 4)
      const [pi, pf, po] = [ki, kf, ko].map(own => drawn('peepholeLstmCell', startOf(units, options), own, [units]))
      return { ...init(first, input), pi, pf, po }
    },
    initialCarry: startOfLstm('peepholeLstmCell'),
    apply(params, { h, c }, x, mode) {
      const { wx, wh, b, pi, pf, po } = checkParams('peepholeLstmCell', params, ['wx', 'wh', 'b', 'pi', 'pf', 'po'])
      const [i, f, g, o] = split(add(matmul(x, wx), matmul(readState(h, mode), wh), b), 4)
      const c1 = add(mul(gate(add(f, mul(pf, c))), c), mul(gate(add(i, mul(pi, c))), activation(g)))
      const h1 = mul(gate(add(o, mul(po, c1))), activation(c1))
      return [{ h: h1, c: c1 }, h1]
    },
  }
}

/**
 * Long short-term memory whose input gate is what the forget gate leaves (Greff et al. 2015, CIFG): a quarter fewer
 * parameters. c' = s(f) c + (1 - s(f)) tanh(g), h' = s(o) tanh(c'), gates in the order f g o; the output is h'.
 * Throws unless `units` is a positive integer.
 * @example
 * coupledLstmCell(256).init(random.key(0), { shape: [128] }).wh.shape // [256, 768]
 */
export function coupledLstmCell(units: number, options: LstmOptions = {}): Cell<CellParams, LstmCarry> {
  checkUnits('coupledLstmCell', units, options, LSTM_NAMES)
  const { gateActivation = sigmoid, activation = tanh } = options
  return {
    init: lstmParams('coupledLstmCell', units, 3, 0, options),
    initialCarry: startOfLstm('coupledLstmCell'),
    apply(params, { h, c }, x, mode) {
      const { wx, wh, b } = checkParams('coupledLstmCell', params, ['wx', 'wh', 'b'])
      const [zf, g, o] = split(add(matmul(x, wx), matmul(readState(h, mode), wh), b), 3)
      const f = gateActivation(zf)
      const c1 = add(mul(f, c), mul(sub(1, f), activation(g)))
      const h1 = mul(gateActivation(o), activation(c1))
      return [{ h: h1, c: c1 }, h1]
    },
  }
}

/** As `CellParams`, the gains of what is normalised `gx`, `gh` [4 H], and gain and bias for the cell state. */
export interface NormLstmParams extends CellParams {
  gx: Tensor
  gh: Tensor
  norm: NormParams
}

const NORM_LSTM_PARAMS: readonly (keyof NormLstmParams)[] = ['wx', 'wh', 'b', 'gx', 'gh', 'norm']

/**
 * Long short-term memory with layer normalisation (Ba et al. 2016, equations 20 to 22): i f g o = LN(x Wx) + LN(h Wh) + b,
 * c' = s(f) c + s(i) tanh(g), h' = s(o) tanh(LN(c')). The two biases within the gates' LN are one with b.
 * Throws unless `units` is a positive integer.
 * @example
 * const layer = recurrent(layerNormLstmCell(64))
 * const params = layer.init(random.key(0), { shape: [10, 8] })
 * layer.apply(params, zeros([10, 8])).shape // [10, 64]
 */
export function layerNormLstmCell(
  units: number,
  options: LstmOptions & { epsilon?: number } = {},
): Cell<NormLstmParams, LstmCarry> {
  checkUnits('layerNormLstmCell', units, options, { ...LSTM_NAMES, epsilon: 1 })
  const { gateActivation: gate = sigmoid, activation = tanh, epsilon = 1e-5 } = options
  const init = lstmParams('layerNormLstmCell', units, 4, 1, options)
  const normal = (x: Tensor, gain: Tensor): Tensor => mul(standardize(x, { epsilon }), gain)
  return {
    init: (key, input) => ({
      ...init(key, input),
      gx: ones([4 * units]),
      gh: ones([4 * units]),
      norm: { scale: ones([units]), bias: zeros([units]) },
    }),
    initialCarry: startOfLstm('layerNormLstmCell'),
    apply(params, { h, c }, x, mode) {
      const { wx, wh, b, gx, gh, norm } = checkParams('layerNormLstmCell', params, NORM_LSTM_PARAMS)
      const gates = add(normal(matmul(x, wx), gx), normal(matmul(readState(h, mode), wh), gh), b)
      const [i, f, g, o] = split(gates, 4)
      const c1 = add(mul(gate(f), c), mul(gate(i), activation(g)))
      const h1 = mul(gate(o), activation(add(normal(c1, norm.scale), norm.bias)))
      return [{ h: h1, c: c1 }, h1]
    },
  }
}
