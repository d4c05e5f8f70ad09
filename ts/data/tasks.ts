// The classic tasks of recurrent networks, made from keys: what must be remembered over long lags, and nothing else.
// Tensor programs all of them, so that a training step makes its own batch.
import { checkOptions, type OptionNames } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { add, maximum, minimum, mul, sub } from '../ops/arithmetic.js'
import { repeat, unstack } from '../ops/arrange.js'
import { logicalOr } from '../ops/bitwise.js'
import { cast } from '../ops/cast.js'
import { equal, greater } from '../ops/compare.js'
import { concat, stack } from '../ops/concat.js'
import { bits, randint, split, uniform } from '../ops/distributions.js'
import { mod } from '../ops/division.js'
import { dynamicUpdateSlice } from '../ops/dynamic-slice.js'
import { arange, full, zeros } from '../ops/full.js'
import { sum } from '../ops/reduce.js'
import { expandDims, reshape } from '../ops/reshape.js'
import { round } from '../ops/rounding.js'
import { at } from '../ops/slice.js'
import { argsort } from '../ops/sort.js'
import { take } from '../ops/take.js'
import { where } from '../ops/where.js'
import { vmap } from '../transforms/vmap.js'
import { checkCounts } from './check.js'

/** How many sequences, and how long. */
export interface TaskOptions {
  batch: number
  length: number
}

const TASK_NAMES: OptionNames<TaskOptions> = { batch: 1, length: 1 }

/** Whether each place of [batch, length] is that of its sequence (places: int32 [batch]). */
const isAt = (places: Tensor, length: number): Tensor => equal(expandDims(places, 1), arange(length))

/**
 * The adding problem (Hochreiter and Schmidhuber 1997, experiment 4, in the form of Le, Jaitly and Hinton 2015): `x`
 * [batch, length, 2] has numbers in [0, 1) and marks, one in each half; `y` [batch] is the sum of the two marked numbers.
 * Always to say 1 has a mean squared error of 1/6.
 * @example
 * import { random } from 'heddle'
 * import { addingProblem } from 'heddle/data'
 * addingProblem(random.key(0), { batch: 2, length: 50 }).x.shape // [2, 50, 2]
 */
export function addingProblem(key: Tensor, options: TaskOptions): { x: Tensor; y: Tensor } {
  checkOptions('addingProblem', options, TASK_NAMES)
  const { batch, length } = options
  checkCounts('addingProblem', { batch, 'half the length': Math.floor(length / 2), length })
  const [valueKey, firstKey, secondKey] = split(key, 3)
  const half = Math.floor(length / 2)
  const values = uniform(valueKey, [batch, length])
  const first = isAt(randint(firstKey, [batch], 0, half), length)
  const second = isAt(randint(secondKey, [batch], half, length), length)
  const marks = add(cast(first, 'float32'), cast(second, 'float32'))
  return { x: stack([values, marks], -1), y: sum(mul(values, marks), { axis: 1 }) }
}

/**
 * Temporal order (Hochreiter and Schmidhuber 1997, experiment 6a): `ids` [batch, length] are distractors 0 to 3, but for a
 * start (6), an end (7), and an X (4) or Y (5) each at a place in the second tenth and in the sixth; `y` [batch] is which
 * of XX, XY, YX, YY it was. Throws for a length below 20.
 * @example
 * import { random } from 'heddle'
 * import { temporalOrder } from 'heddle/data'
 * temporalOrder(random.key(0), { batch: 8, length: 100 }).ids.shape // [8, 100]
 */
export function temporalOrder(key: Tensor, options: TaskOptions): { ids: Tensor; y: Tensor } {
  checkOptions('temporalOrder', options, TASK_NAMES)
  const { batch, length } = options
  checkCounts('temporalOrder', { batch, length })
  if (length < 20) throw rangeError(`temporalOrder: the length is at least 20, not ${length}`)
  const [fillKey, placeKey, secondKey, symbolKey] = split(key, 4)
  const tenth = Math.floor(length / 10)
  const [first, second] = unstack(randint(symbolKey, [2, batch], 0, 2))
  const places = [randint(placeKey, [batch], tenth, 2 * tenth), randint(secondKey, [batch], 5 * tenth, 6 * tenth)]
  let ids = randint(fillKey, [batch, length], 0, 4)
  for (const [i, symbol] of [first, second].entries()) {
    ids = where(isAt(places[i], length), add(expandDims(symbol, 1), 4), ids)
  }
  const frame = where(equal(arange(length), 0), 6, where(equal(arange(length), length - 1), 7, ids))
  return { ids: frame, y: add(mul(first, 2), second) }
}

/** How much is to be remembered, and for how long. */
export interface CopyOptions {
  batch: number
  /** How many symbols are to be said again (10). */
  length?: number
  /** How many different ones there are (8). */
  symbols?: number
  /** Steps from the last of them to the first that is said (100). */
  delay?: number
}

/**
 * The copy task (Hochreiter and Schmidhuber 1997, in the form of Arjovsky, Shah and Bengio 2016): `inputs` and `targets`
 * [batch, length + delay + length]. Inputs are symbols 0, 1, ..., then blanks (`symbols`), the last of the delay being the
 * sign to speak (`symbols + 1`), and more blanks; targets are blanks and, at the end, the symbols.
 * @example
 * import { random } from 'heddle'
 * import { copyTask } from 'heddle/data'
 * copyTask(random.key(1), { batch: 1, length: 3, delay: 2 }).inputs.toArray() // [[4, 7, 0, 8, 9, 8, 8, 8]]
 */
export function copyTask(key: Tensor, options: CopyOptions): { inputs: Tensor; targets: Tensor } {
  checkOptions('copyTask', options, { batch: 1, length: 1, symbols: 1, delay: 1 })
  const { batch, length = 10, symbols = 8, delay = 100 } = options
  checkCounts('copyTask', { batch, length, symbols, delay })
  const blanks = (count: number) => full([batch, count], symbols, 'int32')
  const said = randint(key, [batch, length], 0, symbols)
  const sign = full([batch, 1], symbols + 1, 'int32')
  return {
    inputs: concat([said, blanks(delay - 1), sign, blanks(length)], 1),
    targets: concat([blanks(length + delay), said], 1),
  }
}

/** One word to be guessed symbol by symbol: ids, what follows each, and where that is certain. */
export interface Word {
  /** int32 [T]; 0 is both the beginning and the end, 1 is a, 2 is b, ... */
  inputs: Tensor
  /** int32 [T]: one further on. */
  targets: Tensor
  /** bool [T]: where the target follows from what was read. */
  isCertain: Tensor
}

/**
 * The word a^n b^n (Gers and Schmidhuber 2001), which a network that counts can continue: from the first b on all is certain.
 * Throws unless `n` is a positive integer.
 * @example
 * import { aNbN } from 'heddle/data'
 * aNbN(2) // { inputs: [0, 1, 1, 2, 2], targets: [1, 1, 2, 2, 0], isCertain: [true, false, false, true, true] }
 */
export const aNbN = (n: number): Word => countedWord('aNbN', n, 2)

/**
 * The word a^n b^n c^n, which no stack can continue, but two counters (Gers and Schmidhuber 2001). Throws unless `n` is a
 * positive integer.
 * @example
 * import { aNbNcN } from 'heddle/data'
 * aNbNcN(2).inputs.toArray() // [0, 1, 1, 2, 2, 3, 3]
 */
export const aNbNcN = (n: number): Word => countedWord('aNbNcN', n, 3)

function countedWord(operation: string, n: number, letters: number): Word {
  checkCounts(operation, { n })
  const word = repeat(arange(1, letters + 1), n)
  const end = full([1], 0, 'int32')
  const place = arange(letters * n + 1)
  return {
    inputs: concat([end, word]),
    targets: concat([word, end]),
    // The first letter follows from the beginning; how many of it there will be is not known.
    isCertain: logicalOr(equal(place, 0), greater(place, n)),
  }
}

/**
 * Images [N, H, W] as sequences of their pixels [N, H * W, 1], row by row, or, with a key, in an order of chance that is the
 * same for all (Le, Jaitly and Hinton 2015: sequential and permuted MNIST).
 * @example
 * import { tensor } from 'heddle'
 * import { pixelSequences } from 'heddle/data'
 * pixelSequences(tensor([[[1, 2], [3, 4]]])).toArray() // [[[1], [2], [3], [4]]]
 */
export function pixelSequences(images: Tensor, options: { key?: Tensor } = {}): Tensor {
  checkOptions('pixelSequences', options, { key: 1 })
  const { key } = options
  if (images.rank !== 3) throw typeError(`pixelSequences: images are [N, H, W], not [${images.shape.join(', ')}]`)
  const [count, height, width] = images.shape
  const pixels = reshape(images, [count, height * width, 1])
  return key === undefined ? pixels : take(pixels, argsort(bits(key, [height * width])), 1)
}

/** How many digits fly, how large the frames are and how many. */
export interface MovingOptions {
  /** Frames in a clip (20). */
  frames?: number
  /** Height and width of a frame (64). */
  size?: number
  /** How many images move in one clip (2). */
  count?: number
  /** How far they move from one frame to the next, at most, as a part of the way they have (0.2). */
  speed?: number
}

/**
 * Clips of moving digits (Srivastava, Mansimov and Salakhutdinov 2015): `count` of the images [N, h, w], chosen by chance,
 * each flies over a black ground in a straight line and is thrown back by its borders; where two meet, the brighter one is
 * seen. `clip` [frames, size, size], and `chosen` int32 [count]. For a batch, `vmap` over keys. Throws if the images are
 * larger than the frame.
 * @example
 * import { ones, random, type Tensor, vmap } from 'heddle'
 * import { movingDigits } from 'heddle/data'
 * const digits = ones([10, 5, 5])
 * const clip = (key: Tensor) => movingDigits(key, digits, { frames: 4, size: 16 }).clip
 * vmap(clip)(random.bits(random.key(0), [3, 2])).shape // [3, 4, 16, 16]
 */
export function movingDigits(
  key: Tensor,
  images: Tensor,
  options: MovingOptions = {},
): { clip: Tensor; chosen: Tensor } {
  checkOptions('movingDigits', options, { frames: 1, size: 1, count: 1, speed: 1 })
  const { frames = 20, size = 64, count = 2, speed = 0.2 } = options
  checkCounts('movingDigits', { frames, size, count })
  if (images.rank !== 3) throw typeError(`movingDigits: images are [N, h, w], not [${images.shape.join(', ')}]`)
  const [examples, height, width] = images.shape
  if (height > size || width > size) {
    throw rangeError(`movingDigits: images of [${height}, ${width}] do not fit into frames of [${size}, ${size}]`)
  }
  const [chooseKey, placeKey, speedKey] = split(key, 3)
  const chosen = randint(chooseKey, [count], 0, examples)
  // Both in units of the way there is, [count, 2].
  const [start, velocity] = [uniform(placeKey, [count, 2]), uniform(speedKey, [count, 2], -speed, speed)]
  const room = stack([full([], size - height), full([], size - width)])
  const frameAt = (time: Tensor): Tensor => {
    // There and back again: a way of length 2 that begins anew.
    const way = mod(add(start, mul(velocity, cast(time, 'float32'))), 2)
    const corners = cast(round(mul(minimum(way, sub(2, way)), room)), 'int32')
    let frame = zeros([size, size])
    for (let i = 0; i < count; i++) {
      const [y, x] = unstack(at(corners, i))
      const digit = take(images, at(chosen, i))
      frame = maximum(frame, dynamicUpdateSlice(zeros([size, size]), cast(digit, 'float32'), [y, x]))
    }
    return frame
  }
  return { clip: vmap(frameAt)(arange(frames)), chosen }
}
