// Vectorisation: each equation is replaced by the equation over a batch. Where the batch dimension of a value stands is
// tracked, not changed.

import { isCollective } from '../compiler/passes/rewrite.js'
import { mappedAxis, mapping, withAxis } from '../core/axes.js'
import { checkOptions } from '../core/options.js'
import type { BatchDim } from '../core/primitive.js'
import type { Atom, Program, Var } from '../core/program.js'
import { insertAt, removeAt, showShape } from '../core/shape.js'
import { describe, type Tensor } from '../core/tensor.js'
import { applyProgram, bind, readAtom, setOrigin, traceProgram, tracePure } from '../core/trace.js'
import { flatten, type Leaf, leafPaths, showStructure, type Tree, type TreeDef, unflatten } from '../core/tree.js'
import { rangeError, typeError } from '../errors.js'
import { placeBatch } from '../ops/batching.js'
import { leafTensor } from './arguments.js'
import { cut, inputTypes, memoized } from './interpret.js'

export interface BatchedProgram {
  program: Program
  /** Where the batch dimension of each output stands. */
  dims: BatchDim[]
}

interface Batching {
  size: number
  dims: readonly BatchDim[]
  /** Where outputs must have their batch dimension; null: they must have none; undefined: anywhere or nowhere. */
  wanted?: readonly (BatchDim | undefined)[]
  /** The name by which the program knows its examples, or null; that of the vmap being carried out if left out. */
  axisName?: string | null
}

/** The program over a batch of `size`: input i has its batch dimension at `dims[i]`, or none. */
export const vmapProgram: (program: Program, batching: Batching) => BatchedProgram = memoized(
  ({ size, dims, wanted, axisName = mappedAxis() }: Batching) =>
    `${size}|${dims.join()}|${wanted?.map(String) ?? ''}|${axisName ?? ''}`,
  (program, { size, dims, wanted, axisName = mappedAxis() }) => {
    let outDims: BatchDim[] = []
    const types = inputTypes(program).map(({ shape, dtype }, i) => ({
      shape: dims[i] === null ? shape : insertAt(shape, dims[i], size),
      dtype,
    }))
    const batchedOf = (values: Tensor[]) => {
      const environment = new Map<Var, Tensor>()
      const places = new Map<Atom, BatchDim>()
      program.inputs.forEach((variable, i) => {
        environment.set(variable, values[i])
        places.set(variable, dims[i])
      })
      const placeOf = (atom: Atom): BatchDim => places.get(atom) ?? null
      for (const equation of program.equations) {
        const { primitive, inputs, params, outputs, source } = equation
        setOrigin(source)
        const operands = inputs.map(atom => readAtom(environment, atom))
        const operandDims = inputs.map(placeOf)
        const { results, dims: resultDims } =
          operandDims.every(dim => dim === null) && !isCollective(equation)
            ? { results: bind(primitive, operands, params), dims: outputs.map(() => null) }
            : primitive.batch(operands, operandDims, params, size)
        outputs.forEach((variable, i) => {
          environment.set(variable, results[i])
          places.set(variable, resultDims[i])
        })
      }
      const results = program.outputs.map((atom, i) => {
        const value = readAtom(environment, atom)
        const place = placeOf(atom)
        const want = wanted?.[i]
        if (want === null && place !== null) {
          throw typeError('vmap: outAxes is null for a result that is not the same for all examples')
        }
        return want === undefined || want === null
          ? { value, place }
          : { value: placeBatch(value, place, want, size), place: want }
      })
      outDims = results.map(({ place }) => place)
      return results.map(({ value }) => value)
    }
    const batched = mapping(axisName, () => tracePure(types, batchedOf))
    return { program: batched, dims: outDims }
  },
)

/** Which axis of each leaf is the batch: a number for all leaves of an argument, null for none, or a tree of those. */
export type Axes<T> = number | null | (T extends object ? object : never)

/** What a function may know of the batch that it is one example of. @inline */
export interface VmapOptions {
  /** The name of the batch, for `psum` and `pmean` (none). */
  axisName?: string
}

/**
 * `f` over a batch: a function of one example becomes one of many. `inAxes`: the axis of all leaves that is the batch
 * (0 by default), or for each argument its own, null for arguments that all examples share, or a tree of those; `outAxes`
 * where the results get it, null for results that all examples share. `axisName`: the name by which `psum` and `pmean` in
 * `f` know the examples. Booleans stay as they are, the same for all. Throws if the lengths of the batch axes differ or
 * there is none.
 * @example
 * const distance = (a: Tensor, b: Tensor) => norm(sub(a, b)) // of two vectors
 * const points = tensor([[0, 0], [3, 4], [6, 8]])
 * vmap(distance, [0, null])(points, zeros([2])) // [0, 5, 10]
 * vmap(vmap(distance, [null, 0]), [0, null])(points, points) // [[0, 5, 10], [5, 0, 5], [10, 5, 0]]
 */
export function vmap<A extends unknown[], B extends Tree>(
  f: (...args: A) => B,
  inAxes: number | { readonly [K in keyof A]?: number | null | object } = 0,
  outAxes: number | null | object = 0,
  options: VmapOptions = {},
): (...args: A) => B {
  if (typeof f !== 'function') throw typeError('vmap: the first argument is not a function')
  if (typeof inAxes !== 'number' && !Array.isArray(inAxes)) {
    throw typeError(`vmap: inAxes are one axis, or a list of them for the arguments, not ${describe(inAxes)}`)
  }
  checkOptions('vmap', options, { axisName: 1 })
  const { axisName } = options
  return (...args) => {
    const flatArgs = args.map((arg, i) => flatten(arg, `vmap: argument ${i + 1}`))
    if (Array.isArray(inAxes) && inAxes.length > args.length) {
      throw typeError(`vmap: inAxes names ${inAxes.length} arguments, the function was called with ${args.length}`)
    }
    const dims = flatArgs.flatMap(({ structure, leaves }, i) => {
      const axes = typeof inAxes === 'number' ? inAxes : inAxes[i] === undefined ? 0 : inAxes[i]
      return leafAxes('vmap', axes, structure, `argument ${i + 1}`).map((axis, leaf) =>
        checkBatchAxis(axis, leaves[leaf], i),
      )
    })
    const given = flatArgs.flatMap(flat => flat.leaves)
    const leaves = given.map(leafTensor)
    const size = batchSize(leaves, dims)
    let result: TreeDef = { kind: 'leaf' }
    const types = leaves.map(({ shape, dtype }, i) => ({
      shape: dims[i] === null ? shape : removeAt(shape, dims[i]),
      dtype,
    }))
    const { program, captured } = traceProgram(types, tracers => {
      const values = tracers.map((tracer, i) => (typeof given[i] === 'boolean' ? given[i] : tracer))
      const parts = cut(values, ...flatArgs.map(flat => flat.leaves.length))
      const examples = flatArgs.map(({ structure }, i) => unflatten(structure, parts[i]))
      const own = () => f(...(examples as A))
      const flat = flatten(axisName === undefined ? own() : withAxis(axisName, own), "vmap: the function's result")
      result = flat.structure
      return flat.leaves.map(leafTensor)
    })
    const wanted = leafAxes('vmap', outAxes, result, 'the result').map((axis, i) => {
      if (axis === null) return null
      const rank = program.outputs[i].aval.shape.length + 1
      if (axis < -rank || axis >= rank) throw rangeError(`vmap: outAxes ${axis} does not fit a result of rank ${rank}`)
      return axis < 0 ? axis + rank : axis
    })
    const batched = vmapProgram(program, {
      size,
      dims: [...captured.map(() => null), ...dims],
      wanted,
      axisName: axisName ?? null,
    })
    return unflatten(result, applyProgram(batched.program, [...captured, ...leaves])) as B
  }
}

/** One axis for each leaf, from a number, null, or a tree of them that may end early. */
function leafAxes(operation: string, axes: unknown, structure: TreeDef, what: string): BatchDim[] {
  if (axes === null || typeof axes === 'number') return leafPaths(structure).map(() => axes)
  if (structure.kind === 'empty') return []
  if (
    typeof axes === 'object' &&
    structure.kind === 'array' &&
    Array.isArray(axes) &&
    axes.length === structure.children.length
  ) {
    return structure.children.flatMap((child, i) => leafAxes(operation, axes[i], child, `${what}[${i}]`))
  }
  if (typeof axes === 'object' && structure.kind === 'object' && !Array.isArray(axes)) {
    return structure.children.flatMap((child, i) => {
      const axis = (axes as Record<string, unknown>)[structure.keys[i]]
      return leafAxes(operation, axis === undefined ? 0 : axis, child, `${what}.${structure.keys[i]}`)
    })
  }
  throw typeError(`${operation}: axes ${JSON.stringify(axes)} do not fit ${what}: ${showStructure(structure)}`)
}

function checkBatchAxis(axis: BatchDim, leaf: Leaf, argument: number): BatchDim {
  if (axis === null || typeof leaf === 'boolean') return null
  const { rank, shape } = leafTensor(leaf)
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw rangeError(
      `vmap: argument ${argument + 1} has a leaf of shape ${showShape(shape)}, which has no axis ${axis}; give null for what all examples share`,
    )
  }
  return axis < 0 ? axis + rank : axis
}

function batchSize(leaves: readonly Tensor[], dims: readonly BatchDim[]): number {
  const sizes = leaves.flatMap((leaf, i) => (dims[i] === null ? [] : [leaf.shape[dims[i]]]))
  if (sizes.length === 0) throw typeError('vmap: no argument has a batch axis')
  const other = sizes.find(size => size !== sizes[0])
  if (other !== undefined) throw typeError(`vmap: batch axes have different lengths: ${sizes[0]} and ${other}`)
  return sizes[0]
}
