// cond: one of several programs runs, as a primitive with the same rules as `add`: every transform of the choice is the
// choice between the transformed programs.

import { MapOp } from '../../assembly/format.js'
import { emitCopy } from '../compiler/emit-copy.js'
import { emitMap } from '../compiler/emit-map.js'
import type { Lowering } from '../compiler/lowering.js'
import { pruneProgram, readAtoms } from '../compiler/prune.js'
import { sameView, type View } from '../compiler/view.js'
import type { BatchDim, PartialEquation, Primitive } from '../core/primitive.js'
import { type Aval, type Equation, newVar, type Program, sameAval, showAval } from '../core/program.js'
import type { Tensor } from '../core/tensor.js'
import { applyProgram, bind, scalar, tracePure } from '../core/trace.js'
import { typeError } from '../errors.js'
import { broadcastInDim } from '../ops/broadcast.js'
import { greaterEqual } from '../ops/compare.js'
import { where as select } from '../ops/where.js'
import { cut, inputTypes, outputTypes, spread, where, whereNot } from './interpret.js'
import { jvpProgram } from './jvp.js'
import { splitProgram } from './partial.js'
import { transposeProgram } from './transpose.js'
import { vmapProgram } from './vmap.js'

/** The programs to choose from, by number; all take the same operands and give results of the same types. */
export type CondParams = Readonly<Record<number, Program>>

const programs = (params: CondParams): Program[] => Object.values(params)

/** Applies the primitive to the index and the operands. */
export const bindCond = (branches: readonly Program[], inputs: readonly Tensor[]): Tensor[] =>
  bind(condPrimitive, inputs, { ...branches } as CondParams)

/** Which places of some lists are true in any of them. */
const union = (masks: readonly (readonly boolean[])[]): boolean[] => masks[0].map((_, i) => masks.some(mask => mask[i]))

const condJvp: NonNullable<Primitive<CondParams>['jvpWithResults']> = (primals, tangents, params) => {
  const branches = programs(params)
  const nonzero = tangents.slice(1).map(tangent => tangent !== null)
  const all = union(branches.map(branch => jvpProgram(branch, { nonzero }).nonzero))
  const results = bindCond(
    branches.map(branch => jvpProgram(branch, { nonzero, all }).program),
    [...primals, ...tangents.filter(tangent => tangent !== null)],
  )
  const [values, own] = cut(results, all.length)
  return { results: values, tangents: spread(all, own) }
}

/** The known parts give what the linear ones need, each in places that another branch may fill with its own. */
function condPartial(equation: Equation, unknown: readonly boolean[]): PartialEquation {
  const branches = programs(equation.params)
  const mask = unknown.slice(1)
  const split = (forced?: readonly boolean[]) =>
    branches.map(branch => splitProgram(branch, mask, forced, new Set(whereNot(branch.inputs, mask))))
  const unknownOutputs = union(split().map(parts => parts.unknownOutputs))
  const splits = split(unknownOutputs)
  const knownCount = unknownOutputs.filter(flag => !flag).length
  const kept = splits.map(({ residuals }, b) => residuals.filter(variable => !branches[b].inputs.includes(variable)))
  const types: Aval[] = []
  /** For each branch and place, the branch's residual there. */
  const held = kept.map(list => {
    const taken = new Map<number, (typeof list)[number]>()
    for (const variable of list) {
      const free = types.findIndex((type, i) => !taken.has(i) && sameAval(type, variable.aval))
      taken.set(free < 0 ? types.push(variable.aval) - 1 : free, variable)
    }
    return taken
  })
  const operands = equation.inputs.slice(1)
  const residuals = types.map(newVar)
  const known = branches.map((branch, b) =>
    tracePure(whereNot(inputTypes(branch), mask), values => {
      const results = applyProgram(splits[b].known, values)
      const own = types.map(({ shape, dtype }, i) => {
        const variable = held[b].get(i)
        return variable === undefined
          ? broadcastInDim(scalar(0, dtype), shape, [])
          : results[knownCount + splits[b].residuals.indexOf(variable)]
      })
      return [...results.slice(0, knownCount), ...own]
    }),
  )
  const linear = branches.map(
    (branch, b): Program => ({
      ...splits[b].unknown,
      inputs: [
        ...whereNot(branch.inputs, mask),
        ...types.map((type, i) => held[b].get(i) ?? newVar(type)),
        ...where(branch.inputs, mask),
      ],
    }),
  )
  const [index] = equation.inputs
  return {
    known: [
      {
        ...equation,
        inputs: [index, ...whereNot(operands, mask)],
        params: { ...known },
        outputs: [...whereNot(equation.outputs, unknownOutputs), ...residuals],
      },
    ],
    unknown: [
      {
        ...equation,
        inputs: [index, ...whereNot(operands, mask), ...residuals, ...where(operands, mask)],
        params: { ...linear },
        outputs: where(equation.outputs, unknownOutputs),
      },
    ],
  }
}

const condTranspose: NonNullable<Primitive<CondParams>['transpose']> = (
  cotangents,
  [index, ...operands],
  _,
  params,
) => {
  const linear = operands.map(operand => operand === null)
  const given = cotangents.map(cotangent => cotangent !== null)
  const back = (all?: readonly boolean[]) =>
    programs(params).map(branch => transposeProgram(branch, { linear, cotangents: given, all }))
  const all = union(back().map(({ nonzero }) => nonzero))
  const results = bindCond(
    back(all).map(({ program }) => program),
    [index!, ...operands.filter(operand => operand !== null), ...cotangents.filter(cotangent => cotangent !== null)],
  )
  let [nextLinear, next] = [0, 0]
  return [null, ...linear.map(isLinear => (isLinear && all[nextLinear++] ? results[next++] : null))]
}

/** True where the index is at least `k`; the first and the last branch take what is out of range. */
const atLeast = (index: Tensor, k: number): Tensor => (index.dtype === 'bool' ? index : greaterEqual(index, k))

/** One index for all: the choice between the batched programs. Each its own: all run, and each example chooses its results. */
const condBatch: Primitive<CondParams>['batch'] = ([index, ...operands], [indexDim, ...dims], params, size) => {
  const branches = programs(params)
  if (indexDim === null) {
    const free = branches.map(branch => vmapProgram(branch, { size, dims }).dims)
    const places = free[0].map((_, i): BatchDim => free.map(list => list[i]).find(dim => dim !== null) ?? null)
    const wanted = places.map(dim => dim ?? undefined)
    const batched = branches.map(branch => vmapProgram(branch, { size, dims, wanted }).program)
    return { results: bindCond(batched, [index, ...operands]), dims: places }
  }
  const wanted = branches[0].outputs.map(() => 0)
  const [first, ...others] = branches.map(branch =>
    applyProgram(vmapProgram(branch, { size, dims, wanted }).program, operands),
  )
  const results = others.reduce((chosen, own, b) => {
    const flag = atLeast(index, b + 1)
    return chosen.map((result, i) => select(broadcastInDim(flag, result.shape, [0]), own[i], result))
  }, first)
  return { results, dims: wanted }
}

function condLower(lowering: Lowering, { inputs, outputs }: Equation, params: CondParams): void {
  const [index, ...operands] = inputs.map(input => lowering.view(input))
  const outs = outputs.map(output => lowering.output(output))
  const run = (branch: Program): void => {
    branch.outputs.forEach((atom, i) => {
      if (atom.kind === 'var' && !branch.inputs.includes(atom) && branch.outputs.indexOf(atom) === i)
        lowering.aim(atom, outs[i])
    })
    lowering.lowerInner(branch, operands).forEach((made, i) => {
      if (!sameView(made, outs[i])) emitCopy(lowering, made, outs[i])
    })
  }
  const choose = ([branch, ...others]: readonly Program[], k: number): void => {
    if (others.length === 0) {
      run(branch)
      return
    }
    let isLater: View = index
    if (inputs[0].aval.dtype !== 'bool') {
      isLater = lowering.temporary([])
      emitMap(lowering, MapOp.GeI, [index, lowering.constant(k + 1)], isLater)
    }
    lowering.branch(
      isLater,
      () => choose(others, k + 1),
      () => run(branch),
    )
  }
  choose(programs(params), 0)
}

/** Without results that nobody uses and operands that no branch reads. */
function condPrune(equation: Equation, isUsed: (output: Equation['outputs'][number]) => boolean): Equation {
  const keep = equation.outputs.map(isUsed)
  const before = programs(equation.params)
  const branches = before.map(branch => pruneProgram({ ...branch, outputs: where(branch.outputs, keep) }))
  const reads = union(
    branches.map(branch => {
      const read = readAtoms(branch)
      return branch.inputs.map(variable => read.has(variable))
    }),
  )
  if (
    keep.every(Boolean) &&
    reads.every(Boolean) &&
    branches.every(({ equations }, b) => equations.length === before[b].equations.length)
  )
    return equation
  return {
    ...equation,
    inputs: [equation.inputs[0], ...where(equation.inputs.slice(1), reads)],
    params: { ...branches.map(branch => ({ ...branch, inputs: where(branch.inputs, reads) })) },
    outputs: where(equation.outputs, keep),
  }
}

/** Inputs: the index of the program (a bool or an int32 scalar, clamped), then what the programs take. */
export const condPrimitive: Primitive<CondParams> = {
  name: 'cond',
  type([index], params) {
    if (index.shape.length > 0 || (index.dtype !== 'bool' && index.dtype !== 'int32'))
      throw typeError(`cond: the choice is a bool or an int32 scalar, not ${showAval(index)}`)
    return outputTypes(programs(params)[0])
  },
  jvp: (primals, tangents, _results, params) => condJvp(primals, tangents, params).tangents,
  jvpWithResults: condJvp,
  transpose: condTranspose,
  batch: condBatch,
  lower: condLower,
  partial: condPartial,
  prune: condPrune,
}
