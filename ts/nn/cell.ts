// What a cell is, and what the built-in ones share: options, parameters, and how they read their state.
import { checkOptions, type OptionNames } from '../core/options.js'
import { showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { concat } from '../ops/concat.js'
import { split as splitKey } from '../ops/random.js'
import type { Spec } from '../transforms/eval-shape.js'
import { checkCount, checkFunctions, checkParams, drawn, lastLength } from './check.js'
import { type Initializer, uniform } from './initializers.js'
import type { Mode } from './layer.js'

/** How a cell is run: as a layer is, and which step this is. */
export interface StepMode extends Mode {
  /** The number of the step, int32 []; `key` is that of the whole sequence. Given where there is a key. */
  step?: Tensor
  /** What products read of the state instead of the state; see `readState`. */
  read?(state: Tensor, key: Tensor): Tensor
}

/** How a cell runs over a sequence. */
export interface CellRun {
  /** From the last step to the first. */
  reverse?: boolean
  mode?: StepMode
}

/** A cell: `apply` takes one step of one example. `recurrent` runs it over a sequence. */
export interface Cell<P = unknown, C = unknown, X = Tensor, Y = Tensor> {
  /** Parameters from a key and what the input of one step looks like. */
  init(key: Tensor, input: Spec): P
  /** The carry before the first step; some cells need to know what the input of a step looks like. */
  initialCarry(params: P, input?: Spec): C
  /** One step: `[carry, output]`. */
  apply(params: P, carry: C, x: X, mode?: StepMode): readonly [C, Y]
  /** All steps, [carry, outputs], where there is a better way than one step after the other. */
  scan?(params: P, carry: C, xs: X, run: CellRun): [C, Y]
}

/** How parameters start. */
export interface CellOptions {
  /** All that has no initialiser of its own (uniform in +-1 / sqrt(units), PyTorch). */
  init?: Initializer
  /** The state's weights, gate by gate [units, units]: `orthogonal` or `identity()`, for instance (as `init`). */
  recurrentInit?: Initializer
  /** The biases (as `init`). */
  biasInit?: Initializer
}

/** Options of cells with gates. */
export interface GatedOptions extends CellOptions {
  /** What makes gates (`sigmoid`). */
  gateActivation?: (x: Tensor) => Tensor
  /** What makes candidates and bounds outputs (`tanh`). */
  activation?: (x: Tensor) => Tensor
}

/** The names of the options of all cells. */
export const CELL_NAMES: OptionNames<CellOptions> = { init: 1, recurrentInit: 1, biasInit: 1 }

/** The names of the options of cells with gates. */
export const GATED_NAMES: OptionNames<GatedOptions> = { ...CELL_NAMES, gateActivation: 1, activation: 1 }

/** The inputs' weights `wx` [D, G H], the state's `wh` [H, G H], the bias `b` [G H], for G gates. */
export interface CellParams {
  wx: Tensor
  wh: Tensor
  b: Tensor
}

/** How the parameters of a cell of so many units start, unless told otherwise. */
export const startOf = (units: number, { init }: CellOptions): Initializer => init ?? uniform(1 / Math.sqrt(units))

/** Weights and bias of so many gates. */
export function cellParams(
  name: string,
  key: Tensor,
  input: Spec,
  { units, gates, options }: { units: number; gates: number; options: CellOptions },
): CellParams {
  const [kx, kh, kb] = splitKey(key, 3)
  const init = startOf(units, options)
  const { recurrentInit, biasInit = init } = options
  return {
    wx: drawn(name, init, kx, [lastLength(name, input), gates * units]),
    wh:
      recurrentInit === undefined
        ? drawn(name, init, kh, [units, gates * units])
        : concat(
            splitKey(kh, gates).map(own => drawn(name, recurrentInit, own, [units, units])),
            1,
          ),
    b: drawn(name, biasInit, kb, [gates * units]),
  }
}

/** Throws at other options than `names` or others than functions, and unless `units` is a number of units. */
export function checkUnits<T extends object>(
  name: string,
  units: number,
  options: T,
  names: OptionNames<NoInfer<T>>,
): void {
  checkOptions(name, options, names)
  checkCount(name, 'units', units)
  checkFunctions(name, options)
}

/** The number of units, from the state's weights. Throws unless a step, where it is known, is a vector. */
export function stateLength(name: string, params: { wh: Tensor }, step?: Spec): number {
  const { wh } = checkParams(name, params, ['wh'])
  if (step === undefined || step.shape.length < 2) return wh.shape[0]
  throw typeError(
    `${name}: a step of the sequence has shape ${showShape(step.shape)}, expected a vector [features]; use vmap for a batch`,
  )
}

/**
 * What the products of a cell read of its state: the state itself, or what `variationalDropout` leaves of it. A cell of
 * your own that reads its state so can be wrapped in it.
 * @example
 * import { add, matmul, random, type Tensor, tanh, zeros } from 'heddle'
 * import { type Cell, readState, recurrent, variationalDropout } from 'heddle/nn'
 * const cell: Cell<{ wx: Tensor; wh: Tensor }, Tensor> = {
 *   init: (key, { shape: [size] }) => ({ wx: random.normal(key, [size, 4]), wh: random.normal(key, [4, 4]) }),
 *   initialCarry: () => zeros([4]),
 *   apply({ wx, wh }, h, x, mode) {
 *     const next = tanh(add(matmul(x, wx), matmul(readState(h, mode), wh)))
 *     return [next, next]
 *   },
 * }
 * recurrent(variationalDropout(cell, { state: 0.3 }))
 */
export const readState = (state: Tensor, mode?: StepMode): Tensor =>
  mode?.read === undefined || mode.key === undefined ? state : mode.read(state, mode.key)
