// scan: a loop with a carry, as a primitive with the same rules as `add`. Its body is a program; every transform of the
// loop is the transform of the body, so nothing grows with the number of steps.

import { isEffect } from '../compiler/passes/rewrite.js'
import { pruneProgram, readAtoms } from '../compiler/prune.js'
import type { BatchDim, PartialEquation, Primitive } from '../core/primitive.js'
import { type Equation, newVar, type Program, type Var } from '../core/program.js'
import type { Tensor } from '../core/tensor.js'
import { applyProgram, bind, tracePure } from '../core/trace.js'
import { typeError } from '../errors.js'
import { add } from '../ops/arithmetic.js'
import { placeBatch } from '../ops/batching.js'
import { cut, fixpoint, inputTypes, outputTypes, spread, where, whereNot } from './interpret.js'
import { jvpProgram, zeroTangent } from './jvp.js'
import { splitProgram } from './partial.js'
import { liftInvariants } from './scan-invariant.js'
import { eachItsSteps } from './scan-lengths.js'
import { lowerScan } from './scan-lowering.js'
import { hoistScan, sinkScan } from './scan-motion.js'
import { transposeProgram } from './transpose.js'
import { vmapProgram } from './vmap.js'

export interface ScanParams {
  /** [consts, carry, x] -> [carry, y]. */
  body: Program
  consts: number
  carry: number
  length: number
  reverse: boolean
  /** True: the first constant, an int32 scalar, is how many of the steps run, the first ones of xs; later ys are zeros. */
  bounded?: boolean
}

/** Applies the primitive. */
export const bindScan = (params: ScanParams, inputs: readonly Tensor[]): Tensor[] => bind(scanPrimitive, inputs, params)

/** The body with tangents; a carry has one if its start or its step gives one. */
const scanJvp: NonNullable<Primitive<ScanParams>['jvpWithResults']> = (primals, tangents, params) => {
  const { body, consts, carry } = params
  const nonzero = tangents.map(tangent => tangent !== null)
  const count = body.outputs.length
  const [constMask, , xMask] = cut(nonzero, consts, carry)
  const lifted = liftInvariants(body, constMask)
  if (lifted !== null) {
    const { program, nonzero: has } = jvpProgram(lifted.outside, { nonzero: constMask })
    const all = applyProgram(program, [...primals.slice(0, consts), ...where(tangents as Tensor[], constMask)])
    const [values, own] = cut(all, has.length)
    return scanJvp(
      [...primals.slice(0, consts), ...values, ...primals.slice(consts)],
      [...tangents.slice(0, consts), ...spread(has, own), ...tangents.slice(consts)],
      { ...params, body: lifted.inner, consts: consts + has.length },
    )
  }
  const stepOf = (moving: readonly boolean[]) =>
    jvpProgram(body, {
      nonzero: [...constMask, ...moving, ...xMask],
      all: body.outputs.map((_, i) => i < carry && moving[i]),
    })
  const carryMask = fixpoint(nonzero.slice(consts, consts + carry), moving => stepOf(moving).nonzero)
  const step = stepOf(carryMask)
  const mask = [...constMask, ...carryMask, ...xMask]
  // [inputs, tangents] to [consts, their tangents, carry, its tangents, x, its tangents].
  const types = inputTypes(step.program)
  const [c, h, x, dc, dh, dx] = cut(
    types.map((_, i) => i),
    consts,
    carry,
    body.inputs.length - consts - carry,
    ...[constMask, carryMask].map(m => m.filter(Boolean).length),
  )
  const order = [...c, ...dc, ...h, ...dh, ...x, ...dx]
  const [carryOut, yOut, dCarryOut, dyOut] = cut(
    step.program.outputs.map((_, i) => i),
    carry,
    count - carry,
    carryMask.filter(Boolean).length,
  )
  const rearranged: Program = {
    inputs: order.map(i => step.program.inputs[i]),
    equations: step.program.equations,
    outputs: [...carryOut, ...dCarryOut, ...yOut, ...dyOut].map(i => step.program.outputs[i]),
  }
  const all = [
    ...primals,
    ...where(
      mask.map((_, i) => tangents[i] ?? zeroTangentOf(primals[i])),
      mask,
    ),
  ]
  const results = bindScan(
    { ...params, body: rearranged, consts: c.length + dc.length, carry: h.length + dh.length },
    order.map(i => all[i]),
  )
  const [carried, dCarry, ys, dYs] = cut(results, carry, dh.length, count - carry)
  const outgoing = [...spread(carryMask, dCarry), ...spread(step.nonzero.slice(carry), dYs)]
  return { results: [...carried, ...ys], tangents: outgoing }
}

const zeroTangentOf = (primal: Tensor): Tensor => zeroTangent(primal.shape)

/** Batches the body; a carry is batched if its start or its step is, where its step leaves the batch dimension. */
const scanBatch: Primitive<ScanParams>['batch'] = (inputs, dims, params, size) => {
  if (params.bounded && dims[0] !== null) {
    const ragged = eachItsSteps(inputs, dims, params, size)
    return scanBatch(ragged.inputs, ragged.dims, ragged.params, size)
  }
  const { body, consts, carry } = params
  const [constDims, initDims, xsDims] = cut<BatchDim>(dims, consts, carry)
  // Time stays first: a batch that stood before it comes right after it.
  const xs = inputs.slice(consts + carry).map((x, i) => (xsDims[i] === 0 ? placeBatch(x, 0, 1, size) : x))
  const xDims = xsDims.map(dim => (dim === null ? null : Math.max(dim, 1) - 1))
  const stepAt = (carryDims: readonly BatchDim[], wanted?: (number | undefined)[]) =>
    vmapProgram(body, { size, dims: [...constDims, ...carryDims, ...xDims], wanted })
  let carryDims = initDims.slice()
  for (let pass = 0; ; pass++) {
    const { dims: left } = stepAt(carryDims)
    // Places that keep changing are kept after a few passes; a carry may still become batched.
    const next = carryDims.map((dim, i) => (pass <= carry ? (left[i] ?? dim) : (dim ?? left[i])))
    if (next.every((dim, i) => dim === carryDims[i])) break
    carryDims = next
  }
  const step = stepAt(
    carryDims,
    body.outputs.map((_, i) => (i < carry ? (carryDims[i] ?? undefined) : undefined)),
  )
  const init = inputs.slice(consts, consts + carry).map((value, i) => {
    const dim = carryDims[i]
    return dim === null ? value : placeBatch(value, initDims[i], dim, size)
  })
  const results = bindScan({ ...params, body: step.program }, [...inputs.slice(0, consts), ...init, ...xs])
  return { results, dims: step.dims.map((dim, i) => (dim === null ? null : i < carry ? dim : dim + 1)) }
}

/** Splits the body: the known part runs first and stacks what the linear part needs. */
function scanPartial(equation: Equation, unknown: readonly boolean[]): PartialEquation {
  const params = equation.params as ScanParams
  const { body, consts, carry } = params
  const [constMask, , xMask] = cut(unknown, consts, carry)
  const free = new Set<Var>(
    [...body.inputs.slice(0, consts), ...body.inputs.slice(consts + carry)].filter(
      (_, i) => ![...constMask, ...xMask][i],
    ),
  )
  const splitAt = (moving: readonly boolean[]) => splitProgram(body, [...constMask, ...moving, ...xMask], moving, free)
  const carryMask = fixpoint(unknown.slice(consts, consts + carry), moving => splitAt(moving).unknownOutputs)
  const split = splitAt(carryMask)
  const mask = [...constMask, ...carryMask, ...xMask]
  const outer = new Map<unknown, Equation['inputs'][number]>(
    body.inputs.map((variable, i) => [variable, equation.inputs[i]]),
  )
  const constInputs = new Set<unknown>(body.inputs.slice(0, consts))
  const xInputs = new Set<unknown>(body.inputs.slice(consts + carry))

  // Residuals that do not change from step to step are computed once, outside.
  const invariant = new Map<Var, Var>()
  const hoisted: Equation[] = []
  for (const equation of split.known.equations) {
    const { primitive, inputs, params: own, outputs } = equation
    const isInvariant =
      !isEffect(equation) &&
      inputs.every(
        atom =>
          atom.kind === 'literal' ||
          (constInputs.has(atom) && !mask[body.inputs.indexOf(atom as Var)]) ||
          invariant.has(atom as Var),
      )
    if (!isInvariant) continue
    const outputsOutside = outputs.map(({ aval }) => newVar(aval))
    hoisted.push({
      primitive,
      params: own,
      inputs: inputs.map(atom => (atom.kind === 'literal' ? atom : (invariant.get(atom) ?? outer.get(atom)!))),
      outputs: outputsOutside,
    })
    outputs.forEach((variable, i) => {
      invariant.set(variable, outputsOutside[i])
    })
  }
  const isConst = split.residuals.map(variable => constInputs.has(variable) || invariant.has(variable))
  const isX = split.residuals.map(variable => xInputs.has(variable))
  const isStacked = isConst.map((flag, i) => !flag && !isX[i])

  const knownResults = whereNot(equation.outputs, split.unknownOutputs)
  const stacks = where(split.residuals, isStacked).map(({ aval }) =>
    newVar({ shape: [params.length, ...aval.shape], dtype: aval.dtype }),
  )
  const knownOutputCount = knownResults.length
  const known: Equation = {
    primitive: scanPrimitive,
    inputs: whereNot(equation.inputs, mask),
    params: {
      ...params,
      body: {
        ...split.known,
        outputs: [...split.known.outputs.slice(0, knownOutputCount), ...where(split.residuals, isStacked)],
      },
      consts: constMask.filter(flag => !flag).length,
      carry: carryMask.filter(flag => !flag).length,
    } satisfies ScanParams,
    outputs: [...knownResults, ...stacks],
  }
  const [unknownConsts, unknownCarry, unknownX] = [constMask, carryMask, xMask].map((m, i) =>
    where(cut(body.inputs, consts, carry)[i], m),
  )
  // A bounded loop's first constant is its number of steps.
  const bound = params.bounded ? 1 : 0
  const isOther = isConst.map((flag, i) => flag && !(bound && split.residuals[i] === body.inputs[0]))
  const linear: Equation = {
    primitive: scanPrimitive,
    inputs: [
      ...equation.inputs.slice(0, bound),
      ...where(split.residuals, isOther).map(variable => invariant.get(variable) ?? outer.get(variable)!),
      ...unknownConsts.map(variable => outer.get(variable)!),
      ...unknownCarry.map(variable => outer.get(variable)!),
      ...stacks,
      ...where(split.residuals, isX).map(variable => outer.get(variable)!),
      ...unknownX.map(variable => outer.get(variable)!),
    ],
    params: {
      ...params,
      body: {
        inputs: [
          ...body.inputs.slice(0, bound),
          ...where(split.residuals, isOther),
          ...unknownConsts,
          ...unknownCarry,
          ...where(split.residuals, isStacked),
          ...where(split.residuals, isX),
          ...unknownX,
        ],
        equations: split.unknown.equations,
        outputs: split.unknown.outputs,
      },
      consts: bound + isOther.filter(Boolean).length + unknownConsts.length,
      carry: unknownCarry.length,
    } satisfies ScanParams,
    outputs: where(equation.outputs, split.unknownOutputs),
  }
  return { known: [...hoisted, known], unknown: [linear] }
}

/** The loop the other way round: cotangents of the carry are carried, those of constants are summed, those of xs come out. */
const scanTranspose: NonNullable<Primitive<ScanParams>['transpose']> = (cotangents, inputs, types, params) => {
  const { body, consts, carry, reverse } = params
  const linear = inputs.map((input, i) => input === null || (i >= consts && i < consts + carry))
  const [constMask, , xMask] = cut(linear, consts, carry)
  const [carryCotangents, yCotangents] = cut(cotangents, carry)
  const yMask = yCotangents.map(cotangent => cotangent !== null)
  const all = [
    ...constMask.filter(Boolean).map(() => false),
    ...new Array<boolean>(carry).fill(true),
    ...xMask.filter(Boolean).map(() => false),
  ]
  const step = transposeProgram(body, { linear, cotangents: [...new Array<boolean>(carry).fill(true), ...yMask], all })
  const [constNonzero, , xNonzero] = cut(step.nonzero, constMask.filter(Boolean).length, carry)
  const nSummed = constNonzero.filter(Boolean).length
  const bodyTypes = inputTypes(body)
  const [constTypes, carryTypes, xTypes] = cut(bodyTypes, consts, carry)
  const plainConsts = whereNot(constTypes, constMask)
  const plainX = whereNot(xTypes, xMask)
  const summed = where(where(constTypes, constMask), constNonzero)
  const yTypes = where(cut(outputTypes(body), carry)[1], yMask)
  const backBody = tracePure([...plainConsts, ...summed, ...carryTypes, ...plainX, ...yTypes], values => {
    const [fixed, sums, carried, plain, ys] = cut(values, plainConsts.length, summed.length, carry, plainX.length)
    const results = applyProgram(step.program, [...fixed, ...plain, ...carried, ...ys])
    const [more, carryOut, xOut] = cut(results, nSummed, carry)
    return [...sums.map((sum, i) => add(sum, more[i])), ...carryOut, ...xOut]
  })
  const results = bindScan(
    { ...params, body: backBody, consts: plainConsts.length, carry: nSummed + carry, reverse: !reverse },
    [
      ...(whereNot(inputs.slice(0, consts), constMask) as Tensor[]),
      ...summed.map(({ shape }) => zeroTangent(shape)),
      ...carryCotangents.map((cotangent, i) => cotangent ?? zeroTangent(carryTypes[i].shape)),
      ...(whereNot(inputs.slice(consts + carry), xMask) as Tensor[]),
      ...yCotangents.filter(cotangent => cotangent !== null),
    ],
  )
  const [sums, carryOut, xOut] = cut(results, nSummed, carry)
  let nextSum = 0
  let nextConst = 0
  let nextX = 0
  let nextXOut = 0
  return types.map((_, i) => {
    if (i < consts) return constMask[i] && constNonzero[nextConst++] ? sums[nextSum++] : null
    if (i < consts + carry) return inputs[i] === null ? carryOut[i - consts] : null
    return xMask[i - consts - carry] && xNonzero[nextX++] ? xOut[nextXOut++] : null
  })
}

/** Without outputs that nobody uses, carries that only feed themselves, and inputs that the body does not read. */
function scanPrune(equation: Equation, isUsed: (output: Var) => boolean): Equation {
  const params = equation.params as ScanParams
  const { body, consts, carry, bounded } = params
  const yUsed = equation.outputs.slice(carry).map(isUsed)
  const pruneAt = (used: readonly boolean[]) =>
    pruneProgram({ ...body, outputs: where(body.outputs, [...used, ...yUsed]) })
  const carryUsed = fixpoint(equation.outputs.slice(0, carry).map(isUsed), used => {
    const read = readAtoms(pruneAt(used))
    return body.inputs.slice(consts).map(variable => read.has(variable))
  })
  const keep = [...carryUsed, ...yUsed]
  const pruned = pruneAt(carryUsed)
  const read = readAtoms(pruned)
  const inputMask = body.inputs.map((variable, i) =>
    i >= consts && i < consts + carry ? carryUsed[i - consts] : (bounded && i === 0) || read.has(variable),
  )
  if (inputMask.every(Boolean) && keep.every(Boolean) && pruned.equations.length === body.equations.length)
    return equation
  return {
    primitive: scanPrimitive,
    inputs: where(equation.inputs, inputMask),
    params: {
      ...params,
      body: { ...pruned, inputs: where(body.inputs, inputMask) },
      consts: inputMask.slice(0, consts).filter(Boolean).length,
      carry: carryUsed.filter(Boolean).length,
    } satisfies ScanParams,
    outputs: where(equation.outputs, keep),
  }
}

/** Inputs: consts, initial carry, xs (time first). Outputs: last carry, ys (time first). */
export const scanPrimitive: Primitive<ScanParams> = {
  name: 'scan',
  type(inputs, { body, consts, carry, length }) {
    inputs.slice(consts + carry).forEach(({ shape }) => {
      if (shape[0] !== length) throw typeError(`scan: an xs leaf has ${shape[0]} steps, expected ${length}`)
    })
    const [last, ys] = cut(outputTypes(body), carry)
    return [...last, ...ys.map(({ shape, dtype }) => ({ shape: [length, ...shape], dtype }))]
  },
  jvp: (primals, tangents, _results, params) => scanJvp(primals, tangents, params).tangents,
  jvpWithResults: scanJvp,
  transpose: scanTranspose,
  batch: scanBatch,
  lower: lowerScan,
  partial: scanPartial,
  prune: scanPrune,
  overwritable: ({ inputs, params: { body, consts, carry } }, isFree) =>
    (body as Program).inputs.filter((_, i) => i >= consts + carry && isFree(inputs[i])),
  constants: ({ inputs, params: { body, consts } }) =>
    (body as Program).inputs.slice(0, consts).map((variable, i) => [variable, inputs[i]] as const),
  hoist: hoistScan,
  sink: sinkScan,
}
