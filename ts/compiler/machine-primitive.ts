// Primitives that exist only after the passes: the machine can do them in one instruction, the language has no word for
// them. Nothing differentiates or batches them any more.
import type { Primitive } from '../core/primitive.js'

/** A primitive that passes introduce. */
export function machinePrimitive<P>(
  rules: Pick<Primitive<P>, 'name' | 'type' | 'lower' | 'aim' | 'elementwise' | 'startsFrom'>,
): Primitive<P> {
  const never = (): never => {
    throw new Error(`${rules.name} is introduced by the passes and has no rule but its lowering`)
  }
  return { ...rules, jvp: never, transpose: null, batch: never }
}
