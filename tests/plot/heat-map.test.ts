import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { gradientFlowPlot, heatMap } from '../../ts/plot/index.js'

const fills = (svg: string) => [...svg.matchAll(/fill="([^"]*)" stroke="#ddd"/g)].map(([, fill]) => fill)

test('a heat map has a cell for each number, from white to dark, with its labels', () => {
  const svg = heatMap([[0, 0.5, 1], Float32Array.of(1, 0.25, 0)], {
    title: 'Attention',
    rowLabels: ['le', 'chat'],
    columnLabels: ['a', 'b', 'c'],
    xLabel: 'source',
    yLabel: 'target',
  })
  assert.equal(fills(svg), [
    'rgb(247,251,255)',
    'rgb(107,174,214)',
    'rgb(8,48,107)',
    'rgb(8,48,107)',
    'rgb(198,219,239)',
    'rgb(247,251,255)',
  ])
  for (const text of ['Attention', 'le', 'chat', 'a', 'b', 'c', 'source', 'target', '0', '1', 'chat, b: 0.25']) {
    assert.ok(svg.includes(`>${text}</`), text)
  }
})

test('the range can be given; negative numbers, one number and none are drawn too', () => {
  assert.equal(fills(heatMap([[1, 2]], { range: [0, 2] })), ['rgb(107,174,214)', 'rgb(8,48,107)'])
  assert.equal(fills(heatMap([[-1, 5]], { range: [0, 2] })), ['rgb(247,251,255)', 'rgb(8,48,107)'])
  assert.equal(fills(heatMap([[-1, 1]])), ['rgb(247,251,255)', 'rgb(8,48,107)'])
  for (const rows of [[], [[]], [[0, 0]], [[Number.NaN]]]) assert.not.match(heatMap(rows), /NaN[^<]*"|Infinity/)
})

test('what is not finite is crossed out', () => {
  assert.is(heatMap([[1, Number.NaN, Number.POSITIVE_INFINITY]]).match(/<path/g)?.length, 2)
})

test('long labels of columns stand upright', () => {
  assert.match(heatMap([[1]], { columnLabels: ['philosophy'] }), /rotate\(-90[^>]*>philosophy</)
  assert.not.match(heatMap([[1]], { columnLabels: ['a'] }), /rotate/)
})

test('texts cannot break out of the drawing', () => {
  const svg = heatMap([[1]], { title: '</svg><script>', rowLabels: ['<b>'], columnLabels: ['"&'] })
  assert.not.match(svg, /<b>|<script>/)
})

test('rows of different lengths and wrong numbers of labels are refused', () => {
  assert.throws(() => heatMap([[1, 2], [1]]), /heatMap: row 1 has 1 cells, row 0 has 2/)
  assert.throws(() => heatMap([[1, 2]], { columnLabels: ['a'] }), /there are 1 columnLabels for 2/)
  assert.throws(() => heatMap([[1, 2]], { rowLabels: ['a', 'b'] }), /there are 2 rowLabels for 1/)
})

test('gradient flow: equal factors are equally far apart, and nothing leaves a gap', () => {
  const halved = Array.from({ length: 51 }, (_, t) => 0.5 ** (50 - t))
  const svg = gradientFlowPlot({ 'w = 0.5': halved, 'w = 0': [0, 0, 1] })
  const [line] = svg.match(/<path d="[^"]*" fill="none" stroke="#0072b2"/)!
  const ys = [...line.matchAll(/[ML]\S+ ([\d.]+)/g)].map(([, y]) => Number(y))
  const steps = ys.slice(1).map((y, i) => ys[i] - y)
  assert.ok(
    steps.every(step => Math.abs(step - steps[0]) < 0.03),
    steps.join(),
  )
  for (const text of ['w = 0.5', '1e-10', '1', 'time step']) assert.ok(svg.includes(`>${text}</text>`), text)
  assert.match(svg, /<path d="M[\d. ]+" fill="none" stroke="#d55e00"/)
})

test('what is no list of rows is refused', () => {
  assert.throws(() => heatMap({} as never), /^heatMap: the rows are a list .*, not an object \(.+:\d+:\d+\)$/)
})

test.run()
