// What is printed in the end.
import { cpus } from 'node:os'
import process from 'node:process'
import { median, ratio, spread } from './statistics.mjs'

/** Three significant digits, no exponent. */
export function digits(value) {
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)))
  return value.toFixed(Math.min(places, 4))
}

const optional = (value, show = digits) => (value === undefined ? '' : show(value))

function printTable(header, rows, leftColumns) {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map(row => row[i]?.length ?? 0)))
  const cell = (words, i) => (i < leftColumns ? words.padEnd(widths[i]) : words.padStart(widths[i]))
  for (const row of [header, widths.map(width => '-'.repeat(width)), ...rows])
    console.log(row.map(cell).join('  ').trimEnd())
}

const HEADER = ['workload', 'system', 'median', '', 'spread', 'time / heddle', 'first run ms', 'peak MB']

/** One row for each system in each case. */
function rowsOf({ workload, name, unit, show, systems }) {
  const reference = systems.heddle?.refused ? undefined : systems.heddle?.times
  return Object.entries(systems).map(([system, { times, first, peak, refused }], i) => {
    const label = i === 0 ? `${workload} ${name}` : ''
    if (refused) return [label, system, '-']
    return [
      label,
      system,
      digits(show(median(times))),
      unit,
      `${(100 * spread(times)).toFixed(0)} %`,
      system === 'heddle' || !reference ? '' : `${digits(ratio(times, reference))} x`,
      optional(first),
      optional(peak, megabytes => megabytes.toFixed(0)),
    ]
  })
}

/** The lines under the table: who was refused and why, and what systems say of themselves. */
function remarks(results) {
  for (const { workload, name, systems } of results) {
    for (const [system, { notes, refused }] of Object.entries(systems)) {
      if (refused) console.log(`${workload} ${name}: ${system} ${refused}`)
      if (notes) console.log(`${workload} ${name}: ${system} ${notes}`)
    }
  }
}

export function report(results, sizes, { rounds, clock }) {
  const by = clock === 'wall' ? 'wall clock' : 'processor time'
  console.log(`\nOne core, ${rounds} rounds, ${by}, Node ${process.version}, ${cpus()[0].model.trim()}.`)
  console.log(
    'Spread is half the range between the quartiles. Time / heddle is the median of the ratios of each round:',
  )
  console.log('above 1, heddle is faster.\n')
  printTable(HEADER, results.flatMap(rowsOf), 2)
  console.log()
  remarks(results)
  const shares = results.flatMap(({ systems }) => Object.values(systems).flatMap(({ shares = [] }) => shares))
  if (clock === 'wall' && shares.length > 0 && median(shares) < 0.95) {
    const share = (100 * median(shares)).toFixed(0)
    console.log(`Others used the core too: contestants had ${share} % of it. --clock cpu disregards them.`)
  }
  if (sizes === undefined) return
  console.log('\nTo load in a page, all that the library exports, minified and gzipped:\n')
  const row = ([system, { script, wasm }]) => [
    system,
    digits(script),
    wasm === 0 ? 'inside' : digits(wasm),
    digits(script + wasm),
  ]
  printTable(['system', 'script KB', 'wasm KB', 'together'], Object.entries(sizes).map(row), 1)
}
