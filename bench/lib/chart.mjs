// The ratios as a bar chart in SVG: how long each system takes for what heddle does in 1, on a logarithmic scale.
import { ratio } from './statistics.mjs'
import { digits } from './table.mjs'

const [LEFT, WIDTH, BAR, GAP] = [250, 460, 14, 12]
const [LEAST, MOST] = [1 / 8, 128]
const COLOURS = {
  heddle: '#1f6f5c',
  jax: '#c98a1b',
  tfjs: '#d0562f',
  'tfjs-expert': '#e29578',
  ort: '#4a6fa5',
  pytorch: '#888888',
}

const place = value => (WIDTH * Math.log(Math.min(Math.max(value, LEAST), MOST) / LEAST)) / Math.log(MOST / LEAST)
const text = (x, y, words, rest = '') => `<text x="${x}" y="${y}" ${rest}>${words}</text>`

function bar(y, system, value, label) {
  const [from, to] = [Math.min(place(1), place(value)), Math.max(place(1), place(value))]
  const fill = COLOURS[system] ?? '#555555'
  return [
    text(LEFT - 8, y + 11, system, 'text-anchor="end"'),
    `<rect x="${LEFT + from}" y="${y}" width="${Math.max(to - from, 2)}" height="${BAR}" fill="${fill}"/>`,
    text(LEFT + to + 6, y + 11, label),
  ].join('')
}

/** An SVG document of the results that heddle took part in. */
export function chart(results) {
  const parts = []
  let y = 50
  for (const { workload, name, systems } of results) {
    const reference = systems.heddle
    if (!reference || reference.refused) continue
    parts.push(text(10, y + 11, `${workload} ${name}`, 'font-weight="bold"'))
    for (const [system, { times, refused }] of Object.entries(systems)) {
      if (refused) continue
      const value = ratio(times, reference.times)
      parts.push(bar(y, system, value, system === 'heddle' ? '1' : digits(value)))
      y += BAR + 2
    }
    y += GAP
  }
  const grid = [0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128].map(value => {
    const x = LEFT + place(value)
    const line = `<line x1="${x}" x2="${x}" y1="40" y2="${y}" stroke="${value === 1 ? '#444444' : '#dddddd'}"/>`
    return line + text(x, 34, value < 1 ? `1/${1 / value}` : value, 'text-anchor="middle" fill="#666666"')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + 70}" height="${y + 10}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${text(10, 14, "Time relative to heddle's (median of the rounds' ratios; longer is slower)")}
${[...grid, ...parts].join('\n')}
</svg>
`
}
