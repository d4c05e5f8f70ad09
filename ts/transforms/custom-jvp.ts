// customJvp: a function with a derivative that its author says. A call that holds two programs, the function and the rule;
// the rule takes the function's place when it is differentiated, reverse mode transposes it.
import type { Tensor } from '../core/tensor.js'
import { applyProgram, traceProgram, tracePure } from '../core/trace.js'
import { type Tree, unflatten } from '../core/tree.js'
import { typeError } from '../errors.js'
import { mul } from '../ops/arithmetic.js'
import { exp, log1p } from '../ops/exponential.js'
import { type Laws, values } from '../ops/laws.js'
import { sigmoid } from '../ops/sigmoidal.js'
import {
  checkFunctions,
  fillZeros,
  functionWithRules,
  isFloat,
  leavesLike,
  pair,
  primitiveWithRules,
  type RuleParams,
  zerosOf,
} from './call.js'
import { cut, outputTypes, spread } from './interpret.js'
import { splitProgram } from './partial.js'
import { vmapProgram } from './vmap.js'

/** The rule: [captured, arguments, tangents of float arguments] -> [results, tangents of float results]. */
export const customJvpPrimitive = primitiveWithRules(
  'customJvp',
  ([rule], primals, tangents, { body, captured }) => {
    const isArgument = (_: unknown, i: number) => i >= captured && isFloat(primals[i])
    const given = primals.map((primal, i) => tangents[i] ?? zerosOf(primal)).filter(isArgument)
    const all = applyProgram(rule, [...primals, ...given])
    const count = body.outputs.length
    return { results: all.slice(0, count), tangents: spread(outputTypes(body).map(isFloat), all.slice(count)) }
  },
  ([rule], { size, dims, placed, floats, floatResults }) => [
    vmapProgram(rule, { size, dims: [...dims, ...floats], wanted: [...placed, ...floatResults] }).program,
  ],
)

/**
 * `f` with the derivative that `rule` gives: from the arguments and their tangents it returns `[f(...), its tangent]`,
 * linear in the tangents. Forward and reverse mode use it (which transposes it); not differentiated, only `f` runs.
 * Tangents have the trees of what they belong to, zeros for leaves that are not float32, whose own are ignored.
 * What `f` closes over cannot be differentiated.
 * Throws if the rule's trees, shapes or dtypes are not those of `f`.
 * @example
 * const softplus: (x: Tensor) => Tensor = customJvp(
 *   (x: Tensor) => log1p(exp(x)),
 *   ([x], [dx]) => [softplus(x), mul(sigmoid(x), dx)],
 * )
 * grad(softplus)(tensor(100)) // 1
 */
export function customJvp<A extends unknown[], B extends Tree>(
  f: (...args: A) => B,
  rule: (primals: NoInfer<A>, tangents: NoInfer<A>) => readonly [NoInfer<B>, NoInfer<B>],
): (...args: A) => B {
  checkFunctions('customJvp', f, rule)
  return functionWithRules('customJvp', customJvpPrimitive, f, ({ program, leaves, structure, result }) => {
    const types = outputTypes(program)
    const floats = leaves.filter(isFloat)
    const closed = traceProgram([...leaves, ...floats], tracers => {
      const [primals, tangents] = cut(tracers, leaves.length)
      const tree = (list: readonly Tensor[]) => unflatten(structure, list) as A
      const [results, derivatives] = pair('customJvp: the rule', rule(tree(primals), tree(fillZeros(leaves, tangents))))
      return [
        ...leavesLike("customJvp: the rule's result", results, result, types, false),
        ...leavesLike("customJvp: the rule's tangent", derivatives, result, types, true).filter((_, i) =>
          isFloat(types[i]),
        ),
      ]
    })
    const { inputs } = closed.program
    const { unknownOutputs } = splitProgram(
      closed.program,
      inputs.map((_, i) => i >= inputs.length - floats.length),
    )
    if (unknownOutputs.slice(0, types.length).includes(true))
      throw typeError("customJvp: the rule's result depends on the tangents")
    return [closed]
  })
}

const softplus = ([x, ids]: readonly Tensor[]): Tensor[] => [log1p(exp(x)), ids]

/** Softplus and its logistic derivative, beside integers that pass through. */
export const customJvpLaws: Laws<RuleParams> = {
  primitive: customJvpPrimitive,
  tolerance: 16,
  reference: (inputs, { body }, run) => run(body, inputs),
  magnitude: (inputs, { body }, run) =>
    run(body, inputs).map(({ data, ...type }) => ({ ...type, data: data.map(x => Math.abs(x) + 1) })),
  draw(draw) {
    const inputs = [values(draw, draw.shape()), values(draw, [3], 'int32')]
    const body = tracePure(inputs, softplus)
    const rule = tracePure([...inputs, inputs[0]], ([x, ids, dx]) => [...softplus([x, ids]), mul(sigmoid(x), dx)])
    return { inputs, params: { body, captured: 0, rules: () => [rule] } }
  },
}
