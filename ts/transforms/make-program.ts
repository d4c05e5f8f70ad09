// Looking at what a function became.
import { type Program, printProgram } from '../core/program.js'
import { closedFunction } from './function.js'

/** A traced program that prints itself. */
export interface PrintableProgram extends Program {
  toString(): string
}

/**
 * The program that tracing `f` on these arguments yields; `String(...)` prints it. Throws what `f` throws.
 * @example
 * const program = makeProgram((x: Tensor) => mean(square(x)))(zeros([3]))
 * String(program)
 * // { inputs a:f32[3]
 * //   b:f32[3] = mul a a
 * //   c:f32[] = sum[axes=(0)] b
 * //   d:f32[] = div c 3:f32
 * //   outputs d }
 */
export function makeProgram<A extends unknown[]>(f: (...args: A) => unknown): (...args: A) => PrintableProgram {
  return (...args) => {
    const { program } = closedFunction('makeProgram', f, args)
    return { ...program, toString: () => printProgram(program) }
  }
}
