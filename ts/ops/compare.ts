// Comparisons: bool results, no derivative.
import { MapOp } from '../../assembly/format.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { elementwise, type MapOps, withoutTangent } from './elementwise.js'
import { apart, elementwiseLaws, SPECIAL } from './laws.js'
import { align, type Operand } from './operand.js'

const comparison = (name: string, ops: MapOps) => elementwise({ name, ops, result: 'bool', jvp: withoutTangent })

export const eqPrimitive = comparison('equal', {
  float32: MapOp.EqF,
  int32: MapOp.EqI,
  uint32: MapOp.EqI,
  bool: MapOp.EqI,
})
export const nePrimitive = comparison('notEqual', {
  float32: MapOp.NeF,
  int32: MapOp.NeI,
  uint32: MapOp.NeI,
  bool: MapOp.NeI,
})
export const ltPrimitive = comparison('less', {
  float32: MapOp.LtF,
  int32: MapOp.LtI,
  uint32: MapOp.LtU,
  bool: MapOp.LtU,
})
export const lePrimitive = comparison('lessEqual', {
  float32: MapOp.LeF,
  int32: MapOp.LeI,
  uint32: MapOp.LeU,
  bool: MapOp.LeU,
})
export const gtPrimitive = comparison('greater', {
  float32: MapOp.GtF,
  int32: MapOp.GtI,
  uint32: MapOp.GtU,
  bool: MapOp.GtU,
})
export const gePrimitive = comparison('greaterEqual', {
  float32: MapOp.GeF,
  int32: MapOp.GeI,
  uint32: MapOp.GeU,
  bool: MapOp.GeU,
})

/**
 * `x == y`, element by element (NumPy broadcasting), as `bool`; NaN equals nothing.
 * @example
 * const [predicted, labels] = [tensor([2, 0, 1]), tensor([2, 1, 1])]
 * mean(equal(predicted, labels)) // 0.6667
 */
export const equal = (x: Operand, y: Operand): Tensor => bind1(eqPrimitive, align('equal', [x, y]), {})

/**
 * `x != y`, element by element (NumPy broadcasting), as `bool`; NaN differs from everything.
 * @example notEqual(tensor([1, 0, 2]), 0) // [true, false, true]
 */
export const notEqual = (x: Operand, y: Operand): Tensor => bind1(nePrimitive, align('notEqual', [x, y]), {})

/**
 * `x < y`, element by element (NumPy broadcasting), as `bool`; false where either is NaN.
 * @example less(arange(5), 3) // [true, true, true, false, false]
 */
export const less = (x: Operand, y: Operand): Tensor => bind1(ltPrimitive, align('less', [x, y]), {})

/**
 * `x <= y`, element by element (NumPy broadcasting), as `bool`; false where either is NaN.
 * @example
 * const causal = lessEqual(arange(3), expandDims(arange(3), 1))
 * causal // [[true, false, false], [true, true, false], [true, true, true]]
 */
export const lessEqual = (x: Operand, y: Operand): Tensor => bind1(lePrimitive, align('lessEqual', [x, y]), {})

/**
 * `x > y`, element by element (NumPy broadcasting), as `bool`; false where either is NaN.
 * @example greater(tensor([-1, 0, 1]), 0) // [false, false, true]
 */
export const greater = (x: Operand, y: Operand): Tensor => bind1(gtPrimitive, align('greater', [x, y]), {})

/**
 * `x >= y`, element by element (NumPy broadcasting), as `bool`; false where either is NaN.
 * @example greaterEqual(tensor([-1, 0, 1]), 0) // [false, true, true]
 */
export const greaterEqual = (x: Operand, y: Operand): Tensor => bind1(gePrimitive, align('greaterEqual', [x, y]), {})

const comparisonLaws = (primitive: typeof eqPrimitive, holds: (x: number, y: number) => boolean) =>
  elementwiseLaws(primitive, 2, (_, x, y) => Number(holds(x, y)), {
    tolerance: 0,
    edges: SPECIAL,
    result: 'bool',
    sample(random) {
      const x = 4 * random() - 2
      return [x, x + apart(0.1, 1)(random)[0]]
    },
    integers: random => [Math.floor(random() * 4) - 2, Math.floor(random() * 4) - 2],
  })

export const eqLaws = comparisonLaws(eqPrimitive, (x, y) => x === y)
export const neLaws = comparisonLaws(nePrimitive, (x, y) => x !== y)
export const ltLaws = comparisonLaws(ltPrimitive, (x, y) => x < y)
export const leLaws = comparisonLaws(lePrimitive, (x, y) => x <= y)
export const gtLaws = comparisonLaws(gtPrimitive, (x, y) => x > y)
export const geLaws = comparisonLaws(gePrimitive, (x, y) => x >= y)
