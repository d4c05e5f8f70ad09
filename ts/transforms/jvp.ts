// Forward mode: each equation is followed by the equation of its tangent. Tangents that are zero are not written at all.

import type { MaybeZero } from '../core/primitive.js'
import type { Program, Var } from '../core/program.js'
import { sameShape, showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { applyProgram, bind, readAtom, scalar, setOrigin, tracePure } from '../core/trace.js'
import type { Tree } from '../core/tree.js'
import { typeError } from '../errors.js'
import { broadcastInDim } from '../ops/broadcast.js'
import { flattenTensors, sameTrees } from './arguments.js'
import { closedFunction } from './function.js'
import { inputTypes, memoized, where } from './interpret.js'

export interface JvpProgram {
  /** Inputs, then the tangents of those with one -> outputs, then the tangents of those with one. */
  program: Program
  /** Which outputs have a tangent. */
  nonzero: boolean[]
}

/** The program with tangents, for inputs of which some have one; `all`: outputs that must have one even if it is zero. */
export const jvpProgram: (
  program: Program,
  masks: { nonzero: readonly boolean[]; all?: readonly boolean[] },
) => JvpProgram = memoized(
  ({ nonzero, all }: { nonzero: readonly boolean[]; all?: readonly boolean[] }) =>
    `${nonzero.map(Number).join('')}|${all?.map(Number).join('') ?? ''}`,
  (program, { nonzero, all }) => {
    const types = inputTypes(program)
    let outputMask: boolean[] = []
    const result = tracePure([...types, ...where(types, nonzero)], values => {
      const environment = new Map<Var, Tensor>()
      const tangents = new Map<Var, Tensor>()
      let next = types.length
      program.inputs.forEach((variable, i) => {
        environment.set(variable, values[i])
        if (nonzero[i]) tangents.set(variable, values[next++])
      })
      const tangentOf = (atom: Program['outputs'][number]): MaybeZero =>
        atom.kind === 'var' ? (tangents.get(atom) ?? null) : null
      for (const { primitive, inputs, params, outputs, source } of program.equations) {
        setOrigin(source)
        const primals = inputs.map(atom => readAtom(environment, atom))
        const incoming = inputs.map(tangentOf)
        const isConstant = incoming.every(tangent => tangent === null)
        const together = isConstant ? undefined : primitive.jvpWithResults?.(primals, incoming, params)
        const results = together?.results ?? bind(primitive, primals, params)
        outputs.forEach((variable, i) => {
          environment.set(variable, results[i])
        })
        if (isConstant) continue
        const outgoingTangents = together?.tangents ?? primitive.jvp(primals, incoming, results, params)
        outgoingTangents.forEach((tangent, i) => {
          if (tangent !== null && outputs[i].aval.dtype === 'float32') tangents.set(outputs[i], tangent)
        })
      }
      const outgoing = program.outputs.map((atom, i) => {
        const tangent = tangentOf(atom)
        return tangent === null && all?.[i] ? zeroTangent(atom.aval.shape) : tangent
      })
      outputMask = outgoing.map(tangent => tangent !== null)
      return [
        ...program.outputs.map(atom => readAtom(environment, atom)),
        ...outgoing.filter(tangent => tangent !== null),
      ]
    })
    return { program: result, nonzero: outputMask }
  },
)

/** Zeros where a tangent must be written out. */
export const zeroTangent = (shape: readonly number[]): Tensor => broadcastInDim(scalar(0, 'float32'), shape, [])

/**
 * The value of `f` and its directional derivative: `jvp(f, [x, y], [dx, dy])` -> `[f(x, y), df]`. Forward mode.
 * `tangents` has the trees of `primals`, float32 leaves. Throws where trees or shapes differ.
 * @example
 * const [value, slope] = jvp((x: Tensor) => mul(x, x), [tensor(3)], [tensor(1)])
 * value // 9
 * slope // 6
 */
export function jvp<A extends unknown[], B extends Tree>(
  f: (...args: A) => B,
  primals: [...A],
  tangents: [...A],
): [B, B] {
  sameTrees('jvp', primals, tangents)
  const closed = closedFunction('jvp', f, primals)
  const flatTangents = flattenTensors('jvp', tangents, 'tangents').leaves
  closed.leaves.forEach((leaf, i) => {
    if (leaf.dtype === 'float32' && !sameShape(leaf.shape, flatTangents[i].shape)) {
      throw typeError(
        `jvp: a tangent has shape ${showShape(flatTangents[i].shape)}, its primal ${showShape(leaf.shape)}`,
      )
    }
  })
  const isFloatLeaf = closed.leaves.map(leaf => leaf.dtype === 'float32')
  const nonzero = [...closed.captured.map(() => false), ...isFloatLeaf]
  const { program, nonzero: outMask } = jvpProgram(closed.program, { nonzero })
  const results = applyProgram(program, [...closed.captured, ...closed.leaves, ...where(flatTangents, isFloatLeaf)])
  const count = outMask.length
  let next = count
  const outTangents = outMask.map((has, i) => (has ? results[next++] : zeroTangent(results[i].shape)))
  return [closed.build(results.slice(0, count)) as B, closed.build(outTangents) as B]
}
