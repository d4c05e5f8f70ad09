// Looking at what a function became.
import { type Program, printProgram } from '../core/program.js'
import { closedFunction } from './function.js'

/** A traced program that prints itself. */
export interface PrintableProgram extends Program {
  toString(): string
}

/**
 * The program that tracing `f` on these arguments yields; `String(...)` prints it.
 * @example console.log(String(makeProgram(x => add(x, 1))(zeros([3]))))
 */
export function makeProgram<A extends unknown[]>(f: (...args: A) => unknown): (...args: A) => PrintableProgram {
  return (...args) => {
    const { program } = closedFunction('makeProgram', f, args)
    return { ...program, toString: () => printProgram(program) }
  }
}
