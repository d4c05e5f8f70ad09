// Elementwise instructions over views of any strides.
import { type MapOp, Opcode } from '../../assembly/format.js'
import { type Lowering, read, write } from './lowering.js'
import { collapse, elements, ITEM_BYTES, type View } from './view.js'

/** One operation of a chain: its operands are inputs (by number), then results of earlier steps. */
export interface MapStep {
  readonly op: MapOp
  readonly operands: readonly number[]
}

/** out = op(...inputs), element by element; scalars (shape []) are broadcast. */
export function emitMap(lowering: Lowering, op: MapOp, inputs: readonly View[], out: View): void {
  emitMaps(lowering, [{ op, operands: inputs.map((_, i) => i) }], inputs, [0], [out])
}

/** A chain of operations over elements; `results[i]` is the step whose values go to `outs[i]`. */
export function emitMaps(
  lowering: Lowering,
  steps: readonly MapStep[],
  inputs: readonly View[],
  results: readonly number[],
  outs: readonly View[],
): void {
  const [{ shape }] = outs
  if (elements(shape) === 0) return
  const operands = [...inputs, ...outs]
  const levels = collapse(
    shape.map((length, i) => ({
      length,
      strides: operands.map(view => (view.shape.length === 0 ? 0 : view.strides[i])),
    })),
  )
  if (levels.length === 0) levels.push({ length: 1, strides: operands.map(() => ITEM_BYTES) })
  const strides = (operand: number) => levels.map(level => level.strides[operand])
  // Registers: inputs, outputs, then the steps whose values stay inside.
  let temporaries = operands.length
  const stepRegister = steps.map((_, i) => {
    const at = results.indexOf(i)
    return at >= 0 ? inputs.length + at : temporaries++
  })
  const register = (operand: number | undefined): number =>
    operand === undefined ? 0 : operand < inputs.length ? operand : stepRegister[operand - inputs.length]
  lowering.emit(
    Opcode.Map,
    [
      levels.length | (inputs.length << 8) | (outs.length << 16) | (steps.length << 24),
      ...levels.map(level => level.length),
      ...inputs.flatMap((view, i) => [read(view), ...strides(i)]),
      ...outs.flatMap((view, i) => [write(view), ...strides(inputs.length + i)]),
      ...steps.flatMap(({ op, operands: [a, b, c] }, i) => [
        op | (stepRegister[i] << 16),
        register(a) | (register(b) << 8) | (register(c) << 16),
      ]),
    ],
    true,
  )
}
