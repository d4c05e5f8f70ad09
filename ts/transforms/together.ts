// Outside of any trace, the steps of a transform (value, then gradient) are traced into one program and run in one call;
// the program is found again by what it says, so a transform called twice compiles once.
import { applyProgram, isTracing } from '../core/trace.js'
import { closedFunction } from './function.js'

/** `f(...args)`; as one program where no trace is open. `operation`: whose arguments they are. */
export function runTogether<A extends unknown[], B>(operation: string, args: A, f: (...args: A) => B): B {
  if (isTracing()) return f(...args)
  const { program, captured, leaves, build } = closedFunction(operation, f, args)
  return build(applyProgram(program, [...captured, ...leaves])) as B
}
