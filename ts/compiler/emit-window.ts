// Windows whose place is a value: copies from and to them, one for each example of a batch.
import { emitCopyAt } from './emit-copy.js'
import type { Lowering } from './lowering.js'
import { elements, type View } from './view.js'

/** Where windows lie. */
export interface Windows {
  /** The axis of each start; along all others the window is as long as the tensor. */
  readonly axes: readonly number[]
  /** Leading dimensions that tensors and starts have in common. */
  readonly batch: number
}

/** Copies the windows at `starts` in `whole` to `window`, or with `writes` the other way round. */
export function emitWindows(
  lowering: Lowering,
  { axes, batch }: Windows,
  starts: readonly View[],
  whole: View,
  window: View,
  writes: boolean,
): void {
  if (elements(window.shape) === 0) return
  if (batch > 0) {
    lowering.loop(whole.shape[0], () => {
      const inner = { axes: axes.map(axis => axis - 1), batch: batch - 1 }
      const own = starts.map(start => lowering.step(start))
      emitWindows(lowering, inner, own, lowering.step(whole), lowering.step(window), writes)
    })
    return
  }
  const places = starts.map((index, i) => ({
    index,
    limit: whole.shape[axes[i]] - window.shape[axes[i]],
    stride: whole.strides[axes[i]],
  }))
  // The first elements of the whole stand for the window at the starts, whatever they are.
  const corner = { ...whole, shape: window.shape }
  emitCopyAt(lowering, places, writes ? window : corner, writes ? corner : window, writes)
}
