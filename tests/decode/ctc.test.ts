// Labels from steps: against the sums over all paths.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type CtcBeamOptions, ctcBeam, ctcGreedy } from '../../ts/decode/index.js'
import { log, neg, oneHot, type Tensor, tensor } from '../../ts/index.js'
import { ctcLoss } from '../../ts/nn/index.js'
import { mulberry32 } from '../mulberry32.js'

const next = mulberry32(9)
const ids = (list: number[] | number[][]): Tensor => tensor(list, { dtype: 'int32' })

/** Probabilities of each list of labels, from all paths. */
function allLabels(rows: readonly number[][], blank: number): Map<string, number> {
  const sums = new Map<string, number>()
  const visit = (path: number[], probability: number): void => {
    if (path.length === rows.length) {
      const said = path.filter((label, t) => label !== blank && label !== path[t - 1]).join()
      sums.set(said, (sums.get(said) ?? 0) + probability)
      return
    }
    rows[path.length].forEach((p, label) => {
      visit([...path, label], probability * p)
    })
  }
  visit([], 1)
  return sums
}

const randomRows = (steps: number, classes: number): number[][] =>
  Array.from({ length: steps }, () => {
    const row = Array.from({ length: classes }, () => 0.05 + next())
    const total = row.reduce((a, b) => a + b)
    return row.map(x => x / total)
  })

test('the best path: equal neighbours are one, blanks nothing', () => {
  const steps = ids([
    [0, 1, 1, 0, 1, 2],
    [2, 2, 2, 2, 0, 0],
    [0, 0, 0, 0, 0, 0],
  ])
  assert.equal(ctcGreedy(oneHot(steps, 3)), [[1, 1, 2], [2], []])
  assert.equal(ctcGreedy(oneHot(steps, 3), { blank: 2 }), [[0, 1, 0, 1], [0], [0]])
  assert.equal(ctcGreedy(oneHot(steps, 3), { lengths: ids([3, 1, 0]) }), [[1], [2], []])
})

test('a beam wide enough sums all paths', () => {
  for (const blank of [0, 2]) {
    const rows = [randomRows(5, 3), randomRows(5, 3)]
    const found = ctcBeam(log(tensor(rows)), { width: 200, results: 8, blank, lengths: ids([5, 4]) })
    ;[rows[0], rows[1].slice(0, 4)].forEach((own, n) => {
      const expected = [...allLabels(own, blank)].sort((a, b) => b[1] - a[1]).slice(0, 8)
      assert.equal(
        found[n].map(({ labels }) => labels.join()),
        expected.map(([labels]) => labels),
      )
      found[n].forEach(({ logProbability }, i) => {
        assert.ok(Math.abs(logProbability - Math.log(expected[i][1])) < 1e-5)
      })
    })
  }
})

test('long inputs do not vanish, and probabilities are those of the loss', () => {
  const rows = randomRows(300, 5)
  const logits = log(tensor([rows]))
  const [[best, second]] = ctcBeam(logits, { width: 16, results: 2 })
  const [greedy] = ctcGreedy(logits)
  const likelihood = (labels: number[]): number => neg(ctcLoss(logits, ids([labels]), { reduction: 'sum' })).item()
  assert.ok(best.logProbability >= second.logProbability)
  assert.ok(best.logProbability <= likelihood(best.labels) + 1e-3)
  assert.ok(likelihood(best.labels) > likelihood(greedy) + 1, 'a beam finds likelier labels than the best path')
})

test('what is ruled out does not come back, and what does not fit is refused', () => {
  const certain = log(
    tensor([
      [
        [0, 1],
        [1, 0],
      ],
    ]),
  )
  assert.equal(ctcBeam(certain, { width: 4, results: 4 }), [[{ labels: [1], logProbability: 0 }]])
  const run = (options: Partial<CtcBeamOptions>) => () => ctcBeam(certain, { width: 2, ...options })
  assert.throws(run({ width: 0 }), /ctcBeam: width is an integer of at least 1, not 0/)
  assert.throws(run({ results: 3 }), /3 results are more than the width 2/)
  assert.throws(run({ blank: 2 }), /the blank is one of 2 classes, not 2/)
  assert.throws(run({ lengths: ids([3]) }), /lengths are 1 integers from 0 to 2, not 3/)
  assert.throws(() => ctcGreedy(tensor([[1, 2]])), /ctcGreedy: logits are \[N, T, C\], not \[1, 2\]/)
})

test.run()
