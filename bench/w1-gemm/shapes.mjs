// The shapes of W1 and a few entries of each product, in float64, that every contestant must find.
import { matrices } from '../lib/data.mjs'

export const shapes = [
  [64, 64, 64],
  [128, 128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [32, 512, 2048],
  [1, 512, 2048],
]

export const nameOf = shape => shape.join('x')

/** Operations of one product. */
export const flops = ([M, K, N]) => 2 * M * K * N

/** Row-major positions that are looked at: corners, and entries spread over the whole. */
const positions = ([M, , N]) => [
  0,
  N - 1,
  (M - 1) * N,
  M * N - 1,
  ...[1, 2, 3, 4, 5].map(i => (i * 7919 * 31) % (M * N)),
]

/** The entries of a finished product that are compared. */
export const entries = (shape, product) => positions(shape).map(at => product[at])

export function known(shape) {
  const [, K, N] = shape
  const { a, b } = matrices(shape)
  return positions(shape).map(at => {
    const [row, column] = [Math.floor(at / N), at % N]
    let sum = 0
    for (let k = 0; k < K; k++) sum += a.data[row * K + k] * b.data[k * N + column]
    return sum
  })
}

/** Cases of W1 out of what a system does for one shape: `make(shape, a, b)` gives `{ run, read }`. */
export function cases(only, make) {
  return shapes
    .filter(shape => only === undefined || only.includes(nameOf(shape)))
    .map(shape => {
      const { a, b } = matrices(shape)
      const { run, read } = make(shape, a, b)
      return { name: nameOf(shape), run, answers: async () => entries(shape, await read()) }
    })
}
