// What the rows of the tables are given, and rows that many operations share.
import * as heddle from '../../ts/index.js'
import { random, type Tensor, tensor } from '../../ts/index.js'

// What is given on purpose is not what the types ask for.
// biome-ignore lint/suspicious/noExplicitAny: see above
export const h = heddle as any

/** What is done, what the message contains. */
export type Row = readonly [attempt: () => unknown, ...contains: string[]]

export const f23 = tensor([
  [1, 2, 3],
  [4, 5, 6],
])
export const f2 = tensor([1, 2])
export const i2 = tensor([0, 1], { dtype: 'int32' })
export const u2 = tensor([3, 4], { dtype: 'uint32' })
export const b2 = tensor([true, false])
export const empty = h.zeros([0, 3])
export const key = random.key(1)

/** What must stay as it is. */
export const kept = [f23, f2, i2, u2, b2, key]

/** Two operands, elementwise. */
export const binary = (name: string): Row[] => [
  [() => h[name](f23, f2), `${name}: shapes do not broadcast: [2, 3] and [2]`],
  [() => h[name]('a', f2), `${name}: an argument is the string a`],
  [() => h[name](f2, [1, 2]), `${name}: an argument is an array`, 'tensor('],
  [() => h[name](f2), `${name}: an argument is undefined`],
  [() => h[name](i2, 1.5), `${name}: the number 1.5 beside a tensor of dtype int32`],
]

/** One operand, elementwise. */
export const unary = (name: string): Row[] => [
  [() => h[name]([1, 2]), `${name}: an argument is an array`, 'tensor('],
  [() => h[name](), `${name}: an argument is undefined`],
]

/** The same, where only floats are taken. */
export const floatUnary = (name: string): Row[] => [
  ...unary(name),
  [() => h[name](i2), `${name}: dtype int32 is not accepted`],
]

export const reduction = (name: string): Row[] => [
  [() => h[name]([1, 2]), `${name}: the argument is an array, not a tensor`],
  [() => h[name](f23, { axis: 2 }), `${name}: axis 2 is out of range for rank 2`],
  [() => h[name](f23, { axis: [0, 0] }), `${name}: an axis is given twice`],
  [() => h[name](f23, { axis: 0.5 }), `${name}: axis 0.5 is out of range`],
  [() => h[name](f23, -1), `${name}: the number -1 is given in place of options; the options are { axis, keepDims`],
  [() => h[name](f23, [0, 1]), `${name}: an array is given in place of options`],
]

export const x3 = (x: Tensor): Tensor => h.mul(x, 3)
