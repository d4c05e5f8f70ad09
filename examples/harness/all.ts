// `npm run examples`: every task of examples/tasks, one after the other, and a table of what came out.
import { fork } from 'node:child_process'
import { readdirSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { type Figure, round } from './task.ts'

const folder = new URL('../tasks/', import.meta.url)
const rows: Record<string, string>[] = []
for (const file of readdirSync(folder).filter(name => /\.[jt]s$/.test(name))) {
  const task = file.slice(0, -3)
  const child = fork(fileURLToPath(new URL(file, folder)), process.argv.slice(2))
  child.on('message', ({ figures, seconds }: { figures: Figure[]; seconds: number }) => {
    for (const { name, value, published, holds } of figures) {
      rows.push({
        task,
        figure: name,
        here: round(value),
        published,
        holds: holds ? 'yes' : 'no',
        s: seconds.toFixed(0),
      })
    }
  })
  const status = await new Promise(resolve => child.on('exit', resolve))
  if (status !== 0) rows.push({ task, figure: 'did not run', here: '-', published: '-', holds: 'no', s: '-' })
}
console.table(rows)
