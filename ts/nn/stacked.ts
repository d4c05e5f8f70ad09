// Cells one above the other, which are a cell again.
import type { Tensor } from '../core/tensor.js'
import { typeError } from '../errors.js'
import { add } from '../ops/arithmetic.js'
import { foldIn, split } from '../ops/random.js'
import { evalShape, type Spec } from '../transforms/eval-shape.js'
import type { Cell, StepMode } from './cell.js'
import type { Layer, ParamsOf } from './layer.js'
import { partMode } from './link.js'
import { checkCell, scanCell, scanSteps } from './recurrent.js'

// biome-ignore lint/suspicious/noExplicitAny: cells of all kinds stand in one list
type AnyCell = Cell<any, any, any, any>
/** A cell, or what has no carry: a layer over the vectors of a step, a function of one tensor. */
// biome-ignore lint/suspicious/noExplicitAny: layers of all kinds stand in one list
type Storey = AnyCell | Layer<any, any, any> | ((x: Tensor) => Tensor)

/** One entry for each cell or layer: its parameters, null for a function. */
export type StackedParams<L extends readonly Storey[]> = { -readonly [K in keyof L]: ParamsOf<L[K]> }

/** One entry for each cell: its carry; null for what has none. */
export type StackedCarry<L extends readonly Storey[]> = {
  -readonly [K in keyof L]: L[K] extends {
    /** A cell's. */
    initialCarry(params: never): infer C
  }
    ? C
    : null
}

type Params = readonly unknown[]

const isCell = (storey: Storey): storey is AnyCell => 'initialCarry' in storey

/** One step of one storey. */
function step(storey: Storey, params: unknown, carry: unknown, x: Tensor, mode?: StepMode): readonly [unknown, Tensor] {
  if (typeof storey === 'function') return [null, storey(x)]
  if (isCell(storey)) return storey.apply(params, carry, x, mode)
  // Layers that draw do so at each step anew.
  const key = mode?.key && mode.step ? foldIn(mode.key, mode.step) : mode?.key
  return [null, storey.apply(params, x, mode && { ...mode, key })]
}

/** What a storey makes of inputs like `spec`. */
const outputSpec = (storey: Storey, params: unknown, spec: Spec): Spec =>
  evalShape((p: unknown, x: Tensor) => step(storey, p, isCell(storey) ? storey.initialCarry(p, x) : null, x)[1])(
    params as never,
    spec,
  ) as Spec

/**
 * Cells one above the other, a cell again: each takes the output of the one below. Layers (`dense`, for one step) and
 * functions of a tensor may stand between them or on top; carries and parameters are lists, null for what has none.
 * Over a sequence each cell runs through all steps before the next one starts, so that what products with inputs there
 * are become one for all steps. Throws at the first argument that is none of these.
 * @example
 * const cell = stacked(lstmCell(64), residualCell(lstmCell(64)), dense(10))
 * const model = recurrent(cell)
 * const params = model.init(random.key(0), { shape: [20, 8] })
 * model.apply(params, zeros([20, 8])).shape // [20, 10]
 */
export function stacked<const L extends readonly Storey[]>(...storeys: L): Cell<StackedParams<L>, StackedCarry<L>> {
  storeys.forEach((storey, i) => {
    if (typeof storey === 'function' || (typeof storey?.init === 'function' && typeof storey.apply === 'function'))
      return
    throw typeError(`stacked: argument ${i + 1} is neither a cell, a layer nor a function`)
  })
  /** A step through the storeys from `from` up to `to`. */
  const through =
    (params: Params, from: number, to: number) =>
    (carry: Params, x: Tensor, mode?: StepMode): [Params, Tensor] => {
      let y = x
      const next = storeys.slice(from, to).map((storey, i) => {
        const [after, out] = step(storey, params[from + i], carry[i], y, partMode(mode, from + i))
        y = out
        return after
      })
      return [next, y]
    }
  // A part is a cell and what stands on it; the first also what stands below.
  const cells = storeys.flatMap((storey, i) => (isCell(storey) ? [i] : []))
  const parts = [0, ...cells.slice(1), storeys.length]
  const cell: Cell<Params, Params> = {
    init(key, input) {
      const keys = storeys.length === 0 ? [] : split(key, storeys.length)
      let spec = input
      return storeys.map((storey, i) => {
        const params = typeof storey === 'function' ? null : storey.init(keys[i], spec)
        if (i < storeys.length - 1) spec = outputSpec(storey, params, spec)
        return params
      })
    },
    initialCarry(params, input) {
      let spec = input
      return storeys.map((storey, i) => {
        const carry = isCell(storey) ? storey.initialCarry(params[i], spec) : null
        if (spec !== undefined && i < cells[cells.length - 1]) spec = outputSpec(storey, params[i], spec)
        return carry
      })
    },
    apply: (params, carry, x, mode) => through(params, 0, storeys.length)(carry, x, mode),
    scan(params, carry, xs, run) {
      let y = xs
      const next = parts.slice(0, -1).flatMap((from, k) => {
        const to = parts[k + 1]
        const [below, only] = [carry.slice(from, to), storeys[from]]
        if (to === from + 1 && isCell(only)) {
          const [after, out] = scanCell(only, params[from], below[0], y, { ...run, mode: partMode(run.mode, from) })
          y = out
          return [after]
        }
        const [after, out] = scanSteps(through(params, from, to), below, y, run)
        y = out
        return after
      })
      return [next, y]
    },
  }
  return cell as unknown as Cell<StackedParams<L>, StackedCarry<L>>
}

/**
 * A cell whose input is added to its output, for deep stacks (Kim et al. 2017): y = cell(x) + x; both have one shape.
 * @example
 * const deep = stacked(gruCell(32), residualCell(gruCell(32)), residualCell(gruCell(32)))
 * const params = deep.init(random.key(0), { shape: [8] })
 */
export function residualCell<P, C>(cell: Cell<P, C>): Cell<P, C> {
  checkCell('residualCell', cell)
  return {
    init: (key, input) => cell.init(key, input),
    initialCarry: (params, input) => cell.initialCarry(params, input),
    apply(params, carry, x, mode) {
      const [next, y] = cell.apply(params, carry, x, mode)
      return [next, add(y, x)]
    },
  }
}
