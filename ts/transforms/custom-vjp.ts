// customVjp: a function whose backward pass its author writes. A call that holds three programs: the function; forward,
// which takes its place when it is differentiated and keeps residuals; backward, from residuals and cotangents to
// cotangents. Between linearisation and transposition a linear equation stands for what only backward knows.
import type { Primitive } from '../core/primitive.js'
import type { Program } from '../core/program.js'
import type { Tensor } from '../core/tensor.js'
import { applyProgram, bind, traceProgram, tracePure } from '../core/trace.js'
import { countLeaves, type Tree, type TreeDef, unflatten } from '../core/tree.js'
import { typeError } from '../errors.js'
import { mul } from '../ops/arithmetic.js'
import { placeBatch } from '../ops/batching.js'
import { type Laws, values } from '../ops/laws.js'
import { sumAxes } from '../ops/reduce.js'
import {
  checkFunctions,
  fillZeros,
  functionWithRules,
  isFloat,
  isThere,
  leavesLike,
  pair,
  primitiveWithRules,
  type RuleParams,
  zerosOf,
} from './call.js'
import { closedFunction } from './function.js'
import { cut, inputTypes, outputTypes, spread, where } from './interpret.js'
import { vmapProgram } from './vmap.js'

interface LinearParams {
  backward: Program
  /** How many inputs of `backward` are not cotangents. */
  known: number
  /** Which float arguments have tangents. */
  mask: readonly boolean[]
}

const refuse = (): never => {
  throw typeError(
    'customVjp: forward mode (jvp, linearize, jacfwd) is not defined for a function that says only its backward pass; use reverse mode, or customJvp',
  )
}

/** Tangents of the results as a linear function of those of the arguments, of which only the transpose is known. */
const backwardOnlyPrimitive: Primitive<LinearParams> = {
  name: 'customVjpTangent',
  type: (_inputs, { backward, known }) => inputTypes(backward).slice(known),
  jvp: refuse,
  transpose(cotangents, inputs, _types, { backward, known, mask }) {
    const types = inputTypes(backward).slice(known)
    const given = cotangents.map((cotangent, i) => cotangent ?? zerosOf(types[i]))
    const results = applyProgram(backward, [...(inputs.slice(0, known) as Tensor[]), ...given])
    return [...inputs.slice(0, known).map(() => null), ...where(results, mask)]
  },
  batch: refuse,
  lower: refuse,
}

/**
 * The rules: forward, [captured, arguments] -> [results, residuals]; backward, [captured, residuals, cotangents of float
 * results] -> cotangents of float arguments.
 */
export const customVjpPrimitive = primitiveWithRules(
  'customVjp',
  ([forward, backward], primals, tangents, { body, captured }) => {
    const count = body.outputs.length
    const all = applyProgram(forward, primals)
    const known = [...primals.slice(0, captured), ...all.slice(count)]
    const given = tangents.filter((_, i) => i >= captured && isFloat(primals[i]))
    const params = { backward, known: known.length, mask: given.map(isThere) }
    const linear = bind(backwardOnlyPrimitive, [...known, ...given.filter(isThere)], params)
    return { results: all.slice(0, count), tangents: spread(outputTypes(body).map(isFloat), linear) }
  },
  ([forward, backward], { size, dims, captured, placed, floats, floatResults }) => {
    const first = vmapProgram(forward, { size, dims, wanted: placed })
    const given = [...dims.slice(0, captured), ...first.dims.slice(placed.length), ...floatResults]
    const each = vmapProgram(backward, { size, dims: given })
    // An argument that all examples share gets the sum of their cotangents.
    const all = tracePure(inputTypes(each.program), tracers =>
      applyProgram(each.program, tracers).map((cotangent, i) => {
        const [from, to] = [each.dims[i], floats[i]]
        if (to !== null) return placeBatch(cotangent, from, to, size)
        return from === null ? mul(cotangent, size) : sumAxes(cotangent, [from])
      }),
    )
    return [first.program, all]
  },
)

/**
 * `f` with a backward pass of its own: where it is differentiated in reverse, `forward` runs in its place and returns
 * `[f(...), residuals]` (any tree), then `backward(residuals, cotangent)` returns a cotangent for each argument (its tree;
 * null for zero). Not differentiated, only `f` runs. Cotangents of results that are not float32 are zeros, those of such
 * leaves of arguments are ignored. What `f` closes over cannot be differentiated; under `jvp`, `linearize` and `jacfwd` it
 * is refused.
 * Throws if trees, shapes or dtypes of what the rules return are not those of the results and arguments of `f`.
 * @example
 * const clipGradient = customVjp(
 *   (x: Tensor) => x,
 *   x => [x, null],
 *   (_, ct) => [clip(ct, -1, 1)],
 * )
 * grad((x: Tensor) => mul(5, clipGradient(x)))(tensor(2)) // 1
 */
export function customVjp<A extends unknown[], B extends Tree, R extends Tree>(
  f: (...args: A) => B,
  forward: (...args: NoInfer<A>) => readonly [NoInfer<B>, R],
  backward: (residuals: NoInfer<R>, cotangent: NoInfer<B>) => { readonly [K in keyof A]: A[K] | null },
): (...args: A) => B {
  checkFunctions('customVjp', f, forward, backward)
  return functionWithRules('customVjp', customVjpPrimitive, f, ({ program, leaves, structure, result }, args) => {
    const types = outputTypes(program)
    const first = closedFunction(
      'customVjp',
      (...own: A) => {
        const [results, residuals] = pair('customVjp: forward', forward(...own))
        return [leavesLike("customVjp: forward's result", results, result, types, false), residuals]
      },
      args,
    )
    const [, residualTree] = childrenOf(first.result)
    const residualTypes = outputTypes(first.program).slice(types.length)
    const second = traceProgram([...residualTypes, ...types.filter(isFloat)], tracers => {
      const [residuals, given] = cut(tracers, residualTypes.length)
      const returned: readonly unknown[] = backward(
        unflatten(residualTree, residuals) as R,
        unflatten(result, fillZeros(types, given)) as B,
      )
      if (!Array.isArray(returned) || returned.length !== args.length)
        throw typeError(`customVjp: backward returns a list of ${args.length} cotangents, one for each argument`)
      const children = childrenOf(structure)
      const own = cut(leaves, ...children.map(countLeaves))
      return children.flatMap((child, i) => {
        const what = `customVjp: backward's cotangent ${i + 1}`
        const found = returned[i] === null ? own[i].map(zerosOf) : leavesLike(what, returned[i], child, own[i], true)
        return found.filter((_, k) => isFloat(own[i][k]))
      })
    })
    return [first, second]
  })
}

const childrenOf = (structure: TreeDef): TreeDef[] => (structure as { children: TreeDef[] }).children

/** A product whose backward pass is said; drawn of integers, as forward mode is refused: floats have tests of their own. */
export const customVjpLaws: Laws<RuleParams> = {
  primitive: customVjpPrimitive,
  tolerance: 0,
  reference: (inputs, { body }, run) => run(body, inputs),
  draw(draw) {
    const shape = draw.shape()
    const inputs = [values(draw, shape, 'int32'), values(draw, shape, 'int32')]
    const body = tracePure(inputs, ([x, y]) => [mul(x, y), x])
    return { inputs, params: { body, captured: 0, rules: () => [body, tracePure([], () => [])] } }
  },
}
