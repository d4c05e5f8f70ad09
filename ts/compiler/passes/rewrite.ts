// What passes share: walking the programs inside of equations.
import type { Program } from '../../core/program.js'

/** True for a parameter that is itself a program (the body of a scan). */
export const isProgram = (value: unknown): value is Program =>
  typeof value === 'object' && value !== null && 'equations' in value && 'outputs' in value

/** Parameters with every program among them rewritten. */
export function mapPrograms<P>(params: P, rewrite: (program: Program) => Program): P {
  if (params === null || typeof params !== 'object' || !Object.values(params).some(isProgram)) return params
  return Object.fromEntries(
    Object.entries(params).map(([key, value]) => [key, isProgram(value) ? rewrite(value) : value]),
  ) as P
}
