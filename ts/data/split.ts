// Examples dealt out to training, validation and test.
import { checkOptions } from '../core/options.js'
import type { Tensor } from '../core/tensor.js'
import { type Tree, treeMap } from '../core/tree.js'
import { rangeError, typeError } from '../errors.js'
import { bits } from '../ops/random.js'
import { argsort } from '../ops/sort.js'
import { take } from '../ops/take.js'
import { tensor } from '../ops/tensor.js'
import { countExamples } from './check.js'

/** How large the parts are and how examples are dealt out. */
export interface SplitOptions {
  /** Who comes where follows from it. */
  key: Tensor
  /** Classes (integers [N]): each part gets its share of every class. */
  stratify?: Tensor
}

/**
 * The examples of `data` (the first dimension of every leaf) dealt out by chance to parts of these shares, which add up to
 * 1: every part has its share of the examples, and of each class of `stratify`, to within one or two. Throws if a part
 * would be empty.
 * @example
 * import { arange, random } from 'heddle'
 * import { splitExamples } from 'heddle/data'
 * const { train, test } = splitExamples({ x: arange(10) }, { train: 0.8, test: 0.2 }, { key: random.key(0) })
 * train.x.shape // [8]
 */
export function splitExamples<D extends Tree, const N extends string>(
  data: D,
  shares: Readonly<Record<N, number>>,
  options: SplitOptions,
): Record<N, D> {
  checkOptions('splitExamples', options, { key: 1, stratify: 1 })
  const { key, stratify } = options
  const count = countExamples('splitExamples', data)
  const entries = Object.entries(shares) as [N, number][]
  const total = entries.reduce((sum, [, share]) => sum + share, 0)
  if (entries.some(([, share]) => !(share > 0)) || Math.abs(total - 1) > 1e-6) {
    const list = entries.map(([name, share]) => `${name} ${share}`).join(', ')
    throw rangeError(`splitExamples: shares are positive and add up to 1: ${list}`)
  }
  if (stratify !== undefined && (stratify.rank !== 1 || stratify.size !== count)) {
    throw typeError(
      `splitExamples: stratify has one class for each of the ${count} examples, not shape [${stratify.shape}]`,
    )
  }
  const order = [...argsort(bits(key, [count])).data()]
  const classes = stratify?.data()
  if (classes !== undefined) order.sort((a, b) => classes[a] - classes[b])
  // Each example goes where most is lacking: no part is ever more than one short of its share of those dealt out.
  const parts: number[][] = entries.map(() => [])
  order.forEach((example, i) => {
    const lack = entries.map(([, share], part) => share * (i + 1) - parts[part].length)
    parts[lack.indexOf(Math.max(...lack))].push(example)
  })
  return Object.fromEntries(
    entries.map(([name, share], part) => {
      if (parts[part].length === 0) throw rangeError(`splitExamples: ${name} gets none: ${share} of ${count} examples`)
      // In the order of the data, of which nothing is left to chance but who is in it.
      const places = tensor(Int32Array.from(parts[part].sort((a, b) => a - b)))
      return [name, treeMap(leaf => take(leaf, places), data)]
    }),
  ) as Record<N, D>
}
