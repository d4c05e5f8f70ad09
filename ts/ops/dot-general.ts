// The one contraction primitive. Under vmap an operand that alone is batched gains a free dimension; only where both are
// batched is it a batch dimension. So a vmapped vector times matrix is one matrix product, and its transpose
// contracts the batch.

import { type Contraction, emitGemm } from '../compiler/emit-gemm.js'
import { checkOptions } from '../core/options.js'
import type { Primitive } from '../core/primitive.js'
import type { Aval } from '../core/program.js'
import { normalizeAxis, range, showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { typeError } from '../errors.js'
import { addTangents } from './arithmetic.js'
import { broadcastTo } from './broadcast.js'
import { cast } from './cast.js'
import { absolute, build, get, indices, type Laws, type NdArray, values } from './laws.js'
import { sameDtype } from './operand.js'
import { reshape } from './reshape.js'
import { transpose } from './transpose.js'

const freeAxes = (rank: number, contract: readonly number[], batch: readonly number[]): number[] =>
  range(rank).filter(axis => !contract.includes(axis) && !batch.includes(axis))

export const dotGeneralPrimitive: Primitive<Contraction> = {
  name: 'dotGeneral',
  type([lhs, rhs], { contract, batch }) {
    if (lhs.dtype !== 'float32' || rhs.dtype !== 'float32') {
      throw typeError(`dotGeneral: operands are float32, not ${lhs.dtype} and ${rhs.dtype}`)
    }
    checkPairs('contracted', lhs, rhs, contract)
    checkPairs('batch', lhs, rhs, batch)
    const shape = [
      ...batch[0].map(axis => lhs.shape[axis]),
      ...freeAxes(lhs.shape.length, contract[0], batch[0]).map(axis => lhs.shape[axis]),
      ...freeAxes(rhs.shape.length, contract[1], batch[1]).map(axis => rhs.shape[axis]),
    ]
    return [{ shape, dtype: 'float32' }]
  },
  jvp: ([lhs, rhs], [dl, dr], _results, params) => [
    addTangents(
      dl && bind1(dotGeneralPrimitive, [dl, rhs], params),
      dr && bind1(dotGeneralPrimitive, [lhs, dr], params),
    ),
  ],
  transpose([cotangent], [lhs, rhs], types, params) {
    if (cotangent === null) return [null, null]
    return [
      lhs === null ? transposeOperand(cotangent, rhs!, types, params, 0) : null,
      rhs === null ? transposeOperand(cotangent, lhs!, types, params, 1) : null,
    ]
  },
  batch: batchDot,
  lower(lowering, { inputs, outputs }, params) {
    const [lhs, rhs] = inputs.map(input => lowering.view(input))
    emitGemm(lowering, lhs, rhs, lowering.output(outputs[0]), params)
  },
}

function checkPairs(what: string, lhs: Aval, rhs: Aval, [left, right]: Contraction['contract']): void {
  const isPaired = left.length === right.length && left.every((axis, i) => lhs.shape[axis] === rhs.shape[right[i]])
  if (!isPaired) {
    throw typeError(
      `dotGeneral: ${what} dimensions differ: ${showShape(lhs.shape)} x ${showShape(rhs.shape)} along [${left}] and [${right}]`,
    )
  }
}

/**
 * The cotangent of operand `side`: the result's cotangent contracted with the other operand along the other's free
 * dimensions. The product is taken in the order that gives the operand's own layout, if one of the two does.
 */
function transposeOperand(
  cotangent: Tensor,
  other: Tensor,
  types: readonly Aval[],
  { contract, batch }: Contraction,
  side: 0 | 1,
): Tensor {
  const that = (1 - side) as 0 | 1
  const rank = types[side].shape.length
  const nBatch = batch[0].length
  const free = freeAxes(rank, contract[side], batch[side])
  const otherFree = freeAxes(other.rank, contract[that], batch[that])
  const lhsFreeCount = side === 0 ? free.length : otherFree.length
  const start = nBatch + (that === 0 ? 0 : lhsFreeCount)
  const cotangentContract = otherFree.map((_, i) => start + i)
  // The other's contracted dimensions, in the order in which they stand in it, and the operand's that they pair with.
  const pairs = contract[that].map((axis, i) => [axis, contract[side][i]]).sort((a, b) => a[0] - b[0])
  const contracted = pairs.map(pair => pair[1])
  const cotangentFirst = [...batch[side], ...free, ...contracted]
  const otherFirst = [...batch[side], ...contracted, ...free]
  const back = (order: number[]) => range(rank).map(axis => order.indexOf(axis))
  const isIdentity = (permutation: number[]) => permutation.every((axis, i) => axis === i)
  const batchAxes = range(nBatch)
  if (!isIdentity(back(cotangentFirst)) && isIdentity(back(otherFirst))) {
    return bind1(dotGeneralPrimitive, [other, cotangent], {
      contract: [otherFree, cotangentContract],
      batch: [batch[that], batchAxes],
    })
  }
  const product = bind1(dotGeneralPrimitive, [cotangent, other], {
    contract: [cotangentContract, otherFree],
    batch: [batchAxes, batch[that]],
  })
  return transpose(product, back(cotangentFirst))
}

function batchDot(inputs: readonly Tensor[], dims: readonly (number | null)[], { contract, batch }: Contraction) {
  const shift = (axes: readonly number[], dim: number | null) =>
    axes.map(axis => (dim !== null && axis >= dim ? axis + 1 : axis))
  const shifted = [0, 1].map(side => ({
    contract: shift(contract[side], dims[side]),
    batch: shift(batch[side], dims[side]),
  }))
  const params = (extra: [number[], number[]]): Contraction => ({
    contract: [shifted[0].contract, shifted[1].contract],
    batch: [
      [...extra[0], ...shifted[0].batch],
      [...extra[1], ...shifted[1].batch],
    ],
  })
  const [left, right] = dims
  if (left !== null && right !== null) {
    return { results: [bind1(dotGeneralPrimitive, inputs, params([[left], [right]]))], dims: [0] }
  }
  const nBatch = batch[0].length
  const lhsFree = freeAxes(inputs[0].rank, shifted[0].contract, shifted[0].batch)
  const rhsFree = freeAxes(inputs[1].rank, shifted[1].contract, shifted[1].batch)
  const at = left !== null ? nBatch + lhsFree.indexOf(left) : nBatch + lhsFree.length + rhsFree.indexOf(right!)
  return { results: [bind1(dotGeneralPrimitive, inputs, params([[], []]))], dims: [at] }
}

/**
 * The general contraction: pairs of dimensions that are summed over (`contract`) and pairs that are kept in step
 * (`batch`); the result has the batch dimensions, then the free ones of `lhs`, then those of `rhs` (JAX's
 * `dot_general`). Throws if paired lengths differ.
 * @example
 * const [queries, keys] = [ones([8, 10, 16]), ones([8, 12, 16])]
 * dotGeneral(queries, keys, { contract: [[2], [2]], batch: [[0], [0]] }).shape // [8, 10, 12]
 */
export function dotGeneral(
  lhs: Tensor,
  rhs: Tensor,
  options: Partial<Contraction> & Pick<Contraction, 'contract'>,
): Tensor {
  checkTensor('dotGeneral', lhs, 'lhs')
  checkTensor('dotGeneral', rhs, 'rhs')
  checkOptions('dotGeneral', options, { contract: 1, batch: 1 })
  const { contract, batch = [[], []] } = options
  const axes = (pair: Contraction['contract']): [number[], number[]] => [
    pair[0].map(axis => normalizeAxis('dotGeneral', axis, lhs.rank)),
    pair[1].map(axis => normalizeAxis('dotGeneral', axis, rhs.rank)),
  ]
  return bind1(dotGeneralPrimitive, [lhs, rhs], { contract: axes(contract), batch: axes(batch) })
}

/**
 * The matrix product by NumPy's rules: vectors [K], matrices [M, K] x [K, N], and stacks of matrices whose leading
 * dimensions broadcast. Throws if the inner dimensions differ or an operand is a scalar.
 * @example
 * matmul(tensor([[1, 2], [3, 4]]), tensor([1, 10])) // [21, 43]
 * matmul(ones([8, 10, 16]), ones([16, 32])).shape // [8, 10, 32]
 */
export function matmul(lhs: Tensor, rhs: Tensor): Tensor {
  const [a, b] = sameDtype('matmul', [lhs, rhs]).map(operand => cast(operand, 'float32'))
  if (a.rank === 0 || b.rank === 0) {
    throw typeError(`matmul: operands have at least one dimension: ${showShape(a.shape)} x ${showShape(b.shape)}`)
  }
  const inner = b.rank === 1 ? 0 : b.rank - 2
  if (a.shape[a.rank - 1] !== b.shape[inner]) {
    throw typeError(`matmul: inner dimensions differ: ${showShape(a.shape)} x ${showShape(b.shape)}`)
  }
  if (b.rank <= 2) return dotGeneral(a, b, { contract: [[a.rank - 1], [inner]] })
  if (a.rank === 1) return dotGeneral(b, a, { contract: [[inner], [0]] })
  return matmulStacks(a, b)
}

/** Stacks of matrices: leading dimensions are batch dimensions after broadcasting. */
function matmulStacks(a: Tensor, b: Tensor): Tensor {
  const lead = Math.max(a.rank, b.rank) - 2
  const padded = (x: Tensor) => reshape(x, [...new Array<number>(lead + 2 - x.rank).fill(1), ...x.shape])
  const [left, right] = [padded(a), padded(b)]
  const common = range(lead).map(i => {
    if (left.shape[i] !== right.shape[i] && left.shape[i] !== 1 && right.shape[i] !== 1) {
      throw typeError(`matmul: leading dimensions do not broadcast: ${showShape(a.shape)} x ${showShape(b.shape)}`)
    }
    return left.shape[i] === 1 ? right.shape[i] : left.shape[i]
  })
  const spreadTo = (x: Tensor) => broadcastTo(x, [...common, ...x.shape.slice(-2)])
  const axes = range(lead)
  return dotGeneral(spreadTo(left), spreadTo(right), { contract: [[lead + 1], [lead]], batch: [axes, axes] })
}

/**
 * The inner product of two vectors; of higher ranks the sum over the last axis of `lhs` and the last but one of `rhs`
 * (NumPy).
 * @example dot(tensor([1, 2, 3]), tensor([4, 5, 6])) // 32
 */
export const dot = (lhs: Tensor, rhs: Tensor): Tensor => {
  const [a, b] = sameDtype('dot', [lhs, rhs]).map(operand => cast(operand, 'float32'))
  const inner = b.rank <= 1 ? 0 : b.rank - 2
  if (a.rank === 0 || b.rank === 0 || a.shape[a.rank - 1] !== b.shape[inner]) {
    throw typeError(`dot: inner dimensions differ: ${showShape(a.shape)} x ${showShape(b.shape)}`)
  }
  return dotGeneral(a, b, { contract: [[a.rank - 1], [inner]] })
}

/**
 * The outer product [M, N] of two vectors [M] and [N]; tensors of other ranks are flattened (NumPy).
 * @example outer(tensor([1, 2]), tensor([1, 10, 100])) // [[1, 10, 100], [2, 20, 200]]
 */
export function outer(lhs: Tensor, rhs: Tensor): Tensor {
  const [a, b] = sameDtype('outer', [lhs, rhs]).map(operand => cast(operand, 'float32'))
  return dotGeneral(reshape(a, [a.size]), reshape(b, [b.size]), { contract: [[], []] })
}

function contractOf(lhs: NdArray, rhs: NdArray, { contract, batch }: Contraction): NdArray {
  const free = [freeAxes(lhs.shape.length, contract[0], batch[0]), freeAxes(rhs.shape.length, contract[1], batch[1])]
  const lengths = (x: NdArray, axes: readonly number[]) => axes.map(axis => x.shape[axis])
  const shape = [...lengths(lhs, batch[0]), ...lengths(lhs, free[0]), ...lengths(rhs, free[1])]
  const nBatch = batch[0].length
  return build(shape, 'float32', index => {
    const own = [index.slice(nBatch, nBatch + free[0].length), index.slice(nBatch + free[0].length)]
    const element = (x: NdArray, side: 0 | 1, k: number[]) =>
      get(
        x,
        x.shape.map((_, axis) =>
          contract[side].includes(axis)
            ? k[contract[side].indexOf(axis)]
            : batch[side].includes(axis)
              ? index[batch[side].indexOf(axis)]
              : own[side][free[side].indexOf(axis)],
        ),
      )
    return indices(lengths(lhs, contract[0])).reduce((sum, k) => sum + element(lhs, 0, k) * element(rhs, 1, k), 0)
  })
}

export const dotGeneralLaws: Laws<Contraction> = {
  primitive: dotGeneralPrimitive,
  tolerance: 16,
  reference: ([lhs, rhs], params) => [contractOf(lhs, rhs, params)],
  magnitude: ([lhs, rhs], params) => [contractOf(absolute(lhs), absolute(rhs), params)],
  draw(draw) {
    const length = () => draw.pick([0, 1, 2, 3, 5, 9])
    const [nBatch, nContract] = [draw.integer(0, 2), draw.integer(0, 2)]
    const shared = range(nBatch + nContract).map(length)
    const sides = [0, 1].map(() => {
      const labelled = [
        ...shared.map((n, label) => ({ n, label })),
        ...range(draw.integer(0, 2)).map(() => ({ n: length(), label: -1 })),
      ]
      const order = labelled.slice().map(() => labelled.splice(draw.integer(0, labelled.length - 1), 1)[0])
      const axesOf = (labels: number[]) => labels.map(label => order.findIndex(axis => axis.label === label))
      return {
        x: values(
          draw,
          order.map(axis => axis.n),
        ),
        batch: axesOf(range(nBatch)),
        contract: axesOf(range(nContract).map(i => nBatch + i)),
      }
    })
    return {
      inputs: sides.map(side => side.x),
      params: { contract: [sides[0].contract, sides[1].contract], batch: [sides[0].batch, sides[1].batch] },
    }
  },
}
