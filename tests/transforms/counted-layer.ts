// What the tests of functions with rules of their own share: a layer with a tree and an integer, in a loop, and its reference.
import { add, matmul, scan, sin, type Tensor, tensor } from '../../ts/index.js'
import { type Draw, type NdArray, values } from '../../ts/ops/laws.js'
import { array } from '../comparing.js'
import type { Subject } from '../function-laws.js'

interface Layer {
  w: Tensor
  b: Tensor
}

/** A layer and how often it ran. */
export const countedLayer = ({ w, b }: Layer, x: Tensor, count: Tensor) => ({
  y: sin(add(matmul(x, w), b)),
  count: add(count, 1),
})

/** The layer in a scan of a few steps or none. */
export const inScan =
  (layer: typeof countedLayer) =>
  (draw: Draw): Subject => {
    const [n, steps] = [draw.pick([1, 2, 3]), draw.pick([0, 1, 3])]
    return {
      inputs: [values(draw, [n, n], 'float32', -1, 1), values(draw, [n]), values(draw, [n])],
      f: ([w, b, x]) => {
        const start = { y: x, count: tensor(0, { dtype: 'int32' }) }
        const step = ({ y, count }: typeof start) => [layer({ w, b }, y, count), count] as const
        const [last, counts] = scan(step, start, null, { length: steps })
        return [last.y, last.count, counts]
      },
      reference([w, b, x]) {
        let y = [...x.data]
        for (let i = 0; i < steps; i++)
          y = y.map((_, k) => Math.sin(b.data[k] + y.reduce((total, value, j) => total + value * w.data[j * n + k], 0)))
        const count = (shape: number[], data: number[]): NdArray => ({ ...array(shape, data), dtype: 'int32' })
        return [array([n], y), count([], [steps]), count([steps], [...Array(steps).keys()])]
      },
    }
  }
