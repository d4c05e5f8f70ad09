// A profile as text: two tables, by instruction and by line.
import type { Profile } from './profile.js'

/** Rows of a table; what is below takes less time than any of them. */
const ROWS = 30
const DETAIL = 48

/** The profile as people read it. */
export function showProfile({ milliseconds, peakBytes, rows, lines }: Omit<Profile, 'toString'>): string {
  const folder = commonFolder(rows.flatMap(({ sources }) => sources))
  const place = (source: string | null | undefined): string => source?.slice(folder.length) ?? '?'
  const rate = (gflops: number | null, gigabytes: number): string =>
    gflops === null ? `${gigabytes.toFixed(1)} GB/s` : `${gflops.toFixed(1)} GFLOP/s`
  const time = (value: { milliseconds: number; share: number }): string[] => [
    value.milliseconds.toFixed(3),
    `${(value.share * 100).toFixed(1)} %`,
  ]
  const byInstruction = rows
    .slice(0, ROWS)
    .map(row => [
      ...time(row),
      rate(row.gflops, row.gigabytes),
      String(Math.round(row.calls)),
      row.name,
      row.detail.length > DETAIL ? `${row.detail.slice(0, DETAIL - 3)}...` : row.detail,
      place(row.sources[0]) + (row.sources.length > 1 ? ` and ${row.sources.length - 1} more` : ''),
    ])
  const byLine = lines
    .slice(0, ROWS)
    .map(line => [...time(line), rate(line.gflops, line.gigabytes), place(line.source)])
  const more = (list: readonly unknown[]): string[] => (list.length > ROWS ? [`... ${list.length - ROWS} more`] : [])
  return [
    `${milliseconds.toFixed(3)} ms a call, ${(peakBytes / 2 ** 20).toFixed(1)} MiB of temporaries`,
    '',
    ...table(
      ['ms', 'share', 'rate', 'calls', 'instruction', '', folder === '' ? 'line' : `line in ${folder}`],
      byInstruction,
      4,
    ),
    ...more(rows),
    '',
    ...table(['ms', 'share', 'rate', 'line'], byLine, 3),
    ...more(lines),
  ].join('\n')
}

/** Lines of cells under their titles; the first `numbers` columns are flush right. */
function table(titles: string[], cells: string[][], numbers: number): string[] {
  const all = [titles, ...cells]
  const widths = titles.map((_, column) => Math.max(...all.map(row => row[column].length)))
  return all.map(row =>
    row
      .map((cell, column) => (column < numbers ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd(),
  )
}

/** The folders that all sources have in common. */
function commonFolder(sources: readonly string[]): string {
  if (sources.length === 0) return ''
  let folder = sources[0].slice(0, sources[0].lastIndexOf('/') + 1)
  while (folder !== '' && !sources.every(source => source.startsWith(folder)))
    folder = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1)
  return folder
}
