// The primitive behind debug.print: no result, an effect. Compiled code leaves values in the report ring (assembly/report.ts);
// they are said when the run is over.
import type { Primitive } from '../core/primitive.js'
import { storedTensor, type Tensor } from '../core/tensor.js'
import { bind } from '../core/trace.js'
import { type Laws, values } from '../ops/laws.js'
import { Storage } from '../runtime/storage.js'

export interface PrintParams {
  /** As JSON writes it: it becomes part of what programs are found by. */
  label: string
}

/** Gets what is printed: the label, the value, and the steps of the loops around it, outermost first. */
export type Receiver = (label: string, value: Tensor, steps: readonly number[]) => void

const say: Receiver = (label, value, steps) => {
  const where = steps.length === 0 ? '' : ` [${steps.join(', ')}]`
  console.log(`${label}${where}:`, value.rank === 0 ? value.item() : JSON.stringify(value))
}

let receiver = say

/** Who gets what is printed from now on, the console by default; who got it until now. */
export function setReceiver(receive: Receiver = say): Receiver {
  const before = receiver
  receiver = receive
  return before
}

/** Hands over a value. */
export const receivePrint: Receiver = (label, value, steps) => receiver(label, value, steps)

export const printPrimitive: Primitive<PrintParams> = {
  name: 'print',
  type: () => [],
  jvp: () => [],
  transpose: () => [null],
  batch(inputs, _dims, params) {
    bind(printPrimitive, inputs, params)
    return { results: [], dims: [] }
  },
  lower(lowering, { inputs: [x] }, { label }) {
    const { shape, dtype } = x.aval
    lowering.print(lowering.view(x), (words, steps) => {
      receivePrint(JSON.parse(label), storedTensor({ shape, dtype }, Storage.of(words.slice(), 'debug.print')), steps)
    })
  },
  effect: true,
}

export const printLaws: Laws<PrintParams> = {
  primitive: printPrimitive,
  tolerance: 0,
  reference: () => [],
  draw: draw => ({ inputs: [values(draw, draw.shape())], params: { label: '"x"' } }),
}
