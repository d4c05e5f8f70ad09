// Padding with a value or with what is there, as NumPy's np.pad: a dimension is read at indices that leave it and come back.
import { range, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { rangeError } from '../errors.js'
import { takeStatic } from './arrange.js'
import { padInterior } from './slice.js'

const mod = (i: number, n: number): number => ((i % n) + n) % n

/** The element of a dimension of length n that stands at index i outside of it. */
const modes = {
  edge: (i: number, n: number) => Math.min(Math.max(i, 0), n - 1),
  reflect: (i: number, n: number) => (n === 1 ? 0 : n - 1 - Math.abs(mod(i, 2 * n - 2) - n + 1)),
  symmetric: (i: number, n: number) => Math.min(mod(i, 2 * n), mod(-1 - i, 2 * n)),
  wrap: mod,
}

/** What stands around a tensor: its edge repeated, its mirror image without or with the edge, or its other end. */
export type PadMode = keyof typeof modes

/** `x` with `widths[i]` elements before and after it along dimension i, read from `x` itself. */
function padFrom(x: Tensor, widths: readonly (readonly [number, number])[], mode: PadMode): Tensor {
  const index = modes[mode]
  if (index === undefined) throw rangeError(`pad: there is no mode ${mode}, only ${Object.keys(modes).join(', ')}`)
  return widths.reduce((y, [before, after], axis) => {
    const n = x.shape[axis]
    if (before + after === 0) return y
    if (n === 0) throw rangeError(`pad: ${showShape(x.shape)} has nothing to repeat along axis ${axis}`)
    return takeStatic(
      y,
      range(before + n + after).map(i => index(i - before, n)),
      axis,
    )
  }, x)
}

/**
 * `x` with `widths[i] = [before, after]` elements added along dimension i: of `value` (0), or as a mode says: its 'edge',
 * its mirror image without ('reflect') or with the edge ('symmetric'), or its other end ('wrap').
 * Throws for negative widths or the wrong number of them.
 * @example
 * pad(tensor([1, 2, 3]), [[1, 2]]) // [0, 1, 2, 3, 0, 0]
 * pad(tensor([1, 2, 3]), [[1, 2]], 'reflect') // [2, 1, 2, 3, 2, 1]
 */
export function pad(x: Tensor, widths: readonly (readonly [number, number])[], value: number | PadMode = 0): Tensor {
  checkTensor('pad', x)
  if (
    !Array.isArray(widths) ||
    widths.length !== x.rank ||
    widths.flat().length !== 2 * x.rank ||
    widths.flat().some(width => !Number.isInteger(width) || width < 0)
  ) {
    throw rangeError(
      `pad: shape ${showShape(x.shape)} takes ${x.rank} pairs of non-negative integers, not ${JSON.stringify(widths)}`,
    )
  }
  if (widths.flat().every(width => width === 0)) return x
  if (typeof value === 'string') return padFrom(x, widths, value)
  return padInterior(
    x,
    value,
    widths.map(width => width[0]),
    widths.map(width => width[1]),
    x.shape.map(() => 0),
  )
}
