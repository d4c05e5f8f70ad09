// Sums, products and their relatives.
import { MapOp } from '../../assembly/format.js'
import type { MaybeZero } from '../core/primitive.js'
import type { Tensor } from '../core/tensor.js'
import { bind1 } from '../core/trace.js'
import { equal, greater } from './compare.js'
import { elementwise, NO_PARAMS, withoutTangent } from './elementwise.js'
import { log } from './exponential.js'
import { apart, elementwiseLaws, SPECIAL } from './laws.js'
import { align, type Operand, toTensor } from './operand.js'
import { where } from './where.js'

export const negPrimitive = elementwise({
  name: 'neg',
  ops: { float32: MapOp.NegF, int32: MapOp.NegI, uint32: MapOp.NegI },
  jvp: (_primals, [tangent]) => [neg(tangent!)],
  transpose: ([cotangent]) => [cotangent && neg(cotangent)],
})

export const addPrimitive = elementwise({
  name: 'add',
  ops: { float32: MapOp.AddF, int32: MapOp.AddI, uint32: MapOp.AddI, bool: MapOp.OrI },
  jvp: (_primals, [dx, dy]) => [addTangents(dx, dy)],
  transpose: ([cotangent], inputs) => inputs.map(input => (input === null ? cotangent : null)),
})

export const subPrimitive = elementwise({
  name: 'sub',
  ops: { float32: MapOp.SubF, int32: MapOp.SubI, uint32: MapOp.SubI },
  jvp: (_primals, [dx, dy]) => [dy === null ? dx : dx === null ? neg(dy) : sub(dx, dy)],
  transpose: ([cotangent], [x, y]) => [x === null ? cotangent : null, y === null ? cotangent && neg(cotangent) : null],
})

export const mulPrimitive = elementwise({
  name: 'mul',
  ops: { float32: MapOp.MulF, int32: MapOp.MulI, uint32: MapOp.MulI, bool: MapOp.AndI },
  jvp: ([x, y], [dx, dy]) => [addTangents(dx && mul(dx, y), dy && mul(x, dy))],
  transpose: ([cotangent], [x, y]) => [
    x === null ? cotangent && mul(cotangent, y!) : null,
    y === null ? cotangent && mul(x!, cotangent) : null,
  ],
})

export const divPrimitive = elementwise({
  name: 'div',
  ops: { float32: MapOp.DivF, int32: MapOp.DivI, uint32: MapOp.DivU },
  jvp: ([, y], [dx, dy], [quotient]) => [addTangents(dx && div(dx, y), dy && neg(mul(div(quotient, y), dy)))],
  transpose: ([cotangent], [, y]) => [cotangent && div(cotangent, y!), null],
})

export const remPrimitive = elementwise({
  name: 'rem',
  ops: { float32: MapOp.RemF, int32: MapOp.RemI, uint32: MapOp.RemU },
  // rem(x, y) = x - trunc(x / y) * y
  jvp: ([x, y], [dx, dy], [remainder]) => [addTangents(dx, dy && mul(dy, div(sub(remainder, x), y)))],
})

export const powPrimitive = elementwise({
  name: 'pow',
  ops: { float32: MapOp.PowF, int32: MapOp.PowI, uint32: MapOp.PowU },
  cheap: false,
  jvp([x, y], [dx, dy], [power]) {
    const inBase = dx && mul(dx, where(equal(y, 0), 0, mul(y, pow(x, sub(y, where(equal(y, 0), 0, 1))))))
    const inExponent = dy && mul(dy, where(equal(x, 0), 0, mul(power, log(where(greater(x, 0), x, 1)))))
    return [addTangents(inBase, inExponent)]
  },
})

export const maxPrimitive = elementwise({
  name: 'max',
  ops: { float32: MapOp.MaxF, int32: MapOp.MaxI, uint32: MapOp.MaxU, bool: MapOp.OrI },
  jvp: ([x, y], [dx, dy]) => [addTangents(dx && mul(dx, share(x, y)), dy && mul(dy, share(y, x)))],
})

export const minPrimitive = elementwise({
  name: 'min',
  ops: { float32: MapOp.MinF, int32: MapOp.MinI, uint32: MapOp.MinU, bool: MapOp.AndI },
  jvp: ([x, y], [dx, dy]) => [addTangents(dx && mul(dx, share(y, x)), dy && mul(dy, share(x, y)))],
})

/** The part of the extreme's tangent that goes to `x`: 1 where it is the larger, a half where both are equal. */
const share = (x: Tensor, y: Tensor): Tensor => where(greater(x, y), 1, where(equal(x, y), 0.5, 0))

export const absPrimitive = elementwise({
  name: 'abs',
  ops: { float32: MapOp.AbsF, int32: MapOp.AbsI, uint32: MapOp.Copy },
  jvp: ([x], [tangent]) => [mul(tangent!, sign(x))],
})

export const signPrimitive = elementwise({
  name: 'sign',
  ops: { float32: MapOp.SignF, int32: MapOp.SignI },
  jvp: withoutTangent,
})

/** The sum of tangents, where zero is null. */
export function addTangents(x: MaybeZero, y: MaybeZero): MaybeZero {
  if (x === null || y === null) return x ?? y
  return add(x, y)
}

/**
 * Sum, element by element, of two or more tensors or numbers (NumPy broadcasting); `or` for `bool`. Throws if the
 * shapes do not fit.
 * @example add(tensor([[1, 2], [3, 4]]), tensor([10, 20]), 100) // [[111, 122], [113, 124]]
 */
export const add = (x: Operand, y: Operand, ...more: Operand[]): Tensor =>
  more.length > 0 ? add(add(x, y), ...(more as [Operand])) : bind1(addPrimitive, align('add', [x, y]), NO_PARAMS)

/**
 * Product, element by element, of two or more tensors or numbers (NumPy broadcasting); `and` for `bool`. Throws if the
 * shapes do not fit.
 * @example
 * mul(tensor([1, 2, 3]), tensor([[1], [10]])) // [[1, 2, 3], [10, 20, 30]]
 * grad((x: Tensor) => mul(x, x, x))(tensor(2)) // 12
 */
export const mul = (x: Operand, y: Operand, ...more: Operand[]): Tensor =>
  more.length > 0 ? mul(mul(x, y), ...(more as [Operand])) : bind1(mulPrimitive, align('mul', [x, y]), NO_PARAMS)

/**
 * `x - y`, element by element (NumPy broadcasting). Throws if the shapes do not fit.
 * @example
 * const x = tensor([[1, 2], [3, 6]])
 * sub(x, mean(x, { axis: 0 })) // [[-1, -2], [1, 2]]
 */
export const sub = (x: Operand, y: Operand): Tensor => bind1(subPrimitive, align('sub', [x, y]), NO_PARAMS)

/**
 * `x / y`, element by element (NumPy broadcasting); integers truncate towards zero and division by zero gives all bits
 * set. Throws if the shapes do not fit.
 * @example
 * div(tensor([1, 2, 3]), 2) // [0.5, 1, 1.5]
 * div(tensor([-7, 7], { dtype: 'int32' }), 2) // [-3, 3]
 */
export const div = (x: Operand, y: Operand): Tensor => bind1(divPrimitive, align('div', [x, y]), NO_PARAMS)

/**
 * The remainder of `x / y` with the sign of `x` (as `%` in JavaScript), element by element (NumPy broadcasting).
 * @example rem(tensor([-7, 7]), 3) // [-1, 1]
 */
export const rem = (x: Operand, y: Operand): Tensor => bind1(remPrimitive, align('rem', [x, y]), NO_PARAMS)

/**
 * `x` to the power `y`, element by element (NumPy broadcasting), with IEEE 754's special values.
 * @example
 * pow(tensor([1, 2, 3]), 2) // [1, 4, 9]
 * pow(2, arange(4)) // [1, 2, 4, 8]
 */
export const pow = (x: Operand, y: Operand): Tensor => bind1(powPrimitive, align('pow', [x, y]), NO_PARAMS)

/**
 * The larger of `x` and `y`, element by element (NumPy broadcasting); NaN if either is. `max` reduces one tensor.
 * @example maximum(tensor([-1, 2]), 0) // [0, 2]
 */
export const maximum = (x: Operand, y: Operand): Tensor => bind1(maxPrimitive, align('maximum', [x, y]), NO_PARAMS)

/**
 * The smaller of `x` and `y`, element by element (NumPy broadcasting); NaN if either is. `min` reduces one tensor.
 * @example minimum(tensor([1, 5, 3]), tensor([4, 2, 3])) // [1, 2, 3]
 */
export const minimum = (x: Operand, y: Operand): Tensor => bind1(minPrimitive, align('minimum', [x, y]), NO_PARAMS)

/**
 * `-x`, element by element.
 * @example neg(tensor([1, -2])) // [-1, 2]
 */
export const neg = (x: Operand): Tensor => bind1(negPrimitive, [toTensor('neg', x)], {})

/**
 * The absolute value, element by element; its derivative at 0 is 0.
 * @example
 * abs(tensor([-1, 2])) // [1, 2]
 * grad((x: Tensor) => sum(abs(x)))(tensor([-3, 0, 3])) // [-1, 0, 1]
 */
export const abs = (x: Operand): Tensor => bind1(absPrimitive, [toTensor('abs', x)], {})

/**
 * -1, 0 or 1, element by element; NaN stays NaN.
 * @example sign(tensor([-3, 0, 5])) // [-1, 0, 1]
 */
export const sign = (x: Operand): Tensor => bind1(signPrimitive, [toTensor('sign', x)], {})

/**
 * `x * x`, element by element.
 * @example mean(square(tensor([3, 4]))) // 12.5
 */
export const square = (x: Tensor): Tensor => mul(x, x)

/**
 * `x` kept within [low, high], element by element; the bounds are numbers or tensors that broadcast.
 * @example clip(tensor([-2, 0.5, 2]), -1, 1) // [-1, 0.5, 1]
 */
export const clip = (x: Operand, low: Operand, high: Operand): Tensor => minimum(maximum(x, low), high)

export const negLaws = elementwiseLaws(negPrimitive, 1, (_, x) => -x, { tolerance: 0, edges: SPECIAL })

export const addLaws = elementwiseLaws(addPrimitive, 2, (_, x, y) => x + y, { edges: SPECIAL })

export const subLaws = elementwiseLaws(subPrimitive, 2, (_, x, y) => x - y, { edges: SPECIAL })

const multiply = (dtype: string, x: number, y: number): number => (dtype === 'float32' ? x * y : Math.imul(x, y))

export const mulLaws = elementwiseLaws(mulPrimitive, 2, multiply, { edges: SPECIAL })

export const divLaws = elementwiseLaws(
  divPrimitive,
  2,
  (dtype, x, y) => (dtype === 'float32' ? x / y : y === 0 ? -1 : Math.trunc(x / y)),
  { edges: SPECIAL, sample: random => [4 * random() - 2, ...apart(0.5, 2)(random)] },
)

export const remLaws = elementwiseLaws(remPrimitive, 2, (dtype, x, y) => (dtype !== 'float32' && y === 0 ? x : x % y), {
  tolerance: 0,
  edges: SPECIAL,
  // A quotient away from whole numbers, where the remainder jumps.
  sample(random) {
    const [y] = apart(1, 2)(random)
    return [(Math.floor(random() * 6) - 3 + 0.1 + 0.8 * random()) * y, y]
  },
})

const power = (x: number, y: number): number => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y)

/** Integer powers modulo 2^32, by squaring; 0 where the power is a fraction. */
function integerPower(x: number, y: number): number {
  if (y < 0) return x === 1 || x === -1 ? x ** (y & 1) : 0
  if (y === 0) return 1
  const root = integerPower(x, Math.floor(y / 2))
  return Math.imul(Math.imul(root, root), y % 2 === 1 ? x : 1)
}

export const powLaws = elementwiseLaws(
  powPrimitive,
  2,
  (dtype, x, y) => (dtype === 'float32' ? power(x, y) : integerPower(x, y)),
  {
    tolerance: 2,
    edges: SPECIAL,
    sample: random => [0.2 + 2 * random(), 6 * random() - 3],
    // Below zero: large exponents of uint32.
    integers: random => [Math.floor(random() * 20) - 10, Math.floor(random() * 20) - 4],
  },
)

/** Two floats that are not equal, nor nearly. */
const unequal = (random: () => number): number[] => {
  const x = 4 * random() - 2
  return [x, x + apart(0.1, 1)(random)[0]]
}

export const maxLaws = elementwiseLaws(maxPrimitive, 2, (_, x, y) => Math.max(x, y), {
  tolerance: 0,
  edges: SPECIAL,
  sample: unequal,
})

export const minLaws = elementwiseLaws(minPrimitive, 2, (_, x, y) => Math.min(x, y), {
  tolerance: 0,
  edges: SPECIAL,
  sample: unequal,
})

export const absLaws = elementwiseLaws(absPrimitive, 1, (_, x) => Math.abs(x), {
  tolerance: 0,
  edges: SPECIAL,
  sample: apart(0.1, 2),
})

export const signLaws = elementwiseLaws(signPrimitive, 1, (_, x) => Math.sign(x), {
  tolerance: 0,
  edges: SPECIAL,
  sample: apart(0.1, 2),
})
