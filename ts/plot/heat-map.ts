// Heat maps: a table of numbers as colours, the weights of attention for instance.
import { checkOptions } from '../core/options.js'
import { describe } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { drawing, escapeXml, heading, round } from './drawing.js'

/** Labels, colours and size of a heat map. */
export interface HeatMapOptions {
  /** What stands above all (nothing). */
  title?: string
  /** What stands beside the rows, from the top: the words that were written, for instance. */
  rowLabels?: readonly string[]
  /** What stands above the columns: the words that were read. */
  columnLabels?: readonly string[]
  /** What the columns are (nothing). */
  xLabel?: string
  /** What the rows are (nothing). */
  yLabel?: string
  /** The value drawn white and the one drawn darkest (the smallest and the largest there are, 0 where all are positive). */
  range?: readonly [number, number]
  /** The size of a cell in pixels (28). */
  cell?: number
}

/** A row of numbers. */
type Row = ArrayLike<number>

/** From white to dark blue, evenly darker to the eye: steps of ColorBrewer's Blues (Brewer 2003). */
const BLUES = [
  [247, 251, 255],
  [222, 235, 247],
  [198, 219, 239],
  [158, 202, 225],
  [107, 174, 214],
  [66, 146, 198],
  [33, 113, 181],
  [8, 81, 156],
  [8, 48, 107],
]

/** Pixels of a letter, about. */
const LETTER = 7

/**
 * A table [rows][columns] as coloured cells with labels, as the text of an SVG file; what is not finite is crossed out.
 * Each cell says its numbers to a pointer that rests on it. Throws if rows differ in length, or labels in number.
 * @example
 * import { heatMap } from 'heddle/plot'
 * const weights = [[0.9, 0.1], [0.2, 0.8]] // tensor.toArray() gives such rows
 * const svg = heatMap(weights, { rowLabels: ['le', 'chat'], columnLabels: ['the', 'cat'] })
 */
export function heatMap(rows: readonly Row[], options: HeatMapOptions = {}): string {
  checkOptions('heatMap', options, {
    title: 1,
    rowLabels: 1,
    columnLabels: 1,
    xLabel: 1,
    yLabel: 1,
    range: 1,
    cell: 1,
  })
  const { title = '', rowLabels = [], columnLabels = [], xLabel = '', yLabel = '', cell = 28 } = options
  if (!Array.isArray(rows as unknown))
    throw typeError(`heatMap: the rows are a list (tensor.toArray()), not ${describe(rows)}`)
  const columns = rows[0]?.length ?? 0
  rows.forEach((row, i) => {
    if (row.length !== columns) throw rangeError(`heatMap: row ${i} has ${row.length} cells, row 0 has ${columns}`)
  })
  for (const [name, labels, count] of [
    ['rowLabels', rowLabels, rows.length],
    ['columnLabels', columnLabels, columns],
  ] as const) {
    if (labels.length > 0 && labels.length !== count) {
      throw rangeError(`heatMap: there are ${labels.length} ${name} for ${count}`)
    }
  }
  const [low, high] = options.range ?? extent(rows)
  const longest = (labels: readonly string[]) => Math.max(0, ...labels.map(label => [...label].length)) * LETTER
  // Labels that do not fit above their columns stand upright.
  const isUpright = longest(columnLabels) > cell
  const left = 16 + (yLabel ? 20 : 0) + longest(rowLabels)
  const top =
    12 + (title ? 24 : 0) + (xLabel ? 20 : 0) + (isUpright ? longest(columnLabels) : columnLabels.length && 14)
  const [width, height] = [columns * cell, rows.length * cell]
  const bar = { x: left + width + 16, width: 12, height: Math.max(height, 56) }

  const cells = rows.flatMap((row, i) =>
    Array.from(row, (value, j) => {
      const [x, y] = [left + j * cell, top + i * cell]
      const names = [rowLabels[i], columnLabels[j]].filter(name => name !== undefined).join(', ')
      const note = `<title>${escapeXml(`${names}${names && ': '}${Number(value.toPrecision(4))}`)}</title>`
      const fill = Number.isFinite(value) ? colorAt((value - low) / (high - low)) : '#fff'
      const box = `<rect x="${x}" y="${y}" width="${cell}" height="${cell}" fill="${fill}" stroke="#ddd">${note}</rect>`
      return Number.isFinite(value)
        ? box
        : `${box}<path d="M${x} ${y}l${cell} ${cell}m0 ${-cell}l${-cell} ${cell}" stroke="#999"/>`
    }),
  )
  const labelled = [
    ...rowLabels.map((label, i) => text(left - 6, top + (i + 0.5) * cell + 4, label, 'end')),
    ...columnLabels.map((label, j) => {
      const x = left + (j + 0.5) * cell
      return isUpright ? upright(x + 4, top - 6, label, 'start') : text(x, top - 6, label, 'middle')
    }),
  ]
  const steps = Array.from({ length: 28 }, (_, i) => {
    const y = top + bar.height * (1 - (i + 1) / 28)
    return `<rect x="${bar.x}" y="${round(y)}" width="${bar.width}" height="${round(bar.height / 28 + 0.5)}" fill="${colorAt((i + 0.5) / 28)}"/>`
  })
  const scale = [
    ...steps,
    text(bar.x + bar.width + 4, top + 9, String(Number(high.toPrecision(3))), 'start'),
    text(bar.x + bar.width + 4, top + bar.height, String(Number(low.toPrecision(3))), 'start'),
  ]
  const total = Math.max(bar.x + bar.width + 52, title.length * (LETTER + 1.5) + 16)
  return drawing(total, top + bar.height + 16, title || 'heat map', [
    ...(title ? [heading(total / 2, title)] : []),
    ...(xLabel ? [text(left + width / 2, title ? 44 : 20, xLabel, 'middle')] : []),
    ...(yLabel ? [upright(18, top + height / 2, yLabel, 'middle')] : []),
    ...cells,
    ...labelled,
    ...scale,
  ])
}

/** The smallest finite number, or 0 where none is negative, and the largest; made wider where they are one. */
function extent(rows: readonly Row[]): [number, number] {
  let [low, high] = [0, Number.NEGATIVE_INFINITY]
  for (const row of rows) {
    for (let i = 0; i < row.length; i++) {
      if (!Number.isFinite(row[i])) continue
      low = Math.min(low, row[i])
      high = Math.max(high, row[i])
    }
  }
  return high > low ? [low, high] : [low, low + 1]
}

/** The colour of a share, 0 to 1. */
function colorAt(share: number): string {
  const at = Math.min(Math.max(share, 0), 1) * (BLUES.length - 1)
  const step = Math.min(Math.floor(at), BLUES.length - 2)
  const mixed = BLUES[step].map((from, i) => Math.round(from + (at - step) * (BLUES[step + 1][i] - from)))
  return `rgb(${mixed.join()})`
}

const text = (x: number, y: number, content: string, anchor: string): string =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeXml(content)}</text>`

const upright = (x: number, y: number, content: string, anchor: string): string =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" transform="rotate(-90 ${round(x)} ${round(y)})">${escapeXml(content)}</text>`
