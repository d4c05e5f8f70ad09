// `npm run examples`: every example of examples/tasks and examples/applications, one after the other, and a table of what
// came out.
import { fork } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { beside, type Figure, round } from './task.ts'

const scripts = ['../tasks/', '../applications/'].flatMap(name => {
  const folder = new URL(name, import.meta.url)
  return readdirSync(folder)
    .filter(file => /\.[jt]s$/.test(file))
    .map(file => new URL(file, folder))
})
const rows: Record<string, string>[] = []
for (const script of scripts) {
  const path = fileURLToPath(script)
  const task = basename(path).slice(0, -3)
  // What they draw lies beside their code.
  const child = fork(path, process.argv.slice(2), { cwd: dirname(path) })
  child.on('message', ({ figures, seconds }: { figures: Figure[]; seconds: number }) => {
    for (const figure of figures) {
      const holds = figure.holds ? 'yes' : 'no'
      rows.push({
        task,
        figure: figure.name,
        here: round(figure.value),
        beside: beside(figure),
        holds,
        s: seconds.toFixed(0),
      })
    }
  })
  const status = await new Promise(resolve => child.on('exit', resolve))
  if (status !== 0) rows.push({ task, figure: 'did not run', here: '-', beside: '-', holds: 'no', s: '-' })
}
console.table(rows)
