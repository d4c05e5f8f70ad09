// Recurrent cells, as the textbook writes them, for one example and one step. A cell of your own is such a record too.
import type { Tensor } from '../core/tensor.js'
import { add, mul, sub } from '../ops/arithmetic.js'
import { split } from '../ops/concat.js'
import { matmul } from '../ops/dot-general.js'
import { zeros } from '../ops/full.js'
import { split as splitKey } from '../ops/random.js'
import { sigmoid, tanh } from '../ops/sigmoidal.js'
import type { Spec } from '../transforms/eval-shape.js'
import { checkCount, lastLength } from './check.js'
import { type Initializer, uniform } from './initializers.js'

/** A cell: `apply` takes one step of one example. `recurrent` runs it over a sequence. */
export interface Cell<P = unknown, C = unknown, X = Tensor, Y = Tensor> {
  /** Parameters from a key and what the input of one step looks like. */
  init(key: Tensor, input: Spec): P
  /** The carry before the first step. */
  initialCarry(params: P): C
  /** One step: `[carry, output]`. */
  apply(params: P, carry: C, x: X): readonly [C, Y]
}

/** How a cell's parameters start. */
export interface CellOptions {
  /** How weights and biases start (uniform in +-1 / sqrt(units), PyTorch). */
  init?: Initializer
}

/** The inputs' weights `wx` [D, G H], the state's `wh` [H, G H], the bias `b` [G H], for G gates. */
export interface CellParams {
  wx: Tensor
  wh: Tensor
  b: Tensor
}

function cellParams(name: string, key: Tensor, input: Spec, units: number, gates: number, init: Initializer) {
  const [kx, kh, kb] = splitKey(key, 3)
  const inputs = lastLength(name, input)
  return {
    wx: init(kx, [inputs, gates * units]),
    wh: init(kh, [units, gates * units]),
    b: init(kb, [gates * units]),
  }
}

const stateLength = ({ wh }: { wh: Tensor }): number => wh.shape[0]

/**
 * The simple recurrent cell (Elman 1990): h' = tanh(x Wx + h Wh + b); carry and output are h [units].
 * @example
 * const layer = recurrent(rnnCell(8, { activation: relu }))
 * const params = layer.init(random.key(0), { shape: [20, 3] })
 * layer.apply(params, ones([20, 3])).shape // [20, 8]
 */
export function rnnCell(
  units: number,
  {
    init = uniform(1 / Math.sqrt(units)),
    activation = tanh,
  }: CellOptions & { activation?: (x: Tensor) => Tensor } = {},
): Cell<CellParams, Tensor> {
  checkCount('rnnCell', 'units', units)
  return {
    init: (key, input) => cellParams('rnnCell', key, input, units, 1, init),
    initialCarry: params => zeros([stateLength(params)]),
    apply({ wx, wh, b }, h, x) {
      const h1 = activation(add(matmul(x, wx), matmul(h, wh), b))
      return [h1, h1]
    },
  }
}

/** The hidden state `h` and the cell state `c`, [units] each. */
export interface LstmCarry {
  h: Tensor
  c: Tensor
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000): c' = s(f) c +
 * s(i) tanh(g), h' = s(o) tanh(c'), gates in the order i f g o (PyTorch); the output is h'.
 * @example
 * const cell = lstmCell(8)
 * const params = cell.init(random.key(0), { shape: [3] })
 * const [carry, h] = cell.apply(params, cell.initialCarry(params), ones([3]))
 * carry.c.shape // [8]
 * params.wx.shape // [3, 32]
 */
export function lstmCell(
  units: number,
  { init = uniform(1 / Math.sqrt(units)) }: CellOptions = {},
): Cell<CellParams, LstmCarry> {
  checkCount('lstmCell', 'units', units)
  return {
    init: (key, input) => cellParams('lstmCell', key, input, units, 4, init),
    initialCarry: params => ({ h: zeros([stateLength(params)]), c: zeros([stateLength(params)]) }),
    apply({ wx, wh, b }, { h, c }, x) {
      const [i, f, g, o] = split(add(matmul(x, wx), matmul(h, wh), b), 4)
      const c1 = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)))
      const h1 = mul(sigmoid(o), tanh(c1))
      return [{ h: h1, c: c1 }, h1]
    },
  }
}

/** As `CellParams`, with one bias for the inputs' part and one for the state's: the reset gate acts between them. */
export interface GruParams {
  wx: Tensor
  wh: Tensor
  bx: Tensor
  bh: Tensor
}

/**
 * The gated recurrent unit (Cho et al. 2014) with the reset gate after the product, as PyTorch and cuDNN have it: n =
 * tanh(x Wn + bn + r (h Un + cn)), h' = (1 - z) n + z h, gates in the order r z n; carry and output are h [units].
 * @example
 * const cell = gruCell(8)
 * const params = cell.init(random.key(0), { shape: [3] })
 * const [h, hs] = scan((h: Tensor, x: Tensor) => cell.apply(params, h, x), cell.initialCarry(params), ones([20, 3]))
 * hs.shape // [20, 8]
 */
export function gruCell(
  units: number,
  { init = uniform(1 / Math.sqrt(units)) }: CellOptions = {},
): Cell<GruParams, Tensor> {
  checkCount('gruCell', 'units', units)
  return {
    init(key, input) {
      const [first, second] = splitKey(key)
      const { wx, wh, b } = cellParams('gruCell', first, input, units, 3, init)
      return { wx, wh, bx: b, bh: init(second, [3 * units]) }
    },
    initialCarry: params => zeros([stateLength(params)]),
    apply({ wx, wh, bx, bh }, h, x) {
      const [xr, xz, xn] = split(add(matmul(x, wx), bx), 3)
      const [hr, hz, hn] = split(add(matmul(h, wh), bh), 3)
      const [r, z] = [sigmoid(add(xr, hr)), sigmoid(add(xz, hz))]
      const n = tanh(add(xn, mul(r, hn)))
      const h1 = add(mul(sub(1, z), n), mul(z, h))
      return [h1, h1]
    },
  }
}
