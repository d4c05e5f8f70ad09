// pack: the right operand of a product is rearranged into panels once for all products that read it, before the loops in
// which it does not change, and not once for each product: a recurrence packs its weights once. Unlike the other passes
// this one happens while a program is lowered, where the operands' layouts are known.
import type { Lowering } from '../lowering.js'
import type { View } from '../view.js'

/** Panels of `view` in this layout: those that are there already, or those that `pack` makes and returns. */
export function packOnce(lowering: Lowering, view: View, layout: string, pack: () => View): View {
  if (!lowering.packsOnce) return pack()
  const { buffer, offset, steps } = view
  const depth = Math.max(buffer.depth, steps.length)
  const panels = lowering.panels(depth, buffer)
  const key = `${offset}:${steps.join()}:${layout}`
  const made = panels.get(key) ?? lowering.atDepth(depth, pack)
  panels.set(key, made)
  return made
}
