import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { gradientFlowPlot, learningCurves } from '../../ts/plot/index.js'

const entry = (step: number, loss: number, validation: number | null) => ({ step, loss, validation })
const overfitted = [entry(10, 3, 3), entry(20, 2, 2.5), entry(30, 1, 2.75), entry(40, 0.5, 3)]

test('the best validation is marked, and the stretch in which it gets worse', () => {
  const svg = learningCurves(overfitted, { title: 'Loss', baseline: { name: 'guessing', loss: 3.2 } })
  assert.ok(svg.includes('>best 2.5 at 20</text>'))
  for (const name of ['training', 'validation', 'guessing', 'step', 'loss']) assert.ok(svg.includes(`>${name}</text>`))
  const [, x, width] = svg.match(/<rect x="([\d.]+)" y="40" width="([\d.]+)"/)!
  // A third of the way, to the right end of the axis.
  assert.equal([Number(x), Number(x) + Number(width)], [248, 624])
})

test('while validation falls nothing is shaded; without validation there is one curve', () => {
  const falling = learningCurves(overfitted.slice(0, 2))
  assert.not.match(falling, /fill-opacity/)
  assert.ok(falling.includes('>best 2.5 at 20</text>'))
  const alone = learningCurves([entry(1, 2, null), entry(2, 1, null)])
  assert.not.match(alone, /validation|best/)
  assert.not.match(learningCurves([]), /NaN|Infinity/)
})

test('what is no history and no record of norms is refused', () => {
  const wrong = {} as never
  assert.throws(() => learningCurves([1] as never), /^learningCurves: entry 0 is the number 1 without step, loss and/)
  assert.throws(
    () => learningCurves(wrong),
    /^learningCurves: the history is a list, .*, not an object \(.+:\d+:\d+\)$/,
  )
  assert.throws(
    () => gradientFlowPlot([1] as never),
    /^gradientFlowPlot: the norms come by name, .*, not as an array \(/,
  )
})

test.run()
