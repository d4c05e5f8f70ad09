// Curves with axes, ticks and a legend: losses over steps, for instance.
import { checkOptions, type OptionNames } from '../core/options.js'
import { describe } from '../core/tensor.js'
import { rangeError, typeError } from '../errors.js'
import { drawing, escapeXml, heading, round } from './drawing.js'
import { powers, showPower, showTick, ticks } from './ticks.js'

/** One curve: `ys` over `xs` (0, 1, ... if there are none). What is not finite leaves a gap. */
export interface Curve {
  /** What the legend says. */
  name: string
  /** Heights of the points. */
  ys: ArrayLike<number>
  /** Where the points stand (0, 1, ...). */
  xs?: ArrayLike<number>
  /** A CSS colour (one of a palette that the colour-blind tell apart). */
  color?: string
  /** Drawn with dashes: baselines, for instance. */
  dashed?: boolean
}

/** A place on the x axis, or, with `to`, a stretch of it. */
export interface Mark {
  name: string
  x: number
  to?: number
}

/** The title, the names of the axes and the size of a drawing. */
export interface CurvesOptions {
  /** What stands above (nothing). */
  title?: string
  /** What stands below (nothing). */
  xLabel?: string
  /** What stands at the left (nothing). */
  yLabel?: string
  /** `'log'`: equal factors of y are equally far apart; what is not positive leaves a gap (`'linear'`). */
  yScale?: 'linear' | 'log'
  /** In pixels (640). */
  width?: number
  /** In pixels (400). */
  height?: number
  /** Upright lines, and stretches with a ground of their own, with their names at the bottom. */
  marks?: readonly Mark[]
}

/** The names of the options of all drawings of curves. */
export const DRAWING_NAMES: OptionNames<Omit<CurvesOptions, 'yScale' | 'marks'>> = {
  title: 1,
  xLabel: 1,
  yLabel: 1,
  width: 1,
  height: 1,
}

/** Okabe and Ito 2008. */
const PALETTE = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000']

const MARGIN = { top: 40, right: 16, bottom: 48, left: 60 }

/**
 * Curves in one drawing, as the text of an SVG file. Throws if a curve has more or fewer xs than ys.
 * @example
 * const training = { name: 'training', ys: [4.2, 2.9, 2.1, 1.8] }
 * const baseline = { name: 'bigram', xs: [0, 3], ys: [2.4, 2.4], dashed: true }
 * const svg = curves([training, baseline], { title: 'Loss', xLabel: 'step', yLabel: 'nats' })
 * svg.slice(0, 4) // '<svg'
 */
export function curves(list: readonly Curve[], options: CurvesOptions = {}): string {
  checkOptions('curves', options, { ...DRAWING_NAMES, yScale: 1, marks: 1 })
  checkCurves(list)
  const { title = '', xLabel = '', yLabel = '', width = 640, height = 400, yScale = 'linear', marks = [] } = options
  if (yScale !== 'linear' && yScale !== 'log') {
    throw rangeError(`curves: yScale is 'linear' or 'log', not ${JSON.stringify(yScale)}`)
  }
  const isLog = yScale === 'log'
  // On a log scale everything is drawn at its exponent.
  const lines = list.map(points).map(line => (isLog ? line.map(([x, y]): Point => [x, Math.log10(y)]) : line))
  const all = lines.flat().filter(isFinitePoint)
  const [x0, x1] = extent(all.map(([x]) => x))
  const [y0, y1] = extent(all.map(([, y]) => y))
  const inner = { right: width - MARGIN.right, bottom: height - MARGIN.bottom }
  const atX = (x: number) => MARGIN.left + ((x - x0) / (x1 - x0)) * (inner.right - MARGIN.left)
  const atY = (y: number) => inner.bottom - ((y - y0) / (y1 - y0)) * (inner.bottom - MARGIN.top)

  const grid = [
    ...ticks(x0, x1, 6).map(x => tick(atX(x), inner.bottom, atX(x), MARGIN.top, showTick(x), 'x')),
    ...(isLog ? powers(y0, y1) : ticks(y0, y1, 5)).map(y =>
      tick(MARGIN.left, atY(y), inner.right, atY(y), isLog ? showPower(y) : showTick(y), 'y'),
    ),
  ]
  const color = (i: number) => list[i].color ?? PALETTE[i % PALETTE.length]
  const drawn = lines.map((line, i) => {
    const path = pathOf(line.map(([x, y]): Point => [atX(x), atY(y)]))
    return `<path d="${path}" fill="none" stroke="${escapeXml(color(i))}" stroke-width="1.5" stroke-linejoin="round"${dashes(list[i])}/>`
  })
  const legend = list.map(({ name }, i) => {
    const y = MARGIN.top + 12 + 18 * i
    const x = inner.right - 8
    return (
      `<line x1="${x - 24}" y1="${y}" x2="${x}" y2="${y}" stroke="${escapeXml(color(i))}" stroke-width="2"${dashes(list[i])}/>` +
      `<text x="${x - 30}" y="${y + 4}" text-anchor="end">${escapeXml(name)}</text>`
    )
  })
  const inside = (x: number) => Math.min(Math.max(atX(x), MARGIN.left), inner.right)
  const marked = marks.map(({ name, x, to }) => {
    const [from, end] = [inside(x), inside(to ?? x)].map(round)
    const band = `<rect x="${from}" y="${MARGIN.top}" width="${round(end - from)}" height="${round(inner.bottom - MARGIN.top)}" fill="#d55e00" fill-opacity="0.08"/>`
    const line = `<line x1="${from}" y1="${MARGIN.top}" x2="${from}" y2="${round(inner.bottom)}" stroke="#777" stroke-dasharray="2 3"/>`
    const text = `<text x="${from + 4}" y="${round(inner.bottom - 6)}" fill="#555">${escapeXml(name)}</text>`
    return `${to === undefined ? line : band}${text}`
  })
  const middle = { x: (MARGIN.left + inner.right) / 2, y: (MARGIN.top + inner.bottom) / 2 }
  return drawing(width, height, title || list.map(({ name }) => name).join(', '), [
    ...grid,
    ...marked,
    `<path d="M${MARGIN.left} ${MARGIN.top}V${inner.bottom}H${inner.right}" fill="none" stroke="#333"/>`,
    ...drawn,
    ...legend,
    heading(middle.x, title),
    `<text x="${round(middle.x)}" y="${height - 10}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
    `<text x="16" y="${round(middle.y)}" text-anchor="middle" transform="rotate(-90 16 ${round(middle.y)})">${escapeXml(yLabel)}</text>`,
  ])
}

/** Throws unless this is a list of curves, each with a name and heights. */
function checkCurves(list: unknown): asserts list is readonly Curve[] {
  const meant = "as [{ name: 'loss', ys: [3, 2] }]"
  if (!Array.isArray(list)) throw typeError(`curves: the curves are a list, ${meant}, not ${describe(list)}`)
  for (const [i, curve] of list.entries()) {
    if (typeof curve?.ys?.length !== 'number') {
      throw typeError(`curves: curve ${i} is ${describe(curve)} without a list ys: they come ${meant}`)
    }
  }
}

type Point = readonly [number, number]

function points({ name, xs, ys }: Curve): Point[] {
  if (xs !== undefined && xs.length !== ys.length) {
    throw rangeError(`curves: ${JSON.stringify(name)} has ${xs.length} xs and ${ys.length} ys`)
  }
  return Array.from(ys, (y, i): Point => [xs === undefined ? i : xs[i], y])
}

const isFinitePoint = ([x, y]: Point): boolean => Number.isFinite(x) && Number.isFinite(y)

/** The smallest and the largest number; made wider where there is only one, or none. */
function extent(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (low > high) return [0, 1]
  return low < high ? [low, high] : [low - 0.5, high + 0.5]
}

/** A line of the grid with its number. */
function tick(x1: number, y1: number, x2: number, y2: number, label: string, axis: 'x' | 'y'): string {
  const line = `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="#ddd"/>`
  const text =
    axis === 'x'
      ? `<text x="${round(x1)}" y="${round(y1 + 18)}" text-anchor="middle">${label}</text>`
      : `<text x="${round(x1 - 8)}" y="${round(y1 + 4)}" text-anchor="end">${label}</text>`
  return line + text
}

/** A path through the points, lifted where one is not finite. */
function pathOf(line: readonly Point[]): string {
  let isDown = false
  let path = ''
  for (const point of line) {
    if (isFinitePoint(point)) path += `${isDown ? 'L' : 'M'}${round(point[0])} ${round(point[1])}`
    isDown = isFinitePoint(point)
  }
  return path
}

const dashes = ({ dashed }: Curve): string => (dashed ? ' stroke-dasharray="6 4"' : '')
