// The CTC loss against the sum over all alignments, one by one; its derivative against differences of that sum.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { at, grad, jit, sum, type Tensor, tensor, valueAndGrad, vmap } from '../../ts/index.js'
import { ctcLoss } from '../../ts/nn/index.js'
import { close } from '../close.js'
import { mulberry32 } from '../mulberry32.js'

const ids = (list: unknown): Tensor => tensor(list as number[], { dtype: 'int32' })

/** What an alignment says: equal neighbours are one, blanks nothing. */
const said = (path: readonly number[], blank: number): number[] =>
  path.filter((label, t) => label !== blank && (t === 0 || label !== path[t - 1]))

/** -log of the summed probabilities of all alignments that say `target`, in float64. */
function lossOf(rows: readonly number[][], target: readonly number[], blank = 0): number {
  const probabilities = rows.map(row => {
    const top = Math.max(...row)
    const terms = row.map(x => Math.exp(x - top))
    const total = terms.reduce((a, b) => a + b)
    return terms.map(x => x / total)
  })
  let all = 0
  const visit = (path: number[], probability: number): void => {
    if (path.length === rows.length) {
      if (said(path, blank).join() === target.join()) all += probability
      return
    }
    probabilities[path.length].forEach((p, label) => {
      visit([...path, label], probability * p)
    })
  }
  visit([], 1)
  return -Math.log(all)
}

const next = mulberry32(5)
const randomRows = (steps: number, classes: number, scale = 2): number[][] =>
  Array.from({ length: steps }, () => Array.from({ length: classes }, () => Math.fround(scale * (2 * next() - 1))))

test('it is the sum over all alignments, and so is its derivative', () => {
  for (const [steps, classes, target, blank] of [
    [5, 3, [1, 2], 0],
    [6, 3, [1, 1, 2], 0],
    [5, 4, [3, 0, 3], 1],
    [4, 3, [], 0],
    [3, 3, [2, 1, 2], 0],
    [5, 3, [1, 1, 1], 0],
    [1, 2, [0], 1],
  ] as [number, number, number[], number][]) {
    const rows = randomRows(steps, classes)
    const labels = tensor(target, { dtype: 'int32', shape: [target.length] })
    const loss = (logits: Tensor) => ctcLoss(logits, labels, { blank, reduction: 'sum' })
    const [value, slope] = valueAndGrad(loss)(tensor(rows))
    close(value, lossOf(rows, target, blank), 3e-6)
    const change = (t: number, label: number, by: number) =>
      lossOf(
        rows.map((row, i) => row.map((x, j) => (i === t && j === label ? x + by : x))),
        target,
        blank,
      )
    close(
      slope,
      rows.map((row, t) => row.map((_, label) => (change(t, label, 1e-5) - change(t, label, -1e-5)) / 2e-5)),
      2e-6,
    )
  }
})

test('in a batch each has its lengths, and what stands behind them does not matter', () => {
  const rows = [randomRows(5, 3), randomRows(5, 3), randomRows(5, 3)]
  const targets = [
    [1, 2, 1],
    [2, 9, 9],
    [9, 9, 9],
  ]
  const lengths = { inputLengths: ids([5, 3, 4]), targetLengths: ids([3, 1, 0]) }
  rows[1][3] = [Number.NaN, 1e30, -1]
  const each = (logits: Tensor) => ctcLoss(logits, ids(targets), { ...lengths, reduction: 'none' })
  const expected = [lossOf(rows[0], [1, 2, 1]), lossOf(rows[1].slice(0, 3), [2]), lossOf(rows[2].slice(0, 4), [])]
  const slope = grad((logits: Tensor) => sum(each(logits)))(tensor(rows))
  close(each(tensor(rows)), expected, 3e-6)
  close(at(at(slope, 2), 4), [0, 0, 0])
  rows[1][3] = [0, 0, 0]
  close(jit(each)(tensor(rows)), expected, 3e-6)
  close(ctcLoss(tensor(rows), ids(targets), lengths), (expected[0] / 3 + expected[1] + expected[2]) / 3, 3e-6)
  const alone = vmap((logits: Tensor, target: Tensor, input: Tensor, labels: Tensor) =>
    ctcLoss(logits, target, { inputLengths: input, targetLengths: labels, reduction: 'sum' }),
  )
  close(alone(tensor(rows), ids(targets), lengths.inputLengths, lengths.targetLengths), expected, 3e-6)
  const deep = ctcLoss(tensor([rows]), ids([targets]), {
    inputLengths: ids([[5, 3, 4]]),
    targetLengths: ids([[3, 1, 0]]),
    reduction: 'none',
  })
  assert.equal(deep.shape, [1, 3])
  close(deep, expected, 3e-6)
})

test('a target too long for its input has no alignment: Infinity or 0, and a derivative of 0', () => {
  const rows = randomRows(3, 3)
  for (const zeroInfinity of [false, true]) {
    const [value, slope] = valueAndGrad((logits: Tensor) => ctcLoss(logits, ids([1, 1, 2]), { zeroInfinity }))(
      tensor(rows),
    )
    assert.is(value.item(), zeroInfinity ? 0 : Number.POSITIVE_INFINITY)
    close(slope, new Array(9).fill(0), 0)
  }
})

test('long and certain inputs lose nothing, and a class that is ruled out no derivative', () => {
  const steps = 400
  const rows = Array.from({ length: steps }, (_, t) => [t % 2 ? 30 : -30, t % 2 ? -30 : 30, 0])
  const target = Array.from({ length: steps / 2 }, () => 1)
  const [value, slope] = valueAndGrad((logits: Tensor) => ctcLoss(logits, ids(target), { reduction: 'sum' }))(
    tensor(rows),
  )
  close(value, 0, 1e-4)
  assert.ok([...slope.data()].every(x => Math.abs(x) < 1e-6))
  const far = ctcLoss(tensor(rows), ids([2]), { reduction: 'sum' })
  // Any run from one even step to another may say 2, each at the same cost: 200 * 201 / 2 alignments.
  close(far, 199 * 60 + 30 - Math.log(20_100), 0.005)
  const ruled = randomRows(4, 3).map(row => [row[0], row[1], Number.NEGATIVE_INFINITY])
  const [loss, derivative] = valueAndGrad((logits: Tensor) => ctcLoss(logits, ids([1])))(tensor(ruled))
  close(loss, lossOf(ruled, [1]), 3e-6)
  assert.ok([...derivative.data()].every(Number.isFinite))
  const [never, none] = valueAndGrad((logits: Tensor) => ctcLoss(logits, ids([2, 1])))(tensor(ruled))
  assert.is(never.item(), Number.POSITIVE_INFINITY)
  close(none, new Array(12).fill(0), 0)
  // At the first step neither the blank nor the label can be.
  ruled[0] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  const [nothing, flat] = valueAndGrad((logits: Tensor) => ctcLoss(logits, ids([1])))(tensor(ruled))
  assert.is(nothing.item(), Number.POSITIVE_INFINITY)
  close(flat, new Array(12).fill(0), 0)
})

test('what does not fit is refused', () => {
  const logits = tensor([randomRows(3, 4), randomRows(3, 4)])
  const labels = ids([[1], [2]])
  assert.throws(() => ctcLoss(logits, ids([1, 2])), /int32 targets \[2\] do not fit logits \[2, 3, 4\]/)
  assert.throws(() => ctcLoss(logits, tensor([[1], [2]])), /float32 targets \[2, 1\] do not fit/)
  assert.throws(() => ctcLoss(logits, labels, { blank: 4 }), /the blank is one of 4 classes, not 4/)
  assert.throws(
    () => ctcLoss(logits, labels, { inputLengths: ids([3]) }),
    /inputLengths are int32\[2\], not int32\[1\]/,
  )
  assert.throws(() => ctcLoss(logits, labels, { targetLengths: tensor([1, 1]) }), /not float32\[2\]/)
})

test.run()
