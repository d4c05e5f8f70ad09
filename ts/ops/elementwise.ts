// What all elementwise primitives share: their types, how they batch, how they lower. A family file gives the machine's
// operation for each dtype and the derivative, and has a primitive.

import type { MapOp } from '../../assembly/format.js'
import { emitMap } from '../compiler/emit-map.js'
import type { DType } from '../core/dtype.js'
import type { BatchDim, Primitive } from '../core/primitive.js'
import type { Aval } from '../core/program.js'
import { insertAt, range, sameShape, showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { typeError } from '../errors.js'
import { broadcastInDim } from './broadcast.js'
import { moveaxis } from './transpose.js'

export type NoParams = Record<string, never>

export const NO_PARAMS: NoParams = Object.freeze({})

/** The machine's operation for each dtype that the primitive accepts. */
export type MapOps = Partial<Record<DType, MapOp>>

interface Definition {
  name: string
  ops: MapOps
  /** The result's dtype; the operands' own where left out. */
  result?: DType
  /** Brings the kernel where the core has none. */
  load?: () => void
  /** False where computing again costs more than keeping. */
  cheap?: boolean
  jvp: Primitive<NoParams>['jvp']
  transpose?: Primitive<NoParams>['transpose']
}

/** An elementwise primitive whose operands have one dtype and one shape (or are scalars). */
export function elementwise({
  name,
  ops,
  result,
  load,
  cheap = true,
  jvp,
  transpose = null,
}: Definition): Primitive<NoParams> {
  const mapOp = ([{ dtype }]: readonly Aval[]): MapOp => {
    load?.()
    return ops[dtype]!
  }
  const primitive: Primitive<NoParams> = {
    name,
    type(inputs) {
      const { dtype } = inputs[0]
      if (ops[dtype] === undefined) {
        throw typeError(`${name}: dtype ${dtype} is not accepted, only ${Object.keys(ops).join(', ')}`)
      }
      if (inputs.some(input => input.dtype !== dtype)) {
        throw typeError(`${name}: dtypes differ: ${inputs.map(input => input.dtype).join(' and ')}`)
      }
      return [{ shape: commonShape(name, inputs), dtype: result ?? dtype }]
    },
    jvp,
    transpose,
    batch: (inputs, dims) => batchElementwise(inputs, dims, operands => bind1(primitive, operands, {})),
    lower(lowering, { inputs, outputs }) {
      const views = inputs.map(input => lowering.view(input))
      emitMap(lowering, mapOp([inputs[0].aval]), views, lowering.output(outputs[0]))
    },
    cheap,
    elementwise: true,
    mapOp,
  }
  return primitive
}

/** A comparison or another function whose derivative is zero wherever it exists. */
export function withoutTangent(_primals: unknown, _tangents: unknown, results: readonly Tensor[]): null[] {
  return results.map(() => null)
}

/** The shape of elementwise operands: all the same, scalars apart. */
export function commonShape(name: string, inputs: readonly Aval[]): readonly number[] {
  let shape: readonly number[] = []
  for (const input of inputs) {
    if (input.shape.length === 0) continue
    if (shape.length > 0 && !sameShape(shape, input.shape)) {
      throw typeError(`${name}: shapes differ: ${inputs.map(other => showShape(other.shape)).join(' and ')}`)
    }
    shape = input.shape
  }
  return shape
}

/** Applies an elementwise function to operands some of which carry a batch dimension: the first one's place is everybody's. */
export function batchElementwise(
  inputs: readonly Tensor[],
  dims: readonly BatchDim[],
  apply: (operands: Tensor[]) => Tensor,
): { results: Tensor[]; dims: BatchDim[] } {
  const rank = Math.max(...inputs.map((input, i) => input.rank - (dims[i] === null ? 0 : 1)))
  const lead = inputs.findIndex((input, i) => dims[i] !== null && input.rank - 1 === rank)
  const scalarLead = inputs.findIndex((_, i) => dims[i] !== null)
  const at = lead >= 0 ? dims[lead]! : 0
  const size = inputs[scalarLead].shape[dims[scalarLead]!]
  const logical = inputs.find((input, i) => input.rank - (dims[i] === null ? 0 : 1) === rank)!
  const logicalShape = logical.shape.filter((_, axis) => axis !== dims[inputs.indexOf(logical)])
  const shape = insertAt(logicalShape, at, size)
  const operands = inputs.map((input, i) => {
    const dim = dims[i]
    if (dim === null) {
      if (input.source.kind === 'literal') return input
      const axes = input.rank === 0 ? [] : range(shape.length).filter(axis => axis !== at)
      return broadcastInDim(input, shape, axes)
    }
    if (input.rank - 1 === rank) return moveaxis(input, dim, at)
    return broadcastInDim(input, shape, [at])
  })
  return { results: [apply(operands)], dims: [at] }
}
