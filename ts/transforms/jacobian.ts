// Jacobians and Hessians: the derivative along each vector of a basis, all at once by vmap.
import type { Aval } from '../core/program.js'
import { sizeOf } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { applyProgram } from '../core/trace.js'
import { type Tree, type TreeDef, unflatten } from '../core/tree.js'
import { typeError } from '../errors.js'
import { split } from '../ops/concat.js'
import { eye, zeros } from '../ops/full.js'
import { reshape } from '../ops/reshape.js'
import { checkDifferentiable, flattenTensors } from './arguments.js'
import { isFloat } from './call.js'
import { closedFunction } from './function.js'
import { outputTypes, where } from './interpret.js'
import { jvpProgram } from './jvp.js'
import { linearizeCall } from './linearize.js'
import { runTogether } from './together.js'
import { transposeProgram } from './transpose.js'
import { vmapProgram } from './vmap.js'

/** The tree of a function's results with the tree of its parameters in the place of each leaf. */
export type Jacobian<B, P> = B extends Tensor | number | boolean
  ? P
  : B extends object
    ? { [K in keyof B]: Jacobian<B[K], P> }
    : B

/** The sizes of tensors one after the other, and the vectors of a basis of them all: [n, ...shape] for each. */
function basisOf(types: readonly Aval[]): { sizes: number[]; n: number; vectors(): Tensor[] } {
  const sizes = types.map(({ shape }) => sizeOf(shape))
  const n = sizes.reduce((sum, size) => sum + size, 0)
  return { sizes, n, vectors: () => split(eye(n), sizes, 1).map((part, i) => reshape(part, [n, ...types[i].shape])) }
}

/** The parts of a Jacobian, by leaf of the result and leaf of the parameters: null where it is zero. */
type Blocks = readonly (readonly (Tensor | undefined)[] | null)[]

/** What both modes do around the derivatives. */
function jacobian<P, R extends unknown[], B>(
  operation: string,
  f: (params: P, ...rest: R) => B,
  blocksOf: (
    f: (...args: never[]) => unknown,
    args: readonly [P, ...R],
    leaves: readonly Tensor[],
  ) => { result: TreeDef; types: readonly Aval[]; blocks: Blocks },
) {
  if (typeof f !== 'function') throw typeError(`${operation}: the first argument is not a function`)
  return (params: P, ...rest: R): Jacobian<B, P> => {
    checkDifferentiable(operation, params)
    return runTogether(operation, [params, ...rest], (own: P, ...others: R) => {
      const { leaves, structure } = flattenTensors(operation, own, 'argument')
      const { result, types, blocks } = blocksOf(f as (...args: unknown[]) => unknown, [own, ...others], leaves)
      const rows = types.map(({ shape }, i) => {
        const row = leaves.map((leaf, k) => {
          const whole = [...shape, ...leaf.shape]
          const block = blocks[i]?.[k]
          return block ? reshape(block, whole) : zeros(whole)
        })
        return unflatten(structure, row)
      })
      return unflatten(result, rows) as Jacobian<B, P>
    })
  }
}

function checkResults(operation: string, types: readonly Aval[]): void {
  const other = types.find(type => !isFloat(type))
  if (other) throw typeError(`${operation}: a result has dtype ${other.dtype}; only float32 has derivatives`)
}

/** All columns at once. */
const forwardMode = <P, R extends unknown[], B>(
  operation: string,
  f: (params: P, ...rest: R) => B,
): ((params: P, ...rest: R) => Jacobian<B, P>) =>
  jacobian(operation, f, (own, args, leaves) => {
    const call = closedFunction(operation, own, args)
    const types = outputTypes(call.program)
    checkResults(operation, types)
    const { sizes, n, vectors } = basisOf(leaves)
    const first = call.captured.length
    const forward = jvpProgram(call.program, {
      nonzero: call.program.inputs.map((_, i) => i >= first && i < first + leaves.length),
    })
    const primals = [...call.captured, ...call.leaves]
    const outputs = forward.program.outputs.slice(types.length)
    const { program } = vmapProgram(
      { ...forward.program, outputs },
      {
        size: n,
        dims: forward.program.inputs.map((_, i) => (i < primals.length ? null : 0)),
        wanted: outputs.map(({ aval }) => aval.shape.length),
      },
    )
    const columns = applyProgram(program, [...primals, ...vectors()])
    let next = 0
    return {
      result: call.result,
      types,
      blocks: forward.nonzero.map(has => (has ? split(columns[next++], sizes) : null)),
    }
  })

/** All rows at once. */
const reverseMode = <P, R extends unknown[], B>(
  operation: string,
  f: (params: P, ...rest: R) => B,
): ((params: P, ...rest: R) => Jacobian<B, P>) =>
  jacobian(operation, f, (own, args) => {
    const call = linearizeCall(operation, own, args, i => i === 0)
    const { closed, outputs: types, residuals } = call
    checkResults(operation, types)
    const { split: parts, nonzero } = call.linearized
    const rows = where(types, nonzero)
    const { sizes, n, vectors } = basisOf(rows)
    const isResidual = parts.unknown.inputs.map((_, i) => i < residuals.length)
    const back = transposeProgram(parts.unknown, {
      linear: isResidual.map(is => !is),
      cotangents: rows.map(() => true),
    })
    const { program } = vmapProgram(back.program, {
      size: n,
      dims: back.program.inputs.map((_, i) => (i < residuals.length ? null : 0)),
      wanted: back.program.outputs.map(() => 0),
    })
    const results = applyProgram(program, [...residuals, ...vectors()])
    let next = 0
    const columns = back.nonzero.map(has => (has ? split(results[next++], sizes, 0) : null))
    let row = 0
    const blocks = nonzero.map(has => {
      if (!has) return null
      const at = row++
      return columns.map(column => column?.[at])
    })
    return { result: closed.result, types, blocks }
  })

/**
 * A function that computes the Jacobian of `f` with respect to its first argument, by forward mode: the tree of its
 * results, in the place of each leaf the tree of the argument with leaves [...shape of result, ...shape of argument]. All
 * columns run at once, memory does not grow with the steps of a `scan`; best where results outnumber parameters.
 * Throws if a result or a leaf of the first argument is not float32.
 * @example jacfwd((x: Tensor) => mul(x, x))(tensor([1, 2])) // [[2, 0], [0, 4]]
 */
export const jacfwd = <P, R extends unknown[], B extends Tree>(
  f: (params: P, ...rest: R) => B,
): ((params: P, ...rest: R) => Jacobian<B, P>) => forwardMode('jacfwd', f)

/**
 * The same Jacobian by reverse mode: all rows run at once; best where parameters outnumber results.
 * Throws if a result or a leaf of the first argument is not float32.
 * @example jacrev((x: Tensor) => mul(x, x))(tensor([1, 2])) // [[2, 0], [0, 4]]
 */
export const jacrev = <P, R extends unknown[], B extends Tree>(
  f: (params: P, ...rest: R) => B,
): ((params: P, ...rest: R) => Jacobian<B, P>) => reverseMode('jacrev', f)

/**
 * A function that computes the second derivatives of `f` with respect to its first argument, forward over reverse: the
 * tree of its results of trees of the argument of trees of the argument, leaves
 * [...shape of result, ...shape of argument, ...shape of argument].
 * Throws if a result or a leaf of the first argument is not float32.
 * @example hessian((x: Tensor) => sum(mul(x, mul(x, x))))(tensor([1, 2])) // [[6, 0], [0, 12]]
 */
export const hessian = <P, R extends unknown[], B extends Tree>(
  f: (params: P, ...rest: R) => B,
): ((params: P, ...rest: R) => Jacobian<Jacobian<B, P>, P>) => forwardMode('hessian', reverseMode('hessian', f))
