// whileLoop as users call it: trees in all places, condition and body traced once.
import { showAval } from '../core/program.js'
import { traceProgram } from '../core/trace.js'
import { type Tree, unflatten } from '../core/tree.js'
import { typeError } from '../errors.js'
import type { Operand } from '../ops/operand.js'
import { flattenTensors } from './arguments.js'
import { checkCarry } from './scan.js'
import { bindWhile } from './while-primitive.js'

/**
 * Repeats `carry = body(carry)` from `init` on as long as `condition(carry)`, a bool scalar, is true; returns the last carry,
 * a tree. Under `vmap` it runs until all examples are done, and the finished ones keep their carry. Forward mode only: `grad`
 * throws and names `scan`. Throws if the carry changes its tree, shape or dtype.
 * @example whileLoop(x => less(x, 100), x => mul(x, 2), tensor(3)) // 192
 */
export function whileLoop<C extends Tree>(
  condition: (carry: C) => Operand,
  body: (carry: C) => NoInfer<C>,
  init: C,
): C {
  for (const f of [condition, body])
    if (typeof f !== 'function') throw typeError('whileLoop: condition and body are functions')
  const start = flattenTensors('whileLoop', init, 'init')
  const types = start.leaves.map(({ shape, dtype }) => ({ shape, dtype }))
  const holds = traceProgram(types, tracers => {
    const { leaves } = flattenTensors('whileLoop', condition(unflatten(start.structure, tracers) as C), 'the condition')
    if (leaves.length !== 1 || leaves[0].dtype !== 'bool' || leaves[0].rank > 0)
      throw typeError(`whileLoop: the condition is a bool scalar, not ${leaves.map(showAval).join(', ') || 'nothing'}`)
    return leaves
  })
  const step = traceProgram(types, tracers => {
    const next = flattenTensors('whileLoop', body(unflatten(start.structure, tracers) as C), 'the carry')
    checkCarry('whileLoop', start, next)
    return next.leaves
  })
  const results = bindWhile(
    {
      condition: holds.program,
      body: step.program,
      conditionConsts: holds.captured.length,
      bodyConsts: step.captured.length,
    },
    [...holds.captured, ...step.captured, ...start.leaves],
  )
  return unflatten(start.structure, results) as C
}
