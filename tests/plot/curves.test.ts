import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { curves } from '../../ts/plot/index.js'

const paths = (svg: string) => [...svg.matchAll(/<path d="([^"]*)" fill="none" stroke="#(?!333)/g)].map(([, d]) => d)

test('a drawing has its labels, a legend and one path for each curve', () => {
  const svg = curves(
    [
      { name: 'training', ys: [3, 2, 1] },
      { name: 'bigram', xs: [0, 2], ys: [2.5, 2.5], dashed: true },
    ],
    { title: 'Loss', xLabel: 'step', yLabel: 'nats' },
  )
  for (const text of ['Loss', 'step', 'nats', 'training', 'bigram']) assert.ok(svg.includes(`>${text}</text>`), text)
  assert.ok(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"') && svg.endsWith('</svg>'))
  // The left, the middle and the right; the highest, the middle and the lowest.
  assert.equal(paths(svg), ['M60 40L342 196L624 352', 'M60 118L624 118'])
  assert.is(svg.match(/stroke-dasharray/g)?.length, 2)
})

test('gaps are left where a value is not finite; nothing, one point and a flat line are drawn too', () => {
  assert.is(paths(curves([{ name: 'x', ys: [1, Number.NaN, 2, 3] }]))[0].match(/M/g)?.length, 2)
  for (const ys of [[], [1], [2, 2], [Number.POSITIVE_INFINITY]])
    assert.not.match(curves([{ name: 'x', ys }]), /NaN|Inf/)
  assert.not.match(curves([]), /NaN/)
})

test('texts cannot break out of the drawing', () => {
  const svg = curves([{ name: '<b>&"', ys: [1, 2] }], { title: '</svg><script>' })
  assert.not.match(svg, /<b>|<script>/)
  assert.match(svg, /&lt;b&gt;&amp;&quot;/)
})

test('xs that do not fit are refused', () => {
  assert.throws(() => curves([{ name: 'loss', xs: [1], ys: [1, 2] }]), /"loss" has 1 xs and 2 ys/)
})

test('what is no list of curves is refused with the line of the call', () => {
  const draw = curves as (given?: unknown) => string
  assert.throws(() => draw(), /^curves: the curves are a list, as \[\{ name: .* \}\], not undefined \(.+:\d+:\d+\)$/)
  assert.throws(() => draw([1, 2, 3]), /^curves: curve 0 is the number 1 without a list ys: .+ \(.+:\d+:\d+\)$/)
  assert.throws(() => draw([{ name: 'loss' }]), /^curves: curve 0 is an object without a list ys/)
  assert.throws(() => draw([{ name: 'a', ys: [1], xs: [] }]), /^curves: "a" has 0 xs and 1 ys \(.+:\d+:\d+\)$/)
})

test.run()
