// Einstein's sum convention over any number of operands: two at a time, the cheapest product first, each one a contraction
// whose result lies as the output wants it; where nothing is contracted, an elementwise product.
import { insertAt, range, showShape } from '../core/shape.js'
import type { Tensor } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { mul } from './arithmetic.js'
import { broadcastInDim } from './broadcast.js'
import { cast } from './cast.js'
import { diagonal } from './diagonal.js'
import { dotGeneral } from './dot-general.js'
import { type Operand, sameDtype } from './operand.js'
import { sumAxes } from './reduce.js'
import { reshape } from './reshape.js'
import { transpose } from './transpose.js'

/** A tensor whose dimensions have names, each once. */
interface Named {
  x: Tensor
  labels: string[]
}

/** The labels of each operand and of the result; dimensions under an ellipsis are numbered from the last: '-1', '-2', ... */
function parse(formula: string, operands: readonly Tensor[]): { inputs: string[][]; output: string[] } {
  const fail = (what: string): never => {
    throw typeError(`einsum: '${formula}' ${what}`)
  }
  if (typeof formula !== 'string') fail('is not a string')
  const [left, right, ...more] = formula.replaceAll(' ', '').split('->')
  const terms = left.split(',')
  const labelsOf = (term: string): (string | null)[] => {
    const labels = [...term.replace('...', '.')]
    if (labels.some(label => !/[a-zA-Z.]/.test(label)) || term.replace('...', '').includes('.'))
      fail('is not a formula')
    return labels.map(label => (label === '.' ? null : label))
  }
  if (more.length > 0) fail('is not a formula')
  if (terms.length !== operands.length) fail(`names ${terms.length} operands, not ${operands.length}`)
  let hidden = 0
  const inputs = terms.map((term, i) => {
    const labels = labelsOf(term)
    const rest = operands[i].rank - labels.filter(label => label !== null).length
    if (rest < 0 || (rest > 0 && !labels.includes(null))) {
      fail(`has ${labels.length} labels for operand ${i} of shape ${showShape(operands[i].shape)}`)
    }
    hidden = Math.max(hidden, labels.includes(null) ? rest : 0)
    return labels.flatMap(label => label ?? range(rest).map(k => String(k - rest)))
  })
  const ellipsis = range(hidden).map(k => String(k - hidden))
  const all = inputs.flat()
  if (right === undefined) {
    const once = [...new Set(all)].filter(label => !/-/.test(label) && all.indexOf(label) === all.lastIndexOf(label))
    return { inputs, output: [...ellipsis, ...once.sort()] }
  }
  const output = labelsOf(right).flatMap(label => label ?? ellipsis)
  for (const label of output) {
    if (!all.includes(label)) fail(`has ${label} in its result only`)
    if (output.indexOf(label) !== output.lastIndexOf(label)) fail(`has ${label} twice in its result`)
  }
  return { inputs, output }
}

/** Each label once: diagonals are taken, and a dimension of length 1 that others broadcast is dropped. */
function distinctLabels(x: Tensor, labels: readonly string[], lengths: ReadonlyMap<string, number>): Named {
  for (const [j, label] of labels.entries()) {
    const i = labels.indexOf(label)
    if (i === j) continue
    const own = diagonal(x, { axis1: i, axis2: j })
    return distinctLabels(own, [...labels.filter((_, axis) => axis !== i && axis !== j), label], lengths)
  }
  const kept = labels.filter((label, axis) => x.shape[axis] === lengths.get(label))
  return {
    x: reshape(
      x,
      kept.map(label => lengths.get(label)!),
    ),
    labels: kept,
  }
}

const without = (a: readonly string[], b: readonly string[]): string[] => a.filter(label => !b.includes(label))

/** The dimensions in the order of `labels`. */
const ordered = ({ x, labels }: Named, wanted: readonly string[]): Tensor =>
  transpose(
    x,
    wanted.map(label => labels.indexOf(label)),
  )

/** Sums over what nobody else and not the result has. */
function summed({ x, labels }: Named, wanted: ReadonlySet<string>): Named {
  return {
    x: sumAxes(
      x,
      range(x.rank).filter(axis => !wanted.has(labels[axis])),
    ),
    labels: labels.filter(label => wanted.has(label)),
  }
}

/** Two operands multiplied; what only they have and the result does not is summed over. `order`: the order of the result. */
function product(left: Named, right: Named, wanted: ReadonlySet<string>, order: readonly string[]): Named {
  const [a, b] = [
    summed(left, new Set([...wanted, ...right.labels])),
    summed(right, new Set([...wanted, ...left.labels])),
  ]
  const common = a.labels.filter(label => b.labels.includes(label))
  const contracted = common.filter(label => !wanted.has(label))
  const place = (label: string) => order.indexOf(label)
  const sorted = (labels: string[]) => labels.sort((p, q) => place(p) - place(q))
  const batch = sorted(common.filter(label => wanted.has(label)))
  const free = [without(a.labels, common), without(b.labels, common)].map(sorted)
  if (contracted.length === 0 || (free[0].length === 0 && free[1].length === 0 && batch.length > 0)) {
    const labels = [
      ...sorted([...new Set([...a.labels, ...b.labels])].filter(label => wanted.has(label))),
      ...contracted,
    ]
    const shape = labels
      .map(label => [a, b].find(side => side.labels.includes(label))!)
      .map((side, i) => side.x.shape[side.labels.indexOf(labels[i])])
    const wide = ({ x, labels: own }: Named) => {
      const present = labels.filter(label => own.includes(label))
      return broadcastInDim(
        ordered({ x, labels: own }, present),
        shape,
        present.map(label => labels.indexOf(label)),
      )
    }
    return summed({ x: mul(wide(a), wide(b)), labels }, wanted)
  }
  // Of the two orders of the operands the one that gives the result's own.
  const swaps = free[0].length > 0 && free[1].length > 0 && place(free[1][0]) < place(free[0][0])
  const [first, second] = swaps ? [b, a] : [a, b]
  const [firstFree, secondFree] = swaps ? [free[1], free[0]] : free
  // Free dimensions that stand in another order than in the result are reordered in the operand: a view.
  const arranged = (side: Named, own: readonly string[]): Named => {
    const stands = side.labels.filter(label => own.includes(label))
    if (stands.every((label, i) => label === own[i])) return side
    const rest = without(side.labels, own)
    return { x: ordered(side, [...own, ...rest]), labels: [...own, ...rest] }
  }
  const [lhs, rhs] = [arranged(first, firstFree), arranged(second, secondFree)]
  const axes = (labels: readonly string[]): [number[], number[]] => [
    labels.map(label => lhs.labels.indexOf(label)),
    labels.map(label => rhs.labels.indexOf(label)),
  ]
  return {
    x: dotGeneral(lhs.x, rhs.x, { contract: axes(contracted), batch: axes(batch) }),
    labels: [...batch, ...firstFree, ...secondFree],
  }
}

/**
 * The product of the operands by Einstein's convention, as float32: each letter is a dimension, those missing in the
 * result are summed over, a repeated letter is a diagonal, '...' stands for leading dimensions that broadcast. Without
 * '->' the result has the letters that occur once, in the order of the alphabet (NumPy).
 * @example
 * const a = tensor([[1, 2], [3, 4]])
 * einsum('ij,jk->ik', a, a) // [[7, 10], [15, 22]]
 * einsum('ii', a) // 5
 */
export function einsum(formula: string, ...operands: readonly Operand[]): Tensor {
  if (operands.length === 0) throw typeError('einsum: there is no operand')
  const tensors = sameDtype('einsum', operands).map(x => cast(x, 'float32'))
  const { inputs, output } = parse(formula, tensors)
  const lengths = new Map<string, number>()
  inputs.forEach((labels, i) => {
    labels.forEach((label, axis) => {
      const [known, own] = [lengths.get(label) ?? 1, tensors[i].shape[axis]]
      if (known !== 1 && own !== 1 && known !== own) {
        throw rangeError(`einsum: '${formula}' has lengths ${known} and ${own} for ${label.replace(/-.*/, '...')}`)
      }
      lengths.set(label, known === 1 ? own : known)
    })
  })
  let terms = tensors.map((x, i) => distinctLabels(x, inputs[i], lengths))
  const size = (labels: Iterable<string>): number => [...labels].reduce((n, label) => n * lengths.get(label)!, 1)
  while (terms.length > 1) {
    let best = [0, 1]
    let least = Number.POSITIVE_INFINITY
    for (const i of range(terms.length)) {
      for (let j = i + 1; j < terms.length; j++) {
        const cost = size(new Set([...terms[i].labels, ...terms[j].labels]))
        if (cost < least) [best, least] = [[i, j], cost]
      }
    }
    const [i, j] = best
    const others = terms.filter((_, k) => k !== i && k !== j)
    const wanted = new Set([...output, ...others.flatMap(term => term.labels)])
    terms = insertAt(others, i, product(terms[i], terms[j], wanted, output))
  }
  const { x, labels } = summed(terms[0], new Set(output))
  return ordered({ x, labels }, output)
}
