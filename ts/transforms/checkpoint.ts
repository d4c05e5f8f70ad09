// checkpoint: a call whose intermediate values are not kept for the backward pass but computed again in it (Chen et al.,
// "Training Deep Nets with Sublinear Memory Cost", 2016). What is known of it is an ordinary program; what waits for a
// cotangent takes all of its inputs and begins from them.
import { pruneProgram } from '../compiler/prune.js'
import type { Primitive } from '../core/primitive.js'
import type { Equation, Program } from '../core/program.js'
import type { Tensor } from '../core/tensor.js'
import { bind, isTracing, tracePure } from '../core/trace.js'
import type { Tree } from '../core/tree.js'
import { typeError } from '../errors.js'
import { mul } from '../ops/arithmetic.js'
import { matmul } from '../ops/dot-general.js'
import { type Laws, values } from '../ops/laws.js'
import { sin } from '../ops/trigonometric.js'
import { isThere, jvpOf, lowerCall } from './call.js'
import { closedFunction } from './function.js'
import { outputTypes, spread, where, whereNot } from './interpret.js'
import { splitProgram } from './partial.js'
import { transposeProgram } from './transpose.js'
import { vmapProgram } from './vmap.js'

interface CheckpointParams {
  body: Program
  /** True where the body computes again what was computed before: it stays apart from it. */
  again: boolean
}

const bindCall = (params: CheckpointParams, inputs: readonly Tensor[]): Tensor[] =>
  bind(checkpointPrimitive, inputs, params)

const checkpointJvp: NonNullable<Primitive<CheckpointParams>['jvpWithResults']> = (primals, tangents, params) =>
  jvpOf(params.body, primals, tangents, (body, values) => bindCall({ ...params, body }, values))

/** The equation with some of its outputs, and the inputs that they need. */
function withOutputs(equation: Equation, mask: readonly boolean[], params: CheckpointParams): Equation {
  const { body } = params
  const pruned = pruneProgram({ ...body, outputs: where(body.outputs, mask) })
  const read = new Set([...pruned.outputs, ...pruned.equations.flatMap(({ inputs }) => inputs)])
  const reads = body.inputs.map(variable => read.has(variable))
  return {
    ...equation,
    inputs: where(equation.inputs, reads),
    params: { ...params, body: { ...pruned, inputs: where(body.inputs, reads) } },
    outputs: where(equation.outputs, mask),
  }
}

/** Inputs and outputs: those of the body. */
export const checkpointPrimitive: Primitive<CheckpointParams> = {
  name: 'checkpoint',
  type: (_inputs, { body }) => outputTypes(body),
  jvp: (primals, tangents, _results, params) => checkpointJvp(primals, tangents, params).tangents,
  jvpWithResults: checkpointJvp,
  transpose(cotangents, inputs, _types, params) {
    const linear = inputs.map(value => value === null)
    const { program, nonzero } = transposeProgram(params.body, { linear, cotangents: cotangents.map(isThere) })
    const results = bindCall({ ...params, body: program }, [...inputs, ...cotangents].filter(isThere))
    const found = spread(nonzero, results)
    return linear.map(isLinear => (isLinear ? found.shift()! : null))
  },
  batch(inputs, dims, params, size) {
    const { program, dims: placed } = vmapProgram(params.body, { size, dims })
    return { results: bindCall({ ...params, body: program }, inputs), dims: placed }
  },
  partial(equation, unknown) {
    const { body, again } = equation.params as CheckpointParams
    const { known, unknownOutputs } = splitProgram(body, unknown)
    const part = (inputs: Equation['inputs'], mask: readonly boolean[], params: CheckpointParams): Equation[] =>
      mask.includes(true) ? [withOutputs({ ...equation, inputs }, mask, params)] : []
    return {
      known: part(
        whereNot(equation.inputs, unknown),
        unknownOutputs.map(isUnknown => !isUnknown),
        { body: { ...known, outputs: body.outputs }, again },
      ),
      unknown: part(equation.inputs, unknownOutputs, { body, again: true }),
    }
  },
  prune: (equation, isUsed) => withOutputs(equation, equation.outputs.map(isUsed), equation.params),
  inline: ({ body, again }, isLate) => (again && !isLate ? null : body),
  lower: lowerCall,
}

/**
 * `f` with the same values and derivatives, whose intermediate results are not kept for the backward pass but computed
 * again in it: memory for time. A chain of N checkpointed blocks keeps N inputs of blocks; around the body of a `scan` it
 * keeps carries only. Costs nothing where nothing is differentiated in reverse. Trees in all places; numbers among the
 * arguments are traced.
 * @example
 * const block = checkpoint((w: Tensor, x: Tensor) => tanh(matmul(x, w)))
 * grad((w: Tensor) => sum(block(w, block(w, ones([2, 3])))))(ones([3, 3])).shape // [3, 3]
 */
export function checkpoint<A extends unknown[], B extends Tree>(f: (...args: A) => B): (...args: A) => B {
  if (typeof f !== 'function') throw typeError('checkpoint: the first argument is not a function')
  return (...args) => {
    if (!isTracing()) return f(...args)
    const { program, captured, leaves, build } = closedFunction('checkpoint', f, args)
    return build(bindCall({ body: program, again: false }, [...captured, ...leaves])) as B
  }
}

export const checkpointLaws: Laws<CheckpointParams> = {
  primitive: checkpointPrimitive,
  tolerance: 64,
  reference: (inputs, { body }, run) => run(body, inputs),
  magnitude: (inputs, { body }, run) =>
    run(body, inputs).map(({ data, ...type }) => ({ ...type, data: data.map(x => Math.abs(x) + 16) })),
  draw(draw) {
    const [n, m] = [draw.pick([1, 2, 5]), draw.pick([0, 1, 3])]
    const inputs = [values(draw, [m, n]), values(draw, [n, n]), values(draw, [n], 'int32')]
    const body = tracePure(inputs, ([x, w, ids]) => {
      const y = sin(matmul(x, w))
      return [mul(y, x), ids, matmul(y, w), w]
    })
    return { inputs, params: { body, again: draw.integer(0, 1) === 1 } }
  },
}
