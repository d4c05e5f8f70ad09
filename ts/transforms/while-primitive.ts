// whileLoop: a loop that runs as long as a condition of its carry holds, as a primitive. Nobody knows before the run how many
// steps there are, so nothing can be kept for each: there is forward mode and no reverse mode.

import { Opcode } from '../../assembly/format.js'
import { read } from '../compiler/lowering.js'
import { pruneProgram, readAtoms } from '../compiler/prune.js'
import type { BatchDim, PartialEquation, Primitive } from '../core/primitive.js'
import { type Equation, newVar, type Program } from '../core/program.js'
import type { Tensor } from '../core/tensor.js'
import { applyProgram, bind, bind1, tracePure } from '../core/trace.js'
import { typeError } from '../errors.js'
import { placeBatch } from '../ops/batching.js'
import { broadcastInDim } from '../ops/broadcast.js'
import { reduceMaxPrimitive } from '../ops/reduce.js'
import { where as select } from '../ops/where.js'
import { cut, fixpoint, inputTypes, outputTypes, spread, where, whereNot } from './interpret.js'
import { jvpProgram, zeroTangent } from './jvp.js'
import { splitProgram } from './partial.js'
import { lowerScan } from './scan-lowering.js'
import { vmapProgram } from './vmap.js'

export interface WhileParams {
  /** [its constants, carry] -> a bool scalar. */
  condition: Program
  /** [its constants, carry] -> carry. */
  body: Program
  conditionConsts: number
  bodyConsts: number
}

/** Trips of a loop that only its condition ends. */
const ENDLESS = 2 ** 31 - 1

/** Applies the primitive. */
export const bindWhile = (params: WhileParams, inputs: readonly Tensor[]): Tensor[] =>
  bind(whilePrimitive, inputs, params)

const parts = <T>(list: readonly T[], { conditionConsts, bodyConsts }: WhileParams): T[][] =>
  cut(list, conditionConsts, bodyConsts)

const whileJvp: NonNullable<Primitive<WhileParams>['jvpWithResults']> = (primals, tangents, params) => {
  const { condition, body } = params
  const [, consts, init] = parts(primals, params)
  const [conditionPrimals] = parts(primals, params)
  const [, constTangents, initTangents] = parts(tangents, params)
  const constMask = constTangents.map(tangent => tangent !== null)
  const jvpOf = (mask: readonly boolean[]) => jvpProgram(body, { nonzero: [...constMask, ...mask], all: mask })
  const mask = fixpoint(
    initTangents.map(tangent => tangent !== null),
    moving => jvpOf(moving).nonzero,
  )
  const step = jvpOf(mask).program
  // [constants, carry, their tangents] to [constants, their tangents, carry, its tangents].
  const [c, h, dc, dh] = cut(step.inputs, consts.length, init.length, constMask.filter(Boolean).length)
  const carryTangents = where(
    init.map((value, i) => initTangents[i] ?? zeroTangent(value.shape)),
    mask,
  )
  const results = bindWhile(
    {
      condition: { ...condition, inputs: [...condition.inputs, ...dh.map(({ aval }) => newVar(aval))] },
      body: { ...step, inputs: [...c, ...dc, ...h, ...dh] },
      conditionConsts: params.conditionConsts,
      bodyConsts: c.length + dc.length,
    },
    [...conditionPrimals, ...consts, ...constTangents.filter(tangent => tangent !== null), ...init, ...carryTangents],
  )
  const [values, own] = cut(results, init.length)
  return { results: values, tangents: spread(mask, own) }
}

/** The carries that depend on nothing unknown, by a loop of their own; the others by the whole loop once more. */
function whilePartial(equation: Equation, unknown: readonly boolean[]): PartialEquation {
  const params = equation.params as WhileParams
  const { condition, body } = params
  const [conditionMask, constMask, initMask] = parts(unknown, params)
  const splitAt = (mask: readonly boolean[]) => splitProgram(body, [...constMask, ...mask], mask)
  const mask = fixpoint(initMask, moving => splitAt(moving).unknownOutputs)
  const carryOf = condition.inputs.slice(params.conditionConsts)
  const read = readAtoms(condition)
  if (conditionMask.includes(true) || mask.every(Boolean) || where(carryOf, mask).some(variable => read.has(variable)))
    return { known: [], unknown: [equation] }
  const { known } = splitAt(mask)
  const isKnown = [...conditionMask, ...constMask, ...mask].map(flag => !flag)
  const alone = pruneProgram({ ...known, outputs: known.outputs.slice(0, mask.filter(flag => !flag).length) })
  return {
    known: [
      {
        ...equation,
        inputs: where(equation.inputs, isKnown),
        params: {
          ...params,
          condition: { ...condition, inputs: whereNot(condition.inputs, [...conditionMask, ...mask]) },
          body: alone,
          bodyConsts: constMask.filter(flag => !flag).length,
        } satisfies WhileParams,
        outputs: whereNot(equation.outputs, mask),
      },
    ],
    unknown: [{ ...equation, outputs: equation.outputs.map((output, i) => (mask[i] ? output : newVar(output.aval))) }],
  }
}

/** Runs until the condition holds for no example; those for which it does not any more keep their carry. */
const whileBatch: Primitive<WhileParams>['batch'] = (inputs, dims, params, size) => {
  const { condition, body, conditionConsts } = params
  const [conditionDims, constDims, initDims] = parts<BatchDim>(dims, params)
  const [conditionInputs, consts, init] = parts(inputs, params)
  const placed = (mask: readonly boolean[]): BatchDim[] => mask.map(flag => (flag ? 0 : null))
  const conditionAt = (mask: readonly boolean[]) =>
    vmapProgram(condition, { size, dims: [...conditionDims, ...placed(mask)] })
  const mask = fixpoint(
    initDims.map(dim => dim !== null),
    moving =>
      conditionAt(moving).dims[0] !== null
        ? moving.map(() => true)
        : vmapProgram(body, { size, dims: [...constDims, ...placed(moving)] }).dims.map(dim => dim !== null),
  )
  const carryDims = placed(mask)
  const {
    program: holds,
    dims: [flagDim],
  } = conditionAt(mask)
  const step = vmapProgram(body, {
    size,
    dims: [...constDims, ...carryDims],
    wanted: carryDims.map(dim => dim ?? undefined),
  }).program
  const start = init.map((value, i) => (mask[i] ? placeBatch(value, initDims[i], 0, size) : value))
  if (flagDim === null)
    return {
      results: bindWhile({ ...params, condition: holds, body: step }, [...conditionInputs, ...consts, ...start]),
      dims: carryDims,
    }
  const some = tracePure(inputTypes(holds), values => [
    bind1(reduceMaxPrimitive, applyProgram(holds, values), { axes: [0] }),
  ])
  const [forCondition, carryTypes] = cut(inputTypes(holds), conditionConsts)
  const bodyConsts = inputTypes(step).slice(0, consts.length)
  const masked = tracePure([...forCondition, ...bodyConsts, ...carryTypes], values => {
    const [flagConsts, stepConsts, carried] = cut(values, conditionConsts, consts.length)
    const [flag] = applyProgram(holds, [...flagConsts, ...carried])
    return applyProgram(step, [...stepConsts, ...carried]).map((next, i) =>
      select(broadcastInDim(flag, next.shape, [0]), next, carried[i]),
    )
  })
  const results = bindWhile(
    { condition: some, body: masked, conditionConsts, bodyConsts: conditionConsts + consts.length },
    [...conditionInputs, ...conditionInputs, ...consts, ...start],
  )
  return { results, dims: carryDims }
}

/** Without carries that nobody uses, the condition and the others among them, and without constants that nobody reads. */
function whilePrune(equation: Equation, isUsed: (output: Equation['outputs'][number]) => boolean): Equation {
  const params = equation.params as WhileParams
  const { condition, body, conditionConsts, bodyConsts } = params
  const asked = readAtoms(condition)
  const pruneAt = (keep: readonly boolean[]) => pruneProgram({ ...body, outputs: where(body.outputs, keep) })
  const keep = fixpoint(
    equation.outputs.map((output, i) => isUsed(output) || asked.has(condition.inputs[conditionConsts + i])),
    used => {
      const read = readAtoms(pruneAt(used))
      return body.inputs.slice(bodyConsts).map(variable => read.has(variable))
    },
  )
  const pruned = pruneAt(keep)
  const read = readAtoms(pruned)
  const conditionMask = condition.inputs.slice(0, conditionConsts).map(variable => asked.has(variable))
  const constMask = body.inputs.slice(0, bodyConsts).map(variable => read.has(variable))
  const mask = [...conditionMask, ...constMask, ...keep]
  if (mask.every(Boolean) && pruned.equations.length === body.equations.length) return equation
  return {
    ...equation,
    inputs: where(equation.inputs, mask),
    params: {
      condition: { ...condition, inputs: where(condition.inputs, [...conditionMask, ...keep]) },
      body: { ...pruned, inputs: where(body.inputs, [...constMask, ...keep]) },
      conditionConsts: conditionMask.filter(Boolean).length,
      bodyConsts: constMask.filter(Boolean).length,
    } satisfies WhileParams,
    outputs: where(equation.outputs, keep),
  }
}

/** Inputs: the condition's constants, the body's, the initial carry. */
export const whilePrimitive: Primitive<WhileParams> = {
  name: 'whileLoop',
  type: (_inputs, { body }) => outputTypes(body),
  jvp: (primals, tangents, _results, params) => whileJvp(primals, tangents, params).tangents,
  jvpWithResults: whileJvp,
  transpose() {
    throw typeError(
      'whileLoop: there is no reverse mode, as the number of its steps is not known; use scan (with { lengths } to end early) or forward mode',
    )
  },
  batch: whileBatch,
  lower(lowering, equation, params) {
    const { condition, body, conditionConsts, bodyConsts } = params
    const unread = condition.inputs.slice(0, conditionConsts).map(({ aval }) => newVar(aval))
    lowerScan(
      lowering,
      equation,
      {
        body: { ...body, inputs: [...unread, ...body.inputs] },
        consts: conditionConsts + bodyConsts,
        carry: body.outputs.length,
        length: ENDLESS,
        reverse: false,
      },
      carried => {
        const consts = equation.inputs.slice(0, conditionConsts).map(atom => lowering.view(atom))
        const [goesOn] = lowering.lowerInner(condition, [...consts, ...carried])
        lowering.emit(Opcode.Break, [read(goesOn), 0])
      },
    )
  },
  partial: whilePartial,
  prune: whilePrune,
}
