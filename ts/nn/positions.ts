// Where in a sequence something stands: said to a Transformer by what is added to its inputs, or by turning queries and keys.
import { checkOptions, type OptionNames } from '../core/options.js'
import { showShape } from '../core/shape.js'
import { checkTensor, type Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { add, div, mul, pow, sub } from '../ops/arithmetic.js'
import { cast } from '../ops/cast.js'
import { less } from '../ops/compare.js'
import { concat, split, stack } from '../ops/concat.js'
import { arange } from '../ops/full.js'
import { expandDims, reshape } from '../ops/reshape.js'
import { at, slice } from '../ops/slice.js'
import { take } from '../ops/take.js'
import { cos, sin } from '../ops/trigonometric.js'
import { where } from '../ops/where.js'
import { checkCount, checkFunctions, checkParams, drawn, lastLength } from './check.js'
import { type Initializer, normal } from './initializers.js'
import type { Layer } from './layer.js'

/** How angles are made of positions, and where the two numbers of an angle stand. */
export interface AngleOptions {
  /** Side by side (`'interleaved'`), or in the first and in the second half (`'halves'`). */
  layout?: 'interleaved' | 'halves'
  /** Angle k of a position p is p / base^(2k / size) (10000). */
  base?: number
}

/** The names of the options of angles. */
export const ANGLE_NAMES: OptionNames<AngleOptions> = { layout: 1, base: 1 }

/** Throws unless there are as many numbers as pairs need, in one of the two layouts. */
function checkAngles(name: string, size: number, { layout, base }: Required<AngleOptions>): void {
  checkCount(name, 'size', size)
  if (size % 2 !== 0) throw rangeError(`${name}: size is even, one sine and one cosine for each angle, not ${size}`)
  if (layout !== 'interleaved' && layout !== 'halves') {
    throw rangeError(`${name}: layout is 'interleaved' or 'halves', not ${JSON.stringify(layout)}`)
  }
  if (!(base > 0)) throw rangeError(`${name}: base is a positive number, not ${String(base)}`)
}

/** Angles [..., size / 2] of positions [...]. */
const anglesOf = (positions: Tensor, size: number, base: number): Tensor =>
  div(expandDims(cast(positions, 'float32'), -1), pow(base, div(cast(arange(size / 2), 'float32'), size / 2)))

/** Two tensors [..., size / 2] as one, [..., size]. */
const joined = (first: Tensor, second: Tensor, layout: AngleOptions['layout']): Tensor =>
  layout === 'halves'
    ? concat([first, second], -1)
    : reshape(stack([first, second], -1), [...first.shape.slice(0, -1), 2 * first.shape.at(-1)!])

/**
 * The code of positions [...] as sines and cosines of angles, each slower than the one before: [..., size] (Vaswani et al.
 * 2017, section 3.5; `'interleaved'` unless `layout` says otherwise). Throws unless `size` is even.
 * @example
 * sinusoidal(arange(2), 4) // [[0, 1, 0, 1], [0.8415, 0.5403, 0.01, 1]]
 * sinusoidal(tensor(1), 4, { layout: 'halves' }) // [0.8415, 0.01, 0.5403, 1]
 */
export function sinusoidal(positions: Tensor, size: number, options: AngleOptions = {}): Tensor {
  checkOptions('sinusoidal', options, ANGLE_NAMES)
  const { layout = 'interleaved', base = 10000 } = options
  checkTensor('sinusoidal', positions)
  checkAngles('sinusoidal', size, { layout, base })
  const angles = anglesOf(positions, size, base)
  return joined(sin(angles), cos(angles), layout)
}

/** A layer that tells a sequence [T, D] its places; `at` tells one vector. */
export interface Positions<P = unknown> extends Layer<P> {
  /** One vector [D] that stands at `position` (int32 []). */
  at(params: P, x: Tensor, position: Tensor): Tensor
}

/** Throws unless this is a sequence of vectors. */
function checkSequence(name: string, { shape }: Tensor): void {
  if (shape.length !== 2) throw typeError(`${name}: one sequence [T, D] is expected, not ${showShape(shape)}`)
}

/**
 * The layer that adds `sinusoidal` codes to a sequence: [T, D] -> [T, D], for any T. Throws unless D is even.
 * @example
 * const model = chain(embedding(65, 32), sinusoidalPositions(), encoderBlock({ heads: 4 }))
 * const params = model.init(random.key(0), { shape: [10], dtype: 'int32' })
 * model.apply(params, zeros([10], 'int32')).shape // [10, 32]
 */
export function sinusoidalPositions(options: AngleOptions = {}): Positions<null> {
  checkOptions('sinusoidalPositions', options, ANGLE_NAMES)
  const code = (positions: Tensor, x: Tensor): Tensor => add(x, sinusoidal(positions, x.shape.at(-1)!, options))
  return {
    init: () => null,
    apply(_params, x) {
      checkSequence('sinusoidalPositions', x)
      return code(arange(x.shape[0]), x)
    },
    at: (_params, x, position) => code(position, x),
  }
}

/**
 * The layer that adds a vector of its own to each place of a sequence of at most `length`: [T, D] -> [T, D] (Gehring et al.
 * 2017, section 3.1). The table `w` [length, D] starts normal with deviation 0.02. Throws where T is more than `length`;
 * one vector at a position that the table does not have is NaN.
 * @example
 * const layer = learnedPositions(64)
 * const params = layer.init(random.key(0), { shape: [10, 32] })
 * params.w.shape // [64, 32]
 * layer.apply(params, zeros([10, 32])).shape // [10, 32]
 */
export function learnedPositions(length: number, options: { init?: Initializer } = {}): Positions<{ w: Tensor }> {
  checkOptions('learnedPositions', options, { init: 1 })
  const { init = normal(0.02) } = options
  checkCount('learnedPositions', 'length', length)
  checkFunctions('learnedPositions', options)
  return {
    init: (key, input) => ({
      w: drawn('learnedPositions', init, key, [length, lastLength('learnedPositions', input)]),
    }),
    apply(params, x) {
      const { w } = checkParams('learnedPositions', params, ['w'])
      checkSequence('learnedPositions', x)
      const [steps] = x.shape
      if (steps > w.shape[0])
        throw rangeError(`learnedPositions: the sequence has ${steps} steps, more than ${w.shape[0]}`)
      return add(x, steps === w.shape[0] ? w : slice(w, [0], [steps]))
    },
    at: ({ w }, x, position) => add(x, where(less(position, w.shape[0]), take(w, position), Number.NaN)),
  }
}

/**
 * Queries or keys turned by angles that grow with their positions, so that products depend on distances alone (Su et al. 2021,
 * equation 34): x [T, D] at positions [T] (0, 1, ...), or one vector [D] at one position -> the same shape. The pairs of numbers
 * that are turned stand in halves, or side by side (`'interleaved'`), as in the paper. Throws unless D is even.
 * @example
 * rotary(tensor([[1, 0], [1, 0]])) // [[1, 0], [0.5403, 0.8415]]
 */
export function rotary(x: Tensor, positions?: Tensor, options: AngleOptions = {}): Tensor {
  checkOptions('rotary', options, ANGLE_NAMES)
  checkTensor('rotary', x)
  if (positions === undefined) {
    checkSequence('rotary', x)
    return rotary(x, arange(x.shape[0]), options)
  }
  checkTensor('rotary', positions, 'positions')
  const { layout = 'halves', base = 10000 } = options
  const { shape } = x
  if (shape.length !== positions.rank + 1 || positions.shape.some((n, i) => n !== shape[i])) {
    throw typeError(`rotary: positions ${showShape(positions.shape)} are not those of vectors ${showShape(shape)}`)
  }
  const size = shape.at(-1)!
  checkAngles('rotary', size, { layout, base })
  const angles = anglesOf(positions, size, base)
  const [c, s] = [cos(angles), sin(angles)]
  const pairs = layout === 'halves' ? undefined : reshape(x, [...shape.slice(0, -1), size / 2, 2])
  const [a, b] = pairs === undefined ? split(x, 2, -1) : [at(pairs, 0, -1), at(pairs, 1, -1)]
  return joined(sub(mul(a, c), mul(b, s)), add(mul(b, c), mul(a, s)), layout)
}
