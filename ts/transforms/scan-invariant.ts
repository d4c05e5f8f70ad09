// What of a loop's body depends on its constants alone is computed before the loop when the loop is differentiated. It
// would leave the loop later anyhow; but so the way back of a split, a mask or a norm of weights runs once, behind a loop
// that sums gradients of the parts, and not at each step.
import { isEffect } from '../compiler/passes/rewrite.js'
import { pruneProgram, readAtoms } from '../compiler/prune.js'
import { elements } from '../compiler/view.js'
import type { Atom, Equation, Program } from '../core/program.js'
import { broadcastPrimitive } from '../ops/broadcast.js'
import { memoized } from './interpret.js'

export interface Lifted {
  /** Constants -> values that the loop reads in their place. */
  outside: Program
  /** The body with these values behind its constants. */
  inner: Program
}

const size = (atoms: readonly Atom[]): number => atoms.reduce((sum, { aval }) => sum + elements(aval.shape), 0)

/**
 * The body apart from what follows from its first `nonzero.length` inputs, of which some have tangents; null where nothing
 * with a tangent does. What grows stays, and broadcasts do even over one: their gradients are summed before they are added up.
 */
export const liftInvariants: (body: Program, nonzero: readonly boolean[]) => Lifted | null = memoized(
  (nonzero: readonly boolean[]) => nonzero.map(Number).join(''),
  (body, nonzero) => {
    const consts = body.inputs.slice(0, nonzero.length)
    const fixed = new Set<Atom>(consts)
    const moving = new Set<Atom>(consts.filter((_, i) => nonzero[i]))
    const lifted = new Set<Equation>()
    const outside = body.equations.filter(equation => {
      const { inputs, outputs } = equation
      const active = inputs.filter(atom => moving.has(atom))
      if (isEffect(equation) || !inputs.every(atom => atom.kind === 'literal' || fixed.has(atom))) return false
      if (active.length > 0) {
        if (equation.primitive === broadcastPrimitive || size(outputs) > size(active)) return false
        lifted.add(equation)
      }
      for (const output of outputs) {
        fixed.add(output)
        if (active.length > 0) moving.add(output)
      }
      return true
    })
    const equations = body.equations.filter(equation => !lifted.has(equation))
    const read = readAtoms({ ...body, equations })
    const passed = [...lifted].flatMap(({ outputs }) => outputs.filter(output => read.has(output)))
    if (passed.length === 0) return null
    return {
      outside: pruneProgram({ inputs: consts, equations: outside, outputs: passed }),
      inner: { ...body, inputs: [...consts, ...passed, ...body.inputs.slice(consts.length)], equations },
    }
  },
)
