// The figures as one table of text.
import { median, ratio, spread } from './statistics.mjs'

/** Three significant digits, no exponent. */
export function digits(value) {
  if (value === undefined || Number.isNaN(value)) return ''
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)))
  return value.toFixed(Math.min(places, 4))
}

export function printTable(header, rows, leftColumns) {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map(row => row[i].length)))
  const line = cells =>
    cells
      .map((cell, i) => (i < leftColumns ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd()
  console.log(line(header))
  console.log(widths.map(width => '-'.repeat(width)).join('  '))
  for (const row of rows) console.log(line(row))
}

/** One row for each system in each case, the reference first. */
export function rowsOf(results) {
  return results.flatMap(({ workload, name, unit, show, systems }) => {
    const reference = Object.values(systems)[0]?.times
    return Object.entries(systems).map(([system, { times, first, peak, refused }], i) => {
      const label = i === 0 ? `${workload} ${name}` : ''
      if (refused) return [label, system, refused, '', '', '', '', '']
      return [
        label,
        system,
        digits(show(median(times))),
        unit,
        `${(100 * spread(times)).toFixed(0)} %`,
        i === 0 || !reference ? '' : `${digits(ratio(times, reference))} x`,
        first === undefined ? '' : digits(first),
        peak === undefined ? '' : peak.toFixed(0),
      ]
    })
  })
}

export const HEADER = ['workload', 'system', 'median', '', 'spread', 'time / first', 'first run ms', 'peak MB']
