// Padding with what is there: a dimension is read at indices that leave it and come back (NumPy's np.pad).
import { range, showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { rangeError } from '../errors.js'
import { takeStatic } from './arrange.js'

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
export function padFrom(x: Tensor, widths: readonly (readonly [number, number])[], mode: PadMode): Tensor {
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
