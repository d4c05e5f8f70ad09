// inline: calls (functions with rules of their own for differentiation) become the equations that they stand for, so that
// they cost nothing. What is computed again instead of kept becomes so only after the passes that would find it equal to
// what was computed before, or move it out of its loop.
import type { Program } from '../../core/program.js'
import { inline, replaceEquations } from './rewrite.js'

const inlineWhere = (program: Program, isLate: boolean): Program =>
  replaceEquations(program, ({ primitive, params, inputs }) => {
    const body = primitive.inline?.(params, isLate)
    return body ? inline(body, inputs) : null
  })

/** The program without the calls that other passes may see through. */
export const inlineCalls = (program: Program): Program => inlineWhere(program, false)

/** The program without calls. */
export const inlineAll = (program: Program): Program => inlineWhere(program, true)
