// What random programs are made of: choices that are repeated whenever a program is traced, and tensors picked from a pool.
import type { Tensor } from '../ts/core/tensor.js'
import { add, broadcastTo, erf, exp, mean, mul, neg, sigmoid, sin, softmax, sum, tanh, tensor } from '../ts/index.js'
import type { Draw } from '../ts/ops/laws.js'
import { mulberry32 } from './mulberry32.js'

export type Shape = readonly number[]

/** Choices that are made once and then repeated, however often the function is traced. */
export class Choices {
  private readonly made: number[] = []
  private next = 0
  constructor(
    private readonly draw: Draw,
    /** Whether gradients may be stopped. */
    readonly mayStop: boolean,
  ) {}

  rewind(): void {
    this.next = 0
  }

  integer(low: number, high: number): number {
    if (this.next === this.made.length) this.made.push(this.draw.integer(low, high))
    return this.made[this.next++]
  }

  pick<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)]
  }

  /** A number in [-1, 1] with few digits. */
  number(): number {
    return this.integer(-8, 8) / 8
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.integer(0, n - 1) === n - 1
  }

  /** A constant of this shape in (-1, 1). */
  constant(shape: Shape): Tensor {
    const random = mulberry32(this.integer(0, 2 ** 31 - 1))
    const size = shape.reduce((product, length) => product * length, 1)
    return tensor(
      Array.from({ length: size }, () => 2 * random() - 1),
      { shape: [...shape], dtype: 'float32' },
    )
  }
}

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
export const isFloat = (x: Tensor): boolean => x.dtype === 'float32'
export const same = (a: Shape, b: Shape): boolean => a.join() === b.join()

/** Values of any size brought into a range in which programs stay tame. */
export const tame = [tanh, sin, sigmoid, erf, (x: Tensor) => softmaxOr(x), (x: Tensor) => exp(neg(mul(x, x)))]
const softmaxOr = (x: Tensor): Tensor => (x.rank === 0 || x.shape.at(-1) === 0 ? tanh(x) : softmax(x))

/** A float tensor of the pool, or a constant if there is none. */
export function anyFloat(pool: readonly Tensor[], choices: Choices): Tensor {
  const floats = pool.filter(isFloat)
  return floats.length === 0 ? tensor(choices.number()) : choices.pick(floats)
}

/** One of the pool with this shape, or one broadcast or made to fit. */
export function withShape(pool: readonly Tensor[], choices: Choices, shape: Shape): Tensor {
  const fitting = pool.filter(x => isFloat(x) && same(x.shape, shape))
  if (fitting.length > 0 && choices.integer(0, 4) > 0) return choices.pick(fitting)
  const scalars = pool.filter(x => isFloat(x) && x.rank === 0)
  const source = scalars.length > 0 ? choices.pick(scalars) : tanh(sum(anyFloat(pool, choices)))
  return broadcastTo(mul(source, choices.number()), shape)
}

export type Step = (pool: readonly Tensor[], choices: Choices, depth: number) => Tensor[]

export const axisOf = (x: Tensor, choices: Choices): number => choices.integer(0, x.rank - 1)

/** Indices into [0, n), some of them outside. */
export const indices = (choices: Choices, n: number, ...shape: number[]): Tensor =>
  tensor(
    range(shape.reduce((size, length) => size * length, 1)).map(() => choices.integer(-1, n)),
    { dtype: 'int32', shape },
  )

/** A tensor of this shape with no structure of its own: one of the pool, or one that hangs on the pool by a sum. */
export function dense(pool: readonly Tensor[], choices: Choices, shape: Shape): Tensor {
  const fitting = pool.filter(x => isFloat(x) && same(x.shape, shape))
  if (fitting.length > 0 && !choices.once(4)) return choices.pick(fitting)
  const x = anyFloat(pool, choices)
  return sin(add(choices.constant(shape), x.size === 0 ? 0.5 : mean(x)))
}
